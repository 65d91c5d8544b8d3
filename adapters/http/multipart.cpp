#include "adapters/http/multipart.h"

#include <algorithm>

#include "adapters/http/answer.h"

namespace myelin::http {
namespace {

constexpr std::size_t kLongestBoundary = 70;
constexpr std::string_view kLine = "\r\n";

std::unexpected<Fault> malformed(const std::string& what) {
  return fail(FaultCode::bad_request, "the multipart body " + what);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// What stands at the beginning of `text`, in quotes or as one word; `text` goes on behind it.
std::string take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    const auto word = trimmed(text.substr(0, text.find(';')));
    text.remove_prefix(std::min(text.find(';'), text.size()));
    return std::string(word);
  }
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    value += text.front();
    text.remove_prefix(1);
  }
  text.remove_prefix(std::min(text.find(';'), text.size()));
  return value;
}

Result<void> read_field(Part& part, std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return malformed("has a part with a line that is no field");
  const auto name = media_type(line.substr(0, colon));
  const auto value = trimmed(line.substr(colon + 1));
  if (name == "content-disposition") {
    part.name = parameter(value, "name");
    part.file = !parameter(value, "filename").empty() || !parameter(value, "filename*").empty();
  } else if (name == "content-type") {
    part.content_type = value;
  } else if (name == "content-transfer-encoding") {
    const auto encoding = media_type(value);
    if (encoding != "7bit" && encoding != "8bit" && encoding != "binary")
      return malformed("has a part in a Content-Transfer-Encoding; send its bytes as they are");
  }
  return {};
}

// `text` begins behind the line of the boundary: fields, an empty line, content.
Result<Part> read_part(std::string_view text) {
  Part part;
  std::size_t head = 0;
  while (!text.starts_with(kLine)) {
    const auto end = text.find(kLine);
    if (end == std::string_view::npos) return malformed("has a part without an empty line before its content");
    head += end + kLine.size();
    if (head > kMostPartHead) return malformed("has a part with too many fields");
    auto read = read_field(part, text.substr(0, end));
    if (!read) return fail(read);
    text.remove_prefix(end + kLine.size());
  }
  text.remove_prefix(kLine.size());
  part.content = text;
  return part;
}

// Behind a boundary: "--" for the last one, else blanks and a line end. Nothing when it only looks like a boundary.
enum class After : std::uint8_t { part, end, neither };
After read_after(std::string_view& text) {
  if (text.starts_with("--")) return After::end;
  auto rest = text;
  while (rest.starts_with(' ') || rest.starts_with('\t')) rest.remove_prefix(1);
  if (!rest.starts_with(kLine)) return After::neither;
  rest.remove_prefix(kLine.size());
  text = rest;
  return After::part;
}

// The next boundary line: where its line end and dashes begin, and `text` behind it. npos: none is left.
std::size_t find_boundary(std::string_view& text, std::string_view delimiter, bool at_start, After& after) {
  for (std::size_t from = 0;;) {
    const bool first = at_start && from == 0 && text.starts_with(delimiter.substr(kLine.size()));
    const auto found = first ? 0 : text.find(delimiter, from);
    if (found == std::string_view::npos) return found;
    auto rest = text.substr(found + delimiter.size() - (first ? kLine.size() : 0));
    after = read_after(rest);
    if (after != After::neither) {
      text = rest;
      return found;
    }
    from = found + 1;
  }
}

}  // namespace

std::string parameter(std::string_view field, std::string_view name) {
  field.remove_prefix(std::min(field.find(';'), field.size()));
  while (field.starts_with(';')) {
    field.remove_prefix(1);
    const auto equals = field.find('=');
    if (equals == std::string_view::npos) return {};
    const auto semicolon = field.find(';');
    if (semicolon < equals) {  // a parameter without a value
      field.remove_prefix(semicolon);
      continue;
    }
    const bool wanted = media_type(trimmed(field.substr(0, equals))) == name;
    field = trimmed(field.substr(equals + 1));
    auto value = take_value(field);
    if (wanted) return value;
  }
  return {};
}

Result<std::vector<Part>> read_multipart(std::string_view content_type, std::string_view body) {
  const auto boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > kLongestBoundary || boundary.find_first_of(kLine) != std::string::npos)
    return fail(FaultCode::bad_request,
                "the Content-Type of a multipart body names its boundary in 1 to 70 characters");
  const auto delimiter = std::string(kLine) + "--" + boundary;
  std::vector<Part> parts;
  auto after = After::neither;
  if (find_boundary(body, delimiter, true, after) == std::string_view::npos) return malformed("has no boundary");
  while (after == After::part) {
    if (parts.size() == kMostParts) return malformed("has more than 100 parts");
    const auto whole = body;
    const auto end = find_boundary(body, delimiter, false, after);
    if (end == std::string_view::npos) return malformed("ends without its last boundary");
    auto part = read_part(whole.substr(0, end));
    if (!part) return fail(part);
    parts.push_back(std::move(*part));
  }
  if (parts.empty()) return malformed("has no part");
  return parts;
}

Result<Part> message_part(const std::vector<Part>& parts, std::string_view name) {
  const auto of_name = [&](const Part& part) { return part.name == name; };
  const auto is_file = [](const Part& part) { return part.file; };
  if (!name.empty()) {
    const auto count = std::ranges::count_if(parts, of_name);
    if (count == 1) return *std::ranges::find_if(parts, of_name);
    return malformed("has " + std::to_string(count) + " parts of the name that the source takes, '" +
                     std::string(name) + "'");
  }
  if (parts.size() == 1) return parts.front();
  if (std::ranges::count_if(parts, is_file) == 1) return *std::ranges::find_if(parts, is_file);
  return malformed("has " + std::to_string(parts.size()) +
                   " parts, and `part:` of the connection does not say which is the message");
}

}  // namespace myelin::http
