// `myelin run`: the daemon, in the foreground; systemd (packaging/) or a terminal is its parent.
#include <memory>

#include "engine/main/command.h"
#include "engine/main/wire.h"

namespace myelin {

void add_run(Commands& commands) {
  auto options = std::make_shared<RunOptions>();
  commands.add(Group::watch, "run", "runs the engine in the foreground")
      .option("--conf", "DIR", options->directory, "the configuration directory")
      .option("--store", "DIR", options->store, "where messages are kept; overrides store.path of myelin.yaml")
      .option("--socket", "PATH", options->socket, "the control socket; overrides admin.socket of myelin.yaml")
      .example("myelin run --conf conf --store /tmp/myelin --socket /tmp/myelin/myelin.sock")
      .detail(
          "SIGHUP reloads the configuration: only changed channels restart, and a mistake changes nothing.\n"
          "SIGTERM stops in order: sources first, what is in flight is finished, then exit 0; a second one stops at "
          "once.\n"
          "Exit status 74: the store failed; look at the disk before starting again.")
      .run([options](Console& console) { return static_cast<Exit>(run_daemon(*options, console)); });
}

}  // namespace myelin
