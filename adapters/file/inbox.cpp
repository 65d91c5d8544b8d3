#include "adapters/file/inbox.h"

#include <algorithm>
#include <iterator>

namespace myelin::file {
namespace {

constexpr auto kTaken = ".taken";
constexpr std::size_t kLongestStem = 240;  // of a name that gets ".fault" or ".ack" behind it

std::string beside(const std::string& name, const char* end) { return name.substr(0, kLongestStem) + end; }

}  // namespace

Result<void> Inbox::open() {
  const auto folder = Folder::open(settings_.directory);
  if (!folder) return fail(Fault(folder.error()));
  std::vector<std::string> needed = {kTaken, settings_.failed};
  if (!settings_.remove) needed.push_back(settings_.done);
  if (!settings_.answers.empty()) needed.push_back(settings_.answers);
  for (const auto& name : needed)
    if (const auto made = folder->inside(name); !made) return fail(Fault(made.error()));
  return claim(*folder);
}

Result<void> Inbox::claim(const Folder& folder) {
  if (claim_ && claim_->is_on(folder)) return {};
  claim_.reset();
  auto claimed = Claim::on(folder, settings_.pattern);
  if (!claimed) return fail(claimed);
  claim_.emplace(std::move(*claimed));
  return {};
}

struct Inbox::Folders {
  Folder inbox, taken;

  const Folder& of(const Entry& entry) const { return entry.held ? taken : inbox; }

  static Result<Folders> open(const std::string& directory) {
    auto inbox = Folder::open(directory);  // anew: it may have been replaced
    if (!inbox) return fail(Fault(inbox.error()));
    auto taken = inbox->inside(kTaken);
    if (!taken) return fail(Fault(taken.error()));
    return Folders{std::move(*inbox), std::move(*taken)};
  }
};

Result<std::vector<Entry>> Inbox::list() {
  const auto folders = Folders::open(settings_.directory);
  if (!folders) return fail(Fault(folders.error()));
  if (auto ours = claim(folders->inbox); !ours) return fail(ours);
  auto all = folders->taken.list(settings_.pattern);  // first: of two of one name it is the earlier
  if (!all) return all;
  for (auto& entry : *all) entry.held = true;
  auto entries = folders->inbox.list(settings_.pattern);
  if (!entries) return entries;
  std::ranges::move(*entries, std::back_inserter(*all));
  return all;
}

std::vector<Opened> Inbox::read(const std::vector<Entry>& entries) const {
  std::vector<Opened> all;
  const auto folders = Folders::open(settings_.directory);
  if (!folders) return all;
  all.reserve(entries.size());
  for (const auto& entry : entries) all.push_back(read_one(folders->of(entry), entry));
  return all;
}

Opened Inbox::read_one(const Folder& folder, const Entry& entry) const {
  Opened opened;
  opened.entry = entry;
  const auto size = static_cast<std::size_t>(entry.identity.size);
  if (!entry.unsuitable.empty()) {
    opened.fault = Fault{FaultCode::file_unsuitable, std::string(entry.unsuitable), {}, {}};
  } else if (size == 0) {
    opened.fault = Fault{FaultCode::empty_message, "the file is empty", {}, {}};
  } else if (size > settings_.max_file) {
    opened.fault = Fault{FaultCode::frame_too_large,
                         std::to_string(size) + " bytes; `max_file` is " + std::to_string(settings_.max_file),
                         {},
                         {}};
  } else if (auto content = folder.read(entry, settings_.max_file)) {
    opened.content = std::move(*content);
  } else if (content.error().code == FaultCode::file_unsuitable) {
    opened.fault = std::move(content.error());
  } else {
    opened.later = true;
  }
  return opened;
}

std::vector<Settled> Inbox::put_away(std::vector<Settled> settled) const {
  std::erase_if(settled, [](const Settled& one) { return one.fate == Settled::Fate::left; });
  if (settled.empty()) return settled;
  const auto folders = Folders::open(settings_.directory);
  if (!folders) return settled;
  std::vector<Settled> unfinished;
  for (auto& one : settled) {
    const auto done = put_away_one(*folders, one);
    if (done) continue;
    one.obstacle = done.error().detail;
    unfinished.push_back(std::move(one));
  }
  // Should the power fail before this is written, the file is found again, and intake knows its messages: so a failure
  // of it changes nothing either.
  [[maybe_unused]] const auto synced = folders->inbox.sync();
  return unfinished;
}

// What was done is struck off, so that it is not done again when the rest fails and is tried later.
Result<void> Inbox::put_away_one(const Folders& folders, Settled& settled) const {
  auto& file = settled.entry;
  // Changed or replaced since it was read: what stands there now was not taken and must not disappear.
  if (!folders.of(file).still(file)) return {};
  if (!file.held) {
    const auto aside = folders.inbox.hold(file.name, folders.taken);
    if (!aside) return fail(Fault(aside.error()));
    if (!*aside) return {};
    file.held = true;
    if (!folders.taken.still(file)) return {};  // replaced between the two looks: it is the next that is read
  }
  if (!settled.answer.empty()) {
    const auto to = folders.inbox.inside(settings_.answers);
    if (!to) return fail(Fault(to.error()));
    if (auto put = to->put(beside(file.name, ".ack"), settled.answer); !put) return fail(put);
    settled.answer.clear();
  }
  if (!settled.rest.empty()) {
    if (auto aside = set_aside(folders, settled); !aside) return aside;
    settled.rest.clear();
  }
  if (!folders.taken.still(file)) return {};  // written to by a sender that had it open all the time
  if (settled.fate == Settled::Fate::failed) return set_aside(folders, settled);
  if (settings_.remove) return folders.taken.remove(file.name);
  const auto to = folders.inbox.inside(settings_.done);
  if (!to) return fail(Fault(to.error()));
  auto moved = folders.taken.move(file.name, *to, file.name);
  if (!moved) return fail(moved);
  return {};
}

// The file, or what is left of it, and the note beside it.
Result<void> Inbox::set_aside(const Folders& folders, const Settled& settled) const {
  const auto& name = settled.entry.name;
  const auto to = folders.inbox.inside(settings_.failed);
  if (!to) return fail(Fault(to.error()));
  auto aside = settled.rest.empty() ? folders.taken.move(name, *to, name) : to->put(name, settled.rest);
  if (!aside) return fail(aside);
  // A note that cannot be written changes nothing: the file is aside, and the engine has the incident.
  [[maybe_unused]] const auto noted = to->put(beside(*aside, ".fault"), settled.note);
  return {};
}

}  // namespace myelin::file
