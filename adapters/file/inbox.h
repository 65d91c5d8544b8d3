// The blocking half of a source: looks into the folder, reads files, and puts away what was taken. Called through
// offload, by one coroutine at a time.
//
// What was taken is put away so that whatever a sender drops under its name meanwhile is never taken for it:
//  1 the file is moved into `.taken`, where nobody else writes: from here on the name is the sender's again
//  2 it is looked at there: what is another file than the one that was read stays, and is taken from there in its turn
//  3 the answer, and what was refused of it, are written
//  4 it goes to `done` or `failed`, or is deleted
// At each moment it stands in exactly one folder. What a crash leaves in `.taken` is listed like any other file: its
// messages are known again, and it gets its answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/file/claim.h"
#include "adapters/file/folder.h"
#include "adapters/file/settings.h"

namespace myelin::file {

// A file that was read, or why it is not to be.
struct Opened {
  Entry entry;
  std::string content;
  std::optional<Fault> fault;  // it can never be taken
  bool later = false;          // it is gone, or changing, or cannot be read now: the next look decides
};

struct Settled {
  Entry entry;
  enum class Fate : std::uint8_t { taken, failed, left } fate = Fate::left;
  std::string note;  // for the person who finds it, or the rest of it, in `failed`
  std::string rest;  // taken but for these messages: they go to `failed` under its name
  std::string answer;
  std::string obstacle;  // why it could not be put away
};

class Inbox {
 public:
  explicit Inbox(FileSettings settings) : settings_(std::move(settings)) {}

  // folder_unusable, also when `done`, `failed` or `answers` cannot be made.
  // Nor where somebody else takes the same files.
  Result<void> open();
  Result<std::vector<Entry>> list();
  std::vector<Opened> read(const std::vector<Entry>& entries) const;
  // Moves aside, writes the answer, moves or deletes, then makes it durable. What could not be put away is given back.
  std::vector<Settled> put_away(std::vector<Settled> settled) const;
  // Another source may take files here now.
  void let_go() { claim_.reset(); }

 private:
  Result<void> claim(const Folder& folder);
  struct Folders;
  Opened read_one(const Folder& folder, const Entry& entry) const;
  Result<void> put_away_one(const Folders& folders, Settled& settled) const;
  Result<void> set_aside(const Folders& folders, const Settled& settled) const;

  const FileSettings settings_;
  std::optional<Claim> claim_;
};

}  // namespace myelin::file
