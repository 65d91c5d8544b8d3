// What an earlier compilation made, for the next one: where one of a thousand channels was edited, a reload compiles
// one. Tables and connections are kept by their text, channels by the digest of all that they use. What has mistakes is
// not kept.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "routes/compile/channel_file.h"

namespace myelin::routes {

struct Kept {
  struct Channel {
    std::shared_ptr<const CompiledChannel> made;
    config::Diagnostics own;  // warnings and hints
    std::string tests;        // NAME.test.yaml
  };
  struct ReadTable {
    std::shared_ptr<const config::SourceText> source;
    std::shared_ptr<const Table> table;
  };
  std::map<std::string, Channel> channels;  // by the path of the file
  std::map<std::string, ReadTable> tables;
  std::shared_ptr<const config::SourceText> connections_file;
  std::shared_ptr<const Connections> connections;  // null: nothing is kept
  int compiled = 0;                                // channels that the last compilation made anew
};

}  // namespace myelin::routes
