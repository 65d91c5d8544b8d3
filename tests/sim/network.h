// A network in memory. It takes the place of engine/net's listener and connector when it is linked, so that the real
// adapters talk over it: every write is cut into pieces that arrive late, connections are refused and reset, a process
// that dies hangs up. What one end has closed, or its process has lost, nobody hears of at once.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "engine/net/socket.h"
#include "tests/sim/world.h"

namespace myelin::sim {

struct Weather {
  Duration slowest = milliseconds(5);  // of a piece on its way
  std::uint64_t reset_one_in = 0;      // writes
  std::uint64_t refuse_one_in = 0;     // attempts to connect
};

class Wire;

class Network {
 public:
  // The one in which net::listen() and net::connect() find each other, until it is destroyed.
  Network(WorldLoop& loop, std::uint64_t seed);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  ~Network();
  static Network& current();

  Result<std::unique_ptr<net::Listener>> listen(Loop& owner, std::uint16_t port);
  Task<Result<std::unique_ptr<net::Stream>>> connect(Loop& owner, std::uint16_t port, Duration limit,
                                                     std::stop_token stop);
  // From now on nothing that this process does is seen by anybody, and it hears nothing.
  void kill(const Loop& owner);
  // The process has been taken apart; another may stand in its place, at the same address even.
  void forget(const Loop& owner);
  // Connections to a port that their own side has not closed.
  int open_to(std::uint16_t port) const;
  std::int64_t resets() const { return resets_; }

  Weather weather;

 private:
  friend class Wire;
  friend class SimStream;
  friend class SimListener;
  struct Door;

  bool dead(const Loop& owner) const;

  WorldLoop& loop_;
  std::uint64_t seed_;
  Draw draw_;
  std::uint64_t connections_ = 0;
  std::int64_t resets_ = 0;
  std::map<std::uint16_t, std::shared_ptr<Door>> doors_;
  std::vector<std::weak_ptr<Wire>> wires_;
  std::vector<const Loop*> dead_;
};

// What a peer of the simulator may know of its connection that a real one could not.
struct Hindsight {
  bool other_closed = false;       // the other side has closed it, whether or not it was heard here
  std::int64_t written = 0;        // bytes written at this end …
  std::int64_t read_by_other = 0;  // … and taken by the other
};
Hindsight hindsight(const net::Stream& stream);

}  // namespace myelin::sim
