#include "adapters/catalog.h"

#include <array>

#include "adapters/mllp/spec.h"

namespace myelin::adapters {

AdapterCatalog catalog() {
  static const std::array kKinds = {
      mllp::kind(),
  };
  return kKinds;
}

}  // namespace myelin::adapters
