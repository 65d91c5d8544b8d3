// A suite that each implementation of the store passes: one row of store_kinds() is one of them.
#pragma once

#include "tests/conformance/store/store_fixture.h"

namespace myelin::testing {

struct Kind {
  const char* name;
  std::unique_ptr<Store> (*make)(const TemporaryFolder&);
};

inline std::unique_ptr<Store> on_disk(const TemporaryFolder& folder) {
  StoreSettings settings;
  settings.path = folder.file("myelin.db");
  settings.reserve_bytes = 0;
  auto store = open_sqlite_store(settings);
  EXPECT_TRUE(store) << (store ? "" : to_string(store.error()));
  return store ? std::move(*store) : nullptr;
}

class StoreConformance : public ::testing::TestWithParam<Kind>, public Driver {
 protected:
  StoreConformance() { store = GetParam().make(folder_); }
  ~StoreConformance() override { store.reset(); }

 private:
  TemporaryFolder folder_;
};

inline auto store_kinds() {
  return ::testing::Values(Kind{"memory", [](const TemporaryFolder&) { return make_memory_store(); }},
                           Kind{"sqlite", on_disk});
}
inline std::string kind_name(const ::testing::TestParamInfo<Kind>& kind) { return kind.param.name; }

}  // namespace myelin::testing
