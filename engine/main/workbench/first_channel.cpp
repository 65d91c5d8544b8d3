#include "engine/main/workbench/first_channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "engine/hl7/path.h"
#include "engine/main/console.h"
#include "engine/main/workbench/message_file.h"
#include "routes/compile/channel_file.h"

namespace myelin {

namespace {

using GivenMessages = std::vector<GivenMessage>;

constexpr std::size_t kMostTests = 20;

std::string read(const GivenMessage& sample, std::string_view path) {
  const auto parsed = hl7::parse_path(path);
  return parsed ? hl7::read_text(sample.tree, *parsed) : std::string();
}

bool all_have(const GivenMessages& samples, std::string_view path) {
  return std::ranges::all_of(samples, [&](const GivenMessage& sample) { return !read(sample, path).empty(); });
}

// ADT^A01; ADT^* where MSH-9 names no event.
std::string type_of(const GivenMessage& sample) {
  const auto code = read(sample, "MSH-9.1"), event = read(sample, "MSH-9.2");
  return code.empty() ? "*" : code + "^" + (event.empty() ? "*" : event);
}

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// The version that most of them name, as far as there is a dictionary for it.
std::string version_of(const GivenMessages& samples) {
  const auto& known = routes::channel_spec().find("version")->choices;
  std::map<std::string, int> counts;
  for (const auto& sample : samples)
    if (const auto version = read(sample, "MSH-12.1"); std::ranges::find(known, version) != known.end())
      ++counts[version];
  const auto most = std::ranges::max_element(counts, {}, [](const auto& each) { return each.second; });
  return most == counts.end() ? "2.5.1" : most->first;
}

std::string index_of(const GivenMessages& samples) {
  std::string index;
  const bool typed =
      std::ranges::any_of(samples, [](const auto& each) { return !read(each, "PID-3[5=MR].1").empty(); });
  const bool patient = std::ranges::any_of(samples, [](const auto& each) { return !read(each, "PID-3.1").empty(); });
  if (typed) index += "  mrn: \"PID[*]-3[5=MR].1\"\n";
  else if (patient) index += "  mrn: \"PID[*]-3.1\"\n";
  if (all_have(samples, "PV1-19.1")) index += "  visit: PV1-19.1\n";
  return index.empty() ? "" : "index:\n" + index;
}

std::string safe_name(const std::string& path, std::size_t number) {
  auto stem = std::filesystem::path(path).stem().string();
  for (auto& c : stem)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
          c == '.'))
      c = '-';
  return stem + (number > 1 ? "-" + std::to_string(number) : "") + ".hl7";
}

}  // namespace

Result<GivenMessages> read_samples(const std::vector<std::string>& files) {
  GivenMessages samples;
  std::set<std::string> names;
  for (const auto& file : files) {
    const auto content = read_input(file);
    if (!content) return std::unexpected(content.error());
    std::size_t number = 0;
    for (auto& message : split_messages(*content)) {
      auto tree = hl7::Tree::parse(Bytes(message));
      if (!tree) {
        tree.error().detail = file + ": " + tree.error().detail;
        return std::unexpected(tree.error());
      }
      auto name = safe_name(file, ++number);
      while (!names.insert(name).second) name = safe_name(file, ++number);
      samples.push_back({std::move(name), std::move(message), std::move(*tree)});
    }
  }
  if (samples.empty()) return fail(FaultCode::empty_message, "there is no message in what was given");
  return samples;
}

std::string name_for(const GivenMessages& samples) {
  std::set<std::string> codes;
  for (const auto& sample : samples) codes.insert(read(sample, "MSH-9.1"));
  auto name = codes.size() == 1 && !codes.begin()->empty() ? *codes.begin() : std::string("messages");
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name;
}

std::string first_channel(const std::string& name, const GivenMessages& samples) {
  std::set<std::string> types, senders;
  for (const auto& sample : samples) {
    types.insert(type_of(sample));
    if (auto sender = read(sample, "MSH-3.1"); !sender.empty()) senders.insert(std::move(sender));
  }
  auto channel =
      fmt::format("channel: {}\nabout: {} of {}, passed on as they came\nversion: \"{}\"\nsource: {}-in\n", name,
                  joined(types), senders.size() == 1 ? *senders.begin() : "several senders", version_of(samples), name);
  channel += fmt::format("accept:\n  types: [{}]\n", joined(types));
  if (all_have(samples, "PID-3.1")) channel += "  validate:\n    - require: [PID-3]\n";
  channel += fmt::format("routes:\n  out:\n    to: {}-out\n", name) + index_of(samples) + "tests:\n";
  std::size_t count = 0;
  for (const auto& sample : samples) {
    if (++count > kMostTests) break;
    channel +=
        fmt::format("  - it: passes {} on, {}\n    given: samples/{}\n    expect: {{ ack: AA, out: unchanged }}\n",
                    type_of(sample), sample.name.substr(0, sample.name.size() - 4), sample.name);
  }
  return channel;
}

std::string first_connections(const std::string& name, int listen_port, int connect_port) {
  return fmt::format(
      "{0}-in:\n  kind: mllp\n  about: Sends the messages of channel {0}; say who that is\n  listen: 127.0.0.1:{1}\n\n"
      "{0}-out:\n  kind: mllp\n  about: A placeholder; say who gets them, and at which address\n"
      "  connect: 127.0.0.1:{2}\n",
      name, listen_port, connect_port);
}

}  // namespace myelin
