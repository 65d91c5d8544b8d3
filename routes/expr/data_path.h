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

// What the path names, in order; several only with [*]. The last array stays whole when `whole`.
std::vector<const json::Value*> select(const json::Value& root, const DataPath& path,
                                       std::span<const Context::Row> rows, bool whole = false);

// The items that `each`, any(), all() and count() run over: those of the array that the path ends at.
struct DataItems {
  std::string path;  // of Context::Row
  std::vector<std::size_t> indices;
};
DataItems items_of(const json::Value& root, const DataPath& path, std::span<const Context::Row> rows);

}  // namespace myelin::expr
