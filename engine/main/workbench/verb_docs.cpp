// `myelin docs`: the manual pages and the completion of the shell, as text or as files.
#include <array>
#include <filesystem>

#include "engine/main/command.h"
#include "engine/main/workbench/manual.h"

namespace myelin {

namespace {

struct DocsOptions {
  std::string name = "myelin.1", into;
};

struct Made {
  std::string_view file;
  std::string (*make)(const Commands&);
};
constexpr std::array<Made, 3> kMade = {{
    {"myelin.1", command_manual},
    {"myelin-channel.5", [](const Commands&) { return channel_manual(); }},
    {"myelin.bash", bash_completion},
}};

Exit docs(const DocsOptions& options, const Commands& commands, const Console& console) {
  bool found = false;
  for (const auto& made : kMade) {
    auto text = made.make(commands);
    if (options.into.empty()) {
      if (made.file != options.name) continue;
      text.pop_back();
      console.line(text);
    } else {
      std::error_code ignored;
      std::filesystem::create_directories(options.into, ignored);
      const auto path = (std::filesystem::path(options.into) / made.file).string();
      if (auto written = write_output(path, text); !written) return console.report(written.error());
      console.line("wrote  " + path);
    }
    found = true;
  }
  if (found) return Exit::ok;
  console.error("there is no '" + options.name + "'; there are myelin.1, myelin-channel.5 and myelin.bash");
  return Exit::usage;
}

}  // namespace

void add_docs(Commands& commands) {
  auto options = std::make_shared<DocsOptions>();
  commands.add(Group::write, "docs", "prints the manual: the command, the language of channels, or bash completion")
      .optional("NAME", options->name, "myelin.1 (when not said), myelin-channel.5 or myelin.bash")
      .option("--into", "DIR", options->into, "write all of them into a folder instead")
      .example("myelin docs myelin-channel.5 | man -l -")
      .example("myelin docs --into packaging/man")
      .run([options, &commands](Console& console) { return docs(*options, commands, console); });
}

}  // namespace myelin
