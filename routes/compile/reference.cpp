#include "routes/compile/reference.h"

#include "routes/compile/channel_file.h"
#include "routes/compile/retain.h"
#include "routes/dictionary/dictionary.h"
#include "routes/map/overlay.h"
#include "routes/steps/catalog.h"

namespace myelin::routes {
namespace {

// A cell of a Markdown table: a bar would end it.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

std::string code(std::string_view text) { return "`" + cell(text) + "`"; }

std::string keys_table(const config::Spec& spec) {
  std::string table = "| key | what | example |\n|---|---|---|\n";
  for (const auto& option : spec.options) {
    std::string what = cell(option.doc);
    if (option.required) what += "; **needed**";
    if (!option.fallback.empty()) what += "; " + code(option.fallback) + " when not said";
    table += "| " + code(option.name) + " | " + what + " | " +
             code(std::string(option.name) + ": " + std::string(option.example)) + " |\n";
  }
  return table;
}

// An example of several lines, on one.
std::string in_one_line(std::string_view example) {
  std::string line;
  for (std::size_t at = 0; at < example.size(); ++at) {
    if (example[at] != '\n') {
      line += example[at];
      continue;
    }
    line += " ⏎";
    while (at + 1 < example.size() && example[at + 1] == ' ') ++at;
    line += ' ';
  }
  return line;
}

std::string steps_table() {
  std::string table = "| step | what it does | its value | example (⏎ begins a new line) |\n|---|---|---|---|\n";
  for (const auto& kind : step_catalog())
    table += "| " + code(kind.name) + " | " + cell(kind.doc) + " | " + cell(kind.value) + " | " +
             code(in_one_line(kind.example)) + " |\n";
  return table;
}

std::string functions_table() {
  std::string table = "| function | what | example | gives |\n|---|---|---|---|\n";
  for (const auto& function : expr::function_docs())
    table += "| " + code(function.signature) + " | " + cell(function.doc) + " | " + code(function.example) + " | " +
             (function.result.empty() ? std::string("nothing") : code(function.result)) + " |\n";
  return table;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> reference_tables() {
  return {
      {"channel", keys_table(channel_spec())},
      {"accept", keys_table(accept_spec())},
      {"duplicates", keys_table(duplicates_spec())},
      {"retain", keys_table(retain_spec())},
      {"route", keys_table(route_spec())},
      {"order", keys_table(order_spec())},
      {"reply", keys_table(reply_spec())},
      {"retry", keys_table(retry_spec())},
      {"rate", keys_table(rate_spec())},
      {"collect", keys_table(collect_spec())},
      {"alerts", keys_table(alert_spec())},
      {"on_reply", keys_table(reply_retry_spec())},
      {"test", keys_table(test_spec())},
      {"connection", keys_table(connection_spec())},
      {"map", keys_table(*find_step("map")->spec)},
      {"replace", keys_table(*find_step("replace")->spec)},
      {"date", keys_table(*find_step("date")->spec)},
      {"validate", keys_table(*find_step("validate")->spec)},
      {"profile", keys_table(profile_spec())},
      {"profile segments", keys_table(profile_segment_spec())},
      {"profile fields", keys_table(profile_field_spec())},
      {"profile groups", keys_table(profile_group_spec())},
      {"profile rules", keys_table(profile_rule_spec())},
      {"dictionary", keys_table(dictionary_spec())},
      {"dictionary segments", keys_table(dictionary_segment_spec())},
      {"dictionary fields", keys_table(dictionary_element_spec())},
      {"dictionary tables", keys_table(dictionary_table_spec())},
      {"dictionary structures", keys_table(dictionary_structure_spec())},
      {"to_fhir", keys_table(*find_step("to_fhir")->spec)},
      {"from_fhir", keys_table(*find_step("from_fhir")->spec)},
      {"overlay", keys_table(mapping::overlay_spec())},
      {"units", keys_table(*find_step("units")->spec)},
      {"deidentify", keys_table(*find_step("deidentify")->spec)},
      {"decode", keys_table(*find_step("decode")->spec)},
      {"call", keys_table(*find_step("call")->spec)},
      {"steps", steps_table()},
      {"functions", functions_table()},
  };
}

}  // namespace myelin::routes
