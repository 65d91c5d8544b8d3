// render: the message as JSON, CSV or text, for peers that speak no HL7. JSON is a tree of YAML whose leaves are
// values: a number of a formula is a number, true and false are themselves, what is absent is null. `each` and `do`
// make rows. What is rendered is bytes: no step that needs HL7 can follow.
#include "engine/fhir/json.h"
#include "engine/hl7/charset_iconv.h"
#include "routes/steps/each.h"
#include "routes/steps/steps.h"

namespace myelin::routes {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::string_view kForm =
    "render: { json: { name: =PID-5.1 } }; or csv: { each: OBX, row: [ =PID-3.1 ] }; or text: …";

// A leaf: a formula with its own kind of value, or text.
struct Leaf {
  std::shared_ptr<const expr::Formula> formula;
  std::shared_ptr<const expr::TextSource> text;
};

struct Branch {
  enum class Kind : std::uint8_t { leaf, object, array, rows } kind = Kind::leaf;
  Leaf leaf;
  std::vector<std::string> names;  // of an object's children
  std::vector<Branch> children;    // of rows the one thing that is repeated
  std::shared_ptr<const Each> each;
};

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

void append_json(const Branch& branch, const Body& body, Context& context, int depth, std::string& out);

// The children of an object or array, or the rows of an `each`, each on its own line.
void append_items(const Branch& branch, const Body& body, Context& context, int depth, std::string& out) {
  bool first = true;
  const auto item = [&](const Branch& child, const std::string* name) {
    if (!std::exchange(first, false)) out += ',';
    new_line(depth + 1, out);
    if (name) {
      append_quoted(*name, out);
      out += ": ";
    }
    append_json(child, body, context, depth + 1, out);
  };
  if (branch.kind == Branch::Kind::rows) {
    branch.each->run(body, context, [&] {
      item(branch.children.front(), nullptr);
      return true;
    });
  } else {
    const bool named = branch.kind == Branch::Kind::object;
    for (std::size_t at = 0; at < branch.children.size(); ++at)
      item(branch.children[at], named ? &branch.names[at] : nullptr);
  }
  if (!first) new_line(depth, out);
}

void append_json(const Branch& branch, const Body& body, Context& context, int depth, std::string& out) {
  if (branch.kind == Branch::Kind::leaf) {
    if (const auto* data = branch.leaf.formula ? branch.leaf.formula->data(body, context) : nullptr)
      out += json::write(*data);
    else if (branch.leaf.formula) append_json(branch.leaf.formula->evaluate(body, context), out);
    else append_quoted(branch.leaf.text->text(body, context), out);
    return;
  }
  const bool object = branch.kind == Branch::Kind::object;
  out += object ? '{' : '[';
  append_items(branch, body, context, depth, out);
  out += object ? '}' : ']';
}

class JsonStep final : public StepBase {
 public:
  JsonStep(StepHead head, Branch root) : StepBase(std::move(head)), root_(std::move(root)) {}

  Verdict apply(Body& body, Context& context) const override {
    std::string out;
    append_json(root_, body, context, 0, out);
    if (hl7::find_non_utf8(out))
      return verdict_of({FaultCode::bad_charset, "a value is not UTF-8, and JSON is", {}, {}});
    body = Body(BodyKind::json, Bytes(out + "\n"));
    return {};
  }

 private:
  Branch root_;
};

struct Sheet {
  std::vector<std::string> header;
  std::vector<std::shared_ptr<const expr::TextSource>> row;
  std::shared_ptr<const Each> each;  // null: one row
  char separator = ',';
};

// RFC 4180, lines ended by CRLF.
class CsvStep final : public StepBase {
 public:
  CsvStep(StepHead head, Sheet sheet) : StepBase(std::move(head)), sheet_(std::move(sheet)) {}

  Verdict apply(Body& body, Context& context) const override {
    std::string out;
    if (!sheet_.header.empty()) append_row(sheet_.header, out);
    const auto row = [&] {
      std::vector<std::string> cells;
      for (const auto& cell : sheet_.row) cells.push_back(cell->text(body, context));
      append_row(cells, out);
      return true;
    };
    if (sheet_.each) sheet_.each->run(body, context, row);
    else row();
    body = Body(Bytes(out));
    return {};
  }

 private:
  void append_row(const std::vector<std::string>& cells, std::string& out) const {
    for (const auto& cell : cells) {
      if (&cell != cells.data()) out += sheet_.separator;
      if (cell.find_first_of(std::string("\"\r\n") + sheet_.separator) == cell.npos) {
        out += cell;
        continue;
      }
      out += '"';
      for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
      out += '"';
    }
    out += "\r\n";
  }

  Sheet sheet_;
};

class TextStep final : public StepBase {
 public:
  TextStep(StepHead head, std::shared_ptr<const expr::TextSource> text)
      : StepBase(std::move(head)), text_(std::move(text)) {}

  Verdict apply(Body& body, Context& context) const override {
    body = Body(Bytes(text_->text(body, context)));
    return {};
  }

 private:
  std::shared_ptr<const expr::TextSource> text_;
};

// Reads a tree of values; nothing after reporting what is wrong.
std::optional<Branch> read_branch(const config::Node& node, Workshop& workshop, int depth);

std::optional<Branch> read_rows(const config::Node& node, Workshop& workshop, int depth) {
  auto& diagnostics = workshop.diagnostics;
  const auto* over = node.find("each");
  const auto* what = node.find("do");
  if (!what || node.entries().size() != 2) {
    diagnostics.add("C0112", node.place(), "`each` makes rows of what stands in `do`, and nothing stands beside them",
                    "results: { each: OBX, do: { code: =OBX-3.1 } }");
    return std::nullopt;
  }
  Branch branch;
  branch.kind = Branch::Kind::rows;
  branch.each = Each::read(*over, workshop);
  if (!branch.each) return std::nullopt;
  branch.each->enter(workshop);
  auto row = read_branch(*what, workshop, depth + 1);
  branch.each->leave(workshop);
  if (!row) return std::nullopt;
  branch.children.push_back(std::move(*row));
  return branch;
}

std::optional<Leaf> read_leaf(const config::Node& node, Workshop& workshop) {
  Leaf leaf;
  if (node.text().starts_with('=')) {
    leaf.formula = expr::compile_formula(node, 1, workshop.scope, workshop.diagnostics);
    return leaf.formula ? std::optional(leaf) : std::nullopt;
  }
  leaf.text = expr::compile_value(node, expr::Target::text, workshop.scope, workshop.diagnostics);
  return leaf.text ? std::optional(leaf) : std::nullopt;
}

std::optional<Branch> read_branch(const config::Node& node, Workshop& workshop, int depth) {
  if (depth > kMaxDepth) {
    workshop.diagnostics.add("C0112", node.place(), "the tree is deeper than 32", "say it in a flatter form");
    return std::nullopt;
  }
  if (node.is_map() && node.find("each")) return read_rows(node, workshop, depth);
  Branch branch;
  bool good = true;
  const auto child = [&](const std::string& name, const config::Node& value) {
    auto made = read_branch(value, workshop, depth + 1);
    good = good && made;
    if (!made) return;
    branch.names.push_back(name);
    branch.children.push_back(std::move(*made));
  };
  if (node.is_map()) {
    branch.kind = Branch::Kind::object;
    for (const auto& entry : node.entries()) child(entry.key, entry.value);
  } else if (node.is_list()) {
    branch.kind = Branch::Kind::array;
    for (const auto& item : node.items()) child({}, item);
  } else {
    auto leaf = read_leaf(node, workshop);
    if (leaf) branch.leaf = std::move(*leaf);
    good = leaf.has_value();
  }
  return good ? std::optional(std::move(branch)) : std::nullopt;
}

bool read_cells(const config::Node& node, Sheet& sheet, Workshop& workshop) {
  bool good = node.is_list() && !node.items().empty();
  if (!good)
    workshop.diagnostics.add("C0112", node.place(), "`row` is a list of values", "row: [ =PID-3.1, =PID-5.1 ]");
  for (const auto& item : node.items()) {
    auto cell = expr::compile_value(item, expr::Target::text, workshop.scope, workshop.diagnostics);
    good = good && cell;
    if (cell) sheet.row.push_back(std::move(cell));
  }
  return good;
}

std::optional<Sheet> read_sheet(const config::Node& node, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  Sheet sheet;
  bool good = true;
  const config::Node* row = nullptr;
  for (const auto& entry : node.entries()) {
    const auto& value = entry.value;
    if (entry.key == "each") {
      good = (sheet.each = Each::read(value, workshop)) && good;
    } else if (entry.key == "row") {
      row = &value;
    } else if (entry.key == "header") {
      for (const auto& item : value.items())
        if (item.is_scalar()) sheet.header.push_back(item.text());
    } else if (entry.key == "separator" && value.is_scalar() && value.text().size() == 1) {
      sheet.separator = value.text().front();
    } else {
      diagnostics.add("C0001", entry.key_place, "`csv` has each, row, header and separator (one character)",
                      std::string(kForm));
      good = false;
    }
  }
  if (!row) {
    diagnostics.add("C0112", node.place(), "`csv` needs a `row`", "row: [ =PID-3.1, =PID-5.1 ]");
    return std::nullopt;
  }
  if (sheet.each) sheet.each->enter(workshop);
  good = read_cells(*row, sheet, workshop) && good;
  if (sheet.each) sheet.each->leave(workshop);
  if (good && !sheet.header.empty() && sheet.header.size() != sheet.row.size()) {
    diagnostics.add("C0112", row->place(),
                    "the header names " + std::to_string(sheet.header.size()) + " columns, and a row has " +
                        std::to_string(sheet.row.size()),
                    "one name for each value");
    good = false;
  }
  return good ? std::optional(std::move(sheet)) : std::nullopt;
}

}  // namespace

namespace {

std::shared_ptr<const Step> build_form(StepItem item, Workshop& workshop) {
  if (!workshop.scope.around.empty() || workshop.rows > 0) {
    workshop.diagnostics.add("C0112", item.key_place, "`render` does not stand inside `each`",
                             "rows are made inside it: { each: OBX, do: … }");
    return nullptr;
  }
  if (!item.value.is_map() || item.value.entries().size() != 1) {
    workshop.diagnostics.add("C0112", item.value.place(), "`render` needs json, csv or text", std::string(kForm));
    return nullptr;
  }
  const auto& form = item.value.entries().front().key;
  const auto& what = item.value.entries().front().value;
  if (form == "json") {
    auto root = read_branch(what, workshop, 0);
    return root ? std::make_shared<JsonStep>(std::move(item.head), std::move(*root)) : nullptr;
  }
  if (form == "csv") {
    auto sheet = read_sheet(what, workshop);
    return sheet ? std::make_shared<CsvStep>(std::move(item.head), std::move(*sheet)) : nullptr;
  }
  if (form == "text") {
    auto text = expr::compile_value(what, expr::Target::text, workshop.scope, workshop.diagnostics);
    return text ? std::make_shared<TextStep>(std::move(item.head), std::move(text)) : nullptr;
  }
  workshop.diagnostics.add("C0005", item.value.entries().front().key_place, "'" + form + "' is no form of `render`",
                           std::string(kForm));
  return nullptr;
}

}  // namespace

std::shared_ptr<const Step> build_render(StepItem item, Workshop& workshop) {
  const bool json = item.value.is_map() && item.value.find("json");
  auto step = build_form(std::move(item), workshop);
  workshop.rendered = true;
  workshop.scope.body = json ? BodyKind::json : BodyKind::bytes;
  return step;
}

}  // namespace myelin::routes
