// conf/myelin.yaml: the options of the engine itself (channels and connections have their own files). One Spec, in
// engine_config.cpp, is their declaration; conf/myelin.yaml shows every one with a comment.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/clock.h"
#include "engine/config/diagnostic.h"
#include "engine/config/spec.h"
#include "engine/model/policy.h"

namespace myelin {

struct EngineConfig {
  std::string store_path;          // directory. Relative: to the working directory of the process
  std::int64_t store_reserve = 0;  // bytes; 0: min(max(5 % of the disk, 1 GiB), 10 GiB)
  std::string admin_socket;        // Unix socket; relative as store_path
  unsigned admin_mode = 0660;
  Retention retain;  // of channels that say nothing; its bytes: of the store's file
  std::string log_level = "info";
  Duration drain = seconds(30);  // at the stop: what is in flight may take so long
};

// `directory`/myelin.yaml. A missing file or option means the default; mistakes go to `diagnostics`.
EngineConfig load_engine_config(const std::string& directory, config::Diagnostics& diagnostics);
// Whether the file is there, so that it counts among those that were checked.
bool has_engine_config(const std::string& directory);

const config::Spec& engine_config_spec();

// $STATE_DIRECTORY (systemd's StateDirectory=), else /var/lib/myelin.
std::string default_store_path();
// $RUNTIME_DIRECTORY/admin.sock (systemd's RuntimeDirectory=), else /run/myelin/admin.sock.
std::string default_admin_socket();
// $MYELIN_CONF, else conf/ here if it is a configuration, else this directory if it is one, else /etc/myelin.
std::string default_configuration_directory();

}  // namespace myelin
