// The pages of `myelin explain` that come from the dictionary of HL7 v2.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/main/workbench/page.h"
#include "engine/schema/path_check.h"

namespace myelin {

namespace {

using schema::Composite;
using schema::Dictionary;
using schema::Element;
using schema::kVersions;
using schema::Version;

constexpr std::size_t kMostCodes = 60;

const Dictionary& version(std::size_t i) { return Dictionary::of(static_cast<Version>(i)); }

std::string written(const Element& element) {
  if (element.usage == schema::Usage::withdrawn) return "withdrawn or reserved";
  std::string out(element.type == schema::kVaries ? "varies" : element.type);
  if (element.usage == schema::Usage::required) out += ", required";
  if (element.repeats) out += element.most == 0 ? ", repeats" : fmt::format(", repeats up to {} times", element.most);
  if (element.length != 0) out += fmt::format(", length {}", element.length);
  if (element.table != 0) out += fmt::format(", table {:04}", element.table);
  return out;
}

// `what(dictionary)` for each version that has an answer; neighbours that say the same are one line.
template <class What>
void add_by_version(Page& page, What what) {
  std::size_t first = 0;
  std::string said;
  for (std::size_t i = 0; i <= kVersions; ++i) {
    const std::string now = i < kVersions ? what(version(i)) : std::string();
    if (i != 0 && now == said) continue;
    if (!said.empty()) {
      const auto from = schema::kVersionNames[first], to = schema::kVersionNames[i - 1];
      page.facts.emplace_back(first + 1 == i ? std::string(from) : fmt::format("{}-{}", from, to), said);
    }
    first = i;
    said = now;
  }
}

void add_codes(Page& page, const schema::Table* table) {
  if (table == nullptr) return;
  std::string codes;
  for (const auto& code : table->codes.first(std::min(table->codes.size(), kMostCodes))) {
    codes += fmt::format("{} {}\n", code.code, code.text);
  }
  if (table->codes.size() > kMostCodes) codes += fmt::format("and {} more\n", table->codes.size() - kMostCodes);
  page.facts.emplace_back(fmt::format("table {:04} {}", table->number, table->name), codes);
}

void add_elements(Page& page, std::string name, const Composite* composite, char mark) {
  if (composite == nullptr) return;
  std::string lines;
  for (std::size_t i = 0; i < composite->elements.size(); ++i) {
    const auto& element = composite->elements[i];
    const auto place = fmt::format("{}{}{}", composite->name, mark, i + 1);
    lines += fmt::format("{:<8} {} ({})\n", place, element.name, written(element));
  }
  page.facts.emplace_back(std::move(name), lines);
}

// The newest version that documents it itself.
const Composite* newest(const Composite* (Dictionary::*find)(std::string_view) const, std::string_view name) {
  const Composite* found = nullptr;
  for (std::size_t i = 0; i < kVersions; ++i) {
    const auto* here = (version(i).*find)(name);
    if (here != nullptr && here->documented_in == static_cast<Version>(i)) found = here;
  }
  return found;
}

std::string documented(const Composite& composite) { return std::string(schema::to_string(composite.documented_in)); }

std::optional<Page> segment_page(const std::string& name) {
  const auto* segment = newest(&Dictionary::segment, name);
  if (segment == nullptr) return std::nullopt;
  Page page{fmt::format("{}: {}", name, segment->title), {}, {}};
  add_by_version(page, [&](const Dictionary& dictionary) {
    const auto* here = dictionary.segment(name);
    return here->documented_in == dictionary.version() ? fmt::format("ends at {}-{}", name, here->elements.size())
                                                       : std::string();
  });
  add_elements(page, "fields in " + documented(*segment), segment, '-');
  return page;
}

std::optional<Page> type_page(const std::string& name) {
  const auto* type = newest(&Dictionary::type, name);
  if (type == nullptr) return std::nullopt;
  Page page{"data type " + name, {}, {}};
  add_elements(page, "components in " + documented(*type), type, '.');
  return page;
}

// Where a path's last part is described: a field of a segment, or a component of the type above it.
const Element* element_of(const Dictionary& dictionary, const hl7::Path& path) {
  const auto* segment = dictionary.segment(path.segment);
  if (segment == nullptr || segment->documented_in != dictionary.version()) return nullptr;
  const auto* element = dictionary.field(path.segment, path.field);
  for (const std::size_t part : {path.component, path.subcomponent}) {
    if (part != 0 && element != nullptr) element = dictionary.component(element->type, part);
  }
  return element;
}

std::optional<Page> place_page(const hl7::Path& path) {
  const Dictionary* latest = nullptr;
  Page page;
  add_by_version(page, [&](const Dictionary& dictionary) {
    const auto* element = element_of(dictionary, path);
    if (element == nullptr) return std::string();
    if (latest == nullptr || element->usage != schema::Usage::withdrawn) latest = &dictionary;
    return written(*element);
  });
  if (latest == nullptr) return std::nullopt;
  const auto* element = element_of(*latest, path);
  page.title = hl7::to_string(path) + ":";
  for (const auto name : schema::names_of(*latest, path)) page.title += fmt::format(" {} ·", name);
  page.title.resize(page.title.size() - std::string_view(" ·").size());
  add_elements(page, fmt::format("{} in {}", element->type, schema::to_string(latest->version())),
               latest->type(element->type), '.');
  add_codes(page, latest->table(element->table));
  return page;
}

std::optional<Page> table_page(const std::string& word) {
  std::uint16_t number = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
  if (word.size() != 4 || read.ptr != word.data() + word.size()) return std::nullopt;
  const auto* table = version(kVersions - 1).table(number);
  if (table == nullptr) return std::nullopt;
  Page page{fmt::format("table {}: {}", word, table->name), {}, {}};
  add_codes(page, table);
  return page;
}

std::string grammar(const hl7::Structure& structure, std::size_t index) {
  using Kind = hl7::StructureNode::Kind;
  const auto& node = structure.nodes[index];
  std::string parts;
  for (std::size_t i = index + 1; i < node.end; i = structure.nodes[i].end) {
    if (!parts.empty()) parts += node.kind == Kind::choice ? "," : " ";
    parts += grammar(structure, i);
  }
  if (index == 0) return parts;
  std::string out = node.kind == Kind::segment  ? std::string(node.name)
                    : node.kind == Kind::choice ? parts
                                                : fmt::format("{}({})", node.name, parts);
  if (node.repeats) out = "{" + out + "}";
  return node.optional ? "[" + out + "]" : out;
}

std::optional<Page> structure_page(const std::string& name) {
  Page page{"message structure " + name, {"[ ] may be absent, { } may repeat, A,B one of them, NAME(…) a group."}, {}};
  add_by_version(page, [&](const Dictionary& dictionary) {
    const auto* structure = dictionary.structure(name);
    const bool own = structure != nullptr && structure->documented_in == dictionary.version();
    return own ? grammar(*structure, 0) : std::string();
  });
  return page.facts.empty() ? std::nullopt : std::optional(std::move(page));
}

}  // namespace

std::optional<Page> dictionary_page(const std::string& word) {
  if (auto page = segment_page(word)) return page;
  if (auto page = type_page(word)) return page;
  if (auto page = table_page(word)) return page;
  if (auto page = structure_page(word)) return page;
  if (const auto point = word.find('.'); point != std::string::npos && word.find('-') == std::string::npos) {
    const auto type = word.substr(0, point);
    if (newest(&Dictionary::type, type) != nullptr) {
      std::size_t number = 0;
      std::from_chars(word.data() + point + 1, word.data() + word.size(), number);
      Page page{word, {}, {}};
      add_by_version(page, [&](const Dictionary& dictionary) {
        const auto* element = dictionary.component(type, number);
        const bool own = element != nullptr && dictionary.type(type)->documented_in == dictionary.version();
        return !own ? std::string() : fmt::format("{}: {}", element->name, written(*element));
      });
      if (!page.facts.empty()) return page;
    }
  }
  const auto path = hl7::parse_path(word);
  return path && path->field != 0 ? place_page(*path) : std::nullopt;
}

}  // namespace myelin
