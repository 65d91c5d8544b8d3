// The command line: verbs in groups, each with options, an example and a body. CLI11 is behind this header (only
// command.cpp includes it), so that help, suggestions and exit codes are the same for every verb.
// A verb's file exposes one function, `void add_check(Commands& commands)`:
//     auto options = std::make_shared<CheckOptions>();
//     commands.add(Group::write, "check", "compiles a configuration and shows its mistakes")
//         .optional("CONF_DIR", options->directory, "the configuration directory")
//         .flag("--strict", options->strict, "warnings are mistakes")
//         .json()
//         .example("myelin check conf/ --strict")
//         .run([options](Console& console) { return check(*options, console); });
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/main/console.h"

namespace CLI {
class App;
}

namespace myelin {

enum class Group : std::uint8_t { write, change, watch, messages, bench, administer };

// One verb while it is declared. Every target must live until the verb has run: keep it in what run() captures.
// Each call returns the verb itself.
class Verb {
 public:
  Verb(Group group, std::string name, std::string doc);
  ~Verb();

  // Positional arguments, in the order of declaration. "-" stands for standard input where a file is read.
  Verb& argument(const std::string& name, std::string& into, const std::string& doc);
  Verb& optional(const std::string& name, std::string& into, const std::string& doc);
  Verb& arguments(const std::string& name, std::vector<std::string>& into, const std::string& doc);  // one or more
  Verb& optional_list(const std::string& name, std::vector<std::string>& into, const std::string& doc);

  // Options; `value` is what --help shows for the value: "HOST:PORT". What `into` holds before is the default.
  Verb& option(const std::string& name, const std::string& value, std::string& into, const std::string& doc);
  Verb& option(const std::string& name, const std::string& value, std::int64_t& into, const std::string& doc);
  Verb& option(const std::string& name, const std::string& value, Duration& into, const std::string& doc);  // "10s"
  Verb& required(const std::string& name, const std::string& value, std::string& into, const std::string& doc);
  Verb& repeated(const std::string& name, const std::string& value, std::vector<std::string>& into,
                 const std::string& doc);
  Verb& flag(const std::string& name, bool& into, const std::string& doc);

  Verb& socket(std::string& into);       // --socket, of those that ask a daemon
  Verb& conf(std::string& into);         // --conf, of those that read the configuration
  Verb& json();                          // --json; read it as console.json()
  Verb& example(std::string_view line);  // at least one; a test asserts it
  Verb& detail(std::string_view text);   // further paragraphs of --help
  Verb& run(std::function<Exit(Console&)> body);

  const std::string& name() const { return name_; }
  const std::string& doc() const { return doc_; }
  Group group() const { return group_; }

  // What --help is made of, for the manual page.
  struct Line {
    std::string term, doc;
  };
  const std::string& usage() const { return usage_; }  // " CHANNEL FILE"
  const std::vector<Line>& arguments_help() const { return arguments_; }
  const std::vector<Line>& options_help() const { return options_; }
  const std::vector<std::string>& examples() const { return examples_; }
  const std::string& detail_text() const { return detail_; }

 private:
  friend class Commands;
  void positional(const std::string& shown, const std::string& doc);
  std::string help() const;

  std::unique_ptr<CLI::App> app_;  // of this verb alone: it knows no other, so no argument is taken for a verb
  Group group_;
  std::string name_, doc_;
  std::string usage_;
  std::vector<Line> arguments_, options_;
  std::vector<std::string> option_names_;
  std::vector<std::string> examples_;
  std::string detail_;
  bool json_ = false;
  std::function<Exit(Console&)> body_;
};

class Commands {
 public:
  Verb& add(Group group, const std::string& name, const std::string& doc);

  // Parses, runs the one verb that was named, and returns the process's exit code.
  int run(int argc, const char* const* argv);

  const std::vector<std::unique_ptr<Verb>>& verbs() const { return verbs_; }

 private:
  std::string help() const;
  int usage_error(const Verb* verb, const std::string& message) const;
  std::string not_as_many(const Verb& verb, const std::string& said) const;
  std::string misspelt(const Verb* verb, const std::string& word) const;

  std::vector<std::unique_ptr<Verb>> verbs_;
};

// Copies of the process's arguments, which live as long as the process. In the originals, which `ps` shows to
// everybody, what may be of a patient is overwritten with `*`: the value of each NAME=VALUE (`messages mrn=…`), and how
// a message came (`try --header …`). All other options stay legible.
std::vector<const char*> take_arguments(int argc, char** argv);

// "write", "channels and their tests; nothing runs, nothing is sent", for each group in the order of --help.
struct GroupText {
  Group group;
  std::string_view name, doc;
};
std::span<const GroupText> group_texts();

// The verbs, one function per file of engine/main. myelin.cpp calls them all.
void add_check(Commands& commands);
void add_fmt(Commands& commands);
void add_test(Commands& commands);
void add_try(Commands& commands);
void add_parse(Commands& commands);
void add_get(Commands& commands);
void add_diff(Commands& commands);
void add_graph(Commands& commands);
void add_validate(Commands& commands);
void add_profile(Commands& commands);
void add_convert(Commands& commands);
void add_send(Commands& commands);
void add_load(Commands& commands);
void add_sink(Commands& commands);
void add_explain(Commands& commands);
void add_init(Commands& commands);
void add_new(Commands& commands);
void add_schema(Commands& commands);
void add_docs(Commands& commands);
void add_version(Commands& commands);
void add_run(Commands& commands);           // verb_run.cpp
void add_client_verbs(Commands& commands);  // client/verbs.cpp

}  // namespace myelin
