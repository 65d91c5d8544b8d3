#include "engine/main/client/text.h"
#include "engine/base/counted.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "engine/config/spec.h"

namespace myelin {
namespace {

constexpr std::size_t kGap = 2;         // blanks between columns
constexpr std::size_t kLeastLast = 40;  // the last column is not cut below this; the terminal folds the line

std::string padded(const Console& console, const Cell& cell, std::size_t width, Align align) {
  const auto blanks = std::string(width - std::min(width, columns(cell.text)), ' ');
  const auto shown = cell.ink ? console.paint(*cell.ink, cell.text) : cell.text;
  return align == Align::right ? blanks + shown : shown + blanks;
}

}  // namespace

std::string Table::text(const Console& console) const {
  std::vector<std::size_t> widths;
  for (const auto& column : columns_) widths.push_back(columns(column.name));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < widths.size(); ++i)
      widths[i] =
          std::max(widths[i], std::min(columns(row[i].text), columns_[i].most > 0 ? columns_[i].most : SIZE_MAX));
  std::size_t before = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) before += widths[i] + kGap;
  const auto room = static_cast<std::size_t>(console.width());
  widths.back() = std::min(widths.back(), room > before + kLeastLast ? room - before : kLeastLast);

  std::string out;
  const auto add_line = [&](const auto& cell_at) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      Cell cell = cell_at(i);
      cell.text = cut(cell.text, i + 1 == widths.size() || columns_[i].most > 0 ? widths[i] : 0);
      line += padded(console, cell, widths[i], columns_[i].align);
      if (i + 1 < widths.size()) line.append(kGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add_line([&](std::size_t i) { return Cell(columns_[i].name, Ink::bold); });
  for (const auto& row : rows_) add_line([&](std::size_t i) { return row[i]; });
  return out;
}

std::string span_text(Duration span) {
  const auto whole = std::max<std::int64_t>(0, std::chrono::floor<seconds>(span).count());
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min", whole / 60);
  if (whole < 86400) return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d {} h", whole / 86400, whole / 3600 % 24);
}

std::string number_text(std::int64_t number) {
  auto digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (auto at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string size_text(std::int64_t bytes) {
  if (bytes < 1024) return counted(bytes, "byte");
  const auto kibibytes = static_cast<double>(bytes) / 1024;
  if (kibibytes < 1024) return fmt::format("{:.1f} KiB", kibibytes);
  const auto mebibytes = kibibytes / 1024;
  return mebibytes < 1024 ? fmt::format("{:.1f} MiB", mebibytes) : fmt::format("{:.1f} GiB", mebibytes / 1024);
}

std::optional<WallTime> parse_timestamp(std::string_view text) {
  std::tm parts{};
  int thousandths = 0;
  const std::string whole(text);
  const int read = std::sscanf(whole.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &parts.tm_year, &parts.tm_mon,
                               &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &thousandths);
  if (read != 7) return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const auto said = parts;
  const auto since = timegm(&parts);  // makes the 31st of June the 1st of July
  const bool is_so = said.tm_mon == parts.tm_mon && said.tm_mday == parts.tm_mday && said.tm_hour == parts.tm_hour &&
                     said.tm_min == parts.tm_min && said.tm_sec == parts.tm_sec;
  return is_so ? std::optional(WallTime(seconds(since)) + milliseconds(thousandths)) : std::nullopt;
}

Result<std::int64_t> milliseconds_of(const std::string& text) {
  const auto now = std::chrono::floor<microseconds>(std::chrono::system_clock::now());
  std::optional<WallTime> time;
  if (const auto ago = config::parse_duration(text)) time = now - std::chrono::duration_cast<microseconds>(*ago);
  else if (text.size() == 10) time = parse_timestamp(text + "T00:00:00.000Z");
  else time = parse_timestamp(text);
  if (!time)
    return fail(FaultCode::bad_request, "`" + text + "` is no time: 24h, 2026-03-01 or 2026-03-01T09:30:00.000Z");
  return std::chrono::floor<milliseconds>(time->time_since_epoch()).count();
}

std::string age_text(std::string_view text, WallTime now) {
  const auto time = parse_timestamp(text);
  return time ? span_text(now - *time) : std::string();
}

std::string wrapped(std::string_view text, std::size_t width, std::string_view indent) {
  std::string out, line(indent);
  const auto room = std::max(width, indent.size() + 20);
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    if (line.size() > indent.size() && columns(line) + 1 + columns(word) > room) {
      out += line + "\n";
      line = indent;
    }
    if (line.size() > indent.size()) line += ' ';
    line += word;
  }
  return line.size() > indent.size() ? out + line + "\n" : out;
}

std::string decode_base64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) break;
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(group >> bits & 0xFFU);
  }
  return out;
}

}  // namespace myelin
