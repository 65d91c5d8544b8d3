#include "engine/runtime/askers.h"

#include <utility>

namespace myelin::runtime {

Askers::Question::Question(Askers& askers, DeliveryId id)
    : askers_(askers), id_(id), ear_(std::make_shared<Ear>(askers.loop_)) {
  askers_.questions_.emplace(id, ear_);
}

Askers::Question::~Question() {
  std::erase_if(askers_.questions_, [this](const auto& each) { return each.second == ear_; });
}

Task<Fate> Askers::Question::wait(Duration limit) {
  const auto end = askers_.loop_.mono() + limit;
  while (!ear_->fate) {
    const auto left = end - askers_.loop_.mono();
    if (left <= Duration::zero()) break;
    co_await ear_->told.wait_for(left);
  }
  Fate fate;
  if (ear_->fate) fate = std::move(*ear_->fate);
  co_return fate;
}

void Askers::tell(DeliveryId id, Fate fate) {
  for (auto at = questions_.find(id); at != questions_.end(); at = questions_.find(id)) {
    auto ear = at->second;
    questions_.erase(at);
    ear->fate = fate;
    // Whoever tells is in the middle of something.
    loop_.post([ear] { ear->told.notify(); });
  }
}

void Askers::give_up() {
  while (any()) tell(questions_.begin()->first, Fate());
}

}  // namespace myelin::runtime
