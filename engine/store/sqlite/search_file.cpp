#include "engine/store/sqlite/search_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace myelin::sqlite {
namespace {

constexpr int kForm = 1;  // PRAGMA user_version; another one: the file is made anew
constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS meta(id INTEGER PRIMARY KEY CHECK(id=1), position INTEGER NOT NULL, fingerprint TEXT "
    "NOT "
    "NULL); INSERT OR IGNORE INTO meta VALUES(1,0,''); PRAGMA user_version=1;";

// "day_20260301", of UTC.
std::string day_of(MessageId id) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time_of(id)));
  return fmt::format("day_{:04}{:02}{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

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

Result<void> SearchFile::start_over(const std::string& fingerprint) {
  auto tables = days();
  if (!tables) return fail(tables);
  for (const auto& day : *tables)
    if (auto dropped = database_.execute("DROP TABLE " + day); !dropped) return dropped;
  position_ = MessageId{};
  fingerprint_ = fingerprint;
  return write_meta();
}

Result<void> SearchFile::put(std::vector<IndexRow> rows, MessageId position) {
  // Sorted, so that neighbouring rows fall on one page.
  std::ranges::sort(rows, {}, [](const IndexRow& row) { return std::tuple(row.hash, row.message); });
  std::vector<std::pair<std::string, std::vector<IndexRow>>> by_day;
  for (const auto& row : rows) {
    const auto day = day_of(row.message);
    auto at = std::ranges::find(by_day, day, [](const auto& each) { return each.first; });
    if (at == by_day.end()) at = by_day.emplace(by_day.end(), day, std::vector<IndexRow>());
    at->second.push_back(row);
  }
  position_ = std::max(position_, position);
  auto done = database_.execute("BEGIN IMMEDIATE");
  for (const auto& [day, some] : by_day)
    if (done) done = put_day(day, some.data(), some.data() + some.size());
  if (done) done = write_meta();
  if (done) done = database_.execute("COMMIT");
  if (!done) (void)database_.execute("ROLLBACK");  // the fault that led here is the one that counts
  return done;
}

Result<void> SearchFile::put_day(const std::string& day, const IndexRow* begin, const IndexRow* end) {
  auto made = database_.execute("CREATE TABLE IF NOT EXISTS " + day +
                                "(hash INTEGER, message INTEGER, PRIMARY KEY(hash,message)) WITHOUT ROWID");
  if (!made) return made;
  auto insert = database_.prepare("INSERT OR IGNORE INTO " + day + " VALUES(?1,?2)");
  if (!insert) return fail(insert);
  for (; begin != end; ++begin)
    if (auto put = insert->bind(1, begin->hash).bind(2, begin->message.value).run(); !put) return fail(put);
  return {};
}

Result<std::vector<std::string>> SearchFile::days() {
  auto names = database_.prepare("SELECT name FROM sqlite_schema WHERE name GLOB 'day_*' ORDER BY name DESC");
  if (!names) return fail(names);
  std::vector<std::string> found;
  for (;;) {
    auto row = names->step();
    if (!row) return fail(row);
    if (!*row) return found;
    found.push_back(names->text(0));
  }
}

Result<std::vector<MessageId>> SearchFile::find(const std::vector<std::int64_t>& hashes, MessageId below,
                                                MessageId from, int limit) {
  auto tables = days();
  if (!tables) return fail(tables);
  const auto first = day_of(from), last = day_of(below);
  std::vector<MessageId> found;
  for (const auto& day : *tables) {
    if (day > last || day < first) continue;
    auto sql = "SELECT message FROM " + day + " d WHERE hash=?1 AND message<?2 AND message>=?3";
    for (std::size_t i = 1; i < hashes.size(); ++i)
      sql += fmt::format(" AND EXISTS(SELECT 1 FROM {} WHERE hash=?{} AND message=d.message)", day, i + 4);
    auto select = database_.prepare(sql + " ORDER BY message DESC LIMIT ?4");
    if (!select) return fail(select);
    select->bind(1, hashes.front()).bind(2, below.value).bind(3, from.value);
    select->bind(4, limit - static_cast<std::int64_t>(found.size()));
    for (std::size_t i = 1; i < hashes.size(); ++i) select->bind(static_cast<int>(i) + 4, hashes[i]);
    for (;;) {
      auto row = select->step();
      if (!row) return fail(row);
      if (!*row) break;
      found.push_back(MessageId{select->number(0)});
    }
    if (std::cmp_greater_equal(found.size(), limit)) break;
  }
  return found;
}

Result<void> SearchFile::forget_before(MessageId oldest) {
  auto tables = days();
  if (!tables) return fail(tables);
  const auto kept = day_of(oldest);
  for (const auto& day : *tables)
    if (day < kept)
      if (auto dropped = database_.execute("DROP TABLE " + day); !dropped) return dropped;
  return {};
}

}  // namespace myelin::sqlite
