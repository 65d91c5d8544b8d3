// The compiler: a configuration directory in, Plans and mistakes out. It opens no socket and starts nothing.
// Order of work: myelin.yaml's neighbours connections.yaml, tables, blocks, then each channel file; then what can only
// be seen across files (two listeners on one address, unused tables). It never stops at the first mistake.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/config/diagnostic.h"
#include "engine/model/adapter.h"
#include "engine/model/plan.h"
#include "routes/compile/test_case.h"

namespace myelin::routes {

struct ChannelTests {
  std::string channel;
  std::vector<TestCase> cases;
};

class Table;
struct ConfigurationFiles;

struct Compiled {
  std::vector<std::shared_ptr<const Plan>> plans;  // of the channels without an error
  std::vector<ChannelTests> tests;
  std::vector<std::string> texts;                    // parallel to plans: the channel file's text, for the plan history
  std::vector<std::shared_ptr<const Table>> tables;  // that channels use
  config::Diagnostics diagnostics;
  int files = 0;
  std::shared_ptr<const ConfigurationFiles> read;  // of a directory: what its files said
};

struct Kept;

// A directory, compiled once, or again and again as reloads do: what says the same as the last time is not compiled
// anew. It has connections.yaml, channels/, tables/, blocks/, profiles/, dictionary/, maps/ (conf/ in this repository).
// Each but channels/ may be missing. Files are read in the order of their names. `site`: with the connections of that
// site, connections.SITE.yaml. Of `live` a plain listener is a mistake, and where it has no file of its own,
// connections.yaml is its.
class Compiler {
 public:
  Compiler(std::string directory, AdapterCatalog adapters, std::string site = {});
  ~Compiler();
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  const std::string& directory() const { return directory_; }
  Compiled compile();

 private:
  std::string directory_, site_;
  AdapterCatalog adapters_;
  std::unique_ptr<Kept> kept_;
};

}  // namespace myelin::routes
