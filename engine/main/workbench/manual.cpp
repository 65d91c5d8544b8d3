#include "engine/main/workbench/manual.h"

#include <fmt/format.h>

#include <array>
#include <sstream>

#include "adapters/catalog.h"
#include "routes/compile/channel_file.h"
#include "routes/compile/connections.h"
#include "routes/expr/formula.h"
#include "routes/steps/catalog.h"

namespace myelin {

namespace {

// A line of text for groff: no control character begins it, a backslash is one, a hyphen can be copied.
std::string text(std::string_view words) {
  std::string out;
  for (const char c : words) {
    const bool control = out.empty() && (c == '.' || c == '\'');
    if (control) out += "\\&";
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else if (c == '\'') out += "\\(aq";
    else if (c == '^') out += "\\(ha";
    else if (c == '~') out += "\\(ti";
    else if (c == '`') out += "\\(ga";
    else out += c;
  }
  return out;
}

// Lines that stay as they are.
std::string block(std::string_view lines) {
  std::string out = ".PP\n.RS 4\n.nf\n";
  std::istringstream all{std::string(lines)};
  for (std::string line; std::getline(all, line);) out += line.empty() ? ".sp\n" : text(line) + "\n";
  return out + ".fi\n.RE\n";
}

std::string section(std::string_view title) { return fmt::format(".SH \"{}\"\n", text(title)); }
std::string item(std::string_view term, std::string_view words) {
  return fmt::format(".TP\n.B {}\n{}\n", text(term), text(words));
}
std::string head(std::string_view name, int number, std::string_view what) {
  return fmt::format(
      ".\\\" Made by `myelin docs` from the declarations of the program; do not edit.\n"
      ".TH {} {} \"\" \"Myelin\" \"Myelin manual\"\n.SH NAME\n{} \\- {}\n",
      name, number, text(number == 1 ? "myelin" : "myelin-channel"), text(what));
}

std::string of_verb(const Verb& verb) {
  auto page = fmt::format(".SS \"myelin {}{}\"\n{}\n", text(verb.name()), text(verb.usage()), text(verb.doc() + "."));
  if (!verb.detail_text().empty()) page += block(verb.detail_text());
  for (const auto& line : verb.arguments_help()) page += item(line.term, line.doc);
  for (const auto& line : verb.options_help()) page += item(line.term, line.doc);
  std::string examples;
  for (const auto& line : verb.examples()) examples += line + "\n";
  return page + block(examples);
}

void add_spec(std::string& page, const config::Spec& spec) {
  for (const auto& option : spec.options) {
    auto words = std::string(option.doc);
    if (option.required) words += "; needed";
    if (!option.fallback.empty()) words += fmt::format("; {} when not said", option.fallback);
    if (!option.example.empty()) words += fmt::format(". Example: {}: {}", option.name, option.example);
    page += item(option.name, words);
  }
}

std::string of_spec(std::string_view title, const config::Spec& spec) {
  auto page = section(title) + text(spec.doc) + ".\n";
  add_spec(page, spec);
  return page;
}

std::string of_steps() {
  auto page = section("STEPS");
  page += text("One key each; when (a formula) and note (words) may stand beside it.") + "\n";
  for (const auto& kind : routes::step_catalog()) {
    page += fmt::format(".SS {}\n{}\n", text(kind.name), text(fmt::format("{}. Its value: {}.", kind.doc, kind.value)));
    if (kind.spec) add_spec(page, *kind.spec);
    page += block(kind.example);
  }
  return page;
}

std::string of_functions() {
  auto page = section("FUNCTIONS");
  for (const auto& function : expr::function_docs()) {
    const auto gives = function.result.empty() ? std::string("nothing") : std::string(function.result);
    page += item(function.signature, fmt::format("{}. {} gives {}", function.doc, function.example, gives));
  }
  return page;
}

constexpr std::string_view kPaths = R"(PID-5.1             field 5, component 1
PID-3[2].4.1        repetition 2, component 4, subcomponent 1
PID-3[5=MR].1       the repetition whose component 5 is MR
OBX[3]-5            the third OBX; OBX[last]-5 the last, OBX[*]-5 all
OBX[3.1=2345-7]-5   the OBX whose OBX-3.1 is 2345-7
ORDER_OBSERVATION[2]/OBX[1]-5   through the groups of the message
)";

}  // namespace

std::string command_manual(const Commands& commands) {
  auto page = head("MYELIN", 1, "an HL7 v2 and FHIR interface engine");
  page += ".SH SYNOPSIS\n.B myelin\n.I VERB\n[\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n";
  page += section("DESCRIPTION") +
          text(
              "Receives HL7 v2 messages, stores each one durably before it acknowledges, routes and changes it as YAML "
              "says, and delivers it to other systems, in order. The files are described in myelin-channel(5).") +
          "\n";
  for (const auto& group : group_texts()) {
    std::string verbs;
    for (const auto& verb : commands.verbs())
      if (verb->group() == group.group) verbs += of_verb(*verb);
    if (!verbs.empty()) page += section("VERBS: " + std::string(group.name)) + text(group.doc) + ".\n" + verbs;
  }
  page += section("EXIT STATUS");
  constexpr std::array<std::string_view, 6> kCodes = {
      "done",
      "what was asked is not so: a mistake, a failed test, a difference",
      "the command line is wrong",
      "there are warnings, under --strict",
      "the daemon cannot be reached",
      "the daemon or the peer refused"};
  for (std::size_t code = 0; code < kCodes.size(); ++code) page += item(std::to_string(code), kCodes[code]);
  page += section("ENVIRONMENT") + item("MYELIN_CONF", "the directory of the configuration, where --conf is not said") +
          item("NO_COLOR", "no colour, also on a terminal");
  return page + section("SEE ALSO") + ".BR myelin\\-channel (5)\n";
}

std::string channel_manual() {
  auto page = head("MYELIN-CHANNEL", 5, "the files of a channel of Myelin");
  page += section("DESCRIPTION") +
          text(
              "A channel is one file, conf/channels/NAME.yaml. It reads in the order in which it runs: accept may "
              "refuse; then the message is stored and acknowledged; then come the shared steps, and the routes, each "
              "with its own condition, peer, changes and queue.") +
          "\n" + block(routes::channel_spec().example);
  page += of_spec("CHANNEL", routes::channel_spec()) + of_spec("ACCEPT", routes::accept_spec()) +
          of_spec("ROUTE", routes::route_spec()) + of_spec("ORDER", routes::order_spec()) +
          of_spec("RETRY", routes::retry_spec()) + of_spec("RATE", routes::rate_spec()) +
          of_spec("ON_REPLY", routes::reply_retry_spec()) + of_spec("TESTS", routes::test_spec());
  page += section("PATHS") + text("Counted from 1, as the standard does.") + "\n" + block(kPaths);
  page +=
      section("VALUES") +
      text(
          "A value is literal text; one that begins with = is a formula, and {{ }} puts a formula into longer text. "
          "when: always is a formula. In ==, what is absent, empty or null equals \"\".") +
      "\n";
  page += of_steps() + of_functions() + of_spec("CONNECTIONS", routes::connection_spec());
  for (const auto& kind : adapters::catalog()) {
    page += fmt::format(".SS \"kind: {}\"\n{}\n", text(kind.name), text(std::string(kind.doc) + "."));
    add_spec(page, *kind.connection);
  }
  return page + section("SEE ALSO") + ".BR myelin (1)\n";
}

std::string bash_completion(const Commands& commands) {
  std::string verbs, cases;
  for (const auto& verb : commands.verbs()) {
    verbs += (verbs.empty() ? "" : " ") + verb->name();
    std::string options = "--help";
    for (const auto& line : verb->options_help()) options += " " + line.term.substr(0, line.term.find(' '));
    cases += fmt::format("    {}) options=\"{}\" ;;\n", verb->name(), options);
  }
  return fmt::format(
      "# Made by `myelin docs` from the declarations of the program; do not edit.\n"
      "_myelin() {{\n"
      "  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" options=\"--help\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$word\")\n"
      "    return\n"
      "  fi\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n{}  esac\n"
      "  case \"$word\" in\n"
      "    -*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\") ;;\n"
      "    *) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _myelin myelin\n",
      verbs, cases);
}

}  // namespace myelin
