// What every Destination promises (adapters/README.md), as tests. An adapter brings a harness that plays its peer:
//     INSTANTIATE_TEST_SUITE_P(Mllp, DestinationConformance, ::testing::Values(make_mllp_destination_harness));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/adapter.h"
#include "engine/net/asio_loop.h"

namespace myelin::test {

// Plays the peer of a destination.
class DestinationHarness {
 public:
  // What the peer does with the next message; `take` when nothing was said. `answer_late`: says nothing until the
  // message after it has come, and then first answers the one before.
  enum class Act : std::uint8_t { take, refuse, hang_up, say_nothing, answer_late };

  virtual ~DestinationHarness() = default;
  virtual std::unique_ptr<Destination> make(Loop& loop) = 0;
  virtual std::string message(int number) = 0;
  // The peer is gone from now on; returns when nothing of it runs any more.
  virtual Task<void> leave() = 0;
  // What the technology has no such thing as is not asked for: a folder does not hang up, and answers without bytes.
  virtual bool can(Act /*act*/) const { return true; }
  virtual bool answers() const { return true; }
  virtual bool can_leave() const { return true; }
  // Connections that the peer has seen; nothing where the technology has none.
  virtual std::optional<int> sessions() const { return std::nullopt; }

  std::vector<Act> acts;              // the front is next
  std::vector<std::string> received;  // what reached the peer, in order
  std::function<void()> on_received;  // called for each
};

using MakeDestinationHarness = std::unique_ptr<DestinationHarness> (*)(net::AsioLoop&);

class DestinationConformance : public ::testing::TestWithParam<MakeDestinationHarness> {};

}  // namespace myelin::test
