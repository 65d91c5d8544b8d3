#include "routes/steps/value_tree.h"

#include <utility>

#include "engine/hl7/charset_iconv.h"

namespace myelin::routes {
namespace {

constexpr int kMaxDepth = 32;

// What is no UTF-8 stays as it is, and the step refuses the whole.
void append_quoted(std::string_view text, std::string& out) {
  if (hl7::find_non_utf8(text)) out.append(text);
  else out += json::write(json::Value(text));
}

void append_json(const expr::Value& value, std::string& out) {
  if (value.is_absent() || value.is_null()) {
    out += "null";
  } else if (const auto* list = value.list()) {
    out += '[';
    for (const auto& item : *list) {
      if (&item != list->data()) out += ", ";
      append_json(item, out);
    }
    out += ']';
  } else if (value.number()) {
    out += value.number()->text();
  } else if (value.truth()) {
    out += *value.truth() ? "true" : "false";
  } else {
    append_quoted(expr::to_text(value), out);
  }
}

void new_line(int depth, std::string& out) { out.append("\n").append(static_cast<std::size_t>(depth) * 2, ' '); }

}  // namespace

// The children of an object or array, or the rows of an `each`, each on its own line.
void ValueTree::append_items(const Body& body, Context& context, int depth, std::string& out) const {
  bool first = true;
  const auto item = [&](const ValueTree& child, const std::string* name) {
    if (!std::exchange(first, false)) out += ',';
    new_line(depth + 1, out);
    if (name) {
      append_quoted(*name, out);
      out += ": ";
    }
    child.append(body, context, depth + 1, out);
  };
  if (kind_ == Kind::rows) {
    each_->run(body, context, [&] {
      item(children_.front(), nullptr);
      return true;
    });
  } else {
    const bool named = kind_ == Kind::object;
    for (std::size_t at = 0; at < children_.size(); ++at) item(children_[at], named ? &names_[at] : nullptr);
  }
  if (!first) new_line(depth, out);
}

void ValueTree::append(const Body& body, Context& context, int depth, std::string& out) const {
  if (kind_ == Kind::leaf) {
    if (const auto* data = leaf_.formula ? leaf_.formula->data(body, context) : nullptr) out += json::write(*data);
    else if (leaf_.formula) append_json(leaf_.formula->evaluate(body, context), out);
    else append_quoted(leaf_.text->text(body, context), out);
    return;
  }
  const bool object = kind_ == Kind::object;
  out += object ? '{' : '[';
  append_items(body, context, depth, out);
  out += object ? '}' : ']';
}

Result<std::string> ValueTree::text(const Body& body, Context& context) const {
  std::string out;
  append(body, context, 0, out);
  if (hl7::find_non_utf8(out)) return fail(FaultCode::bad_charset, "a value is not UTF-8, and JSON is");
  return out;
}

Result<json::Value> ValueTree::value(const Body& body, Context& context) const {
  auto out = text(body, context);
  if (!out) return fail(out);
  auto read = json::read("[" + *out + "]");
  if (!read) return fail(read);
  return std::move(read->array()->front());
}

std::optional<ValueTree> ValueTree::read(const config::Node& node, Workshop& workshop) {
  return read(node, workshop, 0);
}

std::optional<ValueTree> ValueTree::read_rows(const config::Node& node, Workshop& workshop, int depth) {
  auto& diagnostics = workshop.diagnostics;
  const auto* over = node.find("each");
  const auto* what = node.find("do");
  if (!what || node.entries().size() != 2) {
    diagnostics.add("C0112", node.place(), "`each` makes rows of what stands in `do`, and nothing stands beside them",
                    "results: { each: OBX, do: { code: =OBX-3.1 } }");
    return std::nullopt;
  }
  ValueTree tree;
  tree.kind_ = Kind::rows;
  tree.each_ = Each::read(*over, workshop);
  if (!tree.each_) return std::nullopt;
  tree.each_->enter(workshop);
  auto row = read(*what, workshop, depth + 1);
  tree.each_->leave(workshop);
  if (!row) return std::nullopt;
  tree.children_.push_back(std::move(*row));
  return tree;
}

std::optional<ValueTree::Leaf> ValueTree::read_leaf(const config::Node& node, Workshop& workshop) {
  Leaf leaf;
  if (node.text().starts_with('=')) {
    leaf.formula = expr::compile_formula(node, 1, workshop.scope, workshop.diagnostics);
    return leaf.formula ? std::optional(leaf) : std::nullopt;
  }
  leaf.text = expr::compile_value(node, expr::Target::text, workshop.scope, workshop.diagnostics);
  return leaf.text ? std::optional(leaf) : std::nullopt;
}

std::optional<ValueTree> ValueTree::read(const config::Node& node, Workshop& workshop, int depth) {
  if (depth > kMaxDepth) {
    workshop.diagnostics.add("C0112", node.place(), "the tree is deeper than 32", "say it in a flatter form");
    return std::nullopt;
  }
  if (node.is_map() && node.find("each")) return read_rows(node, workshop, depth);
  ValueTree tree;
  bool good = true;
  const auto child = [&](const std::string& name, const config::Node& value) {
    auto made = read(value, workshop, depth + 1);
    good = good && made;
    if (!made) return;
    tree.names_.push_back(name);
    tree.children_.push_back(std::move(*made));
  };
  if (node.is_map()) {
    tree.kind_ = Kind::object;
    for (const auto& entry : node.entries()) child(entry.key, entry.value);
  } else if (node.is_list()) {
    tree.kind_ = Kind::array;
    for (const auto& item : node.items()) child({}, item);
  } else {
    auto leaf = read_leaf(node, workshop);
    if (leaf) tree.leaf_ = std::move(*leaf);
    good = leaf.has_value();
  }
  return good ? std::optional(std::move(tree)) : std::nullopt;
}

}  // namespace myelin::routes
