// Asking a connection for a `call` of the route: in this session, so that no other lane waits for it, with a limit of
// time. What it answered may stand for the same question for a while.
#include "engine/base/crypto.h"
#include "engine/runtime/lane.h"

namespace myelin::runtime {
namespace {

constexpr std::size_t kMostAnswers = 4096;

std::string key_of(const Question& question) {
  std::string all = std::to_string(question.call);
  for (const auto& [name, text] : question.filled) all.append("\n").append(name).append("=").append(text);
  return hex(sha256(all.append("\n").append(question.bytes.view())));
}

}  // namespace

const Outcome* Lane::remembered(const std::string& key) {
  const auto found = told_.find(key);
  if (found == told_.end()) return nullptr;
  if (loop_.mono() < found->second.until) return &found->second.outcome;
  told_.erase(found);
  return nullptr;
}

Task<Outcome> Lane::ask(Session& session, const Waiting& mine, Question question) {
  const auto& call = route_->calls[question.call];
  const auto within = call.within, cache = call.cache;
  const auto key = cache > Duration::zero() ? key_of(question) : std::string();
  if (!key.empty())
    if (const auto* known = remembered(key)) co_return *known;
  auto& asked = session.asked[question.call];
  if (!asked) asked = call.connect(loop_);
  Outbound outbound;
  outbound.bytes = std::move(question.bytes);
  outbound.id = mine.id;
  outbound.attempt = mine.attempts + 1;
  outbound.filled = std::move(question.filled);
  auto* const destination = asked.get();
  const auto timer = loop_.after(within, [destination] { destination->close(); });
  auto asking = destination->send(outbound);
  auto outcome = co_await asking;
  loop_.cancel(timer);
  if (!key.empty() && outcome.kind == Outcome::Kind::accepted) {
    if (told_.size() >= kMostAnswers) told_.clear();
    Remembered known;
    known.until = loop_.mono() + cache;
    known.outcome = outcome;
    told_.insert_or_assign(key, std::move(known));
  }
  co_return outcome;
}

}  // namespace myelin::runtime
