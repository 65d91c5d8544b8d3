#include "adapters/http/outcome.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

#include "engine/hl7/ack.h"

namespace myelin::http {
namespace {

constexpr std::size_t kKept = std::size_t{1024} * 1024;  // of an answer
constexpr std::int64_t kMostSeconds = std::int64_t{10} * 365 * 24 * 60 * 60;

std::string_view trimmed(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

// The peer has read the message; the acknowledgement in its answer has the last word.
void heed_acknowledgement(Outcome& result, std::string_view body, std::string_view control_id) {
  if (!body.starts_with("MSH")) return;
  const auto said = hl7::read_answer(body);
  if (!said) return;
  const auto about = trimmed(said->message_id);
  if (!about.empty() && !control_id.empty() && about != control_id) {
    if (result.kind == Outcome::Kind::refused) return;
    result.kind = Outcome::Kind::unknown;
    result.fault = Fault{FaultCode::wrong_answer_id, "MSA-2 is not the MSH-10 that was sent", {}, {}};
    return;
  }
  const bool no = said->code == "AE" || said->code == "AR" || said->code == "CE" || said->code == "CR";
  if (!no) return;
  result.kind = Outcome::Kind::refused;
  result.code = said->code;
  const auto code = said->code == "AE" ? FaultCode::refused_ae : FaultCode::refused_ar;
  result.fault = Fault{code, "the peer answered " + said->code, {}, {}};
}

}  // namespace

Outcome outcome_of(const net::HttpResponse& response, std::string_view control_id, WallTime now) {
  const auto status = response.status;
  Outcome result;
  result.kind = Outcome::Kind::refused;
  result.code = std::to_string(status);
  result.response = Bytes(response.body.substr(0, kKept));
  const auto said = "the peer answered " + result.code + " " + std::string(net::reason_phrase(status));
  if (status >= 200 && status < 300) {
    result.kind = Outcome::Kind::accepted;
  } else if (asks_to_come_again(result.code)) {
    result.fault = Fault{FaultCode::peer_not_ready, said, {}, {}};
    result.retry_after = parse_retry_after(find_header(response.headers, "Retry-After"), now);
  } else if (status >= 300 && status < 400) {
    result.fault = Fault{FaultCode::unsuitable_answer, said + "; a redirect is never followed", {}, {}};
  } else {
    result.fault = Fault{FaultCode::unsuitable_answer, said, {}, {}};
  }
  // 500 is how HAPI accompanies an AE; with 503 and the like it is the status that says to come again.
  if (status <= 500 && status != 408 && status != 429) heed_acknowledgement(result, response.body, trimmed(control_id));
  return result;
}

std::optional<Duration> parse_retry_after(std::string_view field, WallTime now) {
  field = trimmed(field);
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), count);
  if (error == std::errc() && end == field.data() + field.size() && count >= 0 && count <= kMostSeconds)
    return seconds(count);
  std::tm parts{};
  const std::string text(field);
  const char* rest = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  // In whole seconds, which hold any year that can be written; nanoseconds end in 2262.
  const auto left =
      static_cast<std::int64_t>(::timegm(&parts)) - std::chrono::floor<seconds>(now).time_since_epoch().count();
  return seconds(std::clamp<std::int64_t>(left, 0, kMostSeconds));
}

}  // namespace myelin::http
