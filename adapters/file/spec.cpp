#include "adapters/file/spec.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>

#include "adapters/file/destination.h"
#include "adapters/file/settings.h"
#include "adapters/file/source.h"

namespace myelin::file {
namespace {

using config::Options;
using config::Spec;
using config::Type;

constexpr std::int64_t kDayMs = std::int64_t{24} * 60 * 60 * 1000;
constexpr std::int64_t kGiB = std::int64_t{1024} * 1024 * 1024;
constexpr std::array<std::string_view, 4> kPlaceholders = {"id", "control_id", "type", "received_at"};

const Spec& connection_spec() {
  static const Spec kSpec{
      .name = "file",
      .doc =
          "A folder. A source takes the files out of it and moves each away once its messages are stored; a "
          "destination "
          "writes a file for each message, or appends. Nobody ever sees half a file",
      .options =
          {
              {.name = "directory",
               .type = Type::file,
               .fallback = {},
               .required = true,
               .doc = "the folder; nothing outside of it is ever read or written",
               .example = "/srv/lab/results"},
              {.name = "pattern",
               .type = Type::text,
               .fallback = "*",
               .doc = "a source: which names are taken; * and ? stand for any; a leading dot is never taken",
               .example = "\"*.hl7\""},
              {.name = "order",
               .type = Type::choice,
               .fallback = "name",
               .doc = "a source: which of those that are there goes first; `time` is the last change",
               .example = "time",
               .choices = {"name", "time"}},
              {.name = "settle",
               .type = Type::duration,
               .fallback = "1s",
               .doc =
                   "a source: a file is complete when it has not changed for so long; one renamed into the folder is "
                   "at once",
               .example = "10s",
               .least = 0,
               .most = kDayMs},
              {.name = "every",
               .type = Type::duration,
               .fallback = "5s",
               .doc = "a source: looks again at least so often; for network folders, which do not say what happens",
               .example = "1s",
               .least = 100,
               .most = kDayMs},
              {.name = "after",
               .type = Type::choice,
               .fallback = "move",
               .doc = "a source: what becomes of a file whose messages are stored: `move` to `done`, or `delete`",
               .example = "delete",
               .choices = {"move", "delete"}},
              {.name = "done",
               .type = Type::name,
               .fallback = "done",
               .doc = "a source: the folder in the folder for what was taken",
               .example = "done"},
              {.name = "failed",
               .type = Type::name,
               .fallback = "failed",
               .doc = "a source: the folder in the folder for what was refused, each with a .fault beside it that says "
                      "why",
               .example = "failed"},
              {.name = "answers",
               .type = Type::name,
               .fallback = {},
               .doc = "a source: the folder in the folder that gets NAME.ack for each file: its acknowledgement, a "
                      "batch for a batch; without it no answer is written",
               .example = "answers"},
              {.name = "max_file",
               .type = Type::size,
               .fallback = "64MiB",
               .doc = "a source: larger files are set aside, unread",
               .example = "16MiB",
               .least = 1024,
               .most = kGiB},
              {.name = "name",
               .type = Type::text,
               .fallback = "{id}.hl7",
               .doc = "a destination: the file's name; {id} is ours and never the same, {control_id} is MSH-10, {type} "
                      "is MSH-9, {received_at} is a time in UTC, and {{ formulas }} may stand in it; other characters "
                      "than "
                      "letters, digits, - _ . become _",
               .example = "\"{type}-{control_id}.hl7\""},
              {.name = "exists",
               .type = Type::choice,
               .fallback = "fail",
               .doc = "a destination: another file of this name is there: `fail` parks the message, `number` adds one "
                      "to the name",
               .example = "number",
               .choices = {"fail", "number"}},
              {.name = "write",
               .type = Type::choice,
               .fallback = "each",
               .doc = "a destination: a file for `each` message, or `append` to the one of this name",
               .example = "append",
               .choices = {"each", "append"}},
              {.name = "framing",
               .type = Type::choice,
               .fallback = "none",
               .doc = "a destination: what stands around each message",
               .example = "newline",
               .choices = {"none", "newline", "mllp"}},
              {.name = "timeout",
               .type = Type::duration,
               .fallback = "30s",
               .doc = "a destination: how long a write may take; then the lane tries again",
               .example = "10s",
               .least = 1,
               .most = kDayMs},
          },
      .example = "lab-folder:\n  kind: file\n  directory: /srv/lab/results\n  pattern: \"*.hl7\"",
  };
  return kSpec;
}

Fault at(const config::Place& place, std::string detail) {
  return Fault{FaultCode::bad_configuration, std::move(detail), {}, config::to_string(place)};
}

// A relative path starts at the configuration directory: where connections.yaml is, or above channels/.
std::string directory_of(const Options& options) {
  const std::filesystem::path path = options.text("directory");
  const auto& source = options.place("directory").source;
  if (path.empty() || path.is_absolute() || !source) return path.string();
  auto directory = std::filesystem::path(source->path()).parent_path();
  if (directory.filename() == "channels") directory = directory.parent_path();
  return (directory / path).string();
}

bool has_formulas(std::string_view name) { return name.starts_with('=') || name.contains("{{"); }

// With a letter for each formula: what it gives is of letters, digits, - _ . only.
std::string without_formulas(std::string_view name) {
  if (name.starts_with('=')) return "x";
  std::string rest;
  for (std::size_t at = 0; at < name.size();) {
    const auto end = name.substr(at).starts_with("{{") ? name.find("}}", at) : std::string_view::npos;
    rest += end == std::string_view::npos ? name[at] : 'x';
    at = end == std::string_view::npos ? at + 1 : end + 2;
  }
  return rest;
}

// What is wrong with the form of a name; empty: nothing.
std::string mistake_in_name(std::string_view given) {
  const auto form = without_formulas(given);
  if (form.empty() || form.size() > 150) return "`name` has between 1 and 150 characters";
  if (form.starts_with('.')) return "a `name` that begins with a dot is hidden";
  for (std::size_t at = 0; at < form.size(); ++at) {
    const char c = form[at];
    if (c == '{') {
      const auto close = form.find('}', at);
      const auto word = form.substr(at + 1, close == std::string::npos ? close : close - at - 1);
      if (close == std::string::npos || std::ranges::find(kPlaceholders, word) == kPlaceholders.end())
        return "there is no {" + word +
               "}; a name knows {id}, {control_id}, {type} and {received_at}, and formulas in "
               "{{ }}: {{ MSH-10 }}";
      at = close;
      continue;
    }
    const bool plain =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!plain) return "`name` is of letters, digits, - _ . and placeholders; it cannot lead into another folder";
  }
  return {};
}

// Each folder in the folder has a name of its own. (A `name` never leads out: C0008.)
std::optional<Fault> mistake_in_folders(const Options& options) {
  std::map<std::string, std::string_view> used;
  for (const std::string_view option : {"done", "failed", "answers"}) {
    const auto& name = options.text(option);
    if (name.empty()) continue;
    const auto [before, free] = used.emplace(name, option);
    if (!free)
      return at(options.place(option),
                "`" + std::string(before->second) + "` and `" + std::string(option) + "` are one folder");
  }
  return std::nullopt;
}

Result<FileSettings> settings_of(const Options& options) {
  FileSettings settings;
  settings.directory = directory_of(options);
  if (settings.directory.empty()) return fail(at(options.place("directory"), "`directory` is empty"));
  settings.pattern = options.text("pattern");
  if (settings.pattern.empty() || settings.pattern.find('/') != std::string::npos)
    return fail(at(options.place("pattern"), "`pattern` is of names in this folder, so it has no /"));
  settings.by_time = options.text("order") == "time";
  settings.settle = options.duration("settle");
  settings.every = options.duration("every");
  settings.remove = options.text("after") == "delete";
  settings.done = options.text("done");
  settings.failed = options.text("failed");
  settings.answers = options.text("answers");
  if (auto mistake = mistake_in_folders(options); mistake) return fail(std::move(*mistake));
  settings.max_file = static_cast<std::size_t>(options.size("max_file"));
  settings.name = options.text("name");
  if (auto mistake = mistake_in_name(settings.name); !mistake.empty())
    return fail(at(options.place("name"), std::move(mistake)));
  settings.number = options.text("exists") == "number";
  settings.append = options.text("write") == "append";
  const auto& framing = options.text("framing");
  settings.framing = framing == "newline" ? FileSettings::Framing::newline
                     : framing == "mllp"  ? FileSettings::Framing::mllp
                                          : FileSettings::Framing::none;
  settings.timeout = options.duration("timeout");
  return settings;
}

Result<SourceFactory> make_source(const Options& options) {
  auto settings = settings_of(options);
  if (!settings) return fail(settings);
  return SourceFactory(
      [settings = std::move(*settings)](Loop& loop) { return std::make_unique<FileSource>(loop, settings); });
}

Result<DestinationFactory> make_destination(const Options& options) {
  auto settings = settings_of(options);
  if (!settings) return fail(settings);
  return DestinationFactory(
      [settings = std::move(*settings)](Loop& loop) { return std::make_unique<FileDestination>(loop, settings); });
}

std::string listens_on(const Options&) { return {}; }
std::vector<std::string_view> facts(const Options&) { return {"file"}; }

// What a name takes from the message is taken of it as it came, where the file is something else: a document out of it.
std::vector<Template> templates(const Options& options) {
  std::vector<Template> all;
  const auto& name = options.text("name");
  const auto add = [&](const char* part, const char* formula) {
    if (!name.contains("{" + std::string(part) + "}")) return;
    all.push_back({part, config::Node::scalar(formula, options.place("name"), true), Encoding::plain});
  };
  if (has_formulas(name)) all.push_back({"name", options.node("name"), Encoding::file_name});
  add("control_id", "=MSH-10");
  add("type", "=if(present(MSH-9.2), MSH-9.1 & '^' & MSH-9.2, MSH-9.1)");
  return all;
}

}  // namespace

AdapterKind kind() {
  return {.name = "file",
          .doc = connection_spec().doc,
          .connection = &connection_spec(),
          .make_source = make_source,
          .make_destination = make_destination,
          .listens_on = listens_on,
          .short_for = "directory",
          .facts = facts,
          .templates = templates};
}

}  // namespace myelin::file
