// Watcher: hears from the kernel (inotify) when a file was renamed into a folder or closed after writing. One thread
// for all folders of the process, asleep while nothing happens. It only shortens the wait: who listens looks again
// every now and then by itself, because network file systems and full queues say nothing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace myelin::file {

class Watcher {
 public:
  // On the watcher's thread: something happened; these names were renamed into the folder, so they are complete.
  using Heard = std::function<void(std::vector<std::string> complete)>;

  // Lives as long as somebody holds it. Null where the kernel gives no inotify.
  static std::shared_ptr<Watcher> shared();

  ~Watcher();
  // May be repeated: a folder that was replaced under its name is watched anew. False: it cannot be watched.
  bool watch(const std::string& path, const void* who, const Heard& heard);
  void forget(const void* who);

 private:
  Watcher(int events, int ending);
  void listen();
  void tell(const char* begin, const char* end);
  void drop(const void* who, int except);

  const int events_;
  const int ending_;
  std::mutex mutex_;
  std::map<int, std::map<const void*, Heard>> folders_;  // by watch descriptor
  std::thread thread_;
};

}  // namespace myelin::file
