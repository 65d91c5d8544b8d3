#include "tests/sim/network.h"

#include <algorithm>
#include <array>
#include <stop_token>

namespace myelin::sim {

// Two ends and a pipe from each. What is under way when a reset comes is lost.
class Wire {
 public:
  struct Pipe {
    explicit Pipe(Loop& loop) : readable(loop) {}
    std::string arrived;
    std::int64_t written = 0, taken = 0;
    bool ended = false;  // heard by the reader
    bool cut = false;    // what is under way gets lost
    MonoTime last{};     // when the piece before arrives
    Wakeup readable;
  };

  Wire(Network& network, std::uint64_t number, std::uint16_t to, const Loop* from_owner, const Loop* to_owner)
      : net(network),
        loop(network.loop_),
        draw(network.seed_, "wire", number),
        id(number),
        port(to),
        owners{from_owner, to_owner},
        pipes{std::make_shared<Pipe>(loop), std::make_shared<Pipe>(loop)} {}

  // `side` 0 dialled; it writes into pipe 0 and reads from pipe 1.
  void send(int side, std::string_view bytes) {
    auto& pipe = *pipes[index(side)];
    pipe.written += static_cast<std::int64_t>(bytes.size());
    while (!bytes.empty()) {
      const auto size = draw.one_in(3) ? 1 + draw.below(bytes.size()) : bytes.size();
      arrive(side, [piece = std::string(bytes.substr(0, size))](Pipe& at) {
        if (!at.cut) at.arrived += piece;
      });
      bytes.remove_prefix(size);
    }
  }
  void end(int side) {
    if (torn[index(side)]) return;
    arrive(side, [](Pipe& at) { at.ended = true; });
  }
  void reset() {
    if (broken) return;
    broken = true;
    ++net.resets_;
    wake();
  }
  void wake() {
    for (const auto& pipe : pipes) loop.post([pipe] { pipe->readable.notify(); });
  }

  static std::size_t index(int side) { return static_cast<std::size_t>(side); }

  Network& net;
  WorldLoop& loop;
  Draw draw;
  std::uint64_t id;
  std::uint16_t port;
  std::array<const Loop*, 2> owners;
  std::array<std::shared_ptr<Pipe>, 2> pipes;
  std::array<bool, 2> closed{}, lost{}, torn{};  // lost: its process died; torn: nothing more gets through
  bool broken = false;

 private:
  template <class Effect>
  void arrive(int side, Effect effect) {
    const auto& pipe = pipes[index(side)];
    pipe->last = std::max(pipe->last, loop.mono() + draw.between(Duration::zero(), net.weather.slowest));
    loop.after(pipe->last - loop.mono(), [pipe, effect = std::move(effect)] {
      effect(*pipe);
      pipe->readable.notify();
    });
  }
};

class SimStream final : public net::Stream {
 public:
  SimStream(std::shared_ptr<Wire> wire, int side)
      : wire_(std::move(wire)),
        side_(side),
        peer_((side == 0 ? "10.0.0.2:" : "10.0.0.1:") + std::to_string(side == 0 ? wire_->port : 40000 + wire_->id)) {}
  ~SimStream() override { SimStream::close(); }

  Task<std::expected<std::size_t, net::StreamError>> read_some(std::span<char> into, Duration limit) override {
    const auto wire = wire_;
    const auto pipe = wire->pipes[Wire::index(1 - side_)];
    const auto end = limit == net::kNoLimit ? MonoTime::max() : wire->loop.mono() + limit;
    while (true) {
      if (over()) co_return std::unexpected(net::StreamError::closed);
      if (wire->broken) co_return std::unexpected(net::StreamError::reset);
      if (!pipe->arrived.empty()) break;
      if (pipe->ended) co_return std::unexpected(net::StreamError::closed);
      auto waiting = wait(pipe->readable, end);
      const bool woken = co_await waiting;
      if (!woken) co_return std::unexpected(net::StreamError::timeout);
    }
    const auto size = std::min(into.size(), pipe->arrived.size());
    std::copy_n(pipe->arrived.begin(), size, into.begin());
    pipe->arrived.erase(0, size);
    pipe->taken += static_cast<std::int64_t>(size);
    co_return size;
  }

  Task<std::expected<void, net::StreamError>> write_all(std::string_view bytes, Duration) override {
    if (wire_->lost[Wire::index(side_)] || wire_->torn[Wire::index(side_)])
      co_return std::expected<void, net::StreamError>();
    if (closed_) co_return std::unexpected(net::StreamError::closed);
    if (wire_->broken || wire_->closed[Wire::index(1 - side_)]) co_return std::unexpected(net::StreamError::reset);
    if (wire_->draw.one_in(wire_->net.weather.reset_one_in)) {
      // Some of it, all or nothing came through, and whoever wrote it may not even hear of the reset.
      wire_->send(side_, bytes.substr(0, wire_->draw.below(bytes.size() + 1)));
      wire_->torn[Wire::index(side_)] = true;
      const auto wire = wire_;
      const auto later = wire_->draw.between(Duration::zero(), milliseconds(40));
      wire_->loop.after(later, [wire] { wire->reset(); });
      co_return std::expected<void, net::StreamError>();
    }
    wire_->send(side_, bytes);
    co_return std::expected<void, net::StreamError>();
  }

  Task<void> finish_writing(Duration) override {
    if (!over()) wire_->end(side_);
    co_return;
  }

  void close() override {
    if (closed_) return;
    closed_ = true;
    wire_->closed[Wire::index(side_)] = true;
    if (!wire_->lost[Wire::index(side_)]) wire_->end(side_);
    wire_->wake();
  }

  const std::string& peer() const override { return peer_; }
  const Wire& wire() const { return *wire_; }
  int side() const { return side_; }

 private:
  bool over() const { return closed_ || wire_->lost[Wire::index(side_)]; }
  Task<bool> wait(Wakeup& wakeup, MonoTime end) const {
    if (end == MonoTime::max()) co_return co_await wakeup.wait();
    const auto left = end - wire_->loop.mono();
    co_return co_await wakeup.wait_for(left);
  }

  std::shared_ptr<Wire> wire_;
  int side_;
  std::string peer_;
  bool closed_ = false;
};

struct Network::Door {
  explicit Door(Loop& owned_by) : owner(&owned_by), arrived(owned_by) {}
  Loop* owner;
  std::deque<std::unique_ptr<net::Stream>> waiting;
  Wakeup arrived;
  bool closed = false;
};

class SimListener final : public net::Listener {
 public:
  SimListener(Network& network, std::shared_ptr<Network::Door> door, std::uint16_t port)
      : network_(network), door_(std::move(door)), port_(port) {}
  ~SimListener() override { SimListener::close(); }

  Task<std::expected<std::unique_ptr<net::Stream>, net::StreamError>> accept() override {
    const auto door = door_;
    while (door->waiting.empty() && !door->closed) co_await door->arrived.wait();
    if (door->closed) co_return std::unexpected(net::StreamError::closed);
    auto next = std::move(door->waiting.front());
    door->waiting.pop_front();
    co_return std::move(next);
  }
  void close() override {
    if (door_->closed) return;
    door_->closed = true;
    door_->waiting.clear();
    const auto found = network_.doors_.find(port_);
    if (found != network_.doors_.end() && found->second == door_) network_.doors_.erase(found);
    network_.loop_.post([door = door_] { door->arrived.notify(); });
  }
  std::string address() const override { return "127.0.0.1:" + std::to_string(port_); }

 private:
  Network& network_;
  std::shared_ptr<Network::Door> door_;
  std::uint16_t port_;
};

namespace {
Network* the_network = nullptr;
}

Network::Network(WorldLoop& loop, std::uint64_t seed) : loop_(loop), seed_(seed), draw_(seed, "network") {
  the_network = this;
}
Network::~Network() { the_network = nullptr; }
Network& Network::current() { return *the_network; }

bool Network::dead(const Loop& owner) const { return std::ranges::find(dead_, &owner) != dead_.end(); }

Result<std::unique_ptr<net::Listener>> Network::listen(Loop& owner, std::uint16_t port) {
  if (dead(owner) || doors_.contains(port)) return fail(FaultCode::port_in_use, std::to_string(port));
  auto door = std::make_shared<Door>(owner);
  doors_[port] = door;
  return std::make_unique<SimListener>(*this, std::move(door), port);
}

Task<Result<std::unique_ptr<net::Stream>>> Network::connect(Loop& owner, std::uint16_t port, Duration limit,
                                                            std::stop_token stop) {
  const auto stopped = std::make_shared<Wakeup>(loop_);
  const std::stop_callback on_stop(stop, [this, stopped] { loop_.post([stopped] { stopped->notify(); }); });
  const bool refused = draw_.one_in(weather.refuse_one_in);
  // A refusal comes at once, or nothing comes at all.
  const auto least = refused && draw_.one_in(2) ? limit : Duration::zero();
  const auto takes = draw_.between(least, std::max(least, weather.slowest));
  co_await stopped->wait_for(takes);
  if (stop.stop_requested()) co_return fail(FaultCode::unreachable, "stopped");
  const auto door = doors_.find(port);
  if (refused || dead(owner) || door == doors_.end()) co_return fail(FaultCode::unreachable, "nobody is there");
  auto wire = std::make_shared<Wire>(*this, ++connections_, port, &owner, door->second->owner);
  std::erase_if(wires_, [](const auto& each) { return each.expired(); });
  wires_.push_back(wire);
  door->second->waiting.push_back(std::make_unique<SimStream>(wire, 1));
  loop_.post([at = door->second] { at->arrived.notify(); });
  std::unique_ptr<net::Stream> mine = std::make_unique<SimStream>(wire, 0);
  co_return std::move(mine);
}

void Network::kill(const Loop& owner) {
  dead_.push_back(&owner);
  for (const auto& each : wires_) {
    const auto wire = each.lock();
    if (!wire) continue;
    for (int side = 0; side < 2; ++side) {
      if (wire->owners[Wire::index(side)] != &owner) continue;
      wire->lost[Wire::index(side)] = true;
      // What is under way is lost: else it could arrive after what the next process sends, as with TCP it can.
      wire->pipes[Wire::index(side)]->cut = true;
      if (wire->draw.one_in(2)) wire->end(side);
      else wire->reset();
      wire->wake();
    }
  }
  const auto closed = [&](const auto& door) { return door.second->owner == &owner; };
  for (auto& [port, door] : doors_) {
    if (door->owner != &owner) continue;
    door->closed = true;
    door->waiting.clear();
    loop_.post([at = door] { at->arrived.notify(); });
  }
  std::erase_if(doors_, closed);
}

void Network::forget(const Loop& owner) {
  std::erase(dead_, &owner);
  for (const auto& each : wires_)
    if (const auto wire = each.lock()) std::ranges::replace(wire->owners, &owner, nullptr);
}

int Network::open_to(std::uint16_t port) const {
  int open = 0;
  for (const auto& each : wires_)
    if (const auto wire = each.lock(); wire && wire->port == port && !wire->closed[0] && !wire->lost[0]) ++open;
  return open;
}

Hindsight hindsight(const net::Stream& stream) {
  const auto& mine = dynamic_cast<const SimStream&>(stream);
  const auto& wire = mine.wire();
  const auto other = Wire::index(1 - mine.side());
  const auto& pipe = *wire.pipes[Wire::index(mine.side())];
  return {wire.closed[other] || wire.lost[other] || wire.broken, pipe.written, pipe.taken};
}

}  // namespace myelin::sim

// ---- engine/net/socket.h, as it is linked here ----------------------------------------------------------------

namespace myelin::net {

Result<std::unique_ptr<Listener>> listen(Loop& loop, const Address& address, std::shared_ptr<TlsContext>) {
  return sim::Network::current().listen(loop, address.port);
}

Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, Address address, std::shared_ptr<TlsContext>, Duration limit,
                                              std::stop_token stop) {
  return sim::Network::current().connect(loop, address.port, limit, std::move(stop));
}

Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, Address address, std::shared_ptr<TlsContext>, Duration limit,
                                              std::stop_token stop, std::shared_ptr<const AddressRule>) {
  return sim::Network::current().connect(loop, address.port, limit, std::move(stop));
}

Result<std::unique_ptr<Listener>> listen_unix(Loop&, const std::string& path, unsigned) {
  return fail(FaultCode::bad_address, path);
}

Task<Result<std::unique_ptr<Stream>>> connect_unix(Loop&, std::string path, Duration) {
  co_return fail(FaultCode::unreachable, std::move(path));
}

}  // namespace myelin::net
