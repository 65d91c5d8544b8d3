#include "adapters/file/outbox.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/file/journal.h"
#include "engine/base/crypto.h"
#include "engine/hl7/ack.h"

namespace myelin::file {
namespace {

constexpr std::size_t kLongestName = 200;
constexpr std::size_t kLongestPart = 80;
constexpr int kMostNumbers = 100'000;

Outcome accepted() {
  Outcome outcome;
  outcome.kind = Outcome::Kind::accepted;
  outcome.code = "AA";
  return outcome;
}

Outcome not_done(Outcome::Kind kind, FaultCode code, std::string detail) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.fault = Fault{code, std::move(detail), {}, {}};
  return outcome;
}

Outcome unreachable(const std::string& directory, int error) {
  return not_done(Outcome::Kind::unreachable, FaultCode::unreachable, directory + ": " + reason(error));
}

std::string safe(std::string_view text) {
  std::string word;
  for (const char c : text.substr(0, kLongestPart)) {
    const bool plain =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    word += plain ? c : '_';
  }
  return word.empty() ? "none" : word;
}

std::string value_of(std::string_view placeholder, std::string_view message, DeliveryId id, const NameParts& parts) {
  if (placeholder == "id") return to_string(id);
  if (placeholder == "received_at") {
    const auto time = std::chrono::floor<milliseconds>(time_of(id.message()));
    const auto second = std::chrono::floor<seconds>(time);
    return fmt::format("{:%Y%m%d%H%M%S}{:03}", second, (time - second).count());
  }
  if (const auto known = parts.find(placeholder); known != parts.end()) return safe(known->second);
  const auto header = hl7::read_header(message);
  if (!header) return "none";
  return safe(placeholder == "type" ? header->type() : std::string(header->control_id));
}

int write_at(int file, std::string_view content, off_t at) {
  while (!content.empty()) {
    const auto written = ::pwrite(file, content.data(), content.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
    at += written;
  }
  return ::fdatasync(file) == 0 ? 0 : errno;
}

// Nothing where the file is shorter, or cannot be read.
std::string read_at(int file, std::size_t size, off_t at) {
  std::string content(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const auto count = ::pread(file, content.data() + got, size - got, at + static_cast<off_t>(got));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    got += static_cast<std::size_t>(count);
  }
  return content;
}

bool has_content(const Folder& folder, const std::string& name, std::string_view content) {
  const Descriptor file(::openat(folder.descriptor(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status{};
  return file && ::fstat(*file, &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::size_t>(status.st_size) == content.size() && read_at(*file, content.size(), 0) == content;
}

}  // namespace

std::string name_for(const FileSettings& settings, std::string_view message, DeliveryId id, const NameParts& parts) {
  std::string name;
  const auto filled = parts.find("name");  // with formulas
  const std::string_view form = filled == parts.end() ? settings.name : filled->second;
  for (std::size_t at = 0; at < form.size();) {
    const auto close = form[at] == '{' ? form.find('}', at) : std::string_view::npos;
    if (close == std::string_view::npos) {
      name += form[at++];
      continue;
    }
    name += value_of(form.substr(at + 1, close - at - 1), message, id, parts);
    at = close + 1;
  }
  if (name.starts_with('.')) name.front() = '_';
  return name.substr(0, kLongestName);
}

Outcome Outbox::put(std::string_view message, DeliveryId id, const NameParts& parts) const {
  const auto folder = Folder::open(settings_.directory);
  if (!folder) return not_done(Outcome::Kind::unreachable, FaultCode::unreachable, folder.error().detail);
  const auto name = name_for(settings_, message, id, parts);
  const auto content = framed(message);
  return settings_.append ? append(*folder, name, content, id) : put_new(*folder, name, content, id);
}

std::string Outbox::framed(std::string_view message) const {
  switch (settings_.framing) {
    case FileSettings::Framing::newline:
      return std::string(message) + "\n";
    case FileSettings::Framing::mllp:
      return "\x0B" + std::string(message) + "\x1C\r";
    case FileSettings::Framing::none:
      break;
  }
  return std::string(message);
}

Outcome Outbox::put_new(const Folder& folder, const std::string& name, std::string_view content, DeliveryId id) const {
  const auto temporary = ".myelin-" + to_string(id) + ".part";
  ::unlinkat(folder.descriptor(), temporary.c_str(), 0);  // of an attempt that a crash ended
  if (const auto written = folder.write_new(temporary, content); !written) {
    ::unlinkat(folder.descriptor(), temporary.c_str(), 0);
    return not_done(Outcome::Kind::unreachable, FaultCode::unreachable, written.error().detail);
  }
  int error = folder.rename_new(temporary, folder, name);
  if (error == EEXIST && has_content(folder, name, content)) {  // an attempt before this one
    ::unlinkat(folder.descriptor(), temporary.c_str(), 0);
    error = 0;
  }
  for (int number = 1; error == EEXIST && settings_.number && number < kMostNumbers; ++number)
    error = folder.rename_new(temporary, folder, numbered(name, number));
  if (error != 0) ::unlinkat(folder.descriptor(), temporary.c_str(), 0);
  if (error == EEXIST) {
    auto outcome = not_done(Outcome::Kind::refused, FaultCode::name_taken, "another file of this name is there");
    outcome.code = "AE";
    return outcome;
  }
  if (error != 0) return unreachable(settings_.directory, error);
  if (const auto synced = folder.sync(); !synced)
    return not_done(Outcome::Kind::unknown, FaultCode::connection_lost, synced.error().detail);
  return accepted();
}

Outcome Outbox::append(const Folder& folder, const std::string& name, std::string_view content, DeliveryId id) const {
  const auto open = [&](const std::string& of) {
    return Descriptor(::openat(folder.descriptor(), of.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0660));
  };
  const auto file = open(name);
  if (!file) return unreachable(settings_.directory, errno);
  const auto journal = open("." + name + ".journal");
  if (!journal) return unreachable(settings_.directory, errno);
  struct stat status{};
  // Two routes may append to one file: one after the other.
  if (::flock(*journal, LOCK_EX) != 0 || ::fstat(*file, &status) != 0) return unreachable(settings_.directory, errno);
  const auto before = Journal::read(read_at(*journal, Journal::kBytes, 0));
  auto tail = before ? before->tail(status.st_size) : Journal::Tail::other;
  // Something else may stand where it was: then nothing of ours is torn.
  if (tail == Journal::Tail::whole &&
      hex(sha256(read_at(*file, static_cast<std::size_t>(before->size), before->offset))) != before->digest)
    tail = status.st_size == before->offset + before->size ? Journal::Tail::torn : Journal::Tail::other;
  if (tail == Journal::Tail::whole && before->id == to_string(id)) return accepted();
  const bool torn = tail == Journal::Tail::torn;
  if (torn && ::ftruncate(*file, before->offset) != 0) return unreachable(settings_.directory, errno);
  const off_t end = torn ? before->offset : status.st_size;
  const Journal now{to_string(id), end, static_cast<std::int64_t>(content.size()), hex(sha256(content))};
  if (const int error = write_at(*journal, now.line(), 0); error != 0) return unreachable(settings_.directory, error);
  const bool new_names = !before || status.st_size == 0;
  if (const auto synced = new_names ? folder.sync() : Result<void>(); !synced)
    return not_done(Outcome::Kind::unreachable, FaultCode::unreachable, synced.error().detail);
  if (const int error = write_at(*file, content, end); error != 0) {
    static_cast<void>(::ftruncate(*file, end));
    return unreachable(settings_.directory, error);
  }
  return accepted();
}

}  // namespace myelin::file
