// render: the message as JSON, CSV or text, for peers that speak no HL7. JSON is a tree of YAML whose leaves are
// values: a number of a formula is a number, true and false are themselves, what is absent is null. `each` and `do`
// make rows. What is rendered is bytes: no step that needs HL7 can follow.
#include "engine/base/counted.h"
#include "routes/steps/each.h"
#include "routes/steps/steps.h"
#include "routes/steps/value_tree.h"

namespace myelin::routes {
namespace {

constexpr std::string_view kForm =
    "render: { json: { name: =PID-5.1 } }; or csv: { each: OBX, row: [ =PID-3.1 ] }; or text: …";

class JsonStep final : public StepBase {
 public:
  JsonStep(StepHead head, ValueTree root) : StepBase(std::move(head)), root_(std::move(root)) {}

  Verdict apply(Body& body, Context& context) const override {
    auto out = root_.text(body, context);
    if (!out) return verdict_of(std::move(out.error()));
    put_form(Body(BodyKind::json, Bytes(*out + "\n")), body, context);
    return {};
  }

 private:
  ValueTree root_;
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
    put_form(Body(Bytes(out)), body, context);
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
    put_form(Body(Bytes(text_->text(body, context))), body, context);
    return {};
  }

 private:
  std::shared_ptr<const expr::TextSource> text_;
};

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
                    "the header names " + counted(sheet.header.size(), "column") + ", and a row has " +
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
    auto root = ValueTree::read(what, workshop);
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
  workshop.render_into(json ? BodyKind::json : BodyKind::bytes);
  return step;
}

}  // namespace myelin::routes
