#include "engine/runtime/duplicates.h"

#include <cstring>
#include <functional>
#include <string>

#include "engine/hl7/ack.h"

namespace myelin::runtime {
namespace {

// The bytes of field `number` of MSH; `message` begins with MSH.
std::string_view msh_field(std::string_view message, char separator, int number) {
  const auto end = message.find_first_of("\r\n");
  const auto msh = message.substr(0, end);
  std::size_t begin = 3;  // MSH-1 is the separator itself, so the text after the n-th separator is MSH-(n+1)
  for (int field = 1; field < number; ++field) {
    begin = msh.find(separator, begin);
    if (begin == std::string_view::npos) return msh.substr(msh.size());
    ++begin;
  }
  return msh.substr(begin, msh.find(separator, begin) - begin);
}

}  // namespace

std::size_t DuplicateWindow::First64::operator()(const Sha256& digest) const noexcept {
  std::size_t first = 0;
  std::memcpy(&first, digest.data(), sizeof first);
  return first;
}

Sha256 DuplicateWindow::fingerprint(std::string_view message) {
  const auto header = hl7::read_header(message);
  if (!header || header->control_id.empty()) return {};
  const auto time = msh_field(message, header->delimiters.field, 7);
  const auto at = static_cast<std::size_t>(time.data() - message.data());
  Sha256Sum sum;
  sum.add(message.substr(0, at));
  sum.add(message.substr(at + time.size()));
  return sum.digest();
}

std::size_t DuplicateWindow::sender_id(std::string_view message) {
  const auto header = hl7::read_header(message);
  if (!header || header->control_id.empty()) return 0;
  std::string all(header->sending_application);
  all.append("|").append(header->sending_facility).append("|").append(header->control_id);
  return std::hash<std::string>()(all);
}

void DuplicateWindow::set_span(Duration span) {
  span_ = span;
  if (span_ > Duration::zero()) {
    seen_.make();
    return ids_.make();
  }
  seen_.clear();
  ids_.clear();
  order_.clear();
}

bool DuplicateWindow::knows_id(std::size_t sender_id, MonoTime now) {
  forget_before(now - span_);
  return sender_id != 0 && !order_.empty() && ids_.of(sender_id).contains(sender_id);
}

std::optional<DuplicateWindow::Seen> DuplicateWindow::find(const Sha256& fingerprint, MonoTime now) {
  forget_before(now - span_);
  if (order_.empty()) return std::nullopt;
  const auto& seen = seen_.of(fingerprint);
  const auto found = seen.find(fingerprint);
  if (found == seen.end()) return std::nullopt;
  return found->second;
}

void DuplicateWindow::remember(const Sha256& fingerprint, std::size_t sender_id, MessageId id, WallTime received_at,
                               MonoTime since) {
  if (span_ == Duration::zero() || fingerprint == Sha256{}) return;
  if (!seen_.of(fingerprint).insert_or_assign(fingerprint, Seen{id, received_at}).second) return;
  if (sender_id != 0) ++ids_.of(sender_id)[sender_id];
  order_.push_back({since, fingerprint, sender_id});
  if (order_.size() > kMost) forget_oldest();
}

void DuplicateWindow::forget_before(MonoTime time) {
  while (!order_.empty() && order_.front().since < time) forget_oldest();
}

void DuplicateWindow::forget_oldest() {
  const auto& oldest = order_.front();
  seen_.of(oldest.fingerprint).erase(oldest.fingerprint);
  auto& ids = ids_.of(oldest.sender_id);
  const auto known = ids.find(oldest.sender_id);
  if (known != ids.end() && --known->second == 0) ids.erase(known);
  order_.pop_front();
}

}  // namespace myelin::runtime
