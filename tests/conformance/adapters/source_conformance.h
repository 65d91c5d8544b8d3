// What every Source promises (adapters/README.md), as tests. An adapter brings a harness that plays its peer:
//     INSTANTIATE_TEST_SUITE_P(Mllp, SourceConformance, ::testing::Values(make_mllp_source_harness));
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/model/adapter.h"
#include "engine/net/asio_loop.h"

namespace myelin::test {

// Plays one peer of a source.
class SourceHarness {
 public:
  virtual ~SourceHarness() = default;
  // A source on `loop` that is not open yet. A second one takes the first one's address, where it has one.
  virtual std::unique_ptr<Source> make(Loop& loop) = 0;
  // Two messages that the technology can carry; different each time `number` is.
  virtual std::string message(int number) = 0;
  // Hands `message` to the source as a peer does and waits for its word: "taken", "refused", or "lost" when none came.
  virtual Task<std::string> offer(std::string address, std::string message) = 0;
  // Both at once on one connection, without waiting between them; their words in order, "taken taken".
  virtual Task<std::string> offer_two(std::string address, std::string first, std::string second) = 0;
  // Leaves a message half said and goes away. False where the technology has no such thing.
  virtual Task<bool> break_off(std::string address, std::string message) = 0;
  // Leaves a message half said and stays, silent, as long as this harness lives. False as above.
  virtual Task<bool> hang(std::string /*address*/, std::string /*message*/) { co_return false; }
};

using MakeSourceHarness = std::unique_ptr<SourceHarness> (*)(net::AsioLoop&);

class SourceConformance : public ::testing::TestWithParam<MakeSourceHarness> {};

}  // namespace myelin::test
