// `to:` as a formula, or as a list of names. What can be known of the names now is checked now: texts that are written
// out, and each value of the column of a table. A formula whose names come out of the message itself (`=ZDS-1`) may
// name any connection that can be a destination; those that nothing but a message names get a lane when one does.
#include <algorithm>

#include "routes/compile/route_part.h"
#include "routes/expr/compiled.h"
#include "routes/expr/functions.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Node;
using expr::Expression;

constexpr std::string_view kBlanks = " \t";

std::string trimmed(std::string text) {
  text.erase(0, std::min(text.find_first_not_of(kBlanks), text.size()));
  text.erase(text.find_last_not_of(kBlanks) + 1);
  return text;
}

class NamedRecipients final : public Recipients {
 public:
  NamedRecipients(std::string route, std::vector<std::shared_ptr<const expr::Formula>> formulas,
                  std::vector<std::string> constant)
      : route_(std::move(route)), formulas_(std::move(formulas)), constant_(std::move(constant)) {}

  std::string_view route() const override { return route_; }

  std::vector<std::string> names(const Body& body, const Context& context) const override {
    auto names = constant_;
    const auto add = [&](const expr::Value& value) {
      auto name = trimmed(expr::to_text(value));
      if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    };
    for (const auto& formula : formulas_) {
      const auto value = formula->evaluate(body, context);
      if (!value.list()) add(value);
      else
        for (const auto& item : *value.list()) add(item);
    }
    return names;
  }

 private:
  std::string route_;
  std::vector<std::shared_ptr<const expr::Formula>> formulas_;
  std::vector<std::string> constant_;
};

// Finds out which names an expression can give.
class NameFinder {
 public:
  NameFinder(const Node& node, const Surroundings& around, Workshop& workshop, RecipientNames& found)
      : node_(node), around_(around), workshop_(workshop), found_(found) {}

  void look_into(const Expression& e, const std::string* separator = nullptr) {
    if (e.kind == Expression::Kind::literal) {
      if (const auto* text = e.literal.text()) take(*text, separator, place(e), {});
      return;  // null is nobody
    }
    if (e.kind == Expression::Kind::list) {
      for (const auto& child : e.children) look_into(child, separator);
    } else if (e.kind != Expression::Kind::call) {
      found_.open = true;
    } else if (e.text == "if") {
      for (std::size_t at = 1; at < e.children.size(); ++at) look_into(e.children[at], separator);
    } else if (e.text == "coalesce") {
      for (const auto& child : e.children) look_into(child, separator);
    } else if (e.text == "split" && e.children.size() == 2 && e.children[1].literal.text()) {
      look_into(e.children[0], e.children[1].literal.text());
    } else if (e.text == "lookup" && e.table) {
      look_into_table(e, separator);
    } else {
      found_.open = true;
    }
  }

  void take(std::string_view text, const std::string* separator, const config::Place& place, std::string_view row) {
    std::size_t begin = 0;
    while (begin <= text.size()) {
      const auto end = separator && !separator->empty() ? text.find(*separator, begin) : std::string_view::npos;
      const auto name = trimmed(std::string(text.substr(begin, end == std::string_view::npos ? end : end - begin)));
      if (!name.empty()) take_name(name, place, row);
      if (end == std::string_view::npos) return;
      begin = end + separator->size();
    }
  }

 private:
  void look_into_table(const Expression& e, const std::string* separator) {
    const auto* name = e.children[0].literal.text();
    if (!name) return;
    const auto* column = e.children.size() > 2 ? e.children[2].literal.text() : nullptr;
    const auto table = around_.tables.find(*name);
    if (table == around_.tables.end()) return;
    workshop_.used_tables.insert(*name);
    auto cells = table->second->cells(column ? std::string_view(*column) : std::string_view());
    std::ranges::sort(cells);
    for (const auto& [key, cell] : cells)
      take(cell, separator, place(e), "row '" + std::string(key) + "' of table " + *name + " names ");
  }

  void take_name(const std::string& name, const config::Place& place, std::string_view row) {
    const auto& connections = around_.connections;
    if (!connections.by_name.contains(name)) {
      if (connections.unreadable || connections.broken.contains(name)) return;
      const auto legal = names_of(connections.by_name);
      workshop_.diagnostics.add("C0031", place,
                                row.empty() ? "there is no connection called '" + name + "'"
                                            : std::string(row) + "'" + name + "', which is no connection",
                                suggestion(name, legal, "connections.yaml has"));
      return;
    }
    if (std::ranges::find(found_.names, name) == found_.names.end()) found_.names.push_back(name);
  }

  config::Place place(const Expression& e) const { return node_.place_of(e.offset + 1, e.length); }

  const Node& node_;
  const Surroundings& around_;
  Workshop& workshop_;
  RecipientNames& found_;
};

}  // namespace

bool names_recipients(const Node& to) { return to.is_list() || (to.is_scalar() && to.text().starts_with('=')); }

RecipientNames read_recipients(const Node& to, const std::string& route, const Surroundings& around,
                               Workshop& workshop) {
  RecipientNames found;
  std::vector<std::shared_ptr<const expr::Formula>> formulas;
  const auto read_formula = [&](const Node& node) {
    auto formula =
        expr::compile_part(node, 1, std::string::npos, workshop.scope, workshop.diagnostics, expr::Use::decides);
    if (!formula) return;
    NameFinder(node, around, workshop, found).look_into(formula->root());
    formulas.push_back(std::move(formula));
  };
  std::vector<std::string> constant;
  if (to.is_scalar()) read_formula(to);
  else
    for (const auto& item : to.items()) {
      if (!item.is_scalar()) {
        workshop.diagnostics.add("C0131", item.place(), "a list under `to` has names of connections",
                                 "for example to: [lab, archive]");
      } else if (item.text().starts_with('=')) {
        read_formula(item);
      } else {
        const auto before = found.names.size();
        NameFinder(item, around, workshop, found).take(item.text(), nullptr, item.place(), {});
        if (found.names.size() > before) constant.push_back(found.names.back());
      }
    }
  if (formulas.empty() && constant.empty()) return found;
  found.reader = std::make_shared<NamedRecipients>(route, std::move(formulas), std::move(constant));
  return found;
}

}  // namespace myelin::routes
