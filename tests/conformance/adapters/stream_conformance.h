// What the harnesses of technologies on a byte stream share: a peer that dials and offers, and one that listens and
// answers. The technology itself is a Wording: how a message and its answer stand on the stream.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/net/socket.h"
#include "tests/conformance/adapters/destination_conformance.h"
#include "tests/conformance/adapters/source_conformance.h"

namespace myelin::test {

// Takes a stream apart.
class StreamReader {
 public:
  virtual ~StreamReader() = default;
  // What is whole with these bytes; nothing where they are garbage.
  virtual std::optional<std::vector<std::string>> feed(std::string_view bytes) = 0;
};

class Wording {
 public:
  virtual ~Wording() = default;
  virtual std::unique_ptr<Source> source(Loop& loop, net::Address listen) const = 0;
  virtual std::unique_ptr<Destination> destination(Loop& loop, net::Address peer) const = 0;
  // As it is offered, and as a peer answers it: that it took it, or not.
  virtual std::string offered(const std::string& message) const = 0;
  virtual std::string answered(const std::string& message, bool taken) const = 0;
  // Gives the messages that were offered; gives "taken" or "refused" for each answer.
  virtual std::unique_ptr<StreamReader> offers() const = 0;
  virtual std::unique_ptr<StreamReader> answers() const = 0;
};

std::unique_ptr<SourceHarness> stream_source_harness(net::AsioLoop& loop, std::unique_ptr<Wording> wording);
std::unique_ptr<DestinationHarness> stream_destination_harness(net::AsioLoop& loop, std::unique_ptr<Wording> wording);

}  // namespace myelin::test
