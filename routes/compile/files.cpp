#include "routes/compile/files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "routes/compile/passed_over.h"

namespace myelin::routes {
namespace {

namespace fs = std::filesystem;
using config::SourceText;

std::vector<std::string> list(const std::string& folder, std::string_view extension) {
  std::vector<std::string> paths;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored))
    if (entry->path().extension() == extension && !entry->path().filename().string().starts_with('.'))
      paths.push_back(entry->path().string());
  std::ranges::sort(paths);
  return paths;
}

std::shared_ptr<const SourceText> read(const std::string& path, config::Diagnostics& diagnostics) {
  auto text = SourceText::read(path);
  if (text) return *text;
  diagnostics.add("C0007", config::Place{std::make_shared<SourceText>(path, ""), 0, 0, 1},
                  "the file cannot be read: " + text.error().detail, "check its owner, its mode and its size");
  return nullptr;
}

// A table may be larger than a YAML file may.
std::shared_ptr<const SourceText> read_table(const std::string& path, config::Diagnostics& diagnostics) {
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  auto text = std::make_shared<const SourceText>(path, std::move(content));
  if (file.is_open() && !file.bad()) return text;
  diagnostics.add("C0007", config::Place{text, 0, 0, 1}, "the file cannot be read", "check its owner and its mode");
  return nullptr;
}

constexpr std::string_view kLiveSite = "live";
constexpr std::string_view kTest = ".test.yaml";

}  // namespace

ConfigurationFiles read_files(const std::string& given, config::Diagnostics& diagnostics, const std::string& site) {
  auto directory = given;
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  ConfigurationFiles files;
  files.directory = directory;
  std::error_code ignored;
  if (!fs::is_directory(directory + "/channels", ignored))
    diagnostics.add("C0007", config::Place{std::make_shared<SourceText>(directory + "/channels", ""), 0, 0, 1},
                    "there is no such folder", "a configuration has connections.yaml, channels/, tables/ and blocks/");
  files.live = site == kLiveSite;
  const auto of_site = directory + "/connections." + site + ".yaml";
  const bool own = !site.empty() && fs::exists(of_site, ignored);
  if (!site.empty() && !own && !files.live)
    diagnostics.add("C0007", config::Place{std::make_shared<SourceText>(of_site, ""), 0, 0, 1},
                    "there are no connections of a site '" + site + "'",
                    "connections." + site + ".yaml has the names of connections.yaml, with the addresses of that site");
  const auto connections = own ? of_site : directory + "/connections.yaml";
  if (fs::exists(connections, ignored)) files.connections = read(connections, diagnostics);
  for (const auto& path : list(directory + "/channels", ".yaml")) {
    auto text = read(path, diagnostics);
    if (!text) continue;
    if (path.ends_with(kTest))
      files.tests.emplace(path.substr(0, path.size() - kTest.size()) + ".yaml", std::move(text));
    else files.channels.push_back(std::move(text));
  }
  for (const auto& path : list(directory + "/tables", ".csv"))
    if (auto text = read_table(path, diagnostics)) files.tables.push_back(std::move(text));
  for (const auto& path : list(directory + "/blocks", ".yaml"))
    if (auto text = read(path, diagnostics)) files.blocks.push_back(std::move(text));
  for (const auto& path : list(directory + "/profiles", ".yaml"))
    if (auto text = read(path, diagnostics)) files.profiles.push_back(std::move(text));
  for (const auto& path : list(directory + "/maps", ".yaml"))
    if (auto text = read(path, diagnostics)) files.maps.push_back(std::move(text));
  files.dictionaries = read_dictionary_files(directory, diagnostics);
  files.passed_over = passed_over(directory);
  return files;
}

std::vector<std::shared_ptr<const SourceText>> read_dictionary_files(const std::string& directory,
                                                                     config::Diagnostics& diagnostics) {
  std::vector<std::shared_ptr<const SourceText>> files;
  for (const auto& path : list(directory + "/dictionary", ".yaml"))
    if (auto text = read(path, diagnostics)) files.push_back(std::move(text));
  return files;
}

Texts texts_of(const ConfigurationFiles& files) {
  Texts texts;
  const auto add = [&](const std::shared_ptr<const SourceText>& source) {
    const auto& path = source->path();
    const auto below = files.directory.empty() ? 0 : files.directory.size() + 1;
    texts.emplace(path.substr(std::min(below, path.size())), source->content());
  };
  if (files.connections) add(files.connections);
  for (const auto* all :
       {&files.channels, &files.tables, &files.blocks, &files.profiles, &files.dictionaries, &files.maps})
    for (const auto& source : *all) add(source);
  for (const auto& [channel, source] : files.tests) add(source);
  return texts;
}

ConfigurationFiles files_of(const std::string& directory, const Texts& texts) {
  ConfigurationFiles files;
  files.directory = directory;
  for (const auto& [name, content] : texts) {
    const auto path = (std::filesystem::path(directory) / name).string();
    const auto source = std::make_shared<const SourceText>(path, content);
    if (!name_to_be_read(name).empty()) files.passed_over.push_back(path);
    else if (name.starts_with("connections.") && name.ends_with(".yaml")) files.connections = source;
    else if (name.starts_with("tables/")) files.tables.push_back(source);
    else if (name.starts_with("blocks/")) files.blocks.push_back(source);
    else if (name.starts_with("dictionary/")) files.dictionaries.push_back(source);
    else if (name.starts_with("profiles/")) files.profiles.push_back(source);
    else if (name.starts_with("maps/")) files.maps.push_back(source);
    else if (name.ends_with(kTest)) files.tests.emplace(path.substr(0, path.size() - kTest.size()) + ".yaml", source);
    else if (name.starts_with("channels/") && name.ends_with(".yaml")) files.channels.push_back(source);
    else files.samples.emplace(name, content);
  }
  return files;
}

std::string name_of_file(const std::string& path) { return fs::path(path).stem().string(); }

}  // namespace myelin::routes
