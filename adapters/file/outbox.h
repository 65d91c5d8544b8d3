// The blocking half of a destination: a whole file or nothing, also after a crash. Called through offload, one call at
// a time.
//
// A file for each message: written under a temporary name, fsync, renamed where no file is, fsync of the directory.
// Appending: a journal beside the file (".NAME.journal") first says what is to be written where; so a tail that a crash
// left half written is cut off before the next message, and one that was written whole is not written again.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "adapters/file/folder.h"
#include "adapters/file/settings.h"
#include "engine/base/id.h"
#include "engine/model/outcome.h"

namespace myelin::file {

// Outbound::filled: {control_id} and {type} of the message as it came, where a step made something else of it, and a
// name that has formulas.
using NameParts = std::map<std::string, std::string, std::less<>>;

// `settings.name` for this message: safe characters only, whatever the message says. Nothing when none are left.
std::string name_for(const FileSettings& settings, std::string_view message, DeliveryId id,
                     const NameParts& parts = {});

class Outbox {
 public:
  explicit Outbox(FileSettings settings) : settings_(std::move(settings)) {}

  // accepted · refused (the name is taken) · unreachable (folder gone, disk full: nothing is there) · unknown (written,
  // but not certainly durable).
  Outcome put(std::string_view message, DeliveryId id, const NameParts& parts = {}) const;

 private:
  Outcome put_new(const Folder& folder, const std::string& name, std::string_view content, DeliveryId id) const;
  Outcome append(const Folder& folder, const std::string& name, std::string_view content, DeliveryId id) const;
  std::string framed(std::string_view message) const;

  FileSettings settings_;
};

}  // namespace myelin::file
