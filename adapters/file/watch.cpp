#include "adapters/file/watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace myelin::file {
namespace {

constexpr std::uint32_t kInterest = IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR;

}  // namespace

std::shared_ptr<Watcher> Watcher::shared() {
  static std::mutex mutex;
  static std::weak_ptr<Watcher> known;
  const std::scoped_lock lock(mutex);
  if (auto watcher = known.lock()) return watcher;
  const int events = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (events < 0) return nullptr;
  const int ending = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::shared_ptr<Watcher> watcher(new Watcher(events, ending));
  known = watcher;
  return watcher;
}

Watcher::Watcher(int events, int ending) : events_(events), ending_(ending), thread_([this] { listen(); }) {}

Watcher::~Watcher() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(ending_, &one, sizeof one));
  thread_.join();
  ::close(events_);
  ::close(ending_);
}

bool Watcher::watch(const std::string& path, const void* who, const Heard& heard) {
  const std::scoped_lock lock(mutex_);
  const int folder = ::inotify_add_watch(events_, path.c_str(), kInterest);
  drop(who, folder);
  if (folder < 0) return false;
  folders_[folder].try_emplace(who, heard);
  return true;
}

void Watcher::forget(const void* who) {
  const std::scoped_lock lock(mutex_);
  drop(who, -1);
}

void Watcher::drop(const void* who, int except) {
  for (auto folder = folders_.begin(); folder != folders_.end();) {
    if (folder->first != except) folder->second.erase(who);
    if (!folder->second.empty()) {
      ++folder;
      continue;
    }
    ::inotify_rm_watch(events_, folder->first);
    folder = folders_.erase(folder);
  }
}

void Watcher::listen() {
  alignas(inotify_event) std::array<char, 64 * 1024> buffer;
  while (true) {
    std::array<pollfd, 2> waiting{{{events_, POLLIN, 0}, {ending_, POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return;
    const auto got = ::read(events_, buffer.data(), buffer.size());
    if (got > 0) tell(buffer.data(), buffer.data() + got);
  }
}

void Watcher::tell(const char* begin, const char* end) {
  std::map<int, std::vector<std::string>> complete;
  while (begin < end) {
    inotify_event event;
    std::memcpy(&event, begin, sizeof event);
    auto& names = complete[event.wd];
    if ((event.mask & IN_MOVED_TO) != 0 && event.len > 0) names.emplace_back(begin + sizeof event);
    begin += sizeof event + event.len;
  }
  const std::scoped_lock lock(mutex_);
  for (auto& [folder, names] : complete) {
    const auto found = folders_.find(folder);
    if (found == folders_.end()) continue;
    for (const auto& [who, heard] : found->second) heard(names);
  }
}

}  // namespace myelin::file
