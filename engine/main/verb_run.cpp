// `myelin run`: the daemon, in the foreground; systemd (packaging/) or a terminal is its parent.
#include <malloc.h>

#include <memory>

#include "engine/main/command.h"
#include "engine/main/wire.h"

namespace myelin {
namespace {

// What a large message took is the system's again when it is gone. By itself glibc learns from large blocks to keep
// them, and what a message of 48 MiB peaks at depends on those before it.
void give_memory_back() {
  mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
  mallopt(M_TRIM_THRESHOLD, 4 * 1024 * 1024);
}

}  // namespace

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
      .run([options](Console& console) {
        give_memory_back();
        return static_cast<Exit>(run_daemon(*options, console));
      });
}

}  // namespace myelin
