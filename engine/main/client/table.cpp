// `myelin table`: the look-up tables as the daemon has them: which there are, their rows, one key.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "engine/base/counted.h"
#include "engine/main/client/configurations.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/main/engine_config.h"
#include "routes/steps/table.h"

namespace myelin {
namespace {

using json::Value;

struct TableOptions {
  std::string name, key, socket;
  std::int64_t limit = 100;
};

using LookUp = std::shared_ptr<const routes::Table>;

std::vector<LookUp> tables_of(const PastFiles& past) {
  std::vector<LookUp> tables;
  config::Diagnostics ignored;  // it runs
  for (const auto& [path, text] : past.texts) {
    if (!path.starts_with("tables/")) continue;
    auto name = path.substr(7, path.size() - 7 - 4);
    const auto source = std::make_shared<const config::SourceText>(path, text);
    tables.push_back(routes::Table::read(source, std::move(name), ignored));
  }
  return tables;
}

// The channels and blocks that name it; a word that only looks like it counts too.
std::string users_of(const PastFiles& past, const std::string& table) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; };
  std::string users;
  for (const auto& [path, text] : past.texts) {
    if (!path.starts_with("channels/") && !path.starts_with("blocks/") && !path.starts_with("profiles/")) continue;
    if (path.ends_with(".test.yaml")) continue;
    for (auto at = text.find(table); at != std::string::npos; at = text.find(table, at + 1)) {
      const auto end = at + table.size();
      if ((at > 0 && is_part(text[at - 1])) || (end < text.size() && is_part(text[end]))) continue;
      users += (users.empty() ? "" : ", ") + path.substr(0, path.rfind('.'));
      break;
    }
  }
  return users;
}

std::vector<std::string> row_of(const routes::Table& table, std::string_view key) {
  std::vector<std::string> cells = {std::string(key)};
  for (std::size_t at = 1; at < table.columns().size(); ++at)
    cells.emplace_back(table.lookup(key, table.columns()[at]).value_or(""));
  return cells;
}

Value row_json(const routes::Table& table, const std::vector<std::string>& cells) {
  Value row;
  for (std::size_t at = 0; at < cells.size(); ++at) row.set(table.columns()[at], cells[at]);
  return row;
}

void show_list(const PastFiles& past, const std::vector<LookUp>& tables, const Console& console) {
  Table shown({{"TABLE"}, {"ROWS", Align::right}, {"COLUMNS"}, {"NAMED BY"}});
  Value list{json::Array{}};
  for (const auto& table : tables) {
    std::string columns;
    Value names{json::Array{}};
    for (const auto& column : table->columns()) {
      columns += (columns.empty() ? "" : ", ") + column;
      names.push(Value(column));
    }
    const auto users = users_of(past, table->name());
    shown.add({table->name(), number_text(static_cast<std::int64_t>(table->size())), columns, users});
    Value one;
    one.set("table", table->name()).set("rows", table->size()).set("columns", std::move(names));
    list.push(one.set("named_by", users));
  }
  if (console.json()) {
    console.print(Value().set("tables", std::move(list)));
    return;
  }
  auto text = shown.empty() ? std::string("The configuration that runs has no table.\n") : shown.text(console);
  text.pop_back();
  console.line(text);
}

void show_rows(const routes::Table& table, const std::vector<std::string_view>& keys, const TableOptions& options,
               const Console& console) {
  std::vector<Column> columns;
  for (const auto& column : table.columns()) columns.push_back({column});
  Table shown(std::move(columns));
  Value rows{json::Array{}};
  std::int64_t count = 0;
  for (const auto& key : keys) {
    if (!console.json() && count++ >= options.limit) break;
    const auto cells = row_of(table, key);
    rows.push(row_json(table, cells));
    std::vector<Cell> line(cells.begin(), cells.end());
    if (!console.json()) shown.add(std::move(line));
  }
  if (console.json()) {
    console.print(Value().set("table", table.name()).set("rows", std::move(rows)));
    return;
  }
  auto text = shown.text(console);
  text.pop_back();
  console.line(text);
  if (count > options.limit)
    console.line(fmt::format("{} of {} {}; --limit shows more", number_text(options.limit),
                             number_text(static_cast<std::int64_t>(keys.size())),
                             plural(static_cast<std::int64_t>(keys.size()), "row")));
}

Task<Exit> show(DaemonLink& link, std::shared_ptr<TableOptions> options, const Console& console) {
  const auto past = co_await past_files(link, "running");
  if (!past) co_return console.report(past.error());
  const auto tables = tables_of(*past);
  if (options->name.empty()) {
    show_list(*past, tables, console);
    co_return Exit::ok;
  }
  const auto found = std::ranges::find_if(tables, [&](const LookUp& table) { return table->name() == options->name; });
  if (found == tables.end()) {
    std::vector<std::string_view> names;
    for (const auto& table : tables) names.push_back(table->name());
    const auto near = config::nearest(options->name, names);
    console.error("no table '" + options->name + "' runs" +
                  (near.empty() ? std::string() : "; did you mean " + std::string(near) + "?"));
    co_return Exit::not_so;
  }
  const auto& table = **found;
  if (options->key.empty()) {
    show_rows(table, table.keys(), *options, console);
    co_return Exit::ok;
  }
  if (!std::ranges::binary_search(table.keys(), std::string_view(options->key))) {
    console.error(fmt::format("{} has no row for '{}'; `myelin unmapped add {} {} COLUMN=VALUE` writes one",
                              options->name, options->key, options->name, options->key));
    co_return Exit::not_so;
  }
  show_rows(table, {options->key}, *options, console);
  co_return Exit::ok;
}

}  // namespace

void add_table(Commands& commands) {
  auto options = std::make_shared<TableOptions>();
  commands.add(Group::messages, "table", "shows a look-up table as the daemon has it, or what one key gives")
      .optional("NAME", options->name, "the table; all of them when nothing is said")
      .optional("KEY", options->key, "only its row; exit 1 when there is none")
      .option("--limit", "N", options->limit, "at most so many rows; --json has all")
      .socket(options->socket)
      .json()
      .example("myelin table")
      .example("myelin table sex-to-lab M")
      .detail(
          "The codes that messages wait for are those of `myelin unmapped`, and `unmapped add` writes a row. The files "
          "may say something else than what runs: `myelin plan`.")
      .run([options](Console& console) {
        return with_daemon(options->socket, [&](DaemonLink& link) { return show(link, options, console); });
      });
}

}  // namespace myelin
