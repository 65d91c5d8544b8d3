// `myelin profile`: learns a profile from messages, and compares two.
#include <fmt/format.h>

#include <map>

#include "engine/fhir/json.h"
#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/message_file.h"
#include "engine/main/workbench/profile_file.h"
#include "routes/profile/learn.h"

namespace myelin {
namespace {

struct ProfileOptions {
  std::string action;
  std::vector<std::string> operands;
  std::string name = "learned";
  std::string directory;
};

Exit learn(const ProfileOptions& options, const Console& console) {
  routes::ProfileLearner learner;
  for (const auto& file : options.operands) {
    const auto content = read_input(file);
    if (!content) return console.report(content.error());
    for (auto& message : split_messages(*content)) {
      const auto tree = hl7::Tree::parse(Bytes(std::move(message)));
      if (tree) learner.add(*tree);
      else console.error(file + ": left out: " + to_string(tree.error()));
    }
  }
  if (learner.messages() == 0) {
    console.error("there is no message to learn from");
    return Exit::not_so;
  }
  auto text = learner.yaml(options.name);
  if (!console.json()) {
    text.pop_back();
    console.line(text);
    return Exit::ok;
  }
  json::Value all;
  all.set("messages", learner.messages()).set("profile", text);
  console.print(all);
  return Exit::ok;
}

Exit diff(const ProfileOptions& options, const Console& console) {
  if (options.operands.size() != 2) {
    console.error("diff compares two profiles: names of the configuration, or files");
    return Exit::usage;
  }
  const auto directory = options.directory.empty() ? default_configuration_directory() : options.directory;
  std::map<std::string, std::pair<std::string, std::string>> places;
  for (const bool first : {true, false}) {
    const auto profile = load_profile(options.operands[first ? 0 : 1], directory, console);
    if (!profile) return Exit::not_so;
    for (const auto& [place, what] : profile->says())
      (first ? places[place].first : places[place].second) = what.empty() ? "named" : what;
  }
  json::Value all{json::Array{}};
  for (const auto& [place, both] : places) {
    if (both.first == both.second) continue;
    if (!console.json()) {
      if (!both.first.empty()) console.line(console.paint(Ink::red, fmt::format("- {}: {}", place, both.first)));
      if (!both.second.empty()) console.line(console.paint(Ink::green, fmt::format("+ {}: {}", place, both.second)));
    }
    json::Value one;
    one.set("place", place).set("first", both.first).set("second", both.second);
    all.push(std::move(one));
  }
  if (console.json()) console.print(all);
  return all.array()->empty() ? Exit::ok : Exit::not_so;
}

}  // namespace

void add_profile(Commands& commands) {
  auto options = std::make_shared<ProfileOptions>();
  commands.add(Group::bench, "profile", "learn: a profile from messages; diff: what two profiles say otherwise")
      .argument("ACTION", options->action, "learn or diff")
      .arguments("FILE", options->operands, "learn: messages; diff: two profiles")
      .option("--name", "NAME", options->name, "the name of what is learned")
      .conf(options->directory)
      .json()
      .detail("What is learned holds codes of coded fields and nothing else of the messages.")
      .example("myelin profile learn results/*.hl7 --name lab-oru > conf/profiles/lab-oru.yaml")
      .example("myelin profile diff lab-oru learned.yaml")
      .run([options](Console& console) {
        if (options->action == "learn") return learn(*options, console);
        if (options->action == "diff") return diff(*options, console);
        console.error(fmt::format("there is no 'profile {}'; there are learn and diff", options->action));
        return Exit::usage;
      });
}

}  // namespace myelin
