// A source on a real folder, with an intake that answers as told.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/file/source.h"
#include "tests/conformance/adapters/fake_intake.h"
#include "tests/unit/file/temporary_folder.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::file {

using Names = std::vector<std::string>;

inline std::string message(int number) {
  return "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|" + std::to_string(number) + "|P|2.5\r";
}

class Inbound : public ::testing::Test {
 protected:
  Inbound() {
    settings.directory = folder.path("in");
    settings.settle = milliseconds(10);
    settings.every = milliseconds(20);
    settings.pause = milliseconds(10);
    std::filesystem::create_directory(folder.path("in"));
  }
  ~Inbound() override { stop_source(); }

  void start() {
    source = std::make_unique<FileSource>(loop, settings);
    const auto opened = source->open();
    ASSERT_TRUE(opened) << to_string(opened.error());
    spawn(keep_running());
  }
  Task<void> keep_running() {
    stop = std::stop_source();
    running = true;
    co_await source->run(intake, stop.get_token());
    running = false;
  }
  void stop_source() {
    if (!running) return;
    stop.request_stop();
    wait_until([this] { return !running; });
  }
  template <class Condition>
  Task<bool> become(Condition condition) {
    Wakeup tick(loop);
    const auto end = loop.mono() + seconds(20);
    while (!condition() && loop.mono() < end) co_await tick.wait_for(milliseconds(1));
    co_return condition();
  }
  template <class Condition>
  void wait_until(Condition condition) {
    EXPECT_TRUE(net::test::run(loop, become(condition)));
  }
  Names taken() const {
    Names contents;
    for (const auto& one : intake.taken) contents.emplace_back(one.bytes.view());
    return contents;
  }

  test::TemporaryFolder folder;
  FileSettings settings;
  net::AsioLoop loop;
  myelin::test::FakeIntake intake{loop};
  std::unique_ptr<FileSource> source;
  std::stop_source stop;
  bool running = false;
};

}  // namespace myelin::file
