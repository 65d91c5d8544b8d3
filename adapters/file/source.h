// Takes files out of a folder: waits until each is complete, cuts it into messages, hands them to the intake in order,
// and moves the file away only after the last one is on the disk. A file that was taken but not yet moved when the
// process died is found again; intake recognises its messages, so nothing is taken twice and nothing is lost.
//
// Files go in rounds of at most kTogether files or kTogetherBytes: read in one go on the pool (offload), handed over
// one after the other without waiting for each commit (the commits keep the order of the calls), put away in one go.
// Files with several messages go alone, message by message. Nothing blocks the loop; splitting is all it does. A disk
// that hangs keeps nobody from stopping: what was taken and not put away is known when it is found again.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/file/inbox.h"
#include "adapters/file/offer.h"
#include "adapters/file/watch.h"
#include "engine/model/adapter.h"

namespace myelin::file {

class FileSource final : public Source {
 public:
  FileSource(Loop& loop, FileSettings settings);
  ~FileSource() override;

  Result<void> open() override;
  Task<void> run(Intake& intake, std::stop_token stop) override;
  std::string address() const override { return settings_.directory; }
  // The folder cannot be read; it is looked for again and again.
  bool is_down() const { return down_; }

  static constexpr std::size_t kTogether = 64;
  static constexpr std::size_t kTogetherBytes = std::size_t{16} * 1024 * 1024;

 private:
  struct Bell;  // what the watcher's thread rings; outlives the source while a call is on its way
  struct Sight {
    Identity identity;
    MonoTime since;
  };

  using Place = std::pair<std::string, bool>;  // name, held: the earlier of two of one name is held
  static Place place_of(const Entry& entry) { return {entry.name, entry.held}; }

  void stop();
  void listen();
  // Work on the pool. Nothing: it did not return within `stop_grace` after stop, and is left behind.
  template <class T>
  Task<std::optional<T>> on_pool(std::function<T(Inbox&)> work);
  Task<void> look(Intake* intake);
  Task<std::vector<Settled>> put_away(std::vector<Settled> settled);
  void say_down(const Fault& fault);
  void say_up();
  std::vector<Entry> ripe(std::vector<Entry> entries);
  Task<void> take(std::vector<Entry> entries, Intake* intake);
  Task<void> hand_over(std::vector<Opened>* opened, std::vector<Settled>* settled, Intake* intake);
  Task<void> offer(Offer offer, Settled* settled, Intake* intake);
  void conclude(const Offer& offer, const Receipts& receipts, Settled& settled);
  void set_aside(const Opened& opened, const Fault& fault, Settled& settled, Intake& intake) const;

  Loop& loop_;
  const FileSettings settings_;
  const std::shared_ptr<Inbox> inbox_;  // shared with what runs on the pool
  IdSource ids_;                        // of answers to what was not stored
  std::shared_ptr<Watcher> watcher_;
  std::shared_ptr<Bell> bell_;
  Wakeup wake_;                          // something happened in the folder
  Wakeup ending_;                        // stop, and nothing else
  std::map<Place, Sight> seen_;          // not yet complete
  std::set<std::string> complete_;       // heard to be
  std::map<Place, Settled> unfinished_;  // taken, and could not be put away
  Duration next_look_{};
  bool again_later_ = false;  // the engine refused for reasons of its own
  bool down_ = false;
  bool stopping_ = false;
  bool hung_ = false;          // work on the pool was left behind
  Wakeup* at_work_ = nullptr;  // who waits for the pool
};

}  // namespace myelin::file
