// The files of a configuration, read and parsed, before anything is understood: so that the compiler itself touches no
// disk, and a test compiles what stands in its own text.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/config/diagnostic.h"
#include "engine/config/source_text.h"

namespace myelin::routes {

struct ConfigurationFiles {
  bool live = false;      // the site of that name: what is a warning elsewhere may be a mistake here
  std::string directory;  // relative `file` options and samples are looked up from here
  std::shared_ptr<const config::SourceText> connections;  // null: there is none
  // In the order of their names.
  std::vector<std::shared_ptr<const config::SourceText>> channels, tables, blocks, profiles, dictionaries, maps;
  // NAME.test.yaml, beside the channel file of that name.
  std::map<std::string, std::shared_ptr<const config::SourceText>> tests;
  // Samples of tests in memory, by the path as the test writes it; others are read from the disk.
  std::map<std::string, std::string> samples;
  // Files that stand where others are read and are called otherwise: "conf/channels/adt.yml".
  std::vector<std::string> passed_over;
  bool tested = true;  // false: `tests` are passed over, as in a configuration of the past, whose samples are gone
};

// What was read, by the path below the directory: "channels/adt.yaml". And the same the other way; of what is no file
// of a configuration, `samples` has the text.
using Texts = std::map<std::string, std::string>;
Texts texts_of(const ConfigurationFiles& files);
ConfigurationFiles files_of(const std::string& directory, const Texts& texts);

// What cannot be read becomes a diagnostic.
// `site`: connections.SITE.yaml stands for connections.yaml; empty: connections.yaml.
ConfigurationFiles read_files(const std::string& directory, config::Diagnostics& diagnostics,
                              const std::string& site = {});

// Those of its folder `dictionary` alone.
std::vector<std::shared_ptr<const config::SourceText>> read_dictionary_files(const std::string& directory,
                                                                             config::Diagnostics& diagnostics);

// A warning for each file that was passed over, with the name it should have.
void warn_of_passed_over(const ConfigurationFiles& files, config::Diagnostics& diagnostics);

// "conf/channels/adt.yaml" -> "adt"
std::string name_of_file(const std::string& path);

}  // namespace myelin::routes
