// `myelin explain`: a page for a fault, a mistake of a configuration, a step, an option, the states of a delivery
// or a place in HL7. It all comes from the tables that the engine itself runs on.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "adapters/catalog.h"
#include "engine/config/diagnostic.h"
#include "engine/fhir/json.h"
#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/page.h"
#include "engine/main/workbench/profile_file.h"
#include "engine/model/delivery.h"
#include "routes/compile/channel_file.h"
#include "routes/compile/connections.h"
#include "routes/dictionary/dictionary.h"
#include "routes/expr/formula.h"
#include "routes/profile/profile.h"
#include "routes/steps/catalog.h"

namespace myelin {

namespace {

std::string wrapped(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    if (used > 0 && used + 1 + columns(word) > width) {
      out += '\n';
      used = 0;
    }
    if (used > 0) out += ' ';
    out += word;
    used += columns(word) + (used > 0 ? 1 : 0);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void print_page(const Console& console, const Page& page) {
  if (console.json()) {
    json::Value facts{json::Object{}};
    for (const auto& [name, text] : page.facts) facts.set(name, text);
    json::Value all;
    all.set("title", page.title);
    json::Value paragraphs{json::Array{}};
    for (const auto& paragraph : page.paragraphs) paragraphs.push(paragraph);
    all.set("paragraphs", std::move(paragraphs)).set("facts", std::move(facts));
    console.print(all);
    return;
  }
  const auto width = static_cast<std::size_t>(std::min(console.width(), 100));
  console.line(console.paint(Ink::bold, page.title));
  for (const auto& paragraph : page.paragraphs) console.line("\n" + wrapped(paragraph, width));
  if (!page.facts.empty()) console.line();
  for (const auto& [name, text] : page.facts) {
    const bool example = text.find('\n') != std::string::npos;  // a YAML example keeps its lines
    constexpr std::size_t kNameWidth = 18;
    if (example) console.line("  " + name);
    std::string head = example ? "" : fmt::format("  {:<{}} ", name, kNameWidth - 2);
    std::istringstream lines(example ? text : wrapped(text, width - kNameWidth - 1));
    for (std::string line; std::getline(lines, line);) {
      console.line(example ? "      " + line : head + line);
      head.assign(kNameWidth + 1, ' ');
    }
  }
}

std::string_view name_of(Disposition disposition) {
  static constexpr std::array<std::string_view, 5> kNames = {
      "the message is refused; the sender keeps it", "it is tried again", "the delivery is parked; the lane goes on",
      "the lane is held", "the process stops"};
  return kNames[static_cast<std::size_t>(disposition)];
}

Page fault_page(const FaultEntry& fault) {
  return {fmt::format("{} {}: {}", fault.id, fault.name, fault.title),
          {std::string(fault.explanation)},
          {{"what follows", std::string(name_of(fault.disposition))},
           {"answer", fmt::format("{}, ERR-3 {}, HTTP {}", fault.ack, fault.hl7_error, fault.http_status)}}};
}

Page diagnostic_page(const config::DiagnosticCode& code) {
  Page page{fmt::format("{}: {}", code.id, code.title), {std::string(code.explanation)}, {}};
  if (!code.wrong.empty()) page.facts.emplace_back("wrong", std::string(code.wrong) + "\n");
  if (!code.right.empty()) page.facts.emplace_back("right", std::string(code.right) + "\n");
  return page;
}

Page states_page() {
  Page page{"States of a delivery",
            {"A delivery is one message on one route. It moves along these edges and no others; each is one "
             "compare-and-set in the store."},
            {}};
  for (const auto& state : kStates) {
    std::string next;
    for (const auto& edge : kEdges)
      if (edge.from == state.state && edge.to != state.state)
        next += (next.empty() ? "" : ", ") + std::string(name_of(edge.to));
    page.facts.emplace_back(state.name, fmt::format("{}{}", state.doc, next.empty() ? ". Final" : ". Next: " + next));
  }
  return page;
}

void add_options(Page& page, const std::string& prefix, const config::Spec& spec) {
  for (const auto& option : spec.options) {
    auto text = std::string(option.doc);
    if (option.required) text += " (required)";
    if (!option.fallback.empty()) text += fmt::format(" (default {})", option.fallback);
    page.facts.emplace_back(prefix + std::string(option.name), text);
    if (option.nested && prefix.empty()) add_options(page, std::string(option.name) + ".", *option.nested);
  }
}

Page options_page(std::string title, const config::Spec& spec) {
  Page page{std::move(title), {std::string(spec.doc)}, {}};
  add_options(page, "", spec);
  if (!spec.example.empty()) page.facts.emplace_back("example", std::string(spec.example) + "\n");
  return page;
}

// Every map of options that a configuration may have, by the key in front of it.
using NamedSpecs = std::vector<std::pair<std::string, const config::Spec*>>;

void collect(const std::string& name, const config::Spec& spec, NamedSpecs& specs) {
  specs.emplace_back(name, &spec);
  for (const auto& option : spec.options)
    if (option.nested) collect(std::string(option.name), *option.nested, specs);
}

NamedSpecs all_specs() {
  NamedSpecs specs;
  collect("myelin.yaml", engine_config_spec(), specs);
  collect("channel", routes::channel_spec(), specs);
  collect("accept", routes::accept_spec(), specs);
  collect("route", routes::route_spec(), specs);
  collect("retry", routes::retry_spec(), specs);
  collect("order", routes::order_spec(), specs);
  collect("on_reply", routes::reply_retry_spec(), specs);
  collect("tests", routes::test_spec(), specs);
  collect("profile", routes::profile_spec(), specs);
  for (const auto& kind : adapters::catalog()) collect(std::string(kind.name), *kind.connection, specs);
  collect("dictionary", routes::dictionary_spec(), specs);
  collect("connection", routes::connection_spec(), specs);
  return specs;
}

Page step_page(const routes::StepKind& kind) {
  Page page = kind.spec ? options_page({}, *kind.spec) : Page{};
  page.title = fmt::format("step {}: {}", kind.name, kind.doc);
  page.paragraphs.clear();
  std::erase_if(page.facts, [](const auto& fact) { return fact.first == "example"; });
  std::string beside = "when, note";
  for (const auto key : kind.beside) beside += fmt::format(", {}", key);
  page.facts.insert(page.facts.begin(), {"value", std::string(kind.value)});
  page.facts.insert(page.facts.begin() + 1, {"beside it", beside});
  page.facts.emplace_back("example", std::string(kind.example) + "\n");
  return page;
}

std::string gives(const expr::FunctionDoc& function) {
  if (function.example.empty()) return {};
  return fmt::format("{} gives {}\n", function.example, function.result.empty() ? "nothing" : function.result);
}

std::optional<Page> function_page(std::string_view word) {
  for (const auto& function : expr::function_docs())
    if (function.name == word)
      return Page{fmt::format("function {}", function.signature),
                  {std::string(function.doc)},
                  {{"in a value", "after =, as in PID-5.1: =upper(PID-5.1); in `when` without it"},
                   {"example", gives(function)}}};
  return std::nullopt;
}

// A step may be called as a function is: `replace`, `date`, `if`.
Page with_function(Page page, std::string_view word) {
  for (const auto& function : expr::function_docs())
    if (function.name == word)
      page.facts.emplace_back("function", fmt::format("{}: {}", function.signature, function.doc));
  return page;
}

// An option stands in one place or in several: `open` in a route, `name` in most kinds of connections.
void add_where_it_is_an_option(Page& page, std::string_view word) {
  std::set<const config::Option*> told;  // what is nested in two places is said once
  for (const auto& [name, spec] : all_specs())
    for (const auto& option : spec->options) {
      if (option.name != word || !told.insert(&option).second) continue;
      auto text = std::string(option.doc);
      if (option.required) text += " (required)";
      if (!option.fallback.empty()) text += fmt::format(" (default {})", option.fallback);
      page.facts.emplace_back("in " + name, text);
      if (!option.example.empty()) page.facts.emplace_back("example", fmt::format("{}: {}\n", word, option.example));
    }
}

// The options under a name; where it names two things, a file and a kind of connection, both.
std::optional<Page> options_named(std::string_view word) {
  std::optional<Page> page;
  for (const auto& [name, spec] : all_specs()) {
    if (name != word) continue;
    auto next = options_page(name, *spec);
    if (!page) {
      page = std::move(next);
      continue;
    }
    page->facts.emplace_back("also", spec->doc);
    page->facts.insert(page->facts.end(), next.facts.begin(), next.facts.end());
  }
  return page;
}

std::optional<Page> find_page(const std::string& word) {
  if (word == "states") return states_page();
  if (const auto* fault = find_fault(word)) return fault_page(*fault);
  if (const auto* code = config::find_diagnostic(word)) return diagnostic_page(*code);
  std::optional<Page> page;
  if (const auto* kind = routes::find_step(word)) page = with_function(step_page(*kind), word);
  else page = options_named(word);
  if (!page) page = function_page(word);
  if (!page) page = Page{fmt::format("option {}", word), {}, {}};
  add_where_it_is_an_option(*page, word);
  return page->facts.empty() ? std::nullopt : std::move(page);
}

Exit explain(const std::string& word, const Console& console) {
  if (!use_site_dictionary(default_configuration_directory(), console)) return Exit::not_so;
  std::string upper(word);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  auto page = find_page(word);
  if (!page) page = find_page(upper);
  if (!page) page = dictionary_page(upper);
  if (page) {
    print_page(console, *page);
    return Exit::ok;
  }
  const auto specs = all_specs();
  std::vector<std::string_view> names = {"states"};
  for (const auto& [name, spec] : specs) {
    names.push_back(name);
    for (const auto& option : spec->options) names.push_back(option.name);
  }
  for (const auto& fault : all_faults()) names.insert(names.end(), {fault.id, fault.name});
  for (const auto& code : config::all_diagnostic_codes()) names.push_back(code.id);
  for (const auto& kind : routes::step_catalog()) names.push_back(kind.name);
  const auto functions = expr::function_docs();
  for (const auto& function : functions) names.push_back(function.name);
  const auto near = config::nearest(word, names);
  console.error("there is no page for '" + word + "'" +
                (near.empty() ? "" : "; did you mean " + std::string(near) + "?"));
  return Exit::not_so;
}

}  // namespace

void add_explain(Commands& commands) {
  auto word = std::make_shared<std::string>();
  commands
      .add(Group::write, "explain", "what a fault, a mistake, a step, a function, an option or a place in HL7 means")
      .argument(
          "CODE|STEP|FAULT", *word,
          "such as M0203, unmapped, C0031, map, coalesce, tls, route, states, myelin.yaml, PID-5.1, CX, 0001, ORU_R01")
      .json()
      .example("myelin explain C0031")
      .example("myelin explain unmapped")
      .example("myelin explain tls")
      .example("myelin explain coalesce")
      .example("myelin explain PID-8")
      .run([word](Console& console) { return explain(*word, console); });
}

}  // namespace myelin
