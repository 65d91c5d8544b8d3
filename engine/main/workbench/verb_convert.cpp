// `myelin convert`: a message between ER7 (the form with | and ^) and HL7 v2 XML.
#include <fmt/format.h>

#include "engine/fhir/json.h"
#include "engine/hl7/charset.h"
#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/message_file.h"
#include "engine/main/workbench/profile_file.h"
#include "engine/schema/xml.h"

namespace myelin {
namespace {

// UTF-8, as XML needs it; MSH-18 says how to read what came.
Result<std::string> to_xml(std::string message) {
  const auto decoded = hl7::decode_message(Bytes(std::move(message)), {});
  if (!decoded) return std::unexpected(decoded.error());
  const auto tree = hl7::Tree::parse(decoded->text);
  if (!tree) return std::unexpected(tree.error());
  return schema::write_xml(*tree);
}

Exit convert(const std::string& file, const Console& console) {
  if (!use_site_dictionary(default_configuration_directory(), console)) return Exit::not_so;
  const auto content = read_input(file);
  if (!content) return console.report(content.error());
  json::Value all{json::Array{}};
  const auto show = [&](Result<std::string> made) {
    if (!made) return console.report(made.error());
    if (console.json()) all.push(*made);
    else console.line(*made);
    return Exit::ok;
  };
  if (schema::looks_like_xml(*content)) {
    const auto shown = show(schema::read_xml(*content));
    if (shown != Exit::ok) return shown;
  } else {
    for (auto& message : split_messages(*content))
      if (const auto shown = show(to_xml(std::move(message))); shown != Exit::ok) return shown;
  }
  if (console.json()) console.print(all);
  return Exit::ok;
}

}  // namespace

void add_convert(Commands& commands) {
  auto file = std::make_shared<std::string>();
  commands.add(Group::bench, "convert", "writes a message as HL7 v2 XML, and XML as a message with | and ^")
      .argument("FILE", *file, "the message, in either form; - for standard input")
      .json()
      .detail("What begins with < is read as XML; a DOCTYPE is refused.")
      .example("myelin convert message.hl7 > message.xml")
      .example("myelin convert message.xml | myelin parse -")
      .run([file](Console& console) { return convert(*file, console); });
}

}  // namespace myelin
