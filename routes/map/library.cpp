#include "routes/map/library.h"

#include <algorithm>
#include <cstdlib>

#include "engine/schema/facts.h"
#include "routes/map/library_reader.h"

namespace myelin::mapping {

const Codes::Row* Codes::find(std::string_view code) const {
  const auto found = std::ranges::find(rows, code, &Row::code);
  return found == rows.end() ? nullptr : &*found;
}

std::unique_ptr<const Library> Library::read(const std::vector<std::string_view>& texts, std::string& mistake) {
  auto library = std::make_unique<Library>();
  LibraryReader reader(*library);
  const bool good = reader.read(texts, library->digest_);
  mistake = reader.mistake();
  if (!good) return nullptr;
  return library;
}

const Library& Library::embedded() {
  static const auto kLibrary = [] {
    const auto maps = schema::embedded_maps();
    std::string mistake;
    auto library = read({maps.codes, maps.types, maps.resources, maps.oru}, mistake);
    if (!library) std::abort();  // a bug of the build: a unit test reads the same texts and says the line
    return library;
  }();
  return *kLibrary;
}

const MessageMap* Library::message(std::string_view name) const {
  const auto found = messages_.find(name);
  return found == messages_.end() ? nullptr : found->second.get();
}

std::vector<std::string_view> Library::names() const {
  std::vector<std::string_view> all;
  for (const auto& [name, message] : messages_) all.push_back(name);
  return all;
}

std::string_view Library::code_system(std::string_view name) const {
  const auto found = systems_.find(name);
  return found == systems_.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view Library::code_system_name(std::string_view uri) const {
  for (const auto& [name, known] : systems_)
    if (known == uri) return name;
  return {};
}

const Codes* Library::codes(std::string_view name) const {
  const auto found = codes_.find(name);
  return found == codes_.end() ? nullptr : found->second.get();
}

}  // namespace myelin::mapping
