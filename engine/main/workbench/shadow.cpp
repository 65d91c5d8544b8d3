#include "engine/main/workbench/shadow.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "engine/hl7/batch.h"
#include "engine/main/workbench/document_diff.h"
#include "engine/main/workbench/message_names.h"
#include "engine/main/workbench/rehearsal.h"

namespace myelin {
namespace {

constexpr Duration kAfterwards = std::chrono::hours(24);  // what is delayed or collected goes

struct Side {
  std::vector<Rehearsed> messages;
  std::vector<Sent> sent;
};

Result<Side> rehearse(const Plan& plan, const std::vector<Message>& messages) {
  auto clock = messages.front().received_at;
  Rehearsal rehearsal(plan, {}, clock);
  if (auto begun = rehearsal.begin(); !begun) return fail(begun);
  for (const auto& message : messages) {
    if (message.received_at > clock) {
      rehearsal.run_for(std::chrono::duration_cast<Duration>(message.received_at - clock));
      clock = message.received_at;
    }
    rehearsal.accept(std::string(message.bytes.view()), message.facts, message.peer);
    clock += milliseconds(10);  // Rehearsal::accept
  }
  rehearsal.run_for(kAfterwards);
  auto all = rehearsal.messages();
  if (!all) return fail(all);
  return Side{std::move(*all), rehearsal.sent()};
}

using Place = std::tuple<std::string, int, int>;  // route, part, also

struct Fate {
  const Delivery* delivery = nullptr;
  const Sent* sent = nullptr;  // the last attempt
};

std::map<Place, Fate> fates_of(const Rehearsed& message, const Side& side) {
  std::map<Place, Fate> fates;
  for (const auto& delivery : message.deliveries)
    fates[{delivery.lane.route, delivery.piece.part, delivery.piece.also}].delivery = &delivery;
  for (const auto& sent : side.sent)
    for (auto& [place, fate] : fates)
      if (fate.delivery->id == sent.delivery) fate.sent = &sent;
  return fates;
}

std::string fate_text(const Fate& fate) {
  if (!fate.delivery) return "not sent";
  const auto& delivery = *fate.delivery;
  if (delivery.state == State::queued) return "waits behind what is held or parked";
  std::string text(name_of(delivery.state));
  if (!delivery.fault.empty()) text += ": " + delivery.fault + " " + delivery.detail;
  return text;
}

std::string answer_text(const Rehearsed& message) {
  const auto& fault = message.receipt.fault;
  return message.ack + (fault ? "  " + to_string(*fault) : "");
}

std::vector<NamedChange> named(std::vector<FieldChange> changes, std::string_view before, std::string_view after) {
  PathNames names;
  names.add(after);
  names.add(before);
  std::vector<NamedChange> all;
  for (auto& change : changes) {
    auto name = names.of(change.path);
    all.push_back({std::move(change), std::move(name)});
  }
  return all;
}

BodyKind kind_of(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return BodyKind::bytes;
  return text[first] == '{' || text[first] == '[' ? BodyKind::json
         : text[first] == '<'                     ? BodyKind::xml
                                                  : BodyKind::bytes;
}

std::vector<NamedChange> content_changes(std::string_view before, std::string_view after) {
  if (before == after) return {};
  const auto from = hl7::Tree::parse(Bytes(std::string(before)));
  const auto to = hl7::Tree::parse(Bytes(std::string(after)));
  if (from && to) return named(differences(*from, *to), before, after);
  const Body old_body(kind_of(before), Bytes(std::string(before)));
  const Body new_body(kind_of(after), Bytes(std::string(after)));
  return named(document_differences(old_body, new_body), {}, {});
}

void add_filled(const Sent& before, const Sent& after, std::vector<NamedChange>& changes) {
  auto keys = before.filled;
  keys.insert(after.filled.begin(), after.filled.end());
  const auto value = [](const Sent& sent, const std::string& key) {
    const auto found = sent.filled.find(key);
    return found == sent.filled.end() ? std::string() : found->second;
  };
  for (const auto& [key, ignored] : keys)
    if (value(before, key) != value(after, key))
      changes.push_back({{"$" + key, value(before, key), value(after, key)}, "filled in by the message"});
}

std::optional<ShadowChange> compare(const Place& place, const Fate& before, const Fate& after) {
  const auto& [route, part, also] = place;
  ShadowChange change;
  change.place = route.empty() ? std::string("not yet routed") : "route " + route;
  change.place += piece_text((before.delivery ? before : after).delivery->piece);
  if (fate_text(before) != fate_text(after)) {
    change.before = fate_text(before);
    change.after = fate_text(after);
  }
  if (before.sent && after.sent) {
    change.fields = content_changes(before.sent->bytes.view(), after.sent->bytes.view());
    add_filled(*before.sent, *after.sent, change.fields);
  }
  if (before.delivery && after.delivery && before.delivery->lane.key != after.delivery->lane.key)
    change.fields.push_back({{"order key", before.delivery->lane.key, after.delivery->lane.key}, ""});
  const bool differs = change.before != change.after || !change.fields.empty();
  return differs ? std::optional(std::move(change)) : std::nullopt;
}

// Of its answer: when and with which number it was written is no news.
std::vector<NamedChange> answer_changes(const Rehearsed& before, const Rehearsed& after) {
  auto changes = content_changes(before.ack_message, after.ack_message);
  std::erase_if(changes, [](const NamedChange& named) {
    const auto path = plain_path(named.change.path);
    return path == "MSH-7" || path == "MSH-10";
  });
  return changes;
}

std::vector<ShadowChange> compare(const Rehearsed& before, const Side& running, const Rehearsed& after,
                                  const Side& edited) {
  std::vector<ShadowChange> changes;
  ShadowChange answer{"answer", {}, {}, {}};
  if (answer_text(before) != answer_text(after)) {
    answer.before = answer_text(before);
    answer.after = answer_text(after);
  } else {
    answer.fields = answer_changes(before, after);
  }
  if (!answer.before.empty() || !answer.fields.empty()) changes.push_back(std::move(answer));
  if (before.filtered != after.filtered) {
    const auto said = [](const std::string& why) { return why.empty() ? std::string("not filtered") : why; };
    changes.push_back({"filter", said(before.filtered), said(after.filtered), {}});
  }
  auto were = fates_of(before, running);
  auto are = fates_of(after, edited);
  for (const auto& [place, fate] : were) are.try_emplace(place);
  for (const auto& [place, fate] : are)
    if (auto change = compare(place, were[place], fate)) changes.push_back(std::move(*change));
  return changes;
}

}  // namespace

Result<Shadowed> shadow(const Plan& running, const Plan& edited, const std::vector<Message>& messages) {
  Shadowed shadowed;
  std::vector<Message> whole;  // a batch is no message to a channel
  for (const auto& message : messages)
    if (!hl7::begins_batch(message.bytes.view())) whole.push_back(message);
  if (whole.empty()) return shadowed;
  const auto before = rehearse(running, whole);
  if (!before) return fail(Fault(before.error()));
  const auto after = rehearse(edited, whole);
  if (!after) return fail(Fault(after.error()));
  shadowed.compared = whole.size();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto changes = compare(before->messages[at], *before, after->messages[at], *after);
    if (!changes.empty()) shadowed.differing.push_back({whole[at], std::move(changes)});
  }
  return shadowed;
}

std::vector<std::pair<std::string, std::size_t>> tally(const Shadowed& shadowed) {
  std::map<std::string, std::size_t> counts;
  for (const auto& one : shadowed.differing)
    for (const auto& change : one.changes) {
      if (change.before != change.after) {
        const auto word = [](const std::string& text) { return text.substr(0, text.find(':')); };
        ++counts[fmt::format("{}  {} -> {}", change.place, word(change.before), word(change.after))];
      }
      for (const auto& field : change.fields) ++counts[change.place + "  " + plain_path(field.change.path)];
    }
  std::vector<std::pair<std::string, std::size_t>> all(counts.begin(), counts.end());
  std::ranges::sort(all, [](const auto& one, const auto& other) {
    return std::pair(other.second, std::string_view(one.first)) < std::pair(one.second, std::string_view(other.first));
  });
  return all;
}

}  // namespace myelin
