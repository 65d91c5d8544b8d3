#include "engine/schema/dictionary.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/schema/site.h"

namespace myelin::schema {
namespace {

template <class Item, class Key>
const Item* find(const std::vector<Item>& items, Key key, Key Item::* by) {
  const auto found = std::ranges::lower_bound(items, key, {}, by);
  return found == items.end() || (*found).*by != key ? nullptr : &*found;
}

const Element* element(const Composite* owner, std::size_t number) {
  return owner == nullptr || number == 0 || number > owner->elements.size() ? nullptr : &owner->elements[number - 1];
}

// The dictionaries of one state of the site's facts. None ever goes: whoever has a reference keeps it.
struct Generation {
  struct Slot {
    std::once_flag once;
    std::unique_ptr<const Dictionary> dictionary;
  };
  SiteFacts site;
  unsigned number = 0;
  std::array<Slot, kVersions> slots;
};

struct Generations {
  std::mutex lock;
  std::vector<std::unique_ptr<Generation>> all;
  std::atomic<Generation*> current;

  Generations() : current(all.emplace_back(std::make_unique<Generation>()).get()) {}
};

Generations& generations() {
  static Generations kGenerations;
  return kGenerations;
}

}  // namespace

void use_site_facts(SiteFacts facts) {
  auto& kept = generations();
  const std::scoped_lock hold(kept.lock);
  // A rehearsal goes back and forth between the same few.
  const auto known = std::ranges::find(kept.all, facts, [](const auto& each) -> const auto& { return each->site; });
  if (known != kept.all.end()) {
    kept.current = known->get();
    return;
  }
  auto fresh = std::make_unique<Generation>();
  fresh->site = std::move(facts);
  fresh->number = static_cast<unsigned>(kept.all.size());
  kept.current = kept.all.emplace_back(std::move(fresh)).get();
}

unsigned site_generation() { return generations().current.load()->number; }

const Dictionary& Dictionary::of(Version version) {
  auto& generation = *generations().current.load();
  auto& slot = generation.slots[static_cast<std::size_t>(version)];
  std::call_once(slot.once, [&] {
    const auto& site = generation.site;
    const Facts facts{site.segments, site.types, site.tables, site.structures, site.events};
    slot.dictionary = std::make_unique<const Dictionary>(read(version, embedded_facts(), facts));
  });
  return *slot.dictionary;
}

const Composite* Dictionary::segment(std::string_view name) const { return find(segments_, name, &Composite::name); }

const Composite* Dictionary::type(std::string_view name) const { return find(types_, name, &Composite::name); }

const Element* Dictionary::field(std::string_view name, std::size_t number) const {
  return element(segment(name), number);
}

const Element* Dictionary::component(std::string_view name, std::size_t number) const {
  return element(type(name), number);
}

const Table* Dictionary::table(std::uint16_t number) const { return find(tables_, number, &Table::number); }

std::optional<std::string_view> Dictionary::text(std::uint16_t number, std::string_view code) const {
  const auto* found = table(number);
  if (found == nullptr) return std::nullopt;
  const auto row = std::ranges::find(found->codes, code, &Code::code);
  return row == found->codes.end() ? std::nullopt : std::optional(row->text);
}

const DocumentedStructure* Dictionary::structure(std::string_view name) const {
  const auto found = std::ranges::lower_bound(structures_, name, {}, &DocumentedStructure::name);
  return found == structures_.end() || found->name != name ? nullptr : &*found;
}

std::string_view Dictionary::structure_name(std::string_view code, std::string_view event) const {
  if (!code.empty() && !event.empty()) {
    std::string key(code);
    key.append("^").append(event);
    if (const auto* found = find(events_, std::string_view(key), &Event::key)) return found->structure;
  }
  const auto* plain = structure(code);
  return plain == nullptr ? std::string_view() : plain->name;
}

const DocumentedStructure* Dictionary::structure(std::string_view code, std::string_view event,
                                                 std::string_view declared) const {
  const bool its_own = declared.starts_with(code) && !code.empty();
  const auto* named = its_own ? structure(declared) : nullptr;
  const auto* usual = structure(structure_name(code, event));
  const auto own_version = [this](const DocumentedStructure* each) {
    return each != nullptr && each->documented_in == version_;
  };
  if (own_version(named) || usual == nullptr) return named;
  return named == nullptr || own_version(usual) ? usual : named;
}

}  // namespace myelin::schema
