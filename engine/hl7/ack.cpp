// Writing acknowledgements. The version of the sender decides the shape: MSH-9 grows from `ACK` to `ACK^A01^ACK`, ERR
// from one coded place to a segment that explains itself, and MSA-3 ends with 2.6.
#include "engine/hl7/ack.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "engine/hl7/escape.h"
#include "engine/hl7/msh.h"
#include "engine/hl7/path.h"
#include "engine/hl7/piece.h"
#include "engine/hl7/timestamp.h"

namespace myelin::hl7 {
namespace {

constexpr std::string_view kAssumedVersion = "2.5.1";

// "2.3.1" is 31; a version we do not know is taken for the one we assume.
int version_number(std::string_view version) {
  constexpr std::array<std::pair<std::string_view, int>, 12> kKnown{{{"2.1", 10},
                                                                     {"2.2", 20},
                                                                     {"2.3", 30},
                                                                     {"2.3.1", 31},
                                                                     {"2.4", 40},
                                                                     {"2.5", 50},
                                                                     {"2.5.1", 51},
                                                                     {"2.6", 60},
                                                                     {"2.7", 70},
                                                                     {"2.7.1", 71},
                                                                     {"2.8", 80},
                                                                     {"2.8.1", 81}}};
  if (version == "2.8.2" || version.starts_with("2.9")) return 82;
  const auto* found = std::ranges::find(kKnown, version, &std::pair<std::string_view, int>::first);
  return found == kKnown.end() ? 51 : found->second;
}

// HL7 table 0357.
std::string_view condition_text(std::string_view code) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTexts{
      {{"100", "Segment sequence error"},
       {"101", "Required field missing"},
       {"102", "Data type error"},
       {"103", "Table value not found"},
       {"200", "Unsupported message type"},
       {"201", "Unsupported event code"},
       {"202", "Unsupported processing id"},
       {"203", "Unsupported version id"},
       {"204", "Unknown key identifier"},
       {"205", "Duplicate key identifier"},
       {"206", "Application record locked"},
       {"207", "Application internal error"}}};
  const auto* found = std::ranges::find(kTexts, code, &std::pair<std::string_view, std::string_view>::first);
  return found == kTexts.end() ? std::string_view("Application internal error") : found->second;
}

// What the received MSH gives to its answer.
struct Sender {
  Delimiters delimiters;
  MshFields msh;
  std::string_view event;
  std::string_view version_field = kAssumedVersion;
  int version = 51;
};

Sender read_sender(std::string_view received) {
  Sender sender;
  const auto message = received.substr(message_begin(received));
  const auto delimiters = read_delimiters(message);
  if (delimiters) {
    sender.delimiters = *delimiters;
    sender.msh = split_msh(message);
  } else if (message.starts_with("MSH|")) {
    // The usual separator with unusable encoding characters: the names and the id can still be read.
    const auto msh = split_msh(message);
    for (const std::size_t field : {3U, 4U, 5U, 6U, 10U}) sender.msh[field] = msh[field];
  }
  sender.event = piece(sender.msh[9], sender.delimiters.component, 2).value_or(std::string_view());
  if (!sender.msh[12].empty()) sender.version_field = sender.msh[12];
  sender.version = version_number(first_piece(sender.version_field, sender.delimiters.component));
  return sender;
}

// Builds one segment in the sender's delimiters.
class Line {
 public:
  Line(std::string& out, const Delimiters& delimiters, std::string_view name) : out_(out), d_(delimiters) {
    out_.append(name);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { out_.push_back('\r'); }

  // As received. A byte with which MLLP frames would break the frame of the answer, so it is left out.
  void raw(std::string_view field) {
    out_.push_back(d_.field);
    for (const char c : field) {
      if (c != '\0' && c != '\x0B' && c != '\x1C') out_.push_back(c);
    }
  }
  void text(std::string_view field) { raw(encode(field, d_)); }
  void components(std::initializer_list<std::string_view> values) {
    std::string joined;
    for (const auto value : values) {
      joined.append(encode(value, d_)).push_back(d_.component);
    }
    while (joined.ends_with(d_.component)) joined.pop_back();
    raw(joined);
  }
  void skip(int fields) { out_.append(static_cast<std::size_t>(fields), d_.field); }

 private:
  std::string& out_;
  const Delimiters& d_;
};

std::string encoding_characters(const Delimiters& d) {
  std::string result;
  for (const char c : {d.component, d.repetition, d.escape, d.subcomponent, d.truncation}) {
    if (c != 0) result.push_back(c);
  }
  return result;
}

std::string message_type(const Sender& sender) {
  std::string type = "ACK";
  const auto event = sender.event;
  if (sender.version < 20 || event.empty()) return type;
  type.push_back(sender.delimiters.component);
  type.append(event);
  if (sender.version < 31) return type;
  type.push_back(sender.delimiters.component);
  return type.append("ACK");
}

void write_msh(std::string& out, const Sender& sender, const AckFacts& facts) {
  Line line(out, sender.delimiters, "MSH");
  line.raw(encoding_characters(sender.delimiters));
  line.raw(sender.msh[5]);
  line.raw(sender.msh[6]);
  line.raw(sender.msh[3]);
  line.raw(sender.msh[4]);
  line.text(format_timestamp(facts.when));
  line.skip(1);
  line.raw(message_type(sender));
  line.text(facts.id);
  line.raw(sender.msh[11].empty() ? std::string_view("P") : sender.msh[11]);
  line.raw(sender.version_field);
  if (sender.msh[18].empty()) return;
  line.skip(5);
  line.raw(sender.msh[18]);
}

// Where the fault lies, as the first components of ELD (to 2.4) or ERL (from 2.5). Nothing when it has no place.
struct Place {
  std::string segment, sequence, field, repetition, component, subcomponent;
};

Place place_of(const Fault& fault) {
  Place place;
  const auto path = parse_path(fault.at);
  if (!path) return place;
  const auto number = [](std::uint32_t value) { return value == 0 ? std::string() : std::to_string(value); };
  const auto picked = [&](const Pick& pick) { return pick.kind == Pick::Kind::number ? number(pick.number) : "1"; };
  place.segment = path->segment;
  place.sequence = picked(path->segment_pick);
  place.field = number(path->field);
  const bool repeats = path->repetition.kind == Pick::Kind::number || path->component != 0;
  if (repeats) place.repetition = picked(path->repetition);
  place.component = number(path->component);
  place.subcomponent = number(path->subcomponent);
  return place;
}

// The code of table 0357 with its text, as one component of subcomponents.
void append_condition(std::string& field, const Delimiters& d, std::string_view code) {
  field.append(code);
  if (d.subcomponent == 0) return;
  field.push_back(d.subcomponent);
  field.append(condition_text(code)).push_back(d.subcomponent);
  field.append("HL70357");
}

// Up to 2.4 one ERR holds all: ERR-1 repeats, and each is an ELD whose last component is the code.
void write_located_errors(std::string& out, const Sender& sender, const Fault& fault) {
  const auto& d = sender.delimiters;
  std::string field;
  const auto add = [&](const Fault& one) {
    if (!field.empty()) {
      if (d.repetition == 0) return;
      field.push_back(d.repetition);
    }
    const auto place = place_of(one);
    for (const auto& part : {place.segment, place.sequence, place.field}) field.append(part).push_back(d.component);
    append_condition(field, d, entry(one.code).hl7_error);
  };
  add(fault);
  for (const auto& other : fault.more) add(other);
  Line(out, d, "ERR").raw(field);
}

// For people: of a `reject` the channel's own reason, which says more than that there was one.
std::string_view said(const Fault& fault) {
  return fault.code == FaultCode::rejected && !fault.detail.empty() ? std::string_view(fault.detail)
                                                                    : entry(fault.code).title;
}

// From 2.5 on: one ERR for each.
void write_error(std::string& out, const Sender& sender, const Fault& fault) {
  const auto& entry_of = entry(fault.code);
  const auto place = place_of(fault);
  Line line(out, sender.delimiters, "ERR");
  line.skip(1);
  line.components({place.segment, place.sequence, place.field, place.repetition, place.component, place.subcomponent});
  line.components({entry_of.hl7_error, condition_text(entry_of.hl7_error), "HL70357"});
  line.text(std::string_view(&fault.severity, 1));
  line.components({entry_of.id, entry_of.name, "L"});
  line.skip(1);
  line.text(fault.detail);
  line.text(said(fault));
}

void write_errors(std::string& out, const Sender& sender, const Fault& fault) {
  if (sender.version < 50) return write_located_errors(out, sender, fault);
  write_error(out, sender, fault);
  for (const auto& other : fault.more) write_error(out, sender, other);
}

}  // namespace

std::string make_ack(std::string_view received, const AckFacts& facts) {
  const auto sender = read_sender(received);
  std::string out;
  out.reserve(256);
  write_msh(out, sender, facts);
  {
    Line line(out, sender.delimiters, "MSA");
    line.text(facts.code);
    line.raw(sender.msh[10]);
    const bool says_why = facts.fault != nullptr && sender.version <= 60;
    if (says_why) {
      line.text(std::string(entry(facts.fault->code).id).append(" ").append(said(*facts.fault)));
    }
    if (!facts.expected.empty()) {
      if (!says_why) line.skip(1);
      line.text(facts.expected);
    }
  }
  if (facts.fault != nullptr) write_errors(out, sender, *facts.fault);
  return out;
}

std::string make_errors(std::string_view received, const Fault& fault) {
  std::string out;
  write_errors(out, read_sender(received), fault);
  return out;
}

}  // namespace myelin::hl7
