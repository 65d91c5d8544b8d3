#include "engine/store/sqlite/search.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "engine/base/event.h"
#include "engine/base/prompt.h"
#include "engine/store/rules.h"

namespace myelin::sqlite {
namespace {

constexpr Duration kTurn = seconds(1);                // so far behind at most, while it can follow and nobody asks
constexpr Duration kLookForFile = milliseconds(200);  // where there is none yet
constexpr Duration kSlice = milliseconds(100);        // of reading the store, before it looks whether somebody asks
constexpr Duration kLongestSearch = milliseconds(500);
constexpr Duration kOpenAgain = seconds(30);
constexpr Duration kForget = minutes(1);
constexpr auto kSlack = seconds(60);  // ids are given before the commit: an older one may be committed after a newer
constexpr int kNice = 10;             // accepting and delivering come first: what is found may be late
constexpr std::size_t kInOneGo = 64;  // messages, some 0.2 ms
constexpr int kReadAtOnce = 2048, kLookedAtAtOnce = 1000, kFoundAtOnce = 200;

MonoTime now() { return std::chrono::steady_clock::now(); }

MessageId surely_before(MessageId id) { return first_id_at(time_of(id) - kSlack); }

}  // namespace

Result<void> Search::start(const std::string& store_path, const Published& published) {
  auto queries = Queries::open(store_path, published);
  if (!queries) return fail(queries);
  queries_ = std::move(*queries);
  thread_ = std::thread([this] { run(); });
  return {};
}

void Search::stop() {
  {
    const std::scoped_lock hold(lock_);
    stop_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  queries_.reset();
}

void Search::index_with(Indexer indexer, std::string fingerprint) {
  const std::scoped_lock hold(lock_);
  indexer_ = std::move(indexer);
  fingerprint_ = std::move(fingerprint);
}

void Search::offer(const Message& message) {
  const std::scoped_lock hold(lock_);
  if (missed_) {
    missed_from_ = std::min(missed_from_, message.id);
    return;
  }
  // The last may go beyond what may wait, however large: its bytes are in use elsewhere, and reading them again would
  // cost as much once more.
  if (offered_.size() < kWaiting && offered_bytes_ < kWaitingBytes) {
    offered_.push_back(message);
    offered_bytes_ += message.bytes.size();
    if (has_enough()) changed_.notify_one();
    return;
  }
  missed_ = true;
  missed_from_ = message.id;
  for (const auto& each : offered_) missed_from_ = std::min(missed_from_, each.id);
  offered_.clear();
  offered_bytes_ = 0;
}

bool Search::ask(SearchQuery query, Answer answer) {
  {
    const std::scoped_lock hold(lock_);
    if (stop_) return false;
    questions_.push_back({std::move(query), std::move(answer)});
  }
  changed_.notify_one();
  return true;
}

void Search::run() {
  ::setpriority(PRIO_PROCESS, 0, kNice);  // of this thread alone, on Linux
  for (;;) {
    std::optional<Question> question;
    {
      std::unique_lock held(lock_);
      const auto pause = !file_ ? kLookForFile : behind_ ? milliseconds(1) : kTurn;
      const auto due = [this] { return stop_ || !questions_.empty() || (!behind_ && has_enough()); };
      changed_.wait_for(held, pause, due);
      if (stop_ && questions_.empty()) break;
      if (!questions_.empty()) {
        question = std::move(questions_.front());
        questions_.pop_front();
      }
    }
    turn();
    if (question) question->answer(answer(question->query));
  }
  // What is in hand costs less now than it would to be read again after the next start.
  if (file_ && !behind_) take_offered();
  file_.reset();
}

void Search::turn() {
  if (!open()) return;
  {
    const std::scoped_lock hold(lock_);
    if (missed_ && !behind_) {
      behind_ = true;
      reading_from_ = missed_from_;
    }
  }
  if (behind_) catch_up();
  else take_offered();
  if (file_ && now() >= forgotten_at_ + kForget) forget_old();
}

// False: there is nothing to index with yet, or the file cannot be had now.
bool Search::open() {
  std::string fingerprint;
  {
    const std::scoped_lock hold(lock_);
    if (!indexer_) return false;
    fingerprint = fingerprint_;
  }
  if (!file_ && now() < open_again_) return false;
  if (!file_) {
    auto opened = SearchFile::open(path_);
    if (!opened) {
      give_up_file(opened.error());
      return false;
    }
    file_ = std::move(*opened);
    behind_ = true;
    reading_from_ = file_->position();
  }
  if (file_->fingerprint() == fingerprint) return true;
  if (!file_->fingerprint().empty())  // else it is new
    emit(EventKind::search_rebuilding, {{Label::file, std::string_view(path_)}, {Label::reason, "other keys"}});
  if (auto begun = file_->start_over(fingerprint); !begun) {
    give_up_file(begun.error());
    return false;
  }
  behind_ = true;
  reading_from_ = MessageId{};
  return true;
}

// It holds nothing that the store has not: away with it. One that cannot be made, or not written, is tried for again
// and again, with a pause.
void Search::give_up_file(const Fault& fault) {
  emit(EventKind::search_rebuilding,
       {{Label::file, std::string_view(path_)}, {Label::reason, std::string_view(fault.detail)}});
  file_.reset();
  SearchFile::remove(path_);
  const bool twice = given_up_at_ && now() < *given_up_at_ + kOpenAgain;
  given_up_at_ = now();
  auto opened = twice ? Result<SearchFile>(std::unexpected(fault)) : SearchFile::open(path_);
  if (opened) file_ = std::move(*opened);
  else open_again_ = now() + kOpenAgain;
  behind_ = true;
  reading_from_ = MessageId{};
}

void Search::take_offered() {
  std::vector<Message> messages;
  {
    const std::scoped_lock hold(lock_);
    messages.swap(offered_);
    offered_bytes_ = 0;
  }
  if (messages.empty()) return;
  const auto newest = std::ranges::max(messages, {}, [](const Message& each) { return each.id; }).id;
  if (auto added = add(messages, surely_before(newest)); !added) give_up_file(added.error());
}

void Search::catch_up() {
  {
    // From here on everything that is committed is offered; what was committed before is in the store.
    const std::scoped_lock hold(lock_);
    // What was missed may be older than what was read: a large body is committed late.
    if (missed_) reading_from_ = std::min(reading_from_, MessageId{missed_from_.value - 1});
    missed_ = false;
    missed_from_ = kNone;
  }
  const auto until = now() + kSlice;
  do {
    auto messages = queries_->messages_above(reading_from_, kReadAtOnce, kWaitingBytes);
    if (!messages) return;  // it was in the way of the log: again in the next turn
    if (messages->empty()) {
      behind_ = false;
      return;
    }
    const auto newest = messages->back().id;
    if (auto added = add(*messages, surely_before(newest)); !added) return give_up_file(added.error());
    reading_from_ = newest;
  } while (now() < until);
}

void Search::forget_old() {
  forgotten_at_ = now();
  const auto oldest = queries_->oldest();
  if (!oldest || oldest->value == 0) return;
  if (auto forgotten = file_->forget_before(*oldest); !forgotten) give_up_file(forgotten.error());
}

Result<void> Search::add(const std::vector<Message>& messages, MessageId position) {
  Indexer indexer;
  {
    const std::scoped_lock hold(lock_);
    indexer = indexer_;
  }
  std::vector<IndexRow> rows;
  for (std::size_t done = 0; const auto& message : messages) {
    if (++done % kInOneGo == 0) stand_back();
    if (!message.control_id.empty())
      rows.push_back({hash_of({std::string(kControlId), message.control_id}), message.id});
    for (const auto& key : indexer(message)) rows.push_back({hash_of(key), message.id});
  }
  return file_->put(std::move(rows), position);
}

std::int64_t Search::hash_of(const SearchKey& key) const {
  const auto digits = key_of_(key.name + "\x1f" + key.value);
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return static_cast<std::int64_t>(number);
}

Result<SearchPage> Search::answer(const SearchQuery& query) {
  if (!query.keys.empty() && !file_) return fail(FaultCode::overloaded, path_ + " cannot be opened now");
  auto newest = queries_->newest();
  if (!newest) return fail(newest);
  auto below = MessageId{newest->value + 1};
  if (query.below.value > 0) below = std::min(below, query.below);
  if (query.until != WallTime{}) below = std::min(below, first_id_at(query.until));
  const auto from = first_id_at(query.since);
  const auto limit = static_cast<std::size_t>(store_rules::page_size(query.limit));
  const auto deadline = now() + kLongestSearch;
  SearchPage page;
  page.complete = query.keys.empty() || !behind_;
  for (;;) {
    bool last = false;
    auto some =
        query.keys.empty() ? queries_->envelopes(below, from, kLookedAtAtOnce) : by_keys(query, below, from, last);
    if (!some) return fail(some);
    if (query.keys.empty()) last = std::cmp_less(some->size(), kLookedAtAtOnce);
    for (auto& each : *some) {
      if (query.keys.empty()) below = each.message.id;
      const auto wanted = fits(query, each);
      if (!wanted) return fail(Fault(wanted.error()));
      if (!*wanted) continue;
      page.messages.push_back(std::move(each));
      if (page.messages.size() < limit) continue;
      page.next = page.messages.back().message.id;
      return page;
    }
    if (last) return page;
    if (now() < deadline) continue;
    page.next = below;
    return page;
  }
}

// `below` goes on behind what was looked at, of which the retention may have taken some.
Result<std::vector<Found>> Search::by_keys(const SearchQuery& query, MessageId& below, MessageId from, bool& last) {
  std::vector<std::int64_t> hashes;
  for (const auto& key : query.keys) hashes.push_back(hash_of(key));
  auto ids = file_->find(hashes, below, from, kFoundAtOnce);
  if (!ids) {
    give_up_file(ids.error());
    return fail(FaultCode::overloaded, "search.db was damaged and is made anew");
  }
  last = std::cmp_less(ids->size(), kFoundAtOnce);
  if (!ids->empty()) below = ids->back();
  std::vector<Found> found;
  for (const auto id : *ids) {
    auto one = queries_->envelopes(MessageId{id.value + 1}, id, 1);
    if (!one) return one;
    if (!one->empty()) found.push_back(std::move(one->front()));  // else the retention took it
  }
  return found;
}

Result<bool> Search::fits(const SearchQuery& query, Found& found) {
  if (!query.channel.empty() && query.channel != found.message.channel) return false;
  if (!store_rules::is_of_type(query.type, found.message.type)) return false;
  auto deliveries = queries_->deliveries_of(found.message.id);
  if (!deliveries) return fail(deliveries);
  found.deliveries = std::move(*deliveries);
  if (found.deliveries.empty()) {
    auto first = queries_->duplicate_of(found.message.id);
    if (!first) return fail(first);
    found.duplicate_of = *first;
  }
  return !query.state || std::ranges::any_of(found.deliveries,
                                             [&](const Delivery& delivery) { return delivery.state == *query.state; });
}

}  // namespace myelin::sqlite
