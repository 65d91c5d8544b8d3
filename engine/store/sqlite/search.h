// Search: the thread that keeps search.db at most a second behind the store and answers what is asked of it. The writer
// hands over what it has committed; after a start, and when it could not keep up, it reads the store from its recorded
// position on. A lost or damaged search.db is made anew; nothing of it ever keeps the engine from running.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/store/sqlite/queries.h"
#include "engine/store/sqlite/search_file.h"

namespace myelin::sqlite {

class Search {
 public:
  using Answer = std::move_only_function<void(Result<SearchPage>)>;
  static constexpr std::size_t kWaiting = 65536, kWaitingBytes = 32U << 20;
  // For a turn at once: the more together, the fewer pages for each.
  static constexpr std::size_t kEnough = 8192, kEnoughBytes = kWaitingBytes / 4;

  // `key_of` is the store's.
  Search(std::string path, std::function<std::string(std::string_view)> key_of)
      : path_(std::move(path)), key_of_(std::move(key_of)) {}
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;
  ~Search() { stop(); }

  Result<void> start(const std::string& store_path, const Published& published);
  void stop();

  void index_with(Indexer indexer, std::string fingerprint);
  // Committed messages, from the writer's thread.
  void offer(const Message& message);
  // False: it has stopped.
  bool ask(SearchQuery query, Answer answer);

 private:
  struct Question {
    SearchQuery query;
    Answer answer;
  };

  static constexpr MessageId kNone{std::numeric_limits<std::int64_t>::max()};

  bool has_enough() const { return offered_.size() >= kEnough || offered_bytes_ >= kEnoughBytes; }
  void run();
  void turn();
  bool open();
  void give_up_file(const Fault& fault);
  void take_offered();
  void catch_up();
  void forget_old();
  Result<void> add(const std::vector<Message>& messages, MessageId position);
  std::int64_t hash_of(const SearchKey& key) const;
  Result<SearchPage> answer(const SearchQuery& query);
  Result<std::vector<Found>> by_keys(const SearchQuery& query, MessageId& below, MessageId from, bool& last);
  Result<bool> fits(const SearchQuery& query, Found& found);

  const std::string path_;
  const std::function<std::string(std::string_view)> key_of_;
  std::unique_ptr<Queries> queries_;
  std::optional<SearchFile> file_;
  MonoTime open_again_;  // not before
  std::optional<MonoTime> given_up_at_;
  MonoTime forgotten_at_;
  MessageId reading_from_;  // of the store, while it catches up
  bool behind_ = true;      // it reads the store; else it lives on what is offered

  std::mutex lock_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Message> offered_;
  std::size_t offered_bytes_ = 0;
  bool missed_ = true;             // something was not offered: the store must be read
  MessageId missed_from_ = kNone;  // the oldest of these
  std::deque<Question> questions_;
  Indexer indexer_;
  std::string fingerprint_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace myelin::sqlite
