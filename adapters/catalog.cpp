#include "adapters/catalog.h"

#include <array>

#include "adapters/http/spec.h"
#include "adapters/channel/spec.h"
#include "adapters/file/spec.h"
#include "adapters/mllp/spec.h"

namespace myelin::adapters {

AdapterCatalog catalog() {
  static const std::array kKinds = {
      mllp::kind(),
      file::kind(),
      channel::kind(),
      http::kind(),
  };
  return kKinds;
}

}  // namespace myelin::adapters
