#include "engine/runtime/order.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>

#include "engine/model/delivery.h"
#include "engine/model/policy.h"
#include "tests/property.h"

namespace myelin::runtime {
namespace {

template <class Range, class Value>
bool has(const Range& range, const Value& value) {
  return std::ranges::find(range, value) != std::ranges::end(range);
}

// What the rule says, the slow way: `later` waits for `earlier`.
bool shares(const std::string& earlier, const std::string& later) {
  if (earlier == kNoOrder || later == kNoOrder) return earlier.empty() || later.empty();
  if (earlier.empty() || later.empty()) return true;
  const auto keys = split_keys(later);
  return std::ranges::any_of(split_keys(earlier), [&](const auto& key) { return has(keys, key); });
}

struct Given {
  std::vector<std::string> keys;  // of delivery 0, 1, …
  std::vector<int> choices;       // what happens next
  int sessions = 1;
};

Given any_given(int most = 40) {
  Given given;
  const auto count = *rc::gen::inRange(1, most);
  const auto kinds = *rc::gen::inRange(1, 12);  // few keys: many conflicts
  for (int i = 0; i < count; ++i) {
    const auto kind = *rc::gen::inRange(0, 12);
    if (kind == 0) {
      given.keys.emplace_back();
    } else if (kind == 1) {
      given.keys.emplace_back(kNoOrder);
    } else {
      const auto named =
          *rc::gen::container<std::vector<int>>(*rc::gen::inRange<std::size_t>(0, 4), rc::gen::inRange(0, kinds));
      std::string keys;
      for (const int key : named) keys += (keys.empty() ? "k" : "+k") + std::to_string(key);
      given.keys.push_back(keys.empty() ? std::string(kNoKey) : keys);
    }
  }
  given.choices = *rc::gen::container<std::vector<int>>(400, rc::gen::inRange(0, 1000));
  given.sessions = *rc::gen::inRange(1, 9);
  return given;
}

// Sends all of `given` with so many sessions: added bit by bit, finished in any order, some of them rested meanwhile.
class Run {
 public:
  explicit Run(const Given& given) : given_(given) {}

  void go() {
    for (const int choice : given_.choices) step(choice);
    while (added_ < given_.keys.size()) add();
    while (!finished_all()) {
      for (const auto id : std::exchange(resting_, {})) order_.wake(DeliveryId{id});
      while (take()) {
      }
      RC_ASSERT(!taken_.empty());  // nothing starves
      finish(taken_.front());
    }
    RC_ASSERT(order_.size() == 0U);
  }

 private:
  void step(int choice) {
    const auto which = static_cast<std::size_t>(choice / 4);
    if (choice % 4 == 0 && added_ < given_.keys.size()) add();
    if (choice % 4 == 1 && std::cmp_less(taken_.size(), given_.sessions)) take();
    if (choice % 4 == 2 && !taken_.empty()) finish(taken_[which % taken_.size()]);
    if (choice % 4 == 3 && !taken_.empty()) rest(taken_[which % taken_.size()]);
    if (choice % 4 == 3 && resting_.size() > 1) {
      order_.wake(DeliveryId{resting_.front()});
      resting_.pop_front();
    }
  }
  void add() {
    order_.add(DeliveryId{static_cast<std::int64_t>(added_)}, given_.keys[added_],
               static_cast<Priority>(added_ * 7 % kPriorities));
    ++added_;
  }
  bool take() {
    const auto id = order_.next();
    if (!id) {
      RC_ASSERT(!any_may_go());
      return false;
    }
    RC_ASSERT(may_go(id->value));
    taken_.push_back(id->value);
    return true;
  }
  void finish(std::int64_t id) {
    std::erase(taken_, id);
    finished_.insert(id);
    order_.finish(DeliveryId{id});
  }
  void rest(std::int64_t id) {
    std::erase(taken_, id);
    resting_.push_back(id);
    order_.rest(DeliveryId{id});
  }

  bool may_go(std::int64_t id) const {
    if (finished_.contains(id) || has(taken_, id) || has(resting_, id)) return false;
    for (std::int64_t earlier = 0; earlier < id; ++earlier)
      if (!finished_.contains(earlier) && shares(keys(earlier), keys(id))) return false;
    return true;
  }
  bool any_may_go() const {
    for (std::int64_t id = 0; std::cmp_less(id, added_); ++id)
      if (may_go(id)) return true;
    return false;
  }
  bool finished_all() const { return finished_.size() == given_.keys.size(); }
  const std::string& keys(std::int64_t id) const { return given_.keys[static_cast<std::size_t>(id)]; }

  const Given& given_;
  Order order_;
  std::size_t added_ = 0;
  std::vector<std::int64_t> taken_;
  std::deque<std::int64_t> resting_;
  std::set<std::int64_t> finished_;
};

RC_GTEST_PROP(Order, gives_out_what_shares_no_key_with_an_earlier_one_and_starves_nothing, ()) {
  const auto given = any_given();
  Run(given).go();
}

struct OrderTest : testing::Test {
  Order order;
  void add(std::int64_t id, std::string_view keys) { order.add(DeliveryId{id}, keys); }
  std::vector<std::int64_t> all_that_may_go() {
    std::vector<std::int64_t> ids;
    while (const auto id = order.next()) ids.push_back(id->value);
    return ids;
  }
  using Ids = std::vector<std::int64_t>;
};

TEST_F(OrderTest, lets_one_after_the_other_go_where_there_are_no_keys) {
  add(1, "");
  add(2, "");
  EXPECT_EQ(all_that_may_go(), Ids{1});
  order.finish(DeliveryId{1});
  EXPECT_EQ(all_that_may_go(), Ids{2});
}

TEST_F(OrderTest, lets_all_go_at_once_without_order) {
  add(1, kNoOrder);
  add(2, kNoOrder);
  EXPECT_EQ(all_that_may_go(), (Ids{1, 2}));
}

TEST_F(OrderTest, makes_a_merge_wait_for_both_and_both_for_the_merge) {
  add(1, "a");
  add(2, "b");
  add(3, "a+b");
  add(4, "a");
  add(5, "b");
  add(6, "c");
  EXPECT_EQ(all_that_may_go(), (Ids{1, 2, 6}));
  order.finish(DeliveryId{1});
  EXPECT_EQ(all_that_may_go(), Ids{});
  order.finish(DeliveryId{2});
  EXPECT_EQ(all_that_may_go(), Ids{3});
  order.finish(DeliveryId{3});
  EXPECT_EQ(all_that_may_go(), (Ids{4, 5}));
}

TEST_F(OrderTest, gives_each_priority_its_share_of_what_goes_and_starves_none) {
  for (std::int64_t id = 1; id <= 400; ++id) order.add(DeliveryId{id}, kNoOrder, static_cast<Priority>(id % 4));
  std::array<int, 4> given{};
  for (int i = 0; i < 85; ++i) ++given[static_cast<std::size_t>(order.next()->value % 4)];
  EXPECT_EQ(given, (std::array<int, 4>{64, 16, 4, 1}));
}

TEST_F(OrderTest, lets_what_is_urgent_pass_others_but_never_its_own_key) {
  order.add(DeliveryId{1}, "a", Priority::low);
  order.add(DeliveryId{2}, "b", Priority::normal);
  order.add(DeliveryId{3}, "a", Priority::critical);
  order.add(DeliveryId{4}, "c", Priority::critical);
  EXPECT_EQ(order.next()->value, 4);
  EXPECT_EQ(order.next()->value, 2);
  EXPECT_EQ(order.next()->value, 1);
  EXPECT_FALSE(order.next());
  order.finish(DeliveryId{1});
  EXPECT_EQ(order.next()->value, 3);
}

TEST_F(OrderTest, keeps_the_place_of_what_rests) {
  add(1, "a");
  add(2, "a");
  order.rest(DeliveryId{1});
  EXPECT_EQ(all_that_may_go(), Ids{});
  order.wake(DeliveryId{1});
  EXPECT_EQ(all_that_may_go(), Ids{1});
}

TEST_F(OrderTest, gives_out_nothing_of_a_stopped_key_until_it_is_started) {
  add(1, "a");
  order.stop("a");
  order.stop("b");
  add(2, "a+c");
  add(3, "b");
  add(4, "d");
  EXPECT_EQ(all_that_may_go(), Ids{4});
  order.start("a");
  EXPECT_EQ(all_that_may_go(), Ids{1});
  order.start("b");
  EXPECT_EQ(all_that_may_go(), Ids{3});
  order.finish(DeliveryId{1});
  EXPECT_EQ(all_that_may_go(), Ids{2});
}

TEST_F(OrderTest, keeps_a_key_stopped_when_the_queue_is_read_anew) {
  order.stop("a");
  add(1, "a");
  order.clear();
  add(1, "a");
  EXPECT_EQ(all_that_may_go(), Ids{});
  order.start("a");
  EXPECT_EQ(all_that_may_go(), Ids{1});
}

// A process with some sessions that ends uncleanly: what it had sent, and the store did not know, must be marked.
class Unclean {
 public:
  Unclean(const Given& given, bool mixed) : given_(given), mixed_(mixed) {
    for (std::int64_t id = 0; std::cmp_less(id, given.keys.size()); ++id)
      order_.add(DeliveryId{id}, given.keys[static_cast<std::size_t>(id)], priority_of(id));
    for (const int choice : given.choices) step(choice);
  }
  void judge() const {
    Doubt doubt(given_.sessions, mixed_);
    std::map<std::string, int> marked_of;
    for (std::int64_t id = 0; std::cmp_less(id, given_.keys.size()); ++id) {
      if (durable_.contains(id)) continue;
      const auto& keys = given_.keys[static_cast<std::size_t>(id)];
      const bool marked = doubt.may_have_been_sent(keys, false, priority_of(id));
      RC_ASSERT(marked || (!has(sent_, id) && !has(behind_, id)));
      if (!marked) continue;
      const auto named = split_keys(keys);
      for (const auto& key : std::set<std::string>(named.begin(), named.end()))
        RC_ASSERT(++marked_of[key] <= kUnsettled);
    }
  }

 private:
  void step(int choice) {
    const auto which = static_cast<std::size_t>(choice / 8);
    if (choice % 8 < 4) {
      if (std::cmp_less(sent_.size(), given_.sessions) && std::cmp_less(behind_.size(), kUnsettled))
        if (const auto id = order_.next()) sent_.push_back(id->value);
    } else if (choice % 8 < 7 && !sent_.empty()) {
      const auto id = sent_[which % sent_.size()];
      std::erase(sent_, id);
      behind_.push_back(id);
      order_.finish(DeliveryId{id});
    } else if (choice % 8 == 7 && !behind_.empty()) {
      durable_.insert(behind_.front());
      behind_.pop_front();
    }
  }

  Priority priority_of(std::int64_t id) const {
    return mixed_ ? static_cast<Priority>(id * 7 % static_cast<std::int64_t>(kPriorities)) : Priority::normal;
  }

  const Given& given_;
  const bool mixed_;
  Order order_;
  std::vector<std::int64_t> sent_;   // in flight
  std::deque<std::int64_t> behind_;  // answered, and not yet durable
  std::set<std::int64_t> durable_;
};

RC_GTEST_PROP(Doubt, marks_all_that_an_unclean_end_may_have_left_sent_and_few_of_each_key, ()) {
  const auto given = any_given(400);
  Unclean(given, false).judge();
  Unclean(given, true).judge();
}

TEST(Doubt, of_a_fifo_route_marks_the_first_that_may_be_behind) {
  Doubt doubt(1);
  for (int i = 0; i < kUnsettled; ++i) EXPECT_TRUE(doubt.may_have_been_sent("", false));
  EXPECT_FALSE(doubt.may_have_been_sent("", false));
  EXPECT_TRUE(doubt.over());
}

TEST(Doubt, ends_where_more_keys_lie_before_than_the_sessions_could_have_reached) {
  Doubt doubt(kParallel);
  int marked = 0;
  for (int i = 0; i < kKeyedWindow; ++i) marked += doubt.may_have_been_sent("k" + std::to_string(i), false);
  EXPECT_EQ(marked, kUnsettled + kParallel * (1 + kMostKeys));
  EXPECT_TRUE(doubt.over());
}

TEST(Doubt, looks_on_behind_those_that_had_to_wait) {
  Doubt doubt(1);
  for (int i = 0; i < 1000; ++i) doubt.may_have_been_sent("held" + std::to_string(i), true);
  EXPECT_TRUE(doubt.may_have_been_sent("anna", false));
}

TEST_F(OrderTest, makes_a_change_from_fifo_to_keys_wait_for_what_waited) {
  add(1, "");
  add(2, "a");
  EXPECT_EQ(all_that_may_go(), Ids{1});
  order.finish(DeliveryId{1});
  EXPECT_EQ(all_that_may_go(), Ids{2});
}

}  // namespace
}  // namespace myelin::runtime
