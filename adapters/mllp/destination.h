// The sending side of MLLP: one connection that is kept, one message under way, its answer matched by MSA-2. It
// reports what happened; whether to try again is the lane's business.
//
// A reader waits on the connection all the time. So an end of the connection is known before the next message is
// written, and an answer that comes when nothing was asked is never taken for the next one's: it is thrown away, or,
// where the peer owes it after CA, told to whoever waits for it (LateAnswers) and accepted with CA.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "adapters/mllp/frame.h"
#include "adapters/mllp/settings.h"
#include "engine/base/id.h"
#include "engine/model/adapter.h"

namespace myelin::mllp {

class MllpDestination final : public Destination {
 public:
  MllpDestination(Loop& loop, MllpSettings settings);
  ~MllpDestination() override;

  Task<Outcome> send(const Outbound& outbound) override;
  // The next send() connects anew.
  void close() override;
  void on_late_answers(LateAnswers late) override { late_ = std::move(late); }

 private:
  struct Link;   // one connection and its reader
  struct Guest;  // where the peer dials in, when it is the one that dials

  static Task<void> read_answers(std::shared_ptr<Link> link, Duration pause);
  static Task<void> welcome(std::shared_ptr<Guest> guest);

  Task<Result<std::shared_ptr<Link>>> connected(std::stop_token stop);
  Task<Result<std::unique_ptr<net::Stream>>> wait_for_peer(std::stop_token stop);
  Result<void> start_listening();
  void use(std::unique_ptr<net::Stream> stream);
  Task<bool> write(std::shared_ptr<Link> link, std::string_view content);
  Task<bool> write_frame(std::shared_ptr<Link> link, std::string_view content);
  Task<Outcome> wait_for_answer(std::shared_ptr<Link> link, std::string id);
  std::optional<Outcome> judge(Link& link, const FrameEvent& event, const std::string& id);
  static Task<void> take_late(std::shared_ptr<Link> link, std::function<Task<bool>(Bytes)> take, Bytes answer,
                              std::string ack, Duration limit);
  static Task<void> say_the_rest(std::shared_ptr<Link> link, Duration limit);
  bool late(std::shared_ptr<Link> link, const Bytes& answer);

  Loop& loop_;
  MllpSettings settings_;
  std::shared_ptr<Link> link_;
  std::shared_ptr<Guest> guest_;
  std::stop_source closing_;
  LateAnswers late_;
  IdSource ids_;                        // of what we accept
  std::string wants_;                   // MSH-16 of the message in flight
  std::deque<std::string> recent_ids_;  // MSH-10 of the last 16 messages, this one included
};

}  // namespace myelin::mllp
