// The receiving side of MLLP: listens (or dials, where the peer insists on being the server) and runs a Session for
// each connection.
#pragma once

#include <map>
#include <memory>

#include "adapters/mllp/session.h"
#include "adapters/mllp/settings.h"
#include "engine/base/id.h"
#include "engine/model/adapter.h"
#include "engine/net/socket.h"

namespace myelin::mllp {

class MllpSource final : public Source {
 public:
  MllpSource(Loop& loop, MllpSettings settings);
  ~MllpSource() override;

  Result<void> open() override;
  Task<void> run(Intake& intake, std::stop_token stop) override;
  std::string address() const override;

 private:
  Task<void> accept_all(Intake* intake);
  Task<void> dial_again_and_again(Intake* intake, std::stop_token stop);
  Task<void> serve(std::unique_ptr<net::Stream> stream, Intake* intake);
  void refuse(const net::Stream& stream);
  void stop_sessions();

  Loop& loop_;
  MllpSettings settings_;
  IdSource ids_;  // of answers to what was not stored
  std::unique_ptr<net::Listener> listener_;
  std::map<std::uint64_t, Session*> sessions_;  // by number: they are stopped in the order in which they came
  std::uint64_t last_session_ = 0;
  TaskGroup running_;
  Wakeup stopped_;
  TimerId grace_ = TimerId::none;
  std::int64_t refused_ = 0;  // since the limit was reached
  bool stopping_ = false;
};

}  // namespace myelin::mllp
