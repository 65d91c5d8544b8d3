// The compiler without a disk: for tests, for `myelin check -`, and for editors.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "routes/compile/compile.h"
#include "routes/compile/files.h"

namespace myelin::routes {

struct Kept;

Compiled compile_files(const ConfigurationFiles& files, AdapterCatalog adapters);
// The same with what the last one made, of the same directory, adapters and site; leaves there what this one made.
Compiled compile_files(const ConfigurationFiles& files, AdapterCatalog adapters, Kept& kept);

// One channel, "channels/channel.yaml", with what it needs beside it by path: "connections.yaml", "tables/sex.csv",
// "blocks/names.yaml", "channels/other.yaml", "channels/channel.test.yaml"; anything else is a sample message, named as
// a test names it.
Compiled compile_text(std::string_view channel, AdapterCatalog adapters,
                      const std::map<std::string, std::string>& others = {});

}  // namespace myelin::routes
