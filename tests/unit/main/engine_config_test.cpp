#include "engine/main/engine_config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace myelin {
namespace {

class EngineConfigFile : public testing::Test {
 protected:
  EngineConfigFile() {
    auto pattern = (std::filesystem::temp_directory_path() / "myelin-config-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    unsetenv("STATE_DIRECTORY");
    unsetenv("RUNTIME_DIRECTORY");
  }
  ~EngineConfigFile() override {
    std::filesystem::remove_all(directory_);
    unsetenv("STATE_DIRECTORY");
    unsetenv("RUNTIME_DIRECTORY");
  }

  EngineConfig load(const std::string& text) {
    std::ofstream(directory_ + "/myelin.yaml") << text;
    return load_engine_config(directory_, diagnostics_);
  }

  std::string directory_;
  config::Diagnostics diagnostics_;
};

TEST_F(EngineConfigFile, may_be_missing) {
  const auto engine = load_engine_config(directory_, diagnostics_);
  EXPECT_TRUE(diagnostics_.all().empty());
  EXPECT_EQ(engine.store_path, "/var/lib/myelin");
  EXPECT_EQ(engine.admin_socket, "/run/myelin/admin.sock");
  EXPECT_EQ(engine.admin_mode, 0660U);
  EXPECT_EQ(engine.drain, seconds(30));
}

TEST_F(EngineConfigFile, leaves_the_places_to_systemd_where_it_does_not_say) {
  setenv("STATE_DIRECTORY", "/srv/state:/srv/other", 1);
  setenv("RUNTIME_DIRECTORY", "/run/elsewhere", 1);
  const auto engine = load("log: { level: warn }\n");
  EXPECT_EQ(engine.store_path, "/srv/state");
  EXPECT_EQ(engine.admin_socket, "/run/elsewhere/admin.sock");
}

TEST_F(EngineConfigFile, sets_what_it_says) {
  const auto engine = load(
      "store:\n  path: ./here\n  reserve: 16MiB\nadmin:\n  socket: /tmp/s\n  mode: \"0600\"\nlog:\n  level: "
      "debug\nlimits:\n  drain: 5s\n");
  EXPECT_TRUE(diagnostics_.all().empty());
  EXPECT_EQ(engine.store_path, "./here");
  EXPECT_EQ(engine.store_reserve, 16 * 1024 * 1024);
  EXPECT_EQ(engine.admin_socket, "/tmp/s");
  EXPECT_EQ(engine.admin_mode, 0600U);
  EXPECT_EQ(engine.log_level, "debug");
  EXPECT_EQ(engine.drain, seconds(5));
}

TEST_F(EngineConfigFile, shows_all_its_mistakes) {
  load("stoer:\n  path: x\nadmin:\n  mode: rw\nlog:\n  level: loud\n");
  EXPECT_EQ(diagnostics_.errors(), 3U);
}

TEST_F(EngineConfigFile, in_conf_is_legal) {
  static_cast<void>(load_engine_config(MYELIN_SOURCE_DIR "/conf", diagnostics_));
  for (const auto& mistake : diagnostics_.all()) ADD_FAILURE() << mistake.message;
}

// conf/myelin.yaml promises to show every option there is.
TEST_F(EngineConfigFile, in_conf_names_every_option) {
  std::ifstream file(MYELIN_SOURCE_DIR "/conf/myelin.yaml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const auto& group : engine_config_spec().options)
    for (const auto& option : group.nested->options)
      EXPECT_NE(text.find(std::string(option.name) + ":"), std::string::npos) << group.name << "." << option.name;
}

}  // namespace
}  // namespace myelin
