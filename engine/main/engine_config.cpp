#include "engine/main/engine_config.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "routes/compile/retain.h"

namespace myelin {

namespace {

using config::Option;
using config::Spec;
using config::Type;

const Spec kStore{.name = "store",
                  .doc = "where messages are kept",
                  .options =
                      {
                          Option{.name = "path",
                                 .type = Type::text,
                                 .fallback = "",
                                 .doc = "the store's directory; absolute, or relative to the working directory of the "
                                        "process. Default: $STATE_DIRECTORY, else /var/lib/myelin",
                                 .example = "/var/lib/myelin"},
                          Option{.name = "reserve",
                                 .type = Type::size,
                                 .fallback = "",
                                 .doc = "free space below which new messages are refused (AE) while deliveries go on. "
                                        "Default: 5 % of the disk, at least 1GiB, at most 10GiB",
                                 .example = "2GiB"},
                      },
                  .example = "path: /var/lib/myelin\nreserve: 2GiB\n"};

const Spec kAdmin{
    .name = "admin",
    .doc = "how `myelin status` and the other verbs reach the daemon",
    .options =
        {
            Option{.name = "socket",
                   .type = Type::text,
                   .fallback = "",
                   .doc = "the Unix socket. Default: $RUNTIME_DIRECTORY/admin.sock, else /run/myelin/admin.sock",
                   .example = "/run/myelin/admin.sock"},
            Option{.name = "mode",
                   .type = Type::text,
                   .fallback = "0660",
                   .doc = "who may open the socket, as chmod writes it in octal",
                   .example = "\"0660\""},
        },
    .example = "socket: /run/myelin/admin.sock\nmode: \"0660\"\n"};

const Spec kLog{.name = "log",
                .doc = "what is written to standard error; it never holds patient data",
                .options =
                    {
                        Option{.name = "level",
                               .type = Type::choice,
                               .fallback = "info",
                               .doc = "the least that is written",
                               .example = "info",
                               .choices = {"error", "warn", "info", "debug"}},
                    },
                .example = "level: info\n"};

const Spec kLimits{.name = "limits",
                   .doc = "limits of the engine as a whole; those of a connection stand with it",
                   .options =
                       {
                           Option{.name = "drain",
                                  .type = Type::duration,
                                  .fallback = "30s",
                                  .doc = "at the stop: how long frames and answers in flight may take",
                                  .example = "30s",
                                  .least = 0,
                                  .most = 600'000},
                       },
                   .example = "drain: 30s\n"};

const Spec& engine_spec() {
  static const Spec kEngine{
      .name = "myelin.yaml",
      .doc = "the engine itself",
      .options =
          {
              Option{.name = "store",
                     .type = Type::map,
                     .fallback = "",
                     .doc = "where messages are kept",
                     .example = "{ path: /var/lib/myelin }",
                     .nested = &kStore},
              Option{.name = "retain",
                     .type = Type::map,
                     .fallback = "",
                     .doc = "how long messages are kept, of channels that do not say it themselves",
                     .example = "{ days: 90 }",
                     .nested = &routes::retain_spec()},
              Option{.name = "admin",
                     .type = Type::map,
                     .fallback = "",
                     .doc = "how the other verbs reach the daemon",
                     .example = "{ socket: /run/myelin/admin.sock }",
                     .nested = &kAdmin},
              Option{.name = "log",
                     .type = Type::map,
                     .fallback = "",
                     .doc = "what is written to standard error",
                     .example = "{ level: info }",
                     .nested = &kLog},
              Option{.name = "limits",
                     .type = Type::map,
                     .fallback = "",
                     .doc = "limits of the engine as a whole",
                     .example = "{ drain: 30s }",
                     .nested = &kLimits},
          },
      .example = "log: { level: info }\n"};
  return kEngine;
}

std::string directory_from(const char* variable, const char* otherwise) {
  const char* const given = std::getenv(variable);
  if (!given || !*given) return otherwise;
  const std::string all(given);
  return all.substr(0, all.find(':'));  // systemd lists several with colons
}

std::filesystem::path file_in(const std::string& directory) { return std::filesystem::path(directory) / "myelin.yaml"; }

bool is_configuration(const std::filesystem::path& directory) {
  std::error_code ignored;
  return std::filesystem::is_directory(directory / "channels", ignored);
}

void read_mode(const config::Options& admin, EngineConfig& engine, config::Diagnostics& diagnostics) {
  const auto& text = admin.text("mode");
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && mode <= 0777;
  if (whole) engine.admin_mode = mode;
  else
    diagnostics.add("C0003", admin.place("mode"), "'" + text + "' is not a file mode", "write it in octal: \"0660\"");
}

}  // namespace

const Spec& engine_config_spec() { return engine_spec(); }

std::string default_store_path() { return directory_from("STATE_DIRECTORY", "/var/lib/myelin"); }

std::string default_admin_socket() { return directory_from("RUNTIME_DIRECTORY", "/run/myelin") + "/admin.sock"; }

std::string default_configuration_directory() {
  if (const char* const given = std::getenv("MYELIN_CONF"); given && *given) return given;
  if (is_configuration("conf")) return "conf";
  return is_configuration(".") ? "." : "/etc/myelin";
}

bool has_engine_config(const std::string& directory) {
  std::error_code ignored;
  return std::filesystem::exists(file_in(directory), ignored);
}

EngineConfig load_engine_config(const std::string& directory, config::Diagnostics& diagnostics) {
  EngineConfig engine;
  engine.store_path = default_store_path();
  engine.admin_socket = default_admin_socket();
  if (!has_engine_config(directory)) return engine;
  const auto source = config::SourceText::read(file_in(directory).string());
  if (!source) {
    const auto unread = std::make_shared<config::SourceText>(file_in(directory).string(), "");
    diagnostics.add("C0007", config::Place{unread, 0, 0, 1}, source.error().detail);
    return engine;
  }
  const auto node = config::load_yaml(*source, diagnostics);
  if (!node) return engine;
  const auto options = config::read_options(engine_spec(), node, diagnostics);
  if (const auto* store = options.nested("store")) {
    if (!store->text("path").empty()) engine.store_path = store->text("path");
    engine.store_reserve = store->size("reserve");
  }
  if (const auto* retain = options.nested("retain")) engine.retain = routes::read_retain(*retain, diagnostics);
  if (const auto* admin = options.nested("admin")) {
    if (!admin->text("socket").empty()) engine.admin_socket = admin->text("socket");
    read_mode(*admin, engine, diagnostics);
  }
  if (const auto* log = options.nested("log")) engine.log_level = log->text("level");
  if (const auto* limits = options.nested("limits")) engine.drain = limits->duration("drain");
  return engine;
}

}  // namespace myelin
