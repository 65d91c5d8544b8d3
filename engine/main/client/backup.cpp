// `myelin backup`: the running engine copies its store. `myelin restore` is offline: it puts a copy in the store's
// place.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/main/engine_config.h"
#include "engine/store/sqlite/restore.h"

namespace myelin {
namespace {

using json::Value;

struct BackupOptions {
  std::string directory, socket;
};

struct RestoreOptions {
  std::string directory, store, conf;
};

Task<Exit> run_backup(DaemonLink& link, std::shared_ptr<BackupOptions> options, Console& console) {
  Value body;
  body.set("directory", std::filesystem::absolute(options->directory).string());
  link.be_patient(hours(12));
  const auto answer = co_await link.post("/api/v1/backup", std::move(body));
  if (!answer) co_return console.report(answer.error());
  if (console.json()) console.print(*answer);
  else
    console.line(fmt::format("{}  {}  in {}\nSHA-256 {}", (*answer)["file"].text_or(""),
                             size_text((*answer)["bytes"].integer_or(0)),
                             span_text(milliseconds((*answer)["ms"].integer_or(0))), (*answer)["sha256"].text_or("")));
  co_return Exit::ok;
}

std::string store_directory(const RestoreOptions& options) {
  if (!options.store.empty()) return options.store;
  config::Diagnostics ignored;  // `check` shows them; where the store is stands apart from them
  const auto directory = options.conf.empty() ? default_configuration_directory() : options.conf;
  return load_engine_config(directory, ignored).store_path;
}

Exit run_restore(const RestoreOptions& options, Console& console) {
  const auto directory = store_directory(options);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const auto restored = restore_store(options.directory, directory + "/myelin.db");
  if (!restored) return console.report(restored.error());
  if (console.json()) {
    Value view;
    view.set("store", directory + "/myelin.db").set("bytes", restored->backup.bytes);
    view.set("sha256", restored->backup.sha256);
    view.set("set_aside", restored->set_aside.empty() ? Value() : Value(restored->set_aside));
    console.print(view);
    return Exit::ok;
  }
  console.line(fmt::format("restored {}/myelin.db  {}", directory, size_text(restored->backup.bytes)));
  if (!restored->set_aside.empty()) console.line("the store that stood there is " + restored->set_aside);
  console.line(
      "The next start checks it and sends what was not finished when the backup was made, marked as possible "
      "duplicates where it may have been sent since.");
  return Exit::ok;
}

}  // namespace

void add_backup(Commands& commands) {
  auto options = std::make_shared<BackupOptions>();
  commands.add(Group::administer, "backup", "copies the store while the engine works")
      .argument("DIR", options->directory, "an empty directory on the engine's machine; it is made")
      .socket(options->socket)
      .json()
      .example("myelin backup /var/backups/myelin/monday")
      .detail(
          "It holds patient data like the store itself. `sha256sum -c SHA256SUMS` in DIR checks it; a directory "
          "without SHA256SUMS holds no whole backup.")
      .run([options](Console& console) {
        return with_daemon(options->socket, [&](DaemonLink& link) { return run_backup(link, options, console); });
      });
  auto restore = std::make_shared<RestoreOptions>();
  commands.add(Group::administer, "restore", "puts a backup in the store's place, while the engine does not run")
      .argument("DIR", restore->directory, "what `myelin backup` wrote")
      .option("--conf", "DIR", restore->conf, "says where the store is (conf/ here, else /etc/myelin)")
      .option("--store", "DIR", restore->store, "the store's directory; else as myelin.yaml says")
      .json()
      .example("myelin restore /var/backups/myelin/monday --store /var/lib/myelin")
      .detail("The backup is verified before anything is touched; the store that stands there is kept beside it.")
      .run([restore](Console& console) { return run_restore(*restore, console); });
}

}  // namespace myelin
