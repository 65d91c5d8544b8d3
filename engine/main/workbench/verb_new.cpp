// `myelin new`: writes a first channel from messages, with its connections, its samples and its tests, and runs them.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/base/event.h"
#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/main/workbench/first_channel.h"
#include "engine/main/workbench/test_runner.h"

namespace myelin {

namespace {

namespace fs = std::filesystem;

struct NewOptions {
  std::vector<std::string> from, more;
  std::string name, directory;
};

constexpr int kFirstPort = 2575, kPorts = 200;

// Two ports of this machine that no connection names yet.
std::pair<int, int> free_ports(const std::string& connections) {
  std::vector<int> found;
  for (int port = kFirstPort; port < kFirstPort + kPorts && found.size() < 2; ++port)
    if (!connections.contains(":" + std::to_string(port))) found.push_back(port);
  return found.size() == 2 ? std::pair(found[0], found[1]) : std::pair(kFirstPort, kFirstPort + 1);
}

// A name in connections.yaml begins its line.
bool is_taken(const std::string& connections, const std::string& name) {
  return connections.starts_with(name + ":") || connections.contains("\n" + name + ":");
}

Result<std::string> connections_with(const std::string& path, const std::string& name) {
  std::error_code ignored;
  std::string text;
  if (fs::exists(path, ignored)) {
    auto read = read_input(path);
    if (!read) return read;
    text = std::move(*read);
  }
  for (const auto& connection : {name + "-in", name + "-out"})
    if (is_taken(text, connection))
      return fail(FaultCode::name_taken,
                  fmt::format("{} has a connection '{}' already; say another --name", path, connection));
  const auto [listen, connect] = free_ports(text);
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  if (!text.empty()) text += '\n';
  return text + first_connections(name, listen, connect);
}

struct NewFile {
  std::string path, content;
};

// Everything that is to be written; nothing is while any of it cannot be.
Result<std::vector<NewFile>> plan_files(const std::string& directory, const std::string& name,
                                        const std::vector<GivenMessage>& samples) {
  std::vector<NewFile> files;
  std::error_code ignored;
  const auto channel = directory + "/channels/" + name + ".yaml";
  if (fs::exists(channel, ignored))
    return fail(FaultCode::name_taken, channel + " is there already; say another --name");
  for (const auto& sample : samples) {
    const auto path = directory + "/channels/samples/" + sample.name;
    if (!fs::exists(path, ignored)) {
      files.push_back({path, sample.content});
      continue;
    }
    const auto there = read_input(path);
    if (!there || *there != sample.content)
      return fail(FaultCode::name_taken, path + " is there already, with another message; rename the file given");
  }
  auto connections = connections_with(directory + "/connections.yaml", name);
  if (!connections) return std::unexpected(connections.error());
  files.push_back({directory + "/connections.yaml", std::move(*connections)});
  files.push_back({channel, first_channel(name, samples)});
  return files;
}

// Whether what was written passes, as was promised.
Exit prove(const std::string& directory, const std::string& name, const Console& console) {
  const auto compiled = compile_directory(directory);
  if (!compiled) return console.report(compiled.error());
  print_diagnostics(console, compiled->diagnostics, stderr);
  std::size_t count = 0, failed = 0;
  for (const auto& tests : compiled->tests) {
    const auto plan = std::ranges::find(compiled->plans, name, [](const auto& each) { return each->channel; });
    if (tests.channel != name || plan == compiled->plans.end()) continue;
    for (const auto& test : tests.cases) {
      const auto result = run_test(**plan, test);
      ++count;
      if (result.passed()) continue;
      ++failed;
      const auto& first = result.mismatches.front();
      console.error(fmt::format("{}: {}: expected {}, got {}", result.it, first.about, first.expected, first.got));
    }
  }
  console.line(fmt::format("{}, {} passed", counted(count, "test"), count - failed));
  return compiled->diagnostics.ok() && failed == 0 && count > 0 ? Exit::ok : Exit::not_so;
}

bool is_name(const std::string& name) {
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && std::ranges::all_of(name, legal);
}

Exit make_channel(const NewOptions& options, const Console& console) {
  set_log_level("off");
  auto given = options.from;
  given.insert(given.end(), options.more.begin(), options.more.end());
  if (given.empty()) {
    console.error("say which messages: myelin new --from samples/*.hl7");
    return Exit::usage;
  }
  const auto samples = read_samples(given);
  if (!samples) return console.report(samples.error());
  const auto name = options.name.empty() ? name_for(*samples) : options.name;
  if (!is_name(name)) {
    console.error("'" + name + "' is no name for a channel: letters, digits, - and _");
    return Exit::usage;
  }
  const auto directory = options.directory.empty() ? std::string("conf") : options.directory;
  const auto files = plan_files(directory, name, *samples);
  if (!files) return console.report(files.error());
  for (const auto& file : *files) {
    std::error_code ignored;
    fs::create_directories(fs::path(file.path).parent_path(), ignored);
    if (auto written = write_output(file.path, file.content); !written) return console.report(written.error());
    console.line("wrote  " + file.path);
  }
  const auto proved = prove(directory, name, console);
  console.line(
      fmt::format("\nNext: say in {0}/connections.yaml who {1}-in and {1}-out are, and in {0}/channels/{1}.yaml "
                  "what is changed;\n`myelin test {0}` runs its tests, `myelin try {1} FILE` shows each step.",
                  directory, name));
  return proved;
}

}  // namespace

void add_new(Commands& commands) {
  auto options = std::make_shared<NewOptions>();
  commands.add(Group::write, "new", "writes a first channel from messages, with connections, samples and tests")
      .repeated("--from", "FILE…", options->from, "messages of the feed; several in one file are taken apart")
      .optional_list("FILE", options->more, "further messages")
      .option("--name", "NAME", options->name, "what the channel is called (adt for ADT messages)")
      .option("--conf", "DIR", options->directory, "the configuration; made when it is not there (conf)")
      .detail(
          "The channel takes the types that the messages have, asks for PID-3 where all have one, and passes them on\n"
          "to a placeholder. It passes `check` and `test` as it is; from there on you change it.")
      .example("myelin new --from samples/*.hl7")
      .example("myelin new --from orders.hl7 --name orders --conf conf")
      .run([options](Console& console) { return make_channel(*options, console); });
}

}  // namespace myelin
