// What `myelin doctor` finds, and `myelin top` counts.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/main/client/verbs.h"

namespace myelin {
namespace {

using json::Value;
using Level = Finding::Level;
const Console kPlain("doctor", false, false, 140);

struct Directory {
  Directory() {
    std::string pattern = std::filesystem::temp_directory_path() / "myelin-doctor-XXXXXX";
    path = mkdtemp(pattern.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path;
};

TEST(Doctor, wants_a_store_that_only_its_owner_opens) {
  const Directory folder;
  EXPECT_EQ(examine_store(folder.path).level, Level::ok);
  ASSERT_EQ(chmod(folder.path.c_str(), 0755), 0);
  EXPECT_EQ(examine_store(folder.path).level, Level::trouble);
  EXPECT_EQ(examine_store(folder.path).remedy, "chmod 700 " + folder.path);
  EXPECT_EQ(examine_store(folder.path + "/none").level, Level::trouble);
}

TEST(Doctor, compares_free_space_with_the_reserve) {
  const Directory folder;
  EXPECT_EQ(examine_space(folder.path, 1).level, Level::ok);
  EXPECT_EQ(examine_space(folder.path, std::int64_t(1) << 60).level, Level::trouble);
}

TEST(Doctor, times_the_disk_and_leaves_nothing_behind) {
  const Directory folder;
  EXPECT_NE(examine_sync(folder.path).said.find(" ms until"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path));
  EXPECT_EQ(examine_sync(folder.path + "/none").level, Level::warning);
}

TEST(Doctor, finds_what_others_may_write_and_keys_that_they_may_read) {
  const Directory folder;
  const auto path = folder.path + "/peer.key";
  std::ofstream(path) << "-----BEGIN PRIVATE KEY-----";
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(examine_files(folder.path).level, Level::ok);
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(examine_files(folder.path).remedy, "chmod 600 " + path);
  ASSERT_EQ(chmod(path.c_str(), 0602), 0);
  EXPECT_EQ(examine_files(folder.path).remedy, "chmod o-w " + path);
}

Value status_with(const Value& lane, const Value& fault = {}) {
  Value status, channel, engine;
  engine.set("version", MYELIN_VERSION).set("uptime_s", 90);
  channel.set("name", "adt").set("fault", fault).set("lanes", json::Array{lane});
  return status.set("engine", engine).set("channels", json::Array{channel});
}

TEST(Doctor, names_what_the_daemon_says_with_the_command_that_helps) {
  Value lane;
  lane.set("route", "lab").set("key", "").set("parked", 2).set("waiting", 7);
  auto all = findings_of(status_with(lane));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].said, "version " MYELIN_VERSION ", up 1 min");
  EXPECT_EQ(all[1].subject, "parked on adt/lab");
  EXPECT_EQ(all[1].said, "2 wait for a person");
  lane.set("parked", 0).set("peer_down", true).set("fault", "M0402").set("detail", "no answer");
  all = findings_of(status_with(lane, "M0601 in use"));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].subject, "channel adt");
  EXPECT_EQ(all[2].level, Level::trouble);
  EXPECT_NE(all[2].remedy.find("myelin explain M0402"), std::string::npos);
  lane.set("stopped", Value().set("reason", "maintenance"));
  EXPECT_EQ(findings_of(status_with(lane))[1].said, "held: maintenance");
}

TEST(Doctor, says_that_another_version_runs) {
  auto status = status_with(Value().set("route", "lab"));
  status.set("engine", Value().set("version", "0.0.1"));
  EXPECT_EQ(findings_of(status)[0].level, Level::warning);
}

TEST(Top, counts_between_two_looks) {
  const auto look = [](std::string_view now, int received) {
    Value status, engine, channel, lane;
    lane.set("route", "lab").set("waiting", 3).set("stopped", Value());
    channel.set("name", "adt").set("state", "running").set("received", received).set("lanes", json::Array{lane});
    engine.set("now", now);
    return status.set("engine", engine).set("channels", json::Array{channel});
  };
  const auto before = look("2026-03-01T09:30:00.000Z", 100), now = look("2026-03-01T09:30:02.000Z", 125);
  const auto view = top_view(before, now, {});
  EXPECT_EQ(*(*view["channels"].array())[0]["received_per_s"].digits(), "12.50");
  const auto text = top_text(view, kPlain);
  EXPECT_NE(text.find("in 12/s  out 0/s  waiting 3"), std::string::npos) << text;
  EXPECT_TRUE(top_view(before, now, "other")["channels"].array()->empty());
}

}  // namespace
}  // namespace myelin
