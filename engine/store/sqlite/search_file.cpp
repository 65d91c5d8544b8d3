#include "engine/store/sqlite/search_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <ranges>
#include <tuple>

#include "engine/base/prompt.h"

namespace myelin::sqlite {
namespace {

constexpr int kForm = 2;  // PRAGMA user_version; another one: the file is made anew
constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS meta(id INTEGER PRIMARY KEY CHECK(id=1), position INTEGER NOT NULL, fingerprint TEXT "
    "NOT "
    "NULL); INSERT OR IGNORE INTO meta VALUES(1,0,''); PRAGMA user_version=2;";

constexpr std::size_t kRowsInOneGo = 256;  // some 0.2 ms

// As wide as any, so that names stand in the order of their numbers.
std::string name_of(MessageId first) { return fmt::format("part_{:020}", first.value); }

auto day_of(MessageId id) { return std::chrono::floor<std::chrono::days>(time_of(id)); }

}  // namespace

Result<SearchFile> SearchFile::open(const std::string& path) {
  auto database = Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!database) return fail(database);
  SearchFile file;
  file.database_ = std::move(*database);
  auto& opened = file.database_;
  // NORMAL: after a power cut the last seconds may be missing, which the position knows, and nothing else.
  auto set = opened.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;");
  if (!set) return fail(set);
  auto form = opened.number("PRAGMA user_version");
  if (!form) return fail(form);
  if (*form != 0 && *form != kForm) return fail(FaultCode::schema_newer, path + " has another form");
  if (auto made = opened.execute(kTables); !made) return fail(made);
  auto position = opened.number("SELECT position FROM meta");
  auto fingerprint = opened.text("SELECT fingerprint FROM meta");
  if (!position) return fail(position);
  if (!fingerprint) return fail(fingerprint);
  file.position_ = MessageId{*position};
  file.fingerprint_ = std::move(*fingerprint);
  if (auto read = file.read_parts(); !read) return fail(read);
  return file;
}

void SearchFile::remove(const std::string& path) {
  std::error_code ignored;
  for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix, ignored);
}

Result<void> SearchFile::write_meta() {
  auto put = database_.prepare("UPDATE meta SET position=?1,fingerprint=?2");
  if (!put) return fail(put);
  auto written = put->bind(1, position_.value).bind_text(2, fingerprint_).run();
  if (!written) return fail(written);
  return {};
}

Result<void> SearchFile::read_parts() {
  auto names = database_.prepare("SELECT name FROM sqlite_schema WHERE name GLOB 'part_*' ORDER BY name");
  if (!names) return fail(names);
  auto read = each_row(*names, [&](const Statement& row) {
    const auto name = row.text(0);
    MessageId first;
    std::from_chars(name.data() + name.find('_') + 1, name.data() + name.size(), first.value);
    firsts_.push_back(first);
  });
  if (!read) return read;
  if (firsts_.empty()) return {};
  auto newest = database_.prepare("SELECT count(*),max(message) FROM " + name_of(firsts_.back()));
  if (!newest) return fail(newest);
  if (auto row = newest->step(); !row) return fail(row);
  rows_ = newest->number(0);
  newest_ = MessageId{std::max(newest->number(1), firsts_.back().value)};
  return {};
}

Result<void> SearchFile::in_one(const std::function<Result<void>()>& change) {
  auto done = database_.execute("BEGIN IMMEDIATE");
  if (done) done = change();
  if (done) done = write_meta();
  if (done) done = database_.execute("COMMIT");
  if (!done) (void)database_.execute("ROLLBACK");  // the fault that led here is the one that counts
  return done;
}

Result<void> SearchFile::start_over(const std::string& fingerprint) {
  position_ = newest_ = MessageId{};
  fingerprint_ = fingerprint;
  return in_one([this] { return drop(firsts_.size()); });
}

Result<void> SearchFile::put(std::vector<IndexRow> rows, MessageId position) {
  position_ = std::max(position_, position);
  return in_one([&]() -> Result<void> {
    if (auto room = make_room_for(rows); !room) return room;
    std::map<std::size_t, std::vector<IndexRow>> by_part;
    for (const auto& row : rows) by_part[part_of(row.message)].push_back(row);
    for (auto& [part, some] : by_part)
      if (auto put = put_into(part, std::move(some)); !put) return put;
    return {};
  });
}

// What is newer than all goes into the newest part, or begins one.
Result<void> SearchFile::make_room_for(const std::vector<IndexRow>& rows) {
  std::optional<MessageId> first;
  auto last = newest_;
  for (const auto& row : rows) {
    if (row.message <= newest_) continue;
    first = std::min(first.value_or(row.message), row.message);
    last = std::max(last, row.message);
  }
  if (!first) return {};
  const bool fits = !firsts_.empty() && rows_ < kPartRows && day_of(*first) == day_of(newest_);
  newest_ = last;
  if (fits) return {};
  rows_ = 0;
  firsts_.push_back(*first);
  return database_.execute("CREATE TABLE " + name_of(*first) +
                           "(hash INTEGER, message INTEGER, PRIMARY KEY(hash,message)) WITHOUT ROWID");
}

std::size_t SearchFile::part_of(MessageId message) const {
  const auto next = std::ranges::upper_bound(firsts_, message);
  return next == firsts_.begin() ? 0 : static_cast<std::size_t>(next - firsts_.begin()) - 1;
}

Result<void> SearchFile::put_into(std::size_t part, std::vector<IndexRow> rows) {
  auto insert = database_.prepare("INSERT OR IGNORE INTO " + name_of(firsts_[part]) + " VALUES(?1,?2)");
  if (!insert) return fail(insert);
  // Sorted, so that neighbouring rows fall on one page.
  std::ranges::sort(rows, {}, [](const IndexRow& row) { return std::tuple(row.hash, row.message); });
  for (std::size_t done = 0; const auto& row : rows) {
    if (++done % kRowsInOneGo == 0) stand_back();
    auto put = insert->bind(1, row.hash).bind(2, row.message.value).run();
    if (!put) return fail(put);
    if (part + 1 == firsts_.size()) rows_ += *put;
  }
  return {};
}

Result<std::vector<MessageId>> SearchFile::find(const std::vector<std::int64_t>& hashes, MessageId below,
                                                MessageId from, int limit) {
  std::vector<MessageId> found;
  const auto wanted = static_cast<std::size_t>(limit);
  for (auto part = firsts_.size(); part-- > 0 && found.size() < wanted;) {
    if (part > 0 && firsts_[part] >= below) continue;
    if (part + 1 < firsts_.size() && firsts_[part + 1] <= from) break;
    const auto table = name_of(firsts_[part]);
    auto sql = "SELECT message FROM " + table + " d WHERE hash=?1 AND message<?2 AND message>=?3";
    for (std::size_t i = 1; i < hashes.size(); ++i)
      sql += fmt::format(" AND EXISTS(SELECT 1 FROM {} WHERE hash=?{} AND message=d.message)", table, i + 4);
    auto select = database_.prepare(sql + " ORDER BY message DESC LIMIT ?4");
    if (!select) return fail(select);
    select->bind(1, hashes.front()).bind(2, below.value).bind(3, from.value);
    select->bind(4, static_cast<std::int64_t>(wanted - found.size()));
    for (std::size_t i = 1; i < hashes.size(); ++i) select->bind(static_cast<int>(i) + 4, hashes[i]);
    auto read = each_row(*select, [&](const Statement& row) { found.push_back(MessageId{row.number(0)}); });
    if (!read) return fail(read);
  }
  return found;
}

Result<void> SearchFile::forget_before(MessageId oldest) {
  // The newest has no next one, and stays.
  std::size_t gone = 0;
  while (gone + 1 < firsts_.size() && firsts_[gone + 1] <= oldest) ++gone;
  return drop(gone);
}

Result<void> SearchFile::drop(std::size_t parts) {
  for (; parts > 0; --parts) {
    if (auto dropped = database_.execute("DROP TABLE " + name_of(firsts_.front())); !dropped) return dropped;
    firsts_.erase(firsts_.begin());
  }
  return {};
}

}  // namespace myelin::sqlite
