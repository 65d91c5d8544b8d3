#include "routes/format/comments.h"

#include <algorithm>

namespace myelin::routes {
namespace {

void collect(const config::Node& node, std::vector<config::Extent>& scalars) {
  if (node.is_scalar()) scalars.push_back(node.extent());
  for (const auto& item : node.items()) collect(item, scalars);
  for (const auto& entry : node.entries()) {
    scalars.push_back(entry.value.key_extent());
    collect(entry.value, scalars);
  }
}

}  // namespace

std::vector<Comment> comments_of(const config::SourceText& source, const config::Node& root) {
  std::vector<config::Extent> scalars;
  collect(root, scalars);
  std::ranges::sort(scalars, {}, &config::Extent::begin);
  std::vector<Comment> comments;
  const auto content = source.content();
  std::size_t next = 0;
  for (int number = 1; number <= source.line_count(); ++number) {
    const auto line = source.line(number);
    const auto start = static_cast<std::size_t>(line.data() - content.data());
    for (std::size_t byte = 0; byte < line.size(); ++byte) {
      const auto at = start + byte;
      while (next < scalars.size() && scalars[next].end <= at) ++next;
      const bool inside = next < scalars.size() && scalars[next].begin <= at;
      const bool begins = line[byte] == '#' && (byte == 0 || line[byte - 1] == ' ');
      if (inside || !begins) continue;
      const auto text = line.substr(byte, line.find_last_not_of(" \r") + 1 - byte);
      const bool alone = line.find_first_not_of(' ') == byte;
      comments.push_back({at, number, source.column(number, static_cast<int>(byte)) - 1, alone, std::string(text)});
      break;
    }
  }
  return comments;
}

}  // namespace myelin::routes
