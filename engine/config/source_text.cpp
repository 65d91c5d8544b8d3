// Reading a configuration file and counting its lines and columns.
#include "engine/config/source_text.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

namespace myelin::config {

namespace {

constexpr std::size_t kMarkEvery = 256;
constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr std::size_t kReadAtOnce = 16384;

bool continues_code_point(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

SourceText::SourceText(std::string path, std::string content) : path_(std::move(path)), content_(std::move(content)) {
  if (content_.starts_with("\xEF\xBB\xBF")) content_.erase(0, 3);  // a byte order mark, as some Windows editors write
  starts_.push_back(0);
  for (std::size_t at = content_.find('\n'); at != std::string::npos; at = content_.find('\n', at + 1))
    starts_.push_back(at + 1);
  std::size_t characters = 0;
  for (std::size_t at = 0; at < content_.size(); ++at) {
    if (at % kMarkEvery == 0) marks_.push_back(characters);
    if (!continues_code_point(content_[at])) ++characters;
  }
}

std::size_t SourceText::characters_before(std::size_t at) const {
  if (marks_.empty()) return 0;
  const std::size_t mark = std::min(at / kMarkEvery, marks_.size() - 1);
  std::size_t characters = marks_[mark];
  for (std::size_t byte = mark * kMarkEvery; byte < at; ++byte)
    if (!continues_code_point(content_[byte])) ++characters;
  return characters;
}

Result<std::shared_ptr<const SourceText>> SourceText::read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(FaultCode::io_failed, "cannot open " + path);
  std::string content;
  std::array<char, kReadAtOnce> part{};
  while (content.size() <= kMaxBytes && file.good()) {
    file.read(part.data(), part.size());
    content.append(part.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad() || !(file.eof() || content.size() > kMaxBytes))
    return fail(FaultCode::io_failed, "cannot read " + path);
  content.shrink_to_fit();  // a plan keeps its file for as long as it runs
  if (content.size() > kMaxBytes) return fail(FaultCode::io_failed, path + " is larger than 1 MiB");
  return std::make_shared<const SourceText>(path, std::move(content));
}

std::string_view SourceText::line(int number) const {
  if (number < 1 || number > line_count()) return {};
  const auto index = static_cast<std::size_t>(number - 1);
  const std::size_t begin = starts_[index];
  std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : content_.size();
  if (end > begin && content_[end - 1] == '\r') --end;
  return std::string_view(content_).substr(begin, end - begin);
}

int SourceText::column(int line_number, int byte) const {
  const std::string_view text = line(line_number);
  const std::size_t until = std::min(text.size(), static_cast<std::size_t>(std::max(byte, 0)));
  if (text.empty()) return 1;
  const auto begin = static_cast<std::size_t>(text.data() - content_.data());
  int column = 1 + static_cast<int>(characters_before(begin + until) - characters_before(begin));
  // Inside a character: its own column, not the next.
  if (until < text.size() && continues_code_point(text[until]) && column > 1) --column;
  return column;
}

std::string to_string(const Place& place) {
  if (!place.source) return {};
  if (place.line == 0) return place.source->path();
  return place.source->path() + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

Place within(const Place& scalar, int offset, int length) {
  Place place = scalar;
  place.column += offset;
  place.length = length;
  return place;
}

}  // namespace myelin::config
