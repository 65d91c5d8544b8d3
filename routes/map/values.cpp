#include "routes/map/values.h"

#include <algorithm>

#include "engine/hl7/escape.h"
#include "engine/hl7/timestamp.h"
#include "routes/map/primitive.h"

namespace myelin::mapping {
namespace {

constexpr std::string_view kAlternateCodes = "http://hl7.org/fhir/StructureDefinition/alternate-codes";
constexpr std::string_view kTables = "http://terminology.hl7.org/CodeSystem/v2-";

json::Value& member(json::Value& object, std::string_view key) {
  if (!object.has(key)) object.set(key, json::Value());
  for (auto& item : *object.object())
    if (item.key == key) return item.value;
  return object;  // not reached
}

bool has_choice(const json::Value& object, std::string_view name) {
  const auto* members = object.object();
  return members && std::ranges::any_of(*members, [&](const json::Member& item) {
           return item.key.size() > name.size() && item.key.starts_with(name) && item.key[name.size()] >= 'A' &&
                  item.key[name.size()] <= 'Z';
         });
}

// What a sender repeats is kept as often as it is said; but one thing is referred to, and has a number, once.
bool put_step(json::Value& out, std::span<const TargetStep> steps, json::Value value) {
  using enum TargetStep::Mode;
  const auto& step = steps.front();
  const bool end = steps.size() == 1;
  if (step.mode == choice) {
    if (has_choice(out, step.name)) return false;
    out.set(step.key, std::move(value));
    return true;
  }
  if (step.mode == set) {
    if (end && out.has(step.name)) return false;
    auto& place = member(out, step.name);
    if (!end) return put_step(place, steps.subspan(1), std::move(value));
    place = std::move(value);
    return true;
  }
  auto& list = member(out, step.name);
  if (list.is_null()) list = json::Array{};
  if (end) {
    const bool once = value.has("reference") || step.name == "identifier" || step.name == "coding";
    if (!once || std::ranges::find(*list.array(), value) == list.array()->end()) list.push(std::move(value));
    return true;
  }
  if (step.mode == append || list.array()->empty()) list.push(json::Value());
  return put_step(list.array()->back(), steps.subspan(1), std::move(value));
}

bool takes_all(const Row& row) {
  if (row.primitive == Primitive::measure) return false;
  return row.from.size() > 1 || row.primitive == Primitive::phrase || row.primitive == Primitive::path ||
         row.primitive == Primitive::system || row.primitive == Primitive::media_type;
}

bool is_list(const Row& row) { return !row.target.empty() && row.target.back().mode == TargetStep::Mode::append; }

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string all;
  for (const auto& part : parts) {
    if (!all.empty() && !part.empty()) all += between;
    all += part;
  }
  return all;
}

json::Value text_or_nothing(std::string text) { return text.empty() ? json::Value() : json::Value(std::move(text)); }

json::Value coding(std::string_view system, std::string_view code) {
  json::Value made;
  if (!system.empty()) made.set("system", system);
  made.set("code", code);
  return made;
}

}  // namespace

bool put_at(json::Value& out, const std::vector<TargetStep>& target, json::Value value) {
  if (!target.empty()) return put_step(out, target, std::move(value));
  if (auto* members = value.object())
    for (auto& item : *members)
      if (!out.has(item.key)) out.set(item.key, std::move(item.value));
  return true;
}

bool is_nothing(const json::Value& value) {
  return value.is_null() || (value.object() && value.object()->empty()) || (value.array() && value.array()->empty());
}

std::string hl7_time(WallTime time) { return hl7::format_timestamp(time); }

Values::Values(const Reader& reader, const Library& library, const Overlay& overlay, const Circumstances& circumstances,
               Refer refer)
    : reader_(reader),
      library_(library),
      overlay_(overlay),
      circumstances_(circumstances),
      refer_(std::move(refer)),
      authority_(overlay.authority) {
  if (authority_.empty()) authority_ = clean_code(reader.tree().text({0, 4, 1, 1, 0}));
  if (authority_.empty()) authority_ = clean_code(reader.tree().text({0, 3, 1, 1, 0}));
  offset_ = default_offset(clean_code(reader.tree().text({0, 7, 1, 1, 0})), circumstances.zone);
}

bool Values::apply(const Row& row, const Frame& frame, json::Value& out) {
  if (!row.references.empty() || !reader_.holds(row.when, frame)) return false;
  if (row.from.front().front().kind == Source::Kind::received) {
    const Frame now{frame.segment, {}, hl7_time(circumstances_.received)};
    return put(row, value(row, now), out);
  }
  if (!row.type && !row.makes && takes_all(row)) return put(row, of_several(row, frame), out);
  const auto found = reader_.find(row.from.front(), frame);
  if (!found) {
    // A code that names no system is of the row's table.
    if (row.primitive == Primitive::code_system && !row.type)
      return put(row, text_or_nothing(code_system("", frame)), out);
    return false;
  }
  reader_.touch_same(row.from.front(), found, frame);
  if (row.primitive == Primitive::lines && !row.type) return put(row, text_of_all(row, frame), out);
  if (found.literal) {
    const Frame literal{frame.segment, frame.base, found.literal};
    return put(row, value(row, literal), out);
  }
  bool any = false;
  for (const auto& spot : found.spots) {
    const Frame inner{spot.field == 0 ? spot.segment : frame.segment, spot, std::nullopt};
    if (row.via && !row.type && row.primitive == Primitive::code) any = put_code(row, inner, out) || any;
    else any = put(row, value(row, inner), out) || any;
    if (!is_list(row)) break;
  }
  return any;
}

bool Values::put(const Row& row, json::Value value, json::Value& out) {
  if (is_nothing(value)) return false;
  if (!row.extension_url.empty()) {
    json::Value extension;
    extension.set("url", row.extension_url).set(row.extension_key, std::move(value));
    value = std::move(extension);
  }
  return put_at(out, row.target, std::move(value));
}

json::Value Values::value(const Row& row, const Frame& frame) {
  if (row.makes) return refer_(*row.makes, frame);
  return row.type ? object(row, frame) : leaf(row, frame);
}

json::Value Values::object(const Row& row, const Frame& frame) {
  for (const auto& needed : row.type->needs)
    if (!reader_.find(needed, frame)) return {};
  if (row.via && row.type->name == "coding") return mapped_coding(row, frame);
  const auto around = row.table.empty() ? table_ : std::exchange(table_, row.table);
  json::Value out;
  bool last = false;
  for (const auto& inner : row.type->rows)
    if (!inner.otherwise_of_last || !last) last = apply(inner, frame, out);
  table_ = around;
  if (!std::ranges::all_of(row.type->wants, [&](const std::string& member) { return out.has(member); })) return {};
  if (row.via) add_mapped(row, frame, out);
  return out;
}

std::string Values::place(const Frame& frame) const { return hl7::to_string(reader_.tree(), frame.base); }

std::string Values::first_text(const Frame& frame) const {
  return frame.literal ? *frame.literal : reader_.text(frame.base);
}

// With the delimiters in it that a sender forgot to escape: nothing of a text is lost.
std::string Values::whole_text(const Frame& frame) const {
  if (frame.literal) return clean_text(*frame.literal);
  (void)reader_.leaves(frame.base);
  return plain_text(reader_.tree().raw(frame.base), reader_.tree().delimiters());
}

// A number in words without its unit is another number. Of many lines, and of words alone, the unit is not said.
std::string Values::measure(const Row& row, const Frame& frame) const {
  auto text = whole_text(frame);
  if (text.contains('\n') || text.find_first_of("0123456789") == text.npos) return text;
  const auto unit = clean_code(reader_.text(row.from.at(1), frame));
  if (!unit.empty() && !text.ends_with(unit)) text += " " + unit;
  return text;
}

json::Value Values::leaf(const Row& row, const Frame& frame) {
  using enum Primitive;
  if (row.primitive == string || row.primitive == lines) return text_or_nothing(whole_text(frame));
  if (row.primitive == measure) return text_or_nothing(this->measure(row, frame));
  const auto text = first_text(frame);
  const auto checked = [&](std::optional<json::Value> made, std::string_view what) {
    if (!made) note(place(frame) + " is no " + std::string(what));
    return made.value_or(json::Value());
  };
  switch (row.primitive) {
    case code:
      return text_or_nothing(clean_code(text));
    case uri:
      return text_or_nothing(fhir_uri(clean_code(text)));
    case code_system:
      return text_or_nothing(this->code_system(clean_code(text), frame));
    case decimal:
      return checked(fhir_decimal(text), "number");
    case amount: {
      const auto found = amount_of(text);
      return found ? checked(fhir_decimal(found->number), "number") : json::Value();
    }
    case comparator: {
      const auto found = amount_of(text);
      return text_or_nothing(found ? found->comparator : std::string());
    }
    case integer:
      return checked(fhir_integer(text), "whole number");
    case boolean:
      return checked(fhir_boolean(text), "Y or N");
    case family: {
      const auto parts = reader_.leaves(frame.base);
      return text_or_nothing(clean_text(parts.empty() ? text : parts.front()));
    }
    default:
      return dated(row, frame, clean_code(text));
  }
}

json::Value Values::dated(const Row& row, const Frame& frame, const std::string& text) {
  using enum Primitive;
  const auto* zone = circumstances_.zone;
  std::optional<std::string> made;
  bool dropped = false;
  if (row.primitive == date) made = fhir_date(text);
  else if (row.primitive == instant) made = fhir_instant(with_offset(text, offset_), zone);
  else if (row.primitive == time) made = fhir_time(text, dropped);
  else made = fhir_date_time(with_offset(text, offset_), zone, dropped);
  if (!made) {
    note(place(frame) + (row.primitive == instant ? " is no time to the second" : " is no date or time"));
    return {};
  }
  if (row.primitive == date_time_only && made->size() <= 10) return {};
  if (dropped && row.primitive == time)
    note(place(frame) + ": its zone is left out, for which a time of day has no place in FHIR");
  else if (dropped)
    note(place(frame) + ": its time of day has no minutes, or does not exist in its zone; the date alone is kept");
  return *made;
}

// What is made of several places at once.
json::Value Values::of_several(const Row& row, const Frame& frame) {
  std::vector<std::string> texts;
  for (const auto& from : row.from) {
    const auto found = reader_.find(from, frame);
    std::string text = found.literal.value_or("");
    if (!found.spots.empty()) {
      const auto& spot = found.spots.front();
      text = row.primitive == Primitive::phrase   ? joined(reader_.leaves(spot), " ")
             : row.primitive == Primitive::base64 ? whole_text({frame.segment, spot, std::nullopt})
                                                  : reader_.plain(spot);
    }
    texts.push_back(clean_text(text));
  }
  texts.resize(std::max<std::size_t>(texts.size(), 4));
  using enum Primitive;
  switch (row.primitive) {
    case system:
      return text_or_nothing(this->system({texts[0], texts[1], texts[2]}, texts[3], row.quiet ? "" : place(frame)));
    case media_type:
      return texts[0].empty() && texts[1].empty() ? json::Value()
                                                  : json::Value(mapping::media_type(texts[0], texts[1]));
    case base64: {
      const bool text =
          (texts[2].empty() && texts[3].empty()) || mapping::media_type(texts[2], texts[3]).starts_with("text/");
      auto data = fhir_base64(texts[0], texts[1], text);
      if (!data && !texts[0].empty()) note(place(frame) + ": the data is not in its encoding");
      return data ? json::Value(std::move(*data)) : json::Value();
    }
    case phone: {
      if (texts[2].empty()) return {};
      if (!texts[0].empty() && !texts[0].starts_with('+')) texts[0] = "+" + texts[0];
      if (!texts[3].empty()) texts[3] = "x" + texts[3];
      return joined(texts, " ");
    }
    default:
      return text_or_nothing(joined(texts, row.primitive == path ? "/" : " "));
  }
}

json::Value Values::text_of_all(const Row& row, const Frame& frame) {
  std::string all;
  const auto found = reader_.find(row.from.front(), frame);
  for (const auto& spot : found.spots) {
    if (&spot != found.spots.data()) all += '\n';
    all += whole_text({frame.segment, spot, std::nullopt});
  }
  return text_or_nothing(clean_text(found.literal.value_or(all)));
}

std::optional<Codes::Row> Values::look_up(const Row& row, const std::string& code) const {
  if (const auto own = overlay_.codes.find(row.via->name); own != overlay_.codes.end())
    if (const auto found = own->second.find(code); found != own->second.end()) {
      Codes::Row made{code, found->second, {}, false};
      for (const auto& known : row.via->rows)
        if (known.fhir == made.fhir || made.system.empty()) made.system = known.system;
      return made;
    }
  const auto* found = row.via->find(code);
  return found ? std::optional(*found) : std::nullopt;
}

void Values::note_unmapped(const Row& row, const Frame& frame) {
  if (row.quiet) return;
  note(place(frame) + ": the code is not in the map's table " + row.via->name +
       (row.otherwise.empty() ? "" : "; '" + row.otherwise + "' stands for it"));
}

// A code of FHIR. What another code of the sender would become too is kept beside it.
bool Values::put_code(const Row& row, const Frame& frame, json::Value& out) {
  const auto code = clean_code(first_text(frame));
  if (code.empty()) return false;
  const auto found = look_up(row, code);
  if (!found) note_unmapped(row, frame);
  const auto& fhir = found ? found->fhir : row.otherwise;
  if (fhir.empty() || !put_at(out, row.target, json::Value(fhir))) return false;
  if (row.quiet || (found && found->first)) return true;
  json::Value concept_of, extension, element;
  concept_of.set("coding",
                 json::Array{coding(row.via->table.empty() ? "" : std::string(kTables) + row.via->table, code)});
  extension.set("url", kAlternateCodes).set("valueCodeableConcept", std::move(concept_of));
  element.set("extension", json::Array{std::move(extension)});
  auto target = row.target;
  target.back().name = "_" + target.back().name;
  put_at(out, target, std::move(element));
  return true;
}

// The mapped code before the sender's own.
void Values::add_mapped(const Row& row, const Frame& frame, json::Value& out) {
  auto first = frame;
  if (!frame.literal && first.base.component == 0) first.base.component = 1;
  const auto code = clean_code(first_text(first));
  if (code.empty()) return;
  const auto found = look_up(row, code);
  if (!found) return note_unmapped(row, frame);
  json::Array codings{coding(found->system, found->fhir)};
  if (const auto* own = out["coding"].array())
    for (const auto& item : *own) {
      const auto system = item["system"].text_or("");
      const bool same = item["code"].text_or("") == found->fhir && (system.empty() || system == found->system);
      if (!same) codings.push_back(item);
      else if (item.has("display")) codings.front().set("display", item["display"]);
    }
  out.set("coding", std::move(codings));
}

json::Value Values::mapped_coding(const Row& row, const Frame& frame) {
  const auto code = clean_code(first_text(frame));
  if (code.empty()) return {};
  const auto found = look_up(row, code);
  if (found) return coding(found->system, found->fhir);
  note_unmapped(row, frame);
  return {};
}

}  // namespace myelin::mapping
