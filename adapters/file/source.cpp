#include "adapters/file/source.h"

#include <algorithm>
#include <mutex>

#include "adapters/options/kept.h"
#include "engine/base/event.h"
#include "engine/base/offload.h"
#include "engine/model/facts.h"

namespace myelin::file {
namespace {

constexpr Duration kLeastRest = milliseconds(10);  // between two looks, however much is heard
constexpr std::size_t kIncidentBytes = 64 * 1024;

}  // namespace

struct FileSource::Bell {
  FileSource* source;
};

FileSource::FileSource(Loop& loop, FileSettings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      inbox_(std::make_shared<Inbox>(settings_)),
      bell_(std::make_shared<Bell>(Bell{this})),
      wake_(loop),
      ending_(loop) {}

FileSource::~FileSource() {
  bell_->source = nullptr;
  if (watcher_) watcher_->forget(this);
}

// The only look at the disk on the loop itself: three directories are opened.
Result<void> FileSource::open() {
  auto opened = inbox_->open();
  if (!opened) return opened;
  watcher_ = Watcher::shared();
  listen();
  return {};
}

void FileSource::listen() {
  if (!watcher_) return;
  const auto heard = [bell = bell_, &loop = loop_](std::vector<std::string> complete) {
    loop.post([bell, names = std::move(complete)] {
      if (!bell->source) return;
      bell->source->complete_.insert(names.begin(), names.end());
      bell->source->wake_.notify();
    });
  };
  watcher_->watch(settings_.directory, this, heard);
}

void FileSource::stop() {
  stopping_ = true;
  if (at_work_) at_work_->notify();
  ending_.notify();
  wake_.notify();
}

namespace {

// One piece of work on the pool, which may return when nobody waits for it any more.
template <class T>
struct Job {
  Job(Loop& loop, Wakeup& wakeup) : home(&loop), done(&wakeup) {}
  std::mutex mutex;
  Loop* home;  // null: given up
  Wakeup* done;
  std::optional<T> result;
};

}  // namespace

template <class T>
Task<std::optional<T>> FileSource::on_pool(std::function<T(Inbox&)> work) {
  Wakeup done(loop_);
  const auto job = std::make_shared<Job<T>>(loop_, done);
  Offload::shared().run([job, inbox = inbox_, work = std::move(work)] {
    auto result = std::make_shared<T>(work(*inbox));
    const std::scoped_lock lock(job->mutex);
    if (!job->home) return;
    job->home->post([job, result] {
      if (!job->home) return;
      job->result = std::move(*result);
      job->done->notify();
    });
  });
  at_work_ = &done;
  auto end = MonoTime::max();
  while (!job->result && loop_.mono() < end) {
    if (stopping_ && end == MonoTime::max()) end = loop_.mono() + settings_.stop_grace;
    if (stopping_) co_await done.wait_for(end - loop_.mono());
    else co_await done.wait();
  }
  at_work_ = nullptr;
  const std::scoped_lock lock(job->mutex);
  job->home = nullptr;
  if (!job->result) hung_ = true;
  co_return std::move(job->result);
}

Task<void> FileSource::run(Intake& intake, std::stop_token stop_token) {
  const std::stop_callback on_stop(stop_token, [this] { stop(); });
  while (!stopping_) {
    const auto began = loop_.mono();
    co_await look(&intake);
    if (stopping_) break;
    const auto rest = std::max(kLeastRest, 4 * (loop_.mono() - began));
    if (again_later_) {
      co_await ending_.wait_for(settings_.pause);
      continue;
    }
    co_await wake_.wait_for(next_look_);
    if (!stopping_) co_await ending_.wait_for(std::min(rest, Duration(seconds(1))));
  }
  if (watcher_) watcher_->forget(this);
  if (!hung_) inbox_->let_go();
}

Task<void> FileSource::look(Intake* intake) {
  again_later_ = false;
  next_look_ = settings_.every;
  if (!unfinished_.empty()) {
    std::vector<Settled> again;
    for (auto& [place, settled] : unfinished_) again.push_back(settled);
    const auto left = co_await put_away(std::move(again));
    unfinished_.clear();
    for (const auto& settled : left) unfinished_.emplace(place_of(settled.entry), settled);
  }
  using Listed = Result<std::vector<Entry>>;
  std::function<Listed(Inbox&)> list = [](Inbox& inbox) { return inbox.list(); };
  auto answer = co_await on_pool<Listed>(std::move(list));
  if (!answer) co_return;
  auto& listed = *answer;
  if (!listed) {
    say_down(listed.error());
    co_return;
  }
  say_up();
  listen();
  auto entries = ripe(std::move(*listed));
  std::size_t at = 0;
  while (at < entries.size() && !stopping_ && !again_later_) {
    std::vector<Entry> round;
    std::int64_t bytes = 0;
    while (at < entries.size() && round.size() < kTogether && bytes < static_cast<std::int64_t>(kTogetherBytes)) {
      bytes += entries[at].identity.size;
      round.push_back(std::move(entries[at++]));
    }
    co_await take(std::move(round), intake);
  }
}

void FileSource::say_down(const Fault& fault) {
  if (std::exchange(down_, true)) return;
  emit(EventKind::source_down,
       {{Label::peer, settings_.directory}, {Label::fault, entry(fault.code).id}, {Label::reason, fault.detail}});
}

void FileSource::say_up() {
  if (std::exchange(down_, false)) emit(EventKind::source_up, {{Label::peer, settings_.directory}});
}

// Those that are complete, in their order; the others are remembered until they have not changed for `settle`.
std::vector<Entry> FileSource::ripe(std::vector<Entry> entries) {
  const auto now = loop_.mono();
  std::map<Place, Sight> seen;
  const auto waits = [&](const Entry& entry) {
    const auto place = place_of(entry);
    if (const auto known = unfinished_.find(place);
        known != unfinished_.end() && known->second.entry.identity == entry.identity)
      return true;
    if (!entry.held && complete_.contains(entry.name)) return false;
    const auto before = seen_.find(place);
    const bool same = before != seen_.end() && before->second.identity == entry.identity;
    const auto since = same ? before->second.since : now;
    const auto left = since + settings_.settle - now;
    if (left <= Duration::zero()) return false;
    next_look_ = std::min(next_look_, left);
    seen.emplace(place, Sight{entry.identity, since});
    return true;
  };
  std::erase_if(entries, waits);
  seen_ = std::move(seen);
  complete_.clear();
  // Of one name, what is held was there first.
  const auto place = [this](const Entry& entry) {
    return std::tuple(settings_.by_time ? entry.identity.modified_ns : 0, std::string_view(entry.name), !entry.held);
  };
  std::ranges::sort(entries, {}, place);
  return entries;
}

Task<void> FileSource::take(std::vector<Entry> entries, Intake* intake) {
  std::function<std::vector<Opened>(Inbox&)> read = [entries = std::move(entries)](Inbox& inbox) {
    return inbox.read(entries);
  };
  auto opened = co_await on_pool<std::vector<Opened>>(std::move(read));
  if (!opened) co_return;
  std::vector<Settled> settled(opened->size());
  co_await hand_over(&*opened, &settled, intake);
  const auto unfinished = co_await put_away(std::move(settled));
  for (const auto& one : unfinished) unfinished_.insert_or_assign(place_of(one.entry), one);
  if (!unfinished.empty()) {
    const auto count = static_cast<std::int64_t>(unfinished.size());
    const auto why = "files were taken and cannot be put away; it is tried again: " + unfinished.front().obstacle;
    emit(EventKind::source_down, {{Label::peer, settings_.directory},
                                  {Label::fault, entry(FaultCode::io_failed).id},
                                  {Label::count, count},
                                  {Label::reason, why}});
  }
}

Task<std::vector<Settled>> FileSource::put_away(std::vector<Settled> settled) {
  std::function<std::vector<Settled>(Inbox&)> work = [settled = std::move(settled)](Inbox& inbox) mutable {
    return inbox.put_away(std::move(settled));
  };
  auto left = co_await on_pool<std::vector<Settled>>(std::move(work));
  std::vector<Settled> none;
  if (!left) co_return none;
  co_return std::move(*left);
}

Task<void> FileSource::hand_over(std::vector<Opened>* opened, std::vector<Settled>* settled, Intake* intake) {
  TaskGroup offering(loop_);
  for (std::size_t i = 0; i < opened->size() && !again_later_; ++i) {
    const auto& file = opened->at(i);
    auto& fate = settled->at(i);
    fate.entry = file.entry;
    if (file.later) {
      next_look_ = std::min(next_look_, std::max(settings_.settle, kLeastRest));
      continue;
    }
    if (file.fault) {
      set_aside(file, *file.fault, fate, *intake);
      continue;
    }
    auto offered = read_offer(file.content);
    if (offered.fault) {
      set_aside(file, *offered.fault, fate, *intake);
      const Receipt refused{Receipt::Kind::refused, {}, loop_.wall(), offered.fault};
      conclude(offered, Receipts(offered.messages.size(), refused), fate);
      continue;
    }
    const bool alone = offered.messages.size() > 1;
    if (alone) co_await offering.join();
    offering.spawn(offer(std::move(offered), &fate, intake));
    if (alone) co_await offering.join();
  }
  co_await offering.join();
}

// One file's messages, each after the one before it is on the disk. One that is refused does not keep the others back.
Task<void> FileSource::offer(Offer offer, Settled* settled, Intake* intake) {
  Receipts receipts;
  for (std::size_t i = 0; i < offer.messages.size(); ++i) {
    Received received;
    received.bytes = Bytes(std::string(offer.messages[i]));
    received.batch = offer.headers[i];
    add_fact(received.facts, "file", settled->entry.name);
    received.peer = settings_.directory;
    received.asks = !settings_.answers.empty();
    auto receipt = co_await intake->accept(std::move(received));
    if (!is_kept(receipt)) {
      again_later_ = true;
      co_return;  // left where it is; what was taken of it is known when it comes again
    }
    receipts.push_back(std::move(receipt));
  }
  conclude(offer, receipts, *settled);
}

void FileSource::conclude(const Offer& offer, const Receipts& receipts, Settled& settled) {
  const bool taken = !offer.fault && all_taken(receipts);
  settled.rest = not_taken(offer, receipts);
  settled.fate = taken || !settled.rest.empty() ? Settled::Fate::taken : Settled::Fate::failed;
  if (!taken) settled.note = note_about(offer, receipts);
  if (settings_.answers.empty()) return;
  const auto now = loop_.wall();
  settled.answer = answer_to(offer, receipts, now, [&] { return ids_.next(now); });
}

void FileSource::set_aside(const Opened& opened, const Fault& fault, Settled& settled, Intake& intake) const {
  settled.fate = Settled::Fate::failed;
  settled.note = note_of(fault);
  Incident incident;
  incident.fault = fault;
  incident.peer = settings_.directory;
  incident.bytes = Bytes(opened.content.substr(0, kIncidentBytes));
  intake.report(std::move(incident));
}

}  // namespace myelin::file
