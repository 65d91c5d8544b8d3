// How the verbs that watch the daemon write for a person: tables that fit the terminal, spans of time, numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/main/console.h"

namespace myelin {

struct Cell {
  Cell(std::string shown) : text(std::move(shown)) {}
  Cell(const char* shown) : text(shown) {}
  Cell(std::string shown, Ink paint) : text(std::move(shown)), ink(paint) {}
  std::string text;
  std::optional<Ink> ink;  // never alone: the text says the same
};

enum class Align : std::uint8_t { left, right };

struct Column {
  std::string name;
  Align align = Align::left;
  std::size_t most = 0;  // its content is cut to so many columns; 0: it is not cut, but for the last
};

// As wide as its content; what does not fit the console is cut from the last column.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }  // as many cells as columns
  bool empty() const { return rows_.empty(); }
  std::string text(const Console& console) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// "3 s", "12 min", "3 h 05 min", "4 d 2 h"; a span below zero is "0 s".
std::string span_text(Duration span);
// "12,345"
std::string number_text(std::int64_t number);
// "412 bytes", "2.4 KiB", "3.0 MiB"
std::string size_text(std::int64_t bytes);
// The API's "2026-03-01T09:30:00.250Z".
std::optional<WallTime> parse_timestamp(std::string_view text);
// What --since and --until take, in milliseconds since 1970: "24h" ago, "2026-03-01", or as the answers write it.
// bad_request.
Result<std::int64_t> milliseconds_of(const std::string& text);
// From `text` until `now`; "" where it is no timestamp.
std::string age_text(std::string_view text, WallTime now);
// What the API shows of a content.
std::string decode_base64(std::string_view text);
// Words in lines of at most `width`, each begun with `indent`.
std::string wrapped(std::string_view text, std::size_t width, std::string_view indent);

}  // namespace myelin
