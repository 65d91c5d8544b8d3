// `myelin version`.
#include <fmt/format.h>

#include "engine/main/command.h"

namespace myelin {

void add_version(Commands& commands) {
  auto& verb = commands.add(Group::administer, "version", "prints the version of this program");
  verb.json().example("myelin version --json").run([](Console& console) {
    console.line(console.json() ? fmt::format(R"({{"name":"myelin","version":"{}"}})", MYELIN_VERSION)
                                : fmt::format("myelin {}", MYELIN_VERSION));
    return Exit::ok;
  });
}

}  // namespace myelin
