#include "engine/runtime/window.h"

#include <algorithm>
#include <utility>

#include "engine/base/sabotage.h"

namespace myelin::runtime {
namespace {

constexpr std::size_t kHandOver = 64 * 1024;         // larger originals are not kept …
constexpr std::size_t kOriginals = 8 * 1024 * 1024;  // … nor are any beyond this sum

}  // namespace

Waiting& Window::add(DeliveryId id) {
  auto& waiting = rows_[id];
  waiting.id = id;
  cursor_ = std::max(cursor_, id);
  return waiting;
}

void Window::erase(DeliveryId id) {
  const auto found = rows_.find(id);
  if (found == rows_.end()) return;
  drop_original(found->second);
  rows_.erase(found);
}

void Window::clear() {
  rows_.clear();
  original_bytes_ = 0;
  cursor_ = DeliveryId{};
  behind_ = true;
}

void Window::keep_original(Waiting& waiting, std::shared_ptr<const Message> original) {
  original_bytes_ += original->bytes.size();
  waiting.original = std::move(original);
}

void Window::offer_original(Waiting& waiting, std::shared_ptr<const Message> original) {
  const auto bytes = original->bytes.size();
  if (bytes <= kHandOver && original_bytes_ + bytes <= kOriginals) keep_original(waiting, std::move(original));
}

void Window::drop_original(Waiting& waiting) {
  if (!waiting.original) return;
  original_bytes_ -= waiting.original->bytes.size();
  waiting.original = nullptr;
}

void Window::pushed(DeliveryId id) {
  newest_ = std::max(newest_, id);
  if (reading_) pushed_meanwhile_.push_back(id);
}

void Window::leave_in_store(DeliveryId id) {
  if (!behind_ && sabotaged(Bug::window_skips_one)) cursor_ = id;
  behind_ = true;
}

void Window::begin_read() {
  reading_ = true;
  newest_before_read_ = newest_;
}

// All that was committed before a read that came to the end has been seen, also what is finished since.
bool Window::end_read(bool whole) {
  reading_ = false;
  if (whole) cursor_ = std::max(cursor_, newest_before_read_);
  behind_ = !whole || newest_ > cursor_;
  const auto meanwhile = std::exchange(pushed_meanwhile_, {});
  return std::ranges::any_of(meanwhile, [this](DeliveryId id) { return id <= cursor_ && !contains(id); });
}

void Window::give_up_read() {
  reading_ = false;
  pushed_meanwhile_.clear();
}

}  // namespace myelin::runtime
