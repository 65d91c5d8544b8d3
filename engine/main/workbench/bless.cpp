#include "engine/main/workbench/bless.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "engine/main/console.h"

namespace myelin {

namespace {

struct Edit {
  std::size_t begin, end;
  std::string value;
};

// The byte of the file at a column that an editor shows.
std::size_t byte_of(const config::Place& place, int column) {
  const auto line = place.source->line(place.line);
  std::size_t byte = 0;
  for (int at = 1; at < column && byte < line.size(); ++at) do
      ++byte;
    while (byte < line.size() && (static_cast<unsigned char>(line[byte]) & 0xC0U) == 0x80U);
  return static_cast<std::size_t>(line.data() - place.source->content().data()) + byte;
}

// Plain where it was and may be, also inside { }; else in double quotes.
std::string as_yaml(const std::string& value, bool was_quoted) {
  const auto word = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '^' || c == '.' ||
           c == '-' || c == '_' || c == ' ';
  };
  const bool letter = !value.empty() && ((value[0] | 0x20) >= 'a' && (value[0] | 0x20) <= 'z');
  if (!was_quoted && letter && value.back() != ' ' && std::ranges::all_of(value, word)) return value;
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else out += c;
  }
  return out + "\"";
}

Result<void> apply(const config::SourceText& source, std::vector<Edit> edits) {
  std::ranges::sort(edits, std::greater(), &Edit::begin);
  auto text = std::string(source.content());
  for (const auto& edit : edits) text.replace(edit.begin, edit.end - edit.begin, edit.value);
  return write_output(source.path(), text);
}

}  // namespace

Result<Blessed> bless(const std::vector<TestResult>& results) {
  Blessed blessed;
  std::map<std::shared_ptr<const config::SourceText>, std::vector<Edit>> edits;
  for (const auto& result : results) {
    bool file_written = false;
    for (const auto& mismatch : result.mismatches) {
      if (mismatch.actual && !mismatch.file.empty()) {
        std::error_code ignored;
        std::filesystem::create_directories(std::filesystem::path(mismatch.file).parent_path(), ignored);
        if (auto done = write_output(mismatch.file, *mismatch.actual); !done) return fail(done);
        blessed.written.push_back(mismatch.file);
        file_written = true;
      } else if (mismatch.actual && mismatch.place.source) {
        const auto begin = byte_of(mismatch.place, mismatch.place.column);
        const auto end = byte_of(mismatch.place, mismatch.place.column + mismatch.place.length);
        const bool quoted = std::string_view("\"'").contains(mismatch.place.source->content()[begin]);
        edits[mismatch.place.source].push_back({begin, end, as_yaml(*mismatch.actual, quoted)});
        blessed.written.push_back(fmt::format("{}  {}: {} is now {}", to_string(mismatch.place), mismatch.about,
                                              mismatch.expected, mismatch.got));
      } else if (!file_written) {  // the rest of a file that differs is told apart field by field
        ++blessed.left;
      }
    }
  }
  for (auto& [source, changes] : edits)
    if (auto done = apply(*source, std::move(changes)); !done) return fail(done);
  return blessed;
}

}  // namespace myelin
