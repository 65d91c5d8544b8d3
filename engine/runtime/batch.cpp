#include "engine/runtime/batch.h"

#include <string_view>

#include "engine/hl7/batch.h"

namespace myelin::runtime {
namespace {

std::string_view without_line_end(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::string in_envelope(const Batch& batch, bool in_file) {
  std::vector<std::string_view> messages;
  messages.reserve(batch.members.size());
  for (const auto& member : batch.members) messages.push_back(member.bytes.view());
  const auto id = to_string(batch.members.front().id);
  hl7::BatchFacts facts;
  facts.id = id;
  facts.when = time_of(batch.members.back().id.message());
  facts.in_file = in_file;
  return hl7::make_batch(messages, facts);
}

// What each begins with is its header: it stands once.
std::string as_csv(const Batch& batch) {
  std::string all;
  for (const auto& member : batch.members) {
    auto text = without_line_end(member.bytes.view());
    if (!all.empty()) text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
    if (!text.empty()) all.append(text).append(1, '\n');
  }
  return all;
}

std::string as_array(const Batch& batch) {
  std::string all;
  for (const auto& member : batch.members) all.append(all.empty() ? "[" : ",\n").append(member.bytes.view());
  return all.append("]");
}

std::string one_after_the_other(const Batch& batch, char end) {
  std::string all;
  for (const auto& member : batch.members) all.append(without_line_end(member.bytes.view())).append(1, end);
  return all;
}

}  // namespace

std::string joined(const Batch& batch, CollectPolicy::Form form) {
  switch (form) {
    case CollectPolicy::Form::file:
    case CollectPolicy::Form::batch:
      return in_envelope(batch, form == CollectPolicy::Form::file);
    case CollectPolicy::Form::messages:
      return one_after_the_other(batch, '\r');
    case CollectPolicy::Form::lines:
      return one_after_the_other(batch, '\n');
    case CollectPolicy::Form::csv:
      return as_csv(batch);
    case CollectPolicy::Form::array:
      return as_array(batch);
  }
  std::unreachable();
}

}  // namespace myelin::runtime
