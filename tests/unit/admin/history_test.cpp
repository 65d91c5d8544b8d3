// The history on a real folder: what is kept, what is shared, what a rollback goes back to.
#include "engine/admin/history.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace myelin::admin {
namespace {

namespace fs = std::filesystem;

class AdminHistory : public testing::Test {
 protected:
  AdminHistory() {
    std::string pattern = fs::temp_directory_path() / "myelin-history-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    history_ = History::open(folder_ + "/configurations");
  }
  ~AdminHistory() override { fs::remove_all(folder_); }

  int live(const std::string& text, int of = 0) {
    LiveConfiguration one;
    one.by = "anna";
    one.how = of > 0 ? "rollback" : "reload";
    one.of = of;
    one.changed = {"adt"};
    const auto number = history_->add(std::move(one), {{"channels/adt.yaml", text}, {"connections.yaml", "lab: 1\n"}});
    EXPECT_TRUE(number);
    return number.value_or(0);
  }
  void restart() { history_ = History::open(folder_ + "/configurations"); }
  fs::path at(int number, const std::string& path) const {
    return fs::path(folder_) / "configurations" / ("00000" + std::to_string(number)) / path;
  }

  std::string folder_;
  std::unique_ptr<History> history_;
};

TEST_F(AdminHistory, keeps_what_went_live_over_a_restart) {
  EXPECT_FALSE(history_->running());
  EXPECT_EQ(live("a"), 1);
  EXPECT_EQ(live("b"), 2);
  restart();
  const auto running = history_->running();
  ASSERT_TRUE(running);
  EXPECT_EQ(running->number, 2);
  EXPECT_EQ(running->by, "anna");
  EXPECT_EQ(running->changed, std::vector<std::string>{"adt"});
  const auto texts = history_->texts(1);
  ASSERT_TRUE(texts);
  EXPECT_EQ(texts->size(), 2U);
  EXPECT_EQ(texts->at("channels/adt.yaml"), "a");
}

TEST_F(AdminHistory, is_not_longer_by_what_says_the_same) {
  EXPECT_EQ(live("a"), 1);
  EXPECT_EQ(live("a"), 1);
  EXPECT_EQ(history_->all().size(), 1U);
}

TEST_F(AdminHistory, shares_on_the_disk_what_did_not_change) {
  live("a");
  live("b");
  EXPECT_EQ(fs::hard_link_count(at(1, "connections.yaml")), 2U);
  EXPECT_EQ(fs::hard_link_count(at(1, "channels/adt.yaml")), 1U);
}

TEST_F(AdminHistory, goes_back_to_what_says_something_else_and_further_back_the_next_time) {
  EXPECT_FALSE(history_->before_running());
  live("a");
  live("b");
  live("c");
  EXPECT_EQ(history_->before_running()->number, 2);
  EXPECT_EQ(live("b", 2), 4);
  EXPECT_TRUE(history_->running()->rolled_back());
  EXPECT_EQ(history_->before_running()->number, 1);
  EXPECT_EQ(live("b"), 5) << "the files say what was rolled back to: that it is no rollback any more is news";
  EXPECT_FALSE(history_->running()->rolled_back());
}

TEST_F(AdminHistory, goes_back_to_none_in_which_a_channel_failed) {
  live("a");
  live("b");
  live("c");
  ASSERT_TRUE(history_->mark_failed(2, {"adt"}));
  EXPECT_EQ(history_->before_running()->number, 1);
  restart();
  EXPECT_EQ(history_->find(2)->failed, std::vector<std::string>{"adt"});
  EXPECT_EQ(history_->before_running()->number, 1);
  EXPECT_TRUE(history_->texts(2)) << "its files are as they were";
  ASSERT_TRUE(history_->mark_failed(1, {"adt"}));
  EXPECT_FALSE(history_->before_running());
  EXPECT_EQ(history_->mark_failed(7, {"adt"}).error().code, FaultCode::not_found);
}

TEST_F(AdminHistory, reads_what_was_written_before_failures_were_kept) {
  live("a");
  const auto manifest = at(1, "went-live.json");
  std::ifstream file(manifest);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string failed = R"(,"failed":[])";
  ASSERT_NE(text.find(failed), std::string::npos) << text;
  text.erase(text.find(failed), failed.size());
  std::ofstream(manifest) << text;
  restart();
  ASSERT_TRUE(history_->running());
  EXPECT_TRUE(history_->running()->failed.empty());
}

TEST_F(AdminHistory, refuses_one_that_was_edited_since) {
  live("a");
  std::ofstream(at(1, "channels/adt.yaml")) << "edited";
  EXPECT_EQ(history_->texts(1).error().code, FaultCode::io_failed);
  EXPECT_EQ(history_->texts(7).error().code, FaultCode::not_found);
}

TEST_F(AdminHistory, passes_over_what_a_crash_left) {
  live("a");
  fs::create_directories(at(2, "channels"));
  fs::create_directories(folder_ + "/configurations/000003.new");
  restart();
  EXPECT_EQ(history_->all().size(), 1U);
  EXPECT_EQ(live("b"), 2);
}

TEST_F(AdminHistory, keeps_the_last_ones) {
  for (std::size_t each = 0; each < kMostConfigurations + 3; ++each) live(std::to_string(each));
  EXPECT_EQ(history_->all().size(), kMostConfigurations);
  EXPECT_FALSE(fs::exists(at(3, "")));
  EXPECT_TRUE(fs::exists(at(4, "went-live.json")));
}

}  // namespace
}  // namespace myelin::admin
