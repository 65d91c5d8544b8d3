// Who stands around the engine: senders that repeat until they are answered, and peers that answer as their mood is.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "adapters/mllp/frame.h"
#include "tests/sim/network.h"
#include "tests/sim/witness.h"

namespace myelin::sim {

// The bytes of a message; of what a sender sends the facility (MSH-6) is HOUSE, and a step may set another.
std::string message_text(const std::string& id, const SentMessage& message, std::string_view facility);
// The value of MSH-`field`; empty when there is none.
std::string header_field(std::string_view message, int field);

// Sends `count` messages, each until it is answered AA; some two in one write, some from a connection that it gives up.
class Sender {
 public:
  Sender(WorldLoop& loop, Network& network, Witness& witness, std::uint64_t seed, int name, int count, bool hasty);
  Task<void> run();
  bool finished() const { return finished_; }
  std::int64_t repetitions() const { return repetitions_; }
  void stop() { stopped_ = true; }

  static constexpr std::uint16_t kPort = 2575;
  static constexpr int kPatients = 6;

 private:
  struct Unanswered {
    std::string id, frame;
    bool sent = false;
  };

  Unanswered next(int number);
  Task<bool> connect();
  Task<void> exchange(std::vector<Unanswered>& waiting);
  Task<void> hear(std::vector<Unanswered>& waiting);
  void hear_one(const std::string& answer, std::vector<Unanswered>& waiting);
  void hang_up();

  WorldLoop& loop_;
  Network& network_;
  Witness& witness_;
  Draw draw_;
  int name_, count_;
  bool hasty_;
  std::unique_ptr<net::Stream> stream_;
  std::unique_ptr<mllp::Framer> framer_;
  bool finished_ = false, stopped_ = false;
  std::int64_t repetitions_ = 0;
};

enum class Mood : std::uint8_t { healthy, slow, refusing, mixed, silent, gone };

// A peer of the engine, at a port. It keeps a journal through the witness.
class Peer {
 public:
  Peer(WorldLoop& loop, Network& network, Witness& witness, std::uint64_t seed, std::string lane, std::uint16_t port);

  void set_mood(Mood mood);
  void set_process(int number) { process_ = number; }
  // Ends all its connections; nothing may be left that runs when it is destroyed.
  Task<void> leave();
  std::uint16_t port() const { return port_; }
  const std::string& lane() const { return lane_; }
  std::int64_t wrong_answers() const { return wrong_answers_; }
  bool knows(std::size_t attempt) const { return attempts_.contains(attempt); }
  Witness::Fate fate(std::size_t attempt) const;

 private:
  struct Attempt {
    std::shared_ptr<net::Stream> stream;
    std::string id;
    std::int64_t answer_end = -1;  // of the answer that belongs to it
    bool positive = false;
  };

  void open();
  Task<void> welcome(std::shared_ptr<net::Listener> listener);
  Task<void> serve(std::shared_ptr<net::Stream> stream);
  Task<void> take(std::shared_ptr<net::Stream> stream, std::string frame);
  Task<void> answer(std::shared_ptr<net::Stream> stream, std::size_t attempt, std::string code);
  Task<void> misbehave(std::shared_ptr<net::Stream> stream, std::size_t attempt);
  Task<std::int64_t> say(std::shared_ptr<net::Stream> stream, std::string code, std::string id);

  WorldLoop& loop_;
  Network& network_;
  Witness& witness_;
  Draw draw_;
  std::string lane_;
  std::uint16_t port_;
  Mood mood_ = Mood::healthy;
  int process_ = 0;
  std::shared_ptr<net::Listener> listener_;
  std::vector<std::shared_ptr<net::Stream>> streams_;
  std::map<std::size_t, Attempt> attempts_;
  std::string before_;  // the id that came before this one
  std::int64_t wrong_answers_ = 0;
  TaskGroup serving_;
};

}  // namespace myelin::sim
