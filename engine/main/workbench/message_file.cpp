#include "engine/main/workbench/message_file.h"

#include <algorithm>
#include <array>

#include "engine/hl7/charset.h"
#include "engine/main/console.h"

namespace myelin {

namespace {

constexpr char kStart = '\x0b', kEnd = '\x1c';
constexpr std::array<std::string_view, 4> kEnvelope = {"FHS", "BHS", "BTS", "FTS"};

std::string_view without_framing(std::string_view line) {
  while (!line.empty() && (line.front() == kStart || line.front() == kEnd)) line.remove_prefix(1);
  return line.substr(0, line.find(kEnd));
}

bool is_envelope(std::string_view line) {
  return std::ranges::any_of(kEnvelope, [&](std::string_view name) { return line.starts_with(name); });
}

}  // namespace

std::vector<std::string> split_messages(std::string_view content) {
  if (content.starts_with(hl7::kUtf8Mark)) content.remove_prefix(3);
  std::vector<std::string> messages;
  std::size_t begin = 0;
  while (begin < content.size()) {
    auto end = std::min(content.find_first_of("\r\n", begin), content.size());
    const auto line = without_framing(content.substr(begin, end - begin));
    const auto line_end = end;
    while (end < content.size() && (content[end] == '\r' || content[end] == '\n')) ++end;
    begin = end;
    if (line.starts_with("MSH")) messages.emplace_back();
    if (messages.empty() || is_envelope(line) || line.empty()) continue;
    messages.back() += line;
    messages.back() += content.substr(line_end, end - line_end);
  }
  if (messages.empty() && !content.empty()) messages.emplace_back(content);
  return messages;
}

Result<hl7::Tree> read_message(const std::string& path) {
  const auto content = read_input(path);
  if (!content) return std::unexpected(content.error());
  auto messages = split_messages(*content);
  if (messages.empty()) return fail(FaultCode::empty_message, path + " is empty");
  auto tree = hl7::Tree::parse(Bytes(std::move(messages.front())));
  if (!tree) tree.error().detail = path + ": " + tree.error().detail;
  return tree;
}

std::string with_carriage_returns(std::string_view message) {
  std::string out;
  out.reserve(message.size() + 1);
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] == '\n' && i > 0 && message[i - 1] == '\r') continue;
    out += message[i] == '\n' ? '\r' : message[i];
  }
  if (!out.ends_with('\r')) out += '\r';
  return out;
}

}  // namespace myelin
