#include "engine/admin/history.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include "engine/base/crypto.h"
#include "engine/fhir/json.h"

namespace myelin::admin {
namespace {

namespace fs = std::filesystem;
using json::Value;

constexpr std::string_view kManifest = "went-live.json";
constexpr std::size_t kSyncedByName = 32;

Value names_json(const std::vector<std::string>& names) {
  json::Array all;
  for (const auto& name : names) all.emplace_back(name);
  return all;
}

std::vector<std::string> names_of(const Value& list) {
  std::vector<std::string> names;
  if (const auto* all = list.array())
    for (const auto& name : *all) names.push_back(name.text_or(""));
  return names;
}

std::string manifest_of(const LiveConfiguration& one) {
  Value view;
  view.set("number", one.number).set("hash", one.hash);
  view.set("at_us", static_cast<std::int64_t>(one.at.time_since_epoch().count()));
  view.set("by", one.by).set("how", one.how).set("of", one.of).set("reason", one.reason);
  view.set("started", names_json(one.started)).set("changed", names_json(one.changed));
  view.set("removed", names_json(one.removed)).set("failed", names_json(one.failed));
  return json::write(view) + "\n";
}

std::optional<std::string> content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return std::nullopt;
  std::string content{std::istreambuf_iterator<char>(file), {}};
  return file.bad() ? std::nullopt : std::optional(std::move(content));
}

std::optional<LiveConfiguration> read_manifest(const fs::path& folder) {
  const auto text = content_of(folder / kManifest);
  const auto view = text ? json::read(*text) : Result<Value>(fail(FaultCode::io_failed, "no manifest"));
  if (!view) return std::nullopt;
  LiveConfiguration one;
  one.number = static_cast<int>((*view)["number"].integer_or(0));
  one.hash = (*view)["hash"].text_or("");
  one.at = WallTime(microseconds((*view)["at_us"].integer_or(0)));
  one.by = (*view)["by"].text_or("");
  one.how = (*view)["how"].text_or("");
  one.of = static_cast<int>((*view)["of"].integer_or(0));
  one.reason = (*view)["reason"].text_or("");
  one.started = names_of((*view)["started"]);
  one.changed = names_of((*view)["changed"]);
  one.removed = names_of((*view)["removed"]);
  one.failed = names_of((*view)["failed"]);  // none in what an earlier version wrote
  const bool whole = one.number > 0 && folder.filename() == fmt::format("{:06}", one.number) && !one.hash.empty();
  return whole ? std::optional(std::move(one)) : std::nullopt;
}

bool write_file(const fs::path& path, std::string_view content) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  bool good = true;
  while (good && !content.empty()) {
    const auto written = ::write(file, content.data(), content.size());
    good = written > 0;
    if (good) content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::close(file) == 0 && good;
}

bool sync(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool good = ::fsync(file) == 0;
  ::close(file);
  return good;
}

// What was written, and its folders. Of many files the whole file system at once, since a thousand one by one take
// seconds; of few never, since that waits for all that others have written too.
bool sync_all(const fs::path& made, const std::vector<fs::path>& written) {
  if (written.size() > kSyncedByName) {
    const int folder = ::open(made.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return false;
    const bool good = ::syncfs(folder) == 0;
    ::close(folder);
    return good;
  }
  std::set<fs::path> all = {made};
  for (const auto& path : written) {
    all.insert(path);
    all.insert(path.parent_path());
  }
  return std::ranges::all_of(all, sync);
}

}  // namespace

std::string hash_of(const ConfigurationTexts& texts) {
  Sha256Sum sum;
  for (const auto& [path, text] : texts) sum.add(path + " " + hex(sha256(text)) + "\n");
  return hex(sum.digest());
}

std::string History::folder_of(int number) const { return fmt::format("{}/{:06}", folder_, number); }

std::unique_ptr<History> History::open(std::string folder) {
  auto history = std::unique_ptr<History>(new History(std::move(folder)));
  std::error_code error;
  for (fs::directory_iterator entry(history->folder_, error), end; !error && entry != end; entry.increment(error))
    if (auto one = read_manifest(entry->path())) history->all_.push_back(std::move(*one));
  std::ranges::sort(history->all_, {}, &LiveConfiguration::number);
  return history;
}

std::vector<LiveConfiguration> History::all() const {
  const std::lock_guard lock(mutex_);
  return all_;
}

std::optional<LiveConfiguration> History::running() const {
  const std::lock_guard lock(mutex_);
  return all_.empty() ? std::nullopt : std::optional(all_.back());
}

std::optional<LiveConfiguration> History::find(int number) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(all_, number, &LiveConfiguration::number);
  return found == all_.end() ? std::nullopt : std::optional(*found);
}

std::optional<LiveConfiguration> History::before_running() const {
  const std::lock_guard lock(mutex_);
  if (all_.empty()) return std::nullopt;
  const auto& now = all_.back();
  const int from = now.rolled_back() ? now.of : now.number;
  for (auto one = all_.rbegin(); one != all_.rend(); ++one)
    if (one->number < from && one->hash != now.hash && !one->rolled_back() && one->failed.empty()) return *one;
  return std::nullopt;
}

Result<ConfigurationTexts> History::texts(int number) const {
  if (!find(number)) return fail(FaultCode::not_found, "there is no configuration of this number");
  const fs::path folder = folder_of(number);
  ConfigurationTexts texts;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->is_directory() || entry->path() == folder / kManifest) continue;
    auto content = content_of(entry->path());
    if (!content) return fail(FaultCode::io_failed, entry->path().string() + " cannot be read");
    texts.emplace(entry->path().lexically_relative(folder).string(), std::move(*content));
  }
  if (error) return fail(FaultCode::io_failed, folder.string() + ": " + error.message());
  if (hash_of(texts) != find(number)->hash)
    return fail(FaultCode::io_failed, folder.string() + " is not as it was when it went live");
  return texts;
}

Result<void> History::write(const LiveConfiguration& one, const ConfigurationTexts& texts, int before) const {
  const fs::path target = folder_of(one.number), made = target.string() + ".new";
  const fs::path earlier = folder_of(before);  // may be none
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!error) fs::permissions(folder_, fs::perms::owner_all, error);
  if (error) return fail(FaultCode::io_failed, folder_ + ": " + error.message());
  fs::remove_all(made, error);  // a crash came between
  std::vector<fs::path> written;
  for (const auto& [path, text] : texts) {
    fs::create_directories((made / path).parent_path(), error);
    const auto same = last_.find(path);
    if (same != last_.end() && same->second == text) {
      fs::create_hard_link(earlier / path, made / path, error);
      if (!error) continue;
    }
    if (!write_file(made / path, text))
      return fail(FaultCode::io_failed, (made / path).string() + " cannot be written; is the disk full?");
    written.push_back(made / path);
  }
  fs::create_directories(made, error);
  if (!write_file(made / kManifest, manifest_of(one)))
    return fail(FaultCode::io_failed, (made / kManifest).string() + " cannot be written; is the disk full?");
  written.push_back(made / kManifest);
  if (!sync_all(made, written)) return fail(FaultCode::io_failed, made.string() + " cannot be written to the disk");
  fs::remove_all(target, error);  // not understood, so passed over
  fs::rename(made, target, error);
  if (error) return fail(FaultCode::io_failed, target.string() + ": " + error.message());
  if (!sync(folder_)) return fail(FaultCode::io_failed, folder_ + " cannot be written to the disk");
  return {};
}

// Beside its folder first: there it would be taken for one of the files.
Result<void> History::mark_failed(int number, std::vector<std::string> channels) {
  auto one = find(number);
  if (!one) return fail(FaultCode::not_found, "there is no configuration of this number");
  if (one->failed == channels) return {};
  one->failed = channels;
  const fs::path target = fs::path(folder_of(number)) / kManifest, made = folder_of(number) + ".failed";
  std::error_code error;
  const bool written = write_file(made, manifest_of(*one)) && sync(made);
  if (written) fs::rename(made, target, error);
  if (!written || error || !sync(target.parent_path()))
    return fail(FaultCode::io_failed, target.string() + " cannot be written; is the disk full?");
  const std::lock_guard lock(mutex_);
  std::ranges::find(all_, number, &LiveConfiguration::number)->failed = std::move(channels);
  return {};
}

Result<int> History::add(LiveConfiguration one, const ConfigurationTexts& texts) {
  one.hash = hash_of(texts);
  const auto now = running();
  if (now && now->hash == one.hash && !now->rolled_back() && !one.rolled_back()) {
    last_ = texts;
    return now->number;
  }
  const int before = now ? now->number : 0;
  one.number = before + 1;
  if (auto written = write(one, texts, before); !written) return fail(written);
  last_ = texts;
  const std::lock_guard lock(mutex_);
  all_.push_back(std::move(one));
  while (all_.size() > kMostConfigurations) {
    std::error_code ignored;
    fs::remove_all(folder_of(all_.front().number), ignored);
    all_.erase(all_.begin());
  }
  return all_.back().number;
}

}  // namespace myelin::admin
