// .incbin puts the file's bytes into this object as they are; MYELIN_R4 is its path (CMakeLists.txt).
#include "engine/fhir/definitions.h"

#include <algorithm>
#include <cstddef>

asm(".pushsection .rodata\nmyelin_fhir_r4:\n.incbin \"" MYELIN_R4 "\"\nmyelin_fhir_r4_end:\n.byte 0\n.popsection\n");
extern "C" const char myelin_fhir_r4[];
extern "C" const char myelin_fhir_r4_end[];

namespace myelin::fhir {
namespace {

// What stands before the mark; `text` is left with what stands behind it.
std::string_view take(std::string_view& text, char mark) {
  const auto end = std::min(text.find(mark), text.size());
  const auto head = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return head;
}

}  // namespace

Definitions::Definitions(std::string_view text) {
  while (!text.empty()) {
    auto line = take(text, '\n');
    if (line.empty() || line.front() == '#') continue;
    if (line.front() != '=') {
      add_element(line);
      continue;
    }
    auto& codes = codes_[take(line, '\t').substr(1)];
    while (!line.empty()) codes.insert(take(line, ' '));
  }
  for (auto& [path, parts] : parts_)
    for (auto& part : parts)
      if (const auto found = codes_.find(part.codes_name); found != codes_.end()) part.codes = &found->second;
}

void Definitions::add_element(std::string_view line) {
  Element element;
  element.path = take(line, '\t');
  const auto dot = element.path.rfind('.');
  element.name = element.path.substr(dot + 1);
  const auto often = take(line, '\t');
  element.required = !often.starts_with('0');
  element.repeats = often.ends_with('*');
  auto types = take(line, '\t');
  while (!types.empty()) element.types.push_back(take(types, ','));
  element.codes_name = line;
  parts_[element.path.substr(0, dot)].push_back(std::move(element));
}

const Definitions& Definitions::r4() {
  static const Definitions kDefinitions(
      std::string_view(myelin_fhir_r4, static_cast<std::size_t>(myelin_fhir_r4_end - myelin_fhir_r4)));
  return kDefinitions;
}

const std::vector<Element>* Definitions::parts_of(std::string_view path) const {
  const auto found = parts_.find(path);
  return found == parts_.end() ? nullptr : &found->second;
}

}  // namespace myelin::fhir
