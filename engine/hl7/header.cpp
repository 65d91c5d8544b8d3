// Reading what stands at the head of a message, and in an answer, without building a Tree.
#include <optional>

#include "engine/hl7/ack.h"
#include "engine/hl7/escape.h"
#include "engine/hl7/msh.h"
#include "engine/hl7/piece.h"

namespace myelin::hl7 {

MshFields split_msh(std::string_view message) {
  MshFields fields;
  const char separator = message[3];
  fields[0] = message.substr(0, 3);
  fields[1] = message.substr(3, 1);
  std::size_t begin = 4;
  std::size_t field = 2;
  std::size_t at = begin;
  for (; at < message.size() && message[at] != '\r' && message[at] != '\n'; ++at) {
    if (message[at] != separator) continue;
    fields[field] = message.substr(begin, at - begin);
    begin = at + 1;
    if (++field == fields.size()) return fields;
  }
  fields[field] = message.substr(begin, at - begin);
  return fields;
}

Result<Header> read_header(std::string_view message) {
  auto delimiters = read_delimiters(message);
  if (!delimiters) return fail(delimiters);
  const auto fields = split_msh(message.substr(message_begin(message)));
  const char component = delimiters->component;
  Header header;
  header.delimiters = *delimiters;
  header.sending_application = fields[3];
  header.sending_facility = fields[4];
  header.receiving_application = fields[5];
  header.receiving_facility = fields[6];
  header.control_id = fields[10];
  header.message_code = piece(fields[9], component, 1).value_or(std::string_view());
  header.trigger_event = piece(fields[9], component, 2).value_or(std::string_view());
  header.structure = piece(fields[9], component, 3).value_or(std::string_view());
  header.processing_id = fields[11];
  header.version = first_piece(fields[12], component);
  header.sequence = fields[13];
  header.accept_ack = fields[15];
  header.application_ack = fields[16];
  header.charset = fields[18];
  return header;
}

std::string Header::type() const {
  std::string result(message_code);
  if (!trigger_event.empty()) result.append("^").append(trigger_event);
  return result;
}

namespace {

// The first line that begins with `name` and a separator.
std::optional<std::string_view> find_line(std::string_view message, std::string_view name, char separator) {
  while (!message.empty()) {
    const auto line = message.substr(0, message.find_first_of("\r\n"));
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == separator) return line;
    message.remove_prefix(std::min(line.size() + 1, message.size()));
  }
  return std::nullopt;
}

std::string leaf(std::string_view line, std::size_t field, const Delimiters& delimiters) {
  auto found = piece(line, delimiters.field, field + 1).value_or(std::string_view());
  found = first_piece(first_piece(found, delimiters.repetition), delimiters.component);
  return decode(first_piece(found, delimiters.subcomponent), delimiters);
}

}  // namespace

Result<Answer> read_answer(std::string_view bytes) {
  const auto delimiters = read_delimiters(bytes);
  if (!delimiters) return fail(FaultCode::garbage_answer, "the answer is not an HL7 message");
  const auto msa = find_line(bytes, "MSA", delimiters->field);
  if (!msa) return fail(FaultCode::garbage_answer, "the answer has no MSA segment");
  Answer answer;
  answer.code = leaf(*msa, 1, *delimiters);
  if (answer.code.empty()) return fail(FaultCode::garbage_answer, "the answer's MSA has no code", "MSA-1");
  answer.message_id = piece(*msa, delimiters->field, 3).value_or(std::string_view());
  answer.text = leaf(*msa, 3, *delimiters);
  answer.expected = leaf(*msa, 4, *delimiters);
  if (!answer.text.empty()) return answer;
  if (const auto err = find_line(bytes, "ERR", delimiters->field)) {
    answer.text = leaf(*err, 8, *delimiters);
    if (answer.text.empty()) answer.text = leaf(*err, 7, *delimiters);
  }
  return answer;
}

}  // namespace myelin::hl7
