// Formulas over JSON and over XML: whatever stands in a channel file, and whatever body comes.
#include <cstdint>
#include <cstdlib>

#include "engine/schema/xml_edit.h"
#include "routes/expr/data_path.h"
#include "routes/expr/formula.h"

namespace {

using namespace myelin;

void run(BodyKind kind, const std::string& formula, std::string_view content) {
  const auto body = Body::read(kind, Bytes(std::string(content)), {});
  if (!body) return;
  expr::Scope scope;
  scope.body = scope.original_body = kind;
  const auto source = std::make_shared<const config::SourceText>("fuzz.yaml", formula);
  const auto node = config::Node::scalar(formula, config::Place{source, 1, 1, 1}, false);
  config::Diagnostics diagnostics;
  const auto compiled = expr::compile_formula(node, 0, scope, diagnostics);
  if ((compiled != nullptr) != diagnostics.ok()) std::abort();
  if (!compiled) return;
  Context context;
  context.original = &*body;
  if (to_text(compiled->evaluate(*body, context)) != to_text(compiled->evaluate(*body, context))) std::abort();
  (void)compiled->data(*body, context);
}

// What is written to stays JSON, and XML.
void write(const std::string& place, std::string_view content) {
  const auto path = expr::parse_data_path(place);
  auto root = json::read(content);
  if (path && root) {
    if (const auto found = expr::select_to_write(*root, *path, {}, true))
      for (auto* each : *found) *each = json::Value("x");
    expr::erase(*root, *path, {});
    const auto again = json::read(json::write(*root));
    // What is made may stand deeper than is read.
    if (again && !(*again == *root)) std::abort();
  }
  const auto name = schema::XmlPlace::compile(place);
  auto draft = schema::XmlDraft::read(content);
  if (!name || !draft) return;
  (void)(*draft)->change(**name, true, [](const std::string&) -> Result<std::optional<std::string>> { return "x"; });
  (*draft)->erase(**name);
  (void)(*draft)->write();
}

}  // namespace

// The first line is the formula, what follows is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = text.find('\n');
  if (end == std::string_view::npos || end > 512) return 0;
  const std::string formula(text.substr(0, end));
  run(BodyKind::json, formula, text.substr(end + 1));
  run(BodyKind::xml, formula, text.substr(end + 1));
  write(formula, text.substr(end + 1));
  return 0;
}
