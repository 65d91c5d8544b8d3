// Reading the facts for one version (format: schemas/README.md): each line is met once, nothing is copied but views.
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <map>
#include <numeric>
#include <utility>

#include "engine/schema/dictionary.h"

namespace myelin::schema {
namespace {

using Versions = std::uint32_t;  // one bit for each

std::string_view cut(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto first = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return first;
}

// "2.3.1" as its number in the enum. The files are ours: what is no version counts as the oldest.
unsigned ordinal(std::string_view version) {
  constexpr std::array<std::uint8_t, 9> kFirstOfMinor = {0, 0, 1, 2, 4, 5, 7, 8, 10};
  if (version.size() < 3 || version[2] < '1' || version[2] > '8') return 0;
  const bool patched = version.size() == 5 && version[4] >= '0' && version[4] <= '9';
  const unsigned patch = patched ? static_cast<unsigned>(version[4] - '0') : 0;
  return kFirstOfMinor[static_cast<std::size_t>(version[2] - '0')] + patch;
}

// "2.1-2.3,2.5"
Versions versions_of(std::string_view text) {
  Versions all = 0;
  while (!text.empty()) {
    auto span = cut(text, ',');
    const unsigned first = ordinal(cut(span, '-'));
    const unsigned last = span.empty() ? first : ordinal(span);
    all |= ((Versions{2} << last) - 1) & ~((Versions{1} << first) - 1);
  }
  return all;
}

Versions bit(Version version) { return Versions{1} << static_cast<unsigned>(version); }

// The wanted version, else the next older one that is there, else the next newer one.
Version nearest(Versions documented, Version wanted) {
  const Versions older = documented & ((bit(wanted) << 1U) - 1);
  if (documented == 0) return wanted;
  if (older == 0) return static_cast<Version>(std::countr_zero(documented));
  return static_cast<Version>(std::bit_width(older) - 1);
}

template <class Number>
void read_number(std::string_view& text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
}

// "CX!*3/250#61": type, required, repeats (at most 3 times), length, table; "-" is withdrawn, "*" a type that varies.
Element read_element(std::string_view name, std::string_view body) {
  Element element;
  element.name = name;
  if (body == "-") {
    element.usage = Usage::withdrawn;
    return element;
  }
  const auto type_end = body.starts_with('*') ? 1 : std::min(body.find_first_of("!*/#"), body.size());
  element.type = body.substr(0, type_end);
  body.remove_prefix(type_end);
  while (!body.empty()) {
    const char mark = body.front();
    body.remove_prefix(1);
    if (mark == '!') element.usage = Usage::required;
    if (mark == '*') element.repeats = true;
    if (mark == '*') read_number(body, element.most);
    if (mark == '/') read_number(body, element.length);
    if (mark == '#') read_number(body, element.table);
  }
  return element;
}

}  // namespace

class DictionaryReader {
 public:
  DictionaryReader(Version version, const Facts& facts, const Facts& site) : made_(version) {
    made_.elements_.reserve(4096);
    read_composites(site.segments, '-', made_.segments_);
    read_composites(facts.segments, '-', made_.segments_);
    read_composites(site.types, '.', made_.types_);
    read_composites(facts.types, '.', made_.types_);
    point_at_elements();
    read_tables(facts.tables, site.tables);
    made_.events_.reserve(1024);
    made_.structures_.reserve(512);
    read_events(site.events);
    read_events(facts.events);
    read_structures(site.structures);
    read_structures(facts.structures);
    keep_first_of_each(made_.segments_, &Composite::name);
    keep_first_of_each(made_.types_, &Composite::name);
    keep_first_of_each(made_.events_, &Dictionary::Event::key);
    keep_first_of_each(made_.structures_, &DocumentedStructure::name);
  }

  Dictionary take() { return std::move(made_); }

 private:
  // Lines "PID TAB title TAB versions" and, after each, those of its elements: "PID-3 TAB name TAB 2.1:CK!/16 …".
  void read_composites(std::string_view text, char mark, std::vector<Composite>& composites) {
    while (!text.empty()) {
      auto line = cut(text, '\n');
      auto name = cut(line, '\t');
      const auto title = cut(line, '\t');
      const auto part = name.find(mark);
      if (part == std::string_view::npos) {
        composites.push_back({name, title, nearest(versions_of(line), made_.version_), {}});
        counts_.push_back(0);
      } else if (!composites.empty()) {
        std::uint16_t number = 0;
        name.remove_prefix(part + 1);
        read_number(name, number);
        add_element(number, title, line, bit(composites.back().documented_in));
      }
    }
  }

  // Where the version has no such element, nothing; a hole before a later one is a withdrawn element.
  void add_element(std::uint16_t number, std::string_view name, std::string_view cells, Versions wanted) {
    while (!cells.empty()) {
      auto cell = cut(cells, ' ');
      if ((versions_of(cut(cell, ':')) & wanted) == 0) continue;
      for (; counts_.back() + 1 < number; ++counts_.back()) made_.elements_.push_back(read_element({}, "-"));
      made_.elements_.push_back(read_element(name, cell));
      ++counts_.back();
      return;
    }
  }

  // Once no element is added any more, they lie still.
  void point_at_elements() {
    const Element* at = made_.elements_.data();
    std::size_t i = 0;
    for (auto* composites : {&made_.segments_, &made_.types_}) {
      for (auto& composite : *composites) {
        composite.elements = {at, counts_[i]};
        at += counts_[i++];
      }
    }
  }

  // Sorted by name. Of the same name the site's came first; sorted by place as well, since std::sort may swap equals.
  template <class Item, class Key>
  static void keep_first_of_each(std::vector<Item>& items, Key by) {
    std::vector<std::size_t> order(items.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(items[i].*by, i); });
    std::vector<Item> kept;
    kept.reserve(items.size());
    for (const auto i : order)
      if (kept.empty() || kept.back().*by != items[i].*by) kept.push_back(std::move(items[i]));
    items = std::move(kept);
  }

  // "0001 TAB name", then "0001.F TAB text" for each of its codes.
  struct OpenTable {
    Table table;
    std::vector<Code> codes;
  };
  static void gather_tables(std::string_view text, std::map<std::uint16_t, OpenTable>& tables) {
    OpenTable* open = nullptr;
    while (!text.empty()) {
      auto line = cut(text, '\n');
      auto name = cut(line, '\t');
      if (const auto point = name.find('.'); point != std::string_view::npos) {
        if (open != nullptr) open->codes.push_back({name.substr(point + 1), line});
        continue;
      }
      std::uint16_t number = 0;
      read_number(name, number);
      open = &tables[number];
      open->table.number = number;
      if (!line.empty()) open->table.name = line;
    }
  }

  void read_tables(std::string_view text, std::string_view of_site) {
    std::map<std::uint16_t, OpenTable> tables;
    gather_tables(text, tables);
    gather_tables(of_site, tables);
    std::size_t count = 0;
    for (const auto& [number, open] : tables) count += open.codes.size();
    made_.codes_.reserve(count);
    for (auto& [number, open] : tables) {
      const auto begin = made_.codes_.size();
      made_.codes_.insert(made_.codes_.end(), open.codes.begin(), open.codes.end());
      open.table.codes = std::span(made_.codes_).subspan(begin);
      made_.tables_.push_back(open.table);
    }
  }

  // "ADT^A04 TAB 2.1-2.3.1:ADT_A04 2.4-2.8.2:ADT_A01"
  void read_events(std::string_view text) {
    while (!text.empty()) {
      auto cells = cut(text, '\n');
      const auto key = cut(cells, '\t');
      Versions all = 0;
      for (auto rest = cells; !rest.empty();) {
        auto cell = cut(rest, ' ');
        all |= versions_of(cut(cell, ':'));
      }
      const auto wanted = bit(nearest(all, made_.version_));
      while (!cells.empty()) {
        auto cell = cut(cells, ' ');
        if ((versions_of(cut(cell, ':')) & wanted) != 0) made_.events_.push_back({key, cell});
      }
    }
  }

  // "ORU_R01 TAB versions TAB grammar"; the lines of one structure stand together.
  void read_structures(std::string_view text) {
    while (!text.empty()) {
      const auto name = text.substr(0, text.find('\t'));
      auto own = text;
      Versions all = 0;
      while (text.starts_with(name) && text.substr(name.size()).starts_with('\t')) {
        auto line = cut(text, '\n');
        cut(line, '\t');
        all |= versions_of(cut(line, '\t'));
      }
      if (all == 0) return;
      own.remove_suffix(text.size());
      add_structure(name, own, nearest(all, made_.version_));
    }
  }

  void add_structure(std::string_view name, std::string_view lines, Version wanted) {
    while (!lines.empty()) {
      auto line = cut(lines, '\n');
      cut(line, '\t');
      if ((versions_of(cut(line, '\t')) & bit(wanted)) == 0) continue;
      if (auto structure = hl7::read_structure(name, line)) {
        made_.structures_.push_back({std::move(*structure), wanted});
      }
      return;
    }
  }

  Dictionary made_;
  std::vector<std::size_t> counts_;  // elements of each composite, in the order of the files
};

Dictionary Dictionary::read(Version version, const Facts& facts, const Facts& site) {
  return DictionaryReader(version, facts, site).take();
}

}  // namespace myelin::schema
