#include "routes/reverse/values.h"

#include <algorithm>

namespace myelin::reverse {

using Spot = Segment::Spot;

Values::Values(const Bundle& bundle, const Rules& rules, const mapping::Overlay& overlay, const Systems& systems,
               const schema::Dictionary& dictionary)
    : bundle_(bundle),
      rules_(rules),
      overlay_(overlay),
      systems_(systems),
      mime_(dictionary.version() >= schema::Version::v2_6) {}

void Values::note(std::string text) {
  if (known_.insert(text).second) notes_.push_back(std::move(text));
}

void Values::wrong(FaultCode code, std::string detail, std::string at) {
  if (!fault_) fault_ = Fault{code, std::move(detail), std::move(at), {}};
}

void Values::count(const std::string& segment) {
  for (auto& [key, number] : counts_) {
    if (key.first == segment) ++number;
    else if (key.second == segment || key.second == "*") number = 0;
  }
}

std::string Values::place(const Frame& frame, const Source& source) const {
  if (!source.path.empty() && source.path.front().kind == Step::Kind::resources)
    return "Bundle.entry.resource.ofType(" + source.path.front().name + ")";
  const auto at = bundle_.place(*frame.node);
  return source.text.empty() || source.text == "." ? at : at + "." + source.text;
}

std::string Values::text(const Row& row, const Frame& frame) {
  if (!holds(row.when, frame, nullptr)) return {};
  for (const auto& source : row.from)
    for (const auto& item : find(source, frame, frame.node)) {
      const auto found = item.value ? text_of(*item.value) : std::optional(item.text);
      if (found && !found->empty()) return *found;
    }
  return {};
}

std::optional<std::string> Values::text_of(const json::Value& value) {
  bundle_.read(value);
  if (const auto* text = value.text()) return *text;
  if (const auto* digits = value.digits()) return *digits;
  if (const auto truth = value.truth()) return *truth ? "true" : "false";
  wrong(FaultCode::bad_format, "a single value is wanted here", bundle_.place(value));
  return std::nullopt;
}

void Values::fill(Segment& segment, const Type& rules, const Frame& frame) {
  name_ = segment.name();
  apply_all(rules.rows, frame, segment, {});
}

bool Values::apply_all(const std::vector<Row>& rows, const Frame& frame, Segment& segment, const Spot& base) {
  bool any = false, last = false;
  for (const auto& row : rows) {
    if (fault_) return any;
    if (row.otherwise_of_last && last) continue;
    last = apply(row, frame, segment, base);
    any = any || last;
  }
  return any;
}

bool Values::apply(const Row& row, const Frame& frame, Segment& segment, const Spot& base) {
  const auto& target = row.target;
  const bool members = target.field == 0 && target.component == 0;
  auto spot = base;
  if (target.field != 0) {
    spot = {target.field, target.component, target.subcomponent, 1};
  } else if (base.component == 0) {
    spot.component = target.component;
    spot.subcomponent = target.subcomponent;
  } else if (!members) {
    // A composite inside of a component has its parts one level lower, and nothing below them.
    if (base.subcomponent != 0 ? target.component > 1 : target.subcomponent > 1) return false;
    if (base.subcomponent == 0) spot.subcomponent = target.component;
  }
  if (!members && !target.repeats && segment.has(spot)) return false;
  bool wrote = false;
  for (const auto& source : row.from) {
    wrote = apply_each(row, frame, segment, spot, source);
    if (wrote || fault_) break;
  }
  if (row.needed && !wrote && !segment.has(spot))
    wrong(FaultCode::required_missing, segment.name() + "-" + std::to_string(spot.field) + " needs it",
          place(frame, row.from.front()));
  return wrote;
}

bool Values::apply_each(const Row& row, const Frame& frame, Segment& segment, Spot spot, const Source& source) {
  auto items = find(source, frame, frame.node);
  std::erase_if(items, [&](const Item& item) { return !holds(row.when, frame, item.value); });
  if (items.empty()) return false;
  if (row.form == Form::joined) {
    Item all;
    for (const auto& item : items)
      if (const auto text = item.value ? text_of(*item.value) : std::optional(item.text); text && !text->empty())
        all.text += (all.text.empty() ? "" : " ") + *text;
    all.value = items.front().value;
    return write_text(row, all, all.text, segment, spot);
  }
  bool wrote = false;
  for (const auto& item : items) {
    if (fault_) return wrote;
    if (row.target.repeats) {
      spot.repetition = static_cast<std::uint16_t>(segment.repetitions(spot.field) + 1);
      if (spot.repetition > 1 && !segment.may_repeat(spot.field)) return wrote;
    }
    if (write(row, frame, item, segment, spot)) wrote = true;
    if (wrote && !row.target.repeats) return true;
  }
  return wrote;
}

bool Values::write(const Row& row, const Frame& frame, const Item& item, Segment& segment, const Spot& spot) {
  if (row.type) {
    if (!item.value) return false;
    return apply_all(row.type->rows, {item.value, frame.around}, segment, spot);
  }
  if (segment.type_at(spot).empty()) return false;
  auto text = formed(row, item, segment, spot);
  if (!text || text->empty()) return false;
  if (!row.via.empty()) text = coded(row, item, *text);
  if (!text || text->empty()) return false;
  if (row.form == Form::authority) {
    const bool wrote = write_authority(*text, segment, spot);
    if (wrote && item.value) segment.fill();
    return wrote;
  }
  return write_text(row, item, std::move(*text), segment, spot);
}

bool Values::write_text(const Row& row, const Item& item, std::string text, Segment& segment, const Spot& spot) {
  if (text.empty() || (row.distinct && segment.stands(spot, text))) return false;
  const bool wrote = segment.write(spot, text, row.form == Form::lines);
  if (wrote && item.value) segment.fill();
  return wrote;
}

bool Values::write_authority(std::string_view uri, Segment& segment, const Spot& spot) const {
  bool wrote = false;
  auto at = spot;
  for (const auto& part : systems_.authority(uri)) {
    if (!part.empty()) wrote = segment.write(at, part) || wrote;
    ++(at.subcomponent != 0 ? at.subcomponent : at.component);
  }
  return wrote;
}

// Of the sender's code that means this: what the site says, then what it maps, then the tables.
std::optional<std::string> Values::coded(const Row& row, const Item& item, const std::string& code) {
  const auto own = [&](const auto& tables) -> const mapping::Names* {
    const auto found = tables.find(row.via);
    return found == tables.end() ? nullptr : &found->second;
  };
  if (const auto* chosen = own(overlay_.to_hl7))
    if (const auto found = chosen->find(code); found != chosen->end()) return found->second;
  if (const auto* mapped = own(overlay_.codes))
    for (const auto& [hl7, fhir] : *mapped)
      if (fhir == code) return hl7;
  const auto& rows = rules_.codes(row.via)->rows;
  if (const auto found = std::ranges::find(rows, code, &mapping::Codes::Row::fhir); found != rows.end())
    return found->code;
  note((item.value ? bundle_.place(*item.value) : row.via) + ": the code is not in the map's table " + row.via +
       (row.otherwise.empty() ? "" : "; '" + row.otherwise + "' stands for it"));
  return row.otherwise.empty() ? std::nullopt : std::optional(row.otherwise);
}

// The bounds of a range; without them its text.
std::string Values::range(const json::Value& value) const {
  for (const auto* bound : {"low", "high"})
    if (value.has(bound)) bundle_.read(value[bound]);
  if (value.has("text")) bundle_.read(value["text"]);
  const auto text = value["text"].text_or("");
  return text.empty() ? hl7_range(value) : std::string(text);
}

std::optional<std::string> Values::formed(const Row& row, const Item& item, const Segment& segment, const Spot& spot) {
  if (!item.value) return item.text;
  const auto& value = *item.value;
  if (row.form == Form::range) return range(value);
  auto text = text_of(value);
  if (!text) return std::nullopt;
  const auto refuse = [&](const char* what) {
    wrong(FaultCode::bad_format, what, bundle_.place(value));
    return std::nullopt;
  };
  const auto type = segment.type_at(spot);
  switch (row.form) {
    case Form::time:
    case Form::date: {
      auto made = type == "TM" ? hl7_time_of_day(*text) : hl7_time(*text, row.form == Form::date || type == "DT");
      if (!made) return refuse("this is no date or time of FHIR");
      return made;
    }
    case Form::number: {
      auto made = value.digits() ? hl7_number(*text) : std::nullopt;
      if (!made) return refuse("a number is wanted here");
      return made;
    }
    case Form::yes_no:
      if (!value.truth()) return refuse("true or false is wanted here");
      return *value.truth() ? "Y" : "N";
    case Form::codesystem:
      return systems_.coding_system(*text);
    case Form::media_type:
      return hl7_media_type(*text, mime_);
    case Form::media_subtype:
      return hl7_media_subtype(*text);
    case Form::base64:
      std::erase_if(*text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
      return text;
    default:
      return text;
  }
}

}  // namespace myelin::reverse
