#include "engine/main/workbench/profile_file.h"

#include <filesystem>

#include "engine/main/workbench/diagnostics_report.h"
#include "routes/compile/files.h"
#include "routes/dictionary/dictionary.h"
#include "routes/steps/table.h"

namespace myelin {
namespace {

namespace fs = std::filesystem;

// conf/tables, beside conf/profiles: what formulas of the profile look up.
void read_tables(const fs::path& folder, expr::Scope& scope, config::Diagnostics& diagnostics) {
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    if (entry->path().extension() != ".csv") continue;
    const auto source = config::SourceText::read(entry->path().string());
    if (!source) continue;
    const auto name = entry->path().stem().string();
    scope.tables.emplace(name, routes::Table::read(*source, name, diagnostics));
  }
}

}  // namespace

bool use_site_dictionary(const std::string& directory, const Console& console) {
  config::Diagnostics diagnostics;
  routes::use_dictionaries(routes::read_dictionary_files(directory, diagnostics), diagnostics);
  if (!diagnostics.ok()) print_diagnostics(console, diagnostics, stderr);
  return diagnostics.ok();
}

std::shared_ptr<const routes::Profile> load_profile(const std::string& named, const std::string& directory,
                                                    const Console& console) {
  if (!use_site_dictionary(directory, console)) return nullptr;
  if (named == routes::kStandardProfile) return routes::Profile::standard();
  const bool path = named.contains('/') || named.ends_with(".yaml");
  const auto file = path ? fs::path(named) : fs::path(directory) / "profiles" / (named + ".yaml");
  const auto source = config::SourceText::read(file.string());
  if (!source) {
    console.report(source.error());
    return nullptr;
  }
  config::Diagnostics diagnostics;
  expr::Scope scope;
  read_tables(file.parent_path().parent_path() / "tables", scope, diagnostics);
  auto profile = routes::Profile::read(*source, scope, diagnostics);
  if (diagnostics.ok()) return profile;
  print_diagnostics(console, diagnostics, stderr);
  return nullptr;
}

}  // namespace myelin
