// What was sent, beside what was expected of it: HL7 field by field, JSON and XML by places, anything else by lines.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "engine/base/counted.h"
#include "engine/fhir/json.h"
#include "engine/hl7/escape.h"
#include "engine/main/console.h"
#include "engine/main/workbench/expectations.h"
#include "engine/main/workbench/message_diff.h"

namespace myelin {
namespace {

using hl7::Tree;
using routes::RouteExpectation;

constexpr std::size_t kMostDifferences = 20;

// JSON in one form, whatever form a file or a step gave it.
std::string laid_out(const std::string& text) {
  if (!text.starts_with('{') && !text.starts_with('[')) return text;
  const auto value = json::read(text);
  return value ? json::write(*value, json::Layout::pretty) : text;
}

}  // namespace

void Expectations::check_content(const RouteExpectation& expected, const RouteFate& fate) {
  if (fate.sent.empty()) {
    mismatch(expected.route, "a message", fate.deliveries.empty() ? "no delivery" : fate_text(*fate.deliveries.back()),
             expected.place);
    return;
  }
  about_ = fate.sent.back()->delivery.message();
  check_bytes_of(expected, fate.sent.back()->bytes);
}

// The message as it came: of several that are given the one that was sent on.
const Bytes& Expectations::original() const {
  const auto found = std::ranges::find(messages_, about_, [](const Rehearsed& each) { return each.receipt.id; });
  return found == messages_.end() ? messages_.back().bytes : found->bytes;
}

// What was sent, or what the sender was answered with.
void Expectations::check_bytes_of(const RouteExpectation& expected, const Bytes& bytes) {
  check_places(expected, bytes.view());
  const auto sent = Tree::parse(bytes);
  if (!sent && plan_.accept.body != BodyKind::hl7) {
    check_bytes(expected, bytes.view());
    return;
  }
  if (!sent) {
    const bool any_text = expected.fields.empty() && expected.absent.empty() && !expected.unchanged;
    if (!expected.equals.empty() && any_text) check_equals(expected, nullptr, bytes.view());
    else if (!any_text) mismatch(expected.route, "an HL7 message", to_string(sent.error()), expected.place);
    return;
  }
  for (const auto& field : expected.fields) check_field(expected, field, *sent);
  for (const auto& [text, path] : expected.absent) {
    const auto spots = hl7::select(*sent, path);
    const auto there =
        std::ranges::find_if(spots, [&](const auto& spot) { return sent->presence(spot) != hl7::Presence::absent; });
    if (there != spots.end())
      mismatch(expected.route + " " + text, "absent",
               in_quotes(path.field == 0 ? sent->segment_text(there->segment) : sent->raw(*there)), expected.place);
  }
  if (expected.unchanged) check_same(expected, std::string(original().view()), "unchanged", *sent);
  if (!expected.equals.empty()) check_equals(expected, &*sent, bytes.view());
}

void Expectations::check_places(const RouteExpectation& expected, std::string_view bytes) {
  for (const auto& place : expected.places) {
    auto texts = place.read(bytes);
    const auto about = expected.route + " " + place.path;
    if (texts.empty() && !place.value.empty()) mismatch(about, in_quotes(place.value), "absent", place.place);
    for (auto& text : texts) {
      if (text == place.value) continue;
      mismatch(about, in_quotes(place.value), in_quotes(text), place.place);
      if (&text == texts.data()) result_.mismatches.back().actual = std::move(text);
    }
  }
}

// What stands beside the channel, or where one is.
std::string Expectations::path_of_file(const RouteExpectation& expected) {
  const std::filesystem::path file(expected.equals);
  if (std::filesystem::exists(file) || !expected.place.source) return file.string();
  return (std::filesystem::path(expected.place.source->path()).parent_path() / file).string();
}

// The file that was agreed. `sent`: null where the message is no HL7.
void Expectations::check_equals(const RouteExpectation& expected, const Tree* sent, std::string_view bytes) {
  const auto before = result_.mismatches.size();
  const auto path = path_of_file(expected);
  const auto wanted = read_input(path);
  if (!wanted) mismatch(expected.route + " equals", expected.equals, to_string(wanted.error()), expected.place);
  else if (sent) check_same(expected, *wanted, "equals", *sent);
  else check_text(expected, *wanted, bytes);
  if (result_.mismatches.size() == before) return;
  result_.mismatches[before].actual = std::string(bytes);
  result_.mismatches[before].file = path;
}

// A channel of another kind has no fields to tell apart.
void Expectations::check_bytes(const RouteExpectation& expected, std::string_view sent) {
  if (!expected.fields.empty() || !expected.absent.empty())
    mismatch(expected.route, "fields", std::string(name_of(plan_.accept.body)) + ", which has no paths",
             expected.place);
  if (expected.unchanged && sent != original().view())
    mismatch(expected.route, "unchanged", "other bytes", expected.place);
  if (!expected.equals.empty()) check_equals(expected, nullptr, sent);
}

// What is no HL7 (JSON, CSV, text) is compared line by line; how its lines end is not.
void Expectations::check_text(const RouteExpectation& expected, const std::string& wanted, std::string_view sent) {
  std::istringstream left(laid_out(wanted)), right(laid_out(std::string(sent)));
  std::string a, b;
  for (int line = 1;; ++line) {
    const bool more_left = static_cast<bool>(std::getline(left, a)),
               more_right = static_cast<bool>(std::getline(right, b));
    if (a.ends_with('\r')) a.pop_back();
    if (b.ends_with('\r')) b.pop_back();
    if (!more_left && !more_right) return;
    if (more_left && more_right && a == b) continue;
    mismatch(fmt::format("{} line {}", expected.route, line), more_left ? in_quotes(a) : "the end",
             more_right ? in_quotes(b) : "the end", expected.place);
    return;
  }
}

// Text as a formula reads it; what is typed with structure is compared with the structure, in ^~\&.
void Expectations::check_field(const RouteExpectation& expected, const routes::FieldExpectation& field,
                               const Tree& tree) {
  const auto& place = field.place.line ? field.place : expected.place;
  const auto spots = hl7::select(tree, field.path);
  if (spots.empty() && field.value.empty()) return;
  if (spots.empty()) mismatch(expected.route + " " + field.path_text, in_quotes(field.value), "absent", place);
  for (const auto& spot : spots) {
    const auto text = tree.text(spot);
    const auto raw = hl7::translate(tree.raw(spot), tree.delimiters(), hl7::Delimiters{});
    if (field.value == text || field.value == raw) continue;
    const bool structured = field.value.find_first_of("^~&") != std::string::npos;
    mismatch(expected.route + " " + field.path_text, in_quotes(field.value),
             tree.presence(spot) == hl7::Presence::absent ? "absent" : in_quotes(structured ? raw : text), place);
    // Of several only the first: a value stands for all of them.
    if (&spot == spots.data() && field.place.line) result_.mismatches.back().actual = structured ? raw : text;
  }
}

void Expectations::check_same(const RouteExpectation& expected, const std::string& wanted, std::string_view what,
                              const Tree& sent) {
  const auto tree = Tree::parse(Bytes(wanted));
  if (!tree) {
    mismatch(fmt::format("{} {}", expected.route, what), "an HL7 message", to_string(tree.error()), expected.place);
    return;
  }
  const auto changes = differences(*tree, sent);
  for (const auto& change : changes) {
    if (&change - changes.data() >= static_cast<std::ptrdiff_t>(kMostDifferences)) {
      result_.notes.push_back(counted(changes.size() - kMostDifferences, "more difference") + " on " + expected.route);
      return;
    }
    mismatch(fmt::format("{} {}", expected.route, change.path), in_quotes(change.before), in_quotes(change.after),
             expected.place);
  }
}

}  // namespace myelin
