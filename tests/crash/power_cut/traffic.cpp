#include "tests/crash/power_cut/traffic.h"

#include <fstream>

#include "engine/base/sabotage.h"
#include "engine/store/sqlite/database.h"

namespace myelin::testing {
namespace {

constexpr std::int64_t kKept = 30;  // the newest are not given to the retention

bool may_be_gone(const Answered& answered, std::int64_t id) {
  return id < answered.doomed_below && answered.finishing.contains(id);
}

// One message that was answered, after the cut.
std::string loss_of(std::int64_t id, const Answered& answered, Driver& after) {
  const auto found = await(after.loop, after.store->message(after.loop, MessageId{id}));
  if (!found && found.error().code == FaultCode::not_found && may_be_gone(answered, id)) {
    const auto rest = await(after.loop, after.store->trace(after.loop, MessageId{id}));
    return rest ? " went by halves" : "";
  }
  if (!found) return " " + to_string(found.error());
  if (found->bytes.view() != body_of(id)) return " changed";
  const auto state = after.state(delivery(id));
  if (answered.delivered.contains(id) && state != State::delivered) return " not delivered";
  if (answered.parked.contains(id) && state != State::parked) return " not parked";
  return "";
}

// Rows that belong to no message, once the store was closed.
std::string leftovers(const std::string& path) {
  auto database = sqlite::Database::open(path, SQLITE_OPEN_READWRITE);
  if (!database) return " it does not open after a clean end";
  std::string found;
  for (const char* rows : {"chunk c WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.id=c.id/1024)",
                           "delivery d WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.id=d.id/1024)"}) {
    const auto count = database->number("SELECT count(*) FROM " + std::string(rows));
    if (!count || *count != 0) found += " left over: " + std::string(rows).substr(0, 8);
  }
  return found;
}

}  // namespace

std::string body_of(std::int64_t id) {
  const auto size = id % 60 == 7 ? (1U << 20) + 300'000U : 200U + static_cast<std::size_t>(id * 7919 % 5000);
  std::string body = "MSH|^~\\&|" + std::to_string(id) + "|";
  body.resize(size, static_cast<char>('a' + id % 26));
  return body;
}

Traffic::Traffic(std::uint32_t seed, const Load& load) : load_(load), random_(seed), disk_(seed, load.honest) {
  while (at_.size() < static_cast<std::size_t>(load_.cuts))
    at_.insert(1 + static_cast<std::int64_t>(random_() % static_cast<unsigned>(load_.operations)));
  disk_.before_operation([this](std::int64_t number) {
    if (!at_.contains(number)) return;
    const std::scoped_lock hold(lock_);
    cuts_.push_back({disk_.cut(), answered_});
  });
  // Where the log was copied and nothing is noted of it yet.
  on_fault_site([this](FaultSite site) {
    if (site != FaultSite::mid_checkpoint || ++checkpoints_ % 4 != 1 || load_.cuts == 0) return;
    const std::scoped_lock hold(lock_);
    cuts_.push_back({disk_.cut(), answered_});
  });
}

Traffic::~Traffic() { on_fault_site({}); }

Cut Traffic::cut() {
  const std::scoped_lock hold(lock_);
  return {disk_.cut(), answered_};
}

void Traffic::run(const std::string& path) {
  StoreSettings settings;
  settings.path = path;
  settings.reserve_bytes = 0;
  settings.on_failure = [this](const Fault&) { failed_ = true; };
  auto opened = open_sqlite_store(settings);
  EXPECT_TRUE(opened || disk_.fails_at > 0) << to_string(opened.error());
  if (!opened) return;
  store = std::move(*opened);
  for (std::int64_t id = 1; id <= load_.messages && !failed_;) {
    const auto burst = 1 + static_cast<std::int64_t>(random_() % 12);
    for (const auto last = std::min(id + burst - 1, load_.messages); id <= last; ++id) begin(id);
    if (id > kKept && random_() % 4 == 0) {
      ++waiting_;
      spawn(remove_below(id - kKept));
    }
    loop.run_until([&] { return waiting_ == 0; });
  }
  if (failed_) trusted_again_ = append(load_.messages + 1, {on(kLane)}).has_value();
  store.reset();
}

void Traffic::begin(std::int64_t id) {
  ++waiting_;
  spawn(append_one(id));
  if (id < 3 || random_() % 3 == 0) return;
  const auto earlier = id - 1 - static_cast<std::int64_t>(random_() % 2);
  if (!stored_here_.contains(earlier) || !settled_.insert(earlier).second) return;
  ++waiting_;
  const bool parks = earlier % 5 == 0;
  auto settlement = settled(delivery(earlier), parks ? State::parked : State::delivered);
  if (!parks) {
    const std::scoped_lock hold(lock_);
    answered_.finishing.insert(earlier);
  }
  store->settle(loop, std::move(settlement), [this, earlier, parks](const Result<void>& result) {
    --waiting_;
    const std::scoped_lock hold(lock_);
    if (result) (parks ? answered_.parked : answered_.delivered).insert(earlier);
  });
}

Task<void> Traffic::append_one(std::int64_t id) {
  auto message = message_of(id, {on(kLane)}, body_of(id));
  auto appending = store->append(loop, std::move(message));
  const auto result = co_await std::move(appending);
  --waiting_;
  if (result) {
    stored_here_.insert(id);
    const std::scoped_lock hold(lock_);
    answered_.stored.insert(id);
  }
}

// One step of a retention, while the appends of this burst are on their way.
Task<void> Traffic::remove_below(std::int64_t id) {
  PurgeStep step;
  step.of_others = true;
  step.after = reached_;
  step.before = MessageId{id};
  {
    const std::scoped_lock hold(lock_);
    answered_.doomed_below = std::max(answered_.doomed_below, id);
  }
  auto removing = store->purge(loop, std::move(step));
  const auto purged = co_await std::move(removing);
  --waiting_;
  if (!purged) co_return;
  removed_ += purged->messages;
  reached_ = purged->end ? MessageId{} : purged->reached;
}

std::string losses(const Cut& cut, const std::string& from, const std::string& to, std::int64_t messages) {
  for (const auto& [path, bytes] : cut.image) {
    if (path.ends_with("-shm") || !path.starts_with(from)) continue;
    std::ofstream(to + path.substr(from.size()), std::ios::binary) << bytes;
  }
  Driver after;
  StoreSettings settings;
  settings.path = to;
  settings.reserve_bytes = 0;
  auto opened = open_sqlite_store(settings);
  if (!opened) return "it does not open: " + to_string(opened.error());
  after.store = std::move(*opened);
  std::string lost;
  for (const auto id : cut.answered.stored)
    if (const auto loss = loss_of(id, cut.answered, after); !loss.empty()) lost += " " + std::to_string(id) + loss;
  if (after.store->last_id().value > messages) lost += " phantom";
  if (!after.close()) lost += " it does not close";
  after.store.reset();
  return lost + leftovers(to);
}

}  // namespace myelin::testing
