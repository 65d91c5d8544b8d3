// Bytes: the payload of a message. Immutable and shared, so it crosses from a loop to the store's thread and
// back without a copy. It has no formatter and no stream operator on purpose: what a patient's message says
// must never reach a log line (quality.md, Writing 9).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace myelin {

class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::string content) : content_(std::make_shared<const std::string>(std::move(content))) {}

  // Valid as long as any copy of these Bytes lives.
  std::string_view view() const { return content_ ? std::string_view(*content_) : std::string_view(); }
  std::size_t size() const { return content_ ? content_->size() : 0; }
  bool empty() const { return size() == 0; }

 private:
  std::shared_ptr<const std::string> content_;
};

}  // namespace myelin
