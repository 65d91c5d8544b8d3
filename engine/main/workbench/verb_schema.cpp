// `myelin schema`: the JSON Schemas of the files a person writes, for editors.
#include <filesystem>

#include "adapters/catalog.h"
#include "engine/main/command.h"
#include "routes/compile/json_schema.h"

namespace myelin {

namespace {

struct SchemaOptions {
  std::string name = "channel", into;
};

Exit write_all(const std::string& folder, const Console& console) {
  for (const auto name : routes::schema_names()) {
    const auto path = (std::filesystem::path(folder) / (std::string(name) + ".schema.json")).string();
    auto written = write_output(path, routes::json_schema(name, adapters::catalog()));
    if (!written) return console.report(written.error());
    console.line("wrote " + path);
  }
  return Exit::ok;
}

Exit schema(const SchemaOptions& options, const Console& console) {
  if (!options.into.empty()) return write_all(options.into, console);
  const auto text = routes::json_schema(options.name, adapters::catalog());
  if (text.empty()) {
    console.error("there is no schema '" + options.name + "'; there are channel, connections, block and overlay");
    return Exit::usage;
  }
  console.line(std::string_view(text).substr(0, text.size() - 1));
  return Exit::ok;
}

}  // namespace

void add_schema(Commands& commands) {
  auto options = std::make_shared<SchemaOptions>();
  commands.add(Group::write, "schema", "prints the JSON Schema of a file, for editors that complete and check YAML")
      .optional("NAME", options->name, "channel (when not said), connections or block")
      .option("--into", "DIR", options->into, "write all of them into a folder instead: NAME.schema.json")
      .example("myelin schema channel > channel.schema.json")
      .example("myelin schema --into schemas/")
      .run([options](Console& console) { return schema(*options, console); });
}

}  // namespace myelin
