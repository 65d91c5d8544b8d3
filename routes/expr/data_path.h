// Paths into JSON: patient.name[1].family, results[code=GLU].value, $body[2].id. Counted from 1, with the picks that
// paths of HL7 have; a key with other characters is written ['odd key']. Inside `each: results`, results means the
// current one.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fhir/json.h"
#include "engine/hl7/path.h"
#include "engine/model/plan.h"

namespace myelin::expr {

struct DataPick {
  enum class Kind : std::uint8_t { implicit, number, last, all, where } kind = Kind::implicit;
  std::size_t number = 0;
  std::string key, value;  // [key=value]
};

struct DataStep {
  std::string key;  // empty: the whole body
  DataPick pick;
};

struct DataPath {
  std::vector<DataStep> steps;
  bool lists() const;  // has a [*]
};

// `text` without $body or $original before it.
std::expected<DataPath, hl7::PathError> parse_data_path(std::string_view text);

// The positions in an array that a pick means; `path` is the names up to here.
std::vector<std::size_t> picked(const json::Array& items, const DataPick& pick, const std::string& path,
                                std::span<const Context::Row> rows);
// What the path names, in order; several only with [*]. The last array stays whole when `whole`.
std::vector<const json::Value*> select(const json::Value& root, const DataPath& path,
                                       std::span<const Context::Row> rows, bool whole = false);

// The places to write, in order. `make`: keys that are missing are made, and the item behind the last one; otherwise
// what is not there is no place. cannot_write where a list stands and nothing says which of it, or a value where an
// object is needed.
Result<std::vector<json::Value*>> select_to_write(json::Value& root, const DataPath& path,
                                                  std::span<const Context::Row> rows, bool make);
// Takes out what the path names: keys with their values, items of arrays.
void erase(json::Value& root, const DataPath& path, std::span<const Context::Row> rows);

// The items that `each`, any(), all() and count() run over: those of the array that the path ends at.
struct DataItems {
  std::string path;  // of Context::Row
  std::vector<std::size_t> indices;
  DataPath array;  // that they are of
};
// How many items an array has now; 0 where there is none.
std::size_t size_of(const json::Value& root, const DataPath& array, std::span<const Context::Row> rows);
DataItems items_of(const json::Value& root, const DataPath& path, std::span<const Context::Row> rows);

}  // namespace myelin::expr
