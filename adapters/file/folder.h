// An open directory, and the few things that may be done in it. Every name is one plain component and is opened
// relative to the directory without following links, so nothing here can lead out of it, whatever a name says.
// All of it blocks: call it through offload.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/fault.h"

namespace myelin::file {

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  int operator*() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

// What a file was when it was looked at; equal: nobody has touched it since.
struct Identity {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = 0, modified_ns = 0;
  bool operator==(const Identity&) const = default;
};

struct Entry {
  std::string name;
  Identity identity;
  std::string_view unsuitable;  // why it is not to be read: a link, a pipe …; empty: a regular file with one name
  bool held = false;            // in the inbox's own folder, where no sender writes (inbox.h)
};

// "No space left on device" for errno, without a path.
std::string reason(int error);

class Folder {
 public:
  // folder_unusable. `path` comes from the configuration and may itself lead over links.
  static Result<Folder> open(const std::string& path);
  // One in this one, made when it is not there.
  Result<Folder> inside(const std::string& name) const;

  // What is no directory and has a name that fits `pattern`, in no order; at most kMostListed.
  Result<std::vector<Entry>> list(std::string_view pattern) const;
  // At most `most` bytes. Links are refused by the system call itself.
  Result<std::string> read(const Entry& entry, std::size_t most) const;
  // What stands there now; nothing when there is none.
  bool still(const Entry& entry) const;
  Result<void> remove(const std::string& name) const;
  // Never over another file: a name that is taken gets a number. The name that it got. Where `to` is on another file
  // system, the file is copied, made durable and then removed here: it stands in one of the two at any time.
  Result<std::string> move(const std::string& name, const Folder& to, const std::string& as) const;
  // Into a folder where only the caller makes names: whatever stands under the name at that moment, in one step on
  // every file system. False: there was nothing. io_failed where the name is taken.
  Result<bool> hold(const std::string& name, const Folder& to) const;
  // errno, 0 when done; EEXIST when the name is taken.
  int rename_new(const std::string& from, const Folder& to, const std::string& as) const;
  Result<void> write_new(const std::string& name, std::string_view content) const;
  // A whole file or none, whenever it is looked at. A name that is taken gets a number; the name that it got.
  Result<std::string> put(const std::string& name, std::string_view content) const;
  // What was renamed is so after a power cut too.
  Result<void> sync() const;

  int descriptor() const { return *directory_; }
  const std::string& path() const { return path_; }

  static constexpr std::size_t kMostListed = 100'000;

 private:
  explicit Folder(Descriptor directory, std::string path) : directory_(std::move(directory)), path_(std::move(path)) {}
  std::unexpected<Fault> failed(const char* what, int error) const;
  Result<void> copy(const std::string& name, const Folder& to, const std::string& as) const;

  Descriptor directory_;
  std::string path_;
};

// * is any run of bytes, ? is one; everything else is itself.
bool matches(std::string_view pattern, std::string_view name);
// Whether there is a name that fits both.
bool overlap(std::string_view one, std::string_view other);

// NAME with ".N" before nothing else, cut so that it stays a legal name.
std::string numbered(const std::string& name, int number);

}  // namespace myelin::file
