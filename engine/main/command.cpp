#include "engine/main/command.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "engine/config/diagnostic.h"
#include "engine/config/spec.h"

namespace myelin {

namespace {

bool says_how_it_came(std::string_view option) {
  return option == "--named" || option == "--user" || option == "--header" || option == "--query";
}

constexpr std::array<GroupText, 6> kGroups = {{
    {Group::write, "write", "channels and their tests; nothing runs, nothing is sent"},
    {Group::change, "change", "the running configuration"},
    {Group::watch, "watch", "the daemon"},
    {Group::messages, "messages", "what waits, and what became of it"},
    {Group::bench, "bench", "messages by hand, peers to send to and from"},
    {Group::administer, "administer", "the installation"},
}};

constexpr std::size_t kHelpIndent = 22;

std::string two_columns(const std::string& term, const std::string& doc) {
  std::string line = "  " + term;
  const auto width = columns(line);
  if (width + 2 > kHelpIndent) return line + "\n" + std::string(kHelpIndent, ' ') + doc + "\n";
  return line + std::string(kHelpIndent - width, ' ') + doc + "\n";
}

// CLI11 takes an option's value as text and hands it over here, so that a bad value is a usage error like any other.
// `what` such a value is: "a whole number".
template <class Read>
CLI::callback_t reader(const std::string& name, const std::string& what, Read read) {
  return [name, what, read](const CLI::results_t& results) {
    if (results.empty() || !read(results.front()))
      throw CLI::ValidationError(name, results.empty() ? "no value" : "'" + results.front() + "' is not " + what);
    return true;
  };
}

bool read_number(const std::string& text, std::int64_t& into) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return false;
  into = number;
  return true;
}

}  // namespace

Verb::Verb(Group group, std::string name, std::string doc)
    : app_(std::make_unique<CLI::App>(doc, name)), group_(group), name_(std::move(name)), doc_(std::move(doc)) {
  app_->set_help_flag();  // help is ours
  app_->allow_extras();   // so that a misspelt option comes back as a rest, and gets a suggestion
}

Verb::~Verb() = default;

void Verb::positional(const std::string& shown, const std::string& doc) {
  usage_ += " " + shown;
  arguments_.push_back({shown, doc});
}

Verb& Verb::argument(const std::string& name, std::string& into, const std::string& doc) {
  app_->add_option(name, into)->required();
  positional(name, doc);
  return *this;
}

Verb& Verb::optional(const std::string& name, std::string& into, const std::string& doc) {
  app_->add_option(name, into);
  positional("[" + name + "]", doc);
  return *this;
}

Verb& Verb::arguments(const std::string& name, std::vector<std::string>& into, const std::string& doc) {
  app_->add_option(name, into)->required();
  positional(name + "…", doc);
  return *this;
}

Verb& Verb::optional_list(const std::string& name, std::vector<std::string>& into, const std::string& doc) {
  app_->add_option(name, into);
  positional("[" + name + "…]", doc);
  return *this;
}

Verb& Verb::option(const std::string& name, const std::string& value, std::string& into, const std::string& doc) {
  app_->add_option(name, into);
  option_names_.push_back(name);
  options_.push_back({name + " " + value, into.empty() ? doc : doc + " (" + into + ")"});
  return *this;
}

Verb& Verb::option(const std::string& name, const std::string& value, std::int64_t& into, const std::string& doc) {
  app_->add_option(
      name, reader(name, "a whole number", [&into](const std::string& text) { return read_number(text, into); }));
  option_names_.push_back(name);
  options_.push_back({name + " " + value, into == 0 ? doc : doc + " (" + std::to_string(into) + ")"});
  return *this;
}

Verb& Verb::option(const std::string& name, const std::string& value, Duration& into, const std::string& doc) {
  app_->add_option(name, reader(name, "a span of time, such as 30s, 5m or 1h30m", [&into](const std::string& text) {
                     const auto read = config::parse_duration(text);
                     if (read) into = *read;
                     return read.has_value();
                   }));
  option_names_.push_back(name);
  options_.push_back({name + " " + value, doc});
  return *this;
}

Verb& Verb::required(const std::string& name, const std::string& value, std::string& into, const std::string& doc) {
  app_->add_option(name, into)->required();
  usage_ += " " + name + " " + value;
  option_names_.push_back(name);
  options_.push_back({name + " " + value, doc});
  return *this;
}

Verb& Verb::repeated(const std::string& name, const std::string& value, std::vector<std::string>& into,
                     const std::string& doc) {
  app_->add_option(name, into)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  option_names_.push_back(name);
  options_.push_back({name + " " + value, doc});
  return *this;
}

Verb& Verb::flag(const std::string& name, bool& into, const std::string& doc) {
  app_->add_flag(name, into);
  option_names_.push_back(name);
  options_.push_back({name, doc});
  return *this;
}

Verb& Verb::socket(std::string& into) {
  return option("--socket", "PATH", into, "the daemon's socket; else $MYELIN_SOCKET, else where the daemon puts it");
}

Verb& Verb::conf(std::string& into) {
  return option("--conf", "DIR", into, "the configuration (conf/ here, else /etc/myelin)");
}

Verb& Verb::json() { return flag("--json", json_, "print JSON"); }

Verb& Verb::example(std::string_view line) {
  examples_.emplace_back(line);
  return *this;
}

Verb& Verb::detail(std::string_view text) {
  detail_ += text;
  detail_ += '\n';
  return *this;
}

Verb& Verb::run(std::function<Exit(Console&)> body) {
  body_ = std::move(body);
  return *this;
}

std::string Verb::help() const {
  std::string text = "myelin " + name_ + ": " + doc_ + "\n\nUsage: myelin " + name_ + usage_;
  text += options_.empty() ? "\n" : " [OPTIONS]\n";
  if (!arguments_.empty()) text += "\n";
  for (const auto& line : arguments_) text += two_columns(line.term, line.doc);
  text += "\nOptions:\n";
  for (const auto& line : options_) text += two_columns(line.term, line.doc);
  text += two_columns("--help, -h", "this text");
  if (!detail_.empty()) text += "\n" + detail_;
  text += examples_.size() > 1 ? "\nExamples:\n" : "\nExample:\n";
  for (const auto& line : examples_) text += "  " + line + "\n";
  return text;
}

std::span<const GroupText> group_texts() { return kGroups; }

Verb& Commands::add(Group group, const std::string& name, const std::string& doc) {
  verbs_.push_back(std::make_unique<Verb>(group, name, doc));
  return *verbs_.back();
}

std::string Commands::help() const {
  std::string text = "myelin: an HL7 v2 and FHIR interface engine\n\nUsage: myelin VERB [ARGUMENTS] [OPTIONS]\n";
  for (const auto& group : kGroups) {
    std::string lines;
    for (const auto& verb : verbs_)
      if (verb->group() == group.group) lines += two_columns(verb->name(), verb->doc());
    if (lines.empty()) continue;
    text += "\n" + std::string(group.name) + ": " + std::string(group.doc) + "\n" + lines;
  }
  text +=
      "\nEvery verb: --help with an example, --json where it prints data, - for standard input.\n"
      "Exit codes: 0 ok, 1 what was asked is not so, 2 usage, 3 warnings under --strict, 4 daemon not reached, "
      "5 refused.\n";
  return text;
}

int Commands::usage_error(const Verb* verb, const std::string& message) const {
  const std::string command = verb ? "myelin " + verb->name() : "myelin";
  std::fprintf(stderr, "%s: %s\nSee `%s --help`.\n", command.c_str(), message.c_str(), command.c_str());
  return static_cast<int>(Exit::usage);
}

// CLI11 speaks of types: "--limit: 1 required INT missing".
std::string Commands::not_as_many(const Verb& verb, const std::string& said) const {
  const auto name = said.substr(0, said.find(':'));
  const auto shown = std::ranges::find_if(
      verb.options_, [&](const auto& line) { return line.term == name || line.term.starts_with(name + " "); });
  if (shown == verb.options_.end()) return said;
  if (said.find("At Most") != std::string::npos) return name + " is given twice";
  return name + " has no value; write " + shown->term;
}

// What was left over is a misspelt verb, a misspelt option, or one argument too many.
std::string Commands::misspelt(const Verb* verb, const std::string& word) const {
  const bool option = word.starts_with("-") && word.size() > 1;
  std::vector<std::string_view> legal;
  if (verb && option) legal.assign(verb->option_names_.begin(), verb->option_names_.end());
  if (!verb)
    for (const auto& each : verbs_) legal.push_back(each->name());
  std::string text = verb ? (option ? "there is no option '" : "one argument too many: '") : "there is no verb '";
  text += word + "'";
  const auto near = config::nearest(word, legal);
  if (!near.empty()) text += "; did you mean " + std::string(near) + "?";
  return text;
}

int Commands::run(int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const auto named = [&](const std::string& name) {
    return std::ranges::find_if(verbs_, [&](const auto& verb) { return verb->name() == name; });
  };
  const auto wants_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
  if (words.empty() || wants_help(words[0]) || (words[0] == "help" && words.size() == 1)) {
    std::fputs(help().c_str(), words.empty() ? stderr : stdout);
    return static_cast<int>(words.empty() ? Exit::usage : Exit::ok);
  }
  if (words[0] == "--version") return run(2, std::array{"myelin", "version"}.data());
  const auto found = named(words[0] == "help" ? words[1] : words[0]);
  if (found == verbs_.end()) return usage_error(nullptr, misspelt(nullptr, words[words[0] == "help" ? 1 : 0]));
  Verb& verb = **found;
  if (words[0] == "help" || std::ranges::any_of(words, wants_help)) {
    std::fputs(verb.help().c_str(), stdout);
    return static_cast<int>(Exit::ok);
  }
  try {
    // The last first, as CLI11 wants them.
    verb.app_->parse(std::vector<std::string>(words.rbegin(), words.rend() - 1));
  } catch (const CLI::ArgumentMismatch& error) {
    return usage_error(&verb, not_as_many(verb, error.what()));
  } catch (const CLI::ParseError& error) {
    return usage_error(&verb, error.what());
  }
  const auto left = verb.app_->remaining();
  if (!left.empty()) return usage_error(&verb, misspelt(&verb, left.front()));
  Console console(verb.name(), verb.json_);
  return static_cast<int>(verb.body_(console));
}

std::vector<const char*> take_arguments(int argc, char** argv) {
  static std::vector<std::string> words;
  words.assign(argv, argv + argc);
  std::vector<const char*> pointers;
  for (std::size_t i = 0; i < words.size(); ++i) {
    pointers.push_back(words[i].c_str());
    const auto equals = words[i].find('=');
    const bool option = words[i].starts_with('-');
    if (equals != std::string::npos && (!option || says_how_it_came(words[i].substr(0, equals))))
      std::fill(argv[i] + equals + 1, argv[i] + words[i].size(), '*');
    if (i > 0 && says_how_it_came(words[i - 1])) std::fill(argv[i], argv[i] + words[i].size(), '*');
  }
  return pointers;
}

}  // namespace myelin
