#include "routes/compile/passed_over.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "routes/compile/files.h"

namespace myelin::routes {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kYamlFolders = {"channels", "blocks", "profiles", "maps", "dictionary"};
constexpr std::string_view kTables = "tables";
// As what spreadsheets and other programs save a table.
constexpr std::array<std::string_view, 7> kSheets = {".csv", ".tsv", ".tab", ".psv", ".xls", ".xlsx", ".ods"};

std::string in_small_letters(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_yaml(std::string_view extension) { return extension == ".yml" || extension == ".yaml"; }

}  // namespace

std::string name_to_be_read(std::string_view path) {
  const fs::path whole{path};
  const auto folder = whole.parent_path().string(), name = whole.filename().string();
  const auto written = whole.extension().string(), extension = in_small_letters(written);
  if (name.starts_with('.')) return {};
  // Beside the folders two kinds of file are read.
  const bool top = folder.empty() &&
                   (name == "myelin" + written || name == "connections" + written || name.starts_with("connections."));
  const auto called = [&](std::string_view right) {
    if (written == right) return std::string();
    return (fs::path(folder) / whole.stem()).string() + std::string(right);
  };
  if ((top || is_one_of(kYamlFolders, folder)) && is_yaml(extension)) return called(".yaml");
  if (folder == kTables && is_one_of(kSheets, extension)) return called(".csv");
  return {};
}

std::vector<std::string> passed_over(const std::string& directory) {
  std::vector<std::string> found;
  std::vector<std::string> folders = {"", std::string(kTables)};
  folders.insert(folders.end(), kYamlFolders.begin(), kYamlFolders.end());
  for (const auto& folder : folders) {
    std::error_code ignored;
    for (fs::directory_iterator entry(fs::path(directory) / folder, ignored), end; !ignored && entry != end;
         entry.increment(ignored)) {
      const auto name = (fs::path(folder) / entry->path().filename()).string();
      std::error_code unknown;
      if (!name_to_be_read(name).empty() && !entry->is_directory(unknown))
        found.push_back((fs::path(directory) / name).string());
    }
  }
  std::ranges::sort(found);
  return found;
}

void warn_of_passed_over(const ConfigurationFiles& files, config::Diagnostics& diagnostics) {
  const auto read = texts_of(files);
  for (const auto& path : files.passed_over) {
    const auto below = path.substr(files.directory.empty() ? 0 : files.directory.size() + 1);
    const auto right = name_to_be_read(below);
    const auto name = fs::path(right).filename().string();
    const bool sheet = right.ends_with(".csv") && in_small_letters(fs::path(below).extension().string()) != ".csv";
    std::string hint = "call it " + name;
    if (sheet) hint = "a table is a file of comma-separated values: save it as " + name;
    if (read.contains(right)) hint = name + " is read; take this one away";
    diagnostics.add("W0159", config::Place{std::make_shared<config::SourceText>(path, ""), 0, 0, 1},
                    below + " is not read", std::move(hint));
  }
}

}  // namespace myelin::routes
