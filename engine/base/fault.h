// Fault: an operating error of a message, a connection, the store or the process. One constexpr table (fault.cpp)
// says for each code what follows, what the peer is told, and what the operator reads in `myelin explain M0110`.
// Operating errors travel as Result<T>; no exception crosses our own functions. One idiom of propagation:
//     auto tree = hl7::Tree::parse(bytes);
//     if (!tree) return fail(tree);
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace myelin {

enum class FaultCode : std::uint16_t {
  // wire
  frame_too_large,
  frame_incomplete,
  frame_timeout,
  junk_before_frame,
  too_many_connections,
  frame_unterminated,
  habit_refused,
  // reading a message
  not_hl7,
  msh_too_short,
  bad_delimiters,
  too_many_segments,
  bad_segment,
  empty_message,
  bad_charset,
  batch_incomplete,
  file_unsuitable,
  not_json,
  not_xml,
  // accept
  type_not_accepted,
  version_not_accepted,
  required_missing,
  rejected,
  bad_structure,
  bad_format,
  not_in_table,
  bad_length,
  too_many,
  rule_broken,
  // steps
  unmapped,
  parked_by_step,
  held_by_step,
  bad_value,
  cannot_write,
  step_limit,
  wrong_body,
  unknown_recipient,
  no_recipient,
  bad_part,
  too_many_parts,
  // delivery
  unreachable,
  no_answer,
  connection_lost,
  refused_ae,
  refused_ar,
  wrong_answer_id,
  garbage_answer,
  in_doubt,
  refused_in_a_row,
  tls_failed,
  peer_not_allowed,
  unsuitable_answer,
  name_taken,
  peer_not_ready,
  address_not_allowed,
  token_refused,
  no_reply,
  not_wanted,
  out_of_sequence,
  // store
  disk_reserve,
  store_failed,
  corrupt_row,
  store_locked,
  schema_newer,
  store_unwritable,
  overloaded,
  store_setting,
  not_found,
  schema_invalid,
  // process
  port_in_use,
  key_unreadable,
  bad_address,
  stopping,
  bad_configuration,
  secret_missing,
  folder_unusable,
  // operator
  not_permitted,
  wrong_state,
  bad_request,
  daemon_not_reached,
  io_failed,
  // http
  no_such_page,
  wrong_method,
  request_too_large,
  head_too_large,
  request_timeout,
  request_incomplete,
  content_type_not_taken,
  not_authenticated,
};

// What follows when the fault stands alone. The lane's reply table may decide otherwise for answers of a peer.
enum class Disposition : std::uint8_t { refuse, retry, park, hold, stop };

struct FaultEntry {
  FaultCode code;
  std::string_view id;    // "M0110"
  std::string_view name;  // stable word for metrics: "not_hl7"
  Disposition disposition;
  std::string_view hl7_error;  // HL7 table 0357 code for ERR-3: "100" … "207"
  std::string_view ack;        // original-mode MSA-1 that a source answers with: "AE" or "AR"
  int http_status;
  std::string_view title;        // one line
  std::string_view explanation;  // what it means, what the engine did, what to do
};

const FaultEntry& entry(FaultCode code);
std::span<const FaultEntry> all_faults();
const FaultEntry* find_fault(std::string_view id_or_name);

struct Fault {
  FaultCode code{};
  std::string detail;            // what was met, in one sentence; never the content of a patient's field
  std::string at;                // place in the message: "PID[1]-8.1"; empty when it has none
  std::string place;             // place in the configuration: "conf/channels/adt.yaml:9:14"; empty when it has none
  char severity = 'E';           // ERR-4 (table 0516): E, W or I
  std::vector<Fault> more = {};  // what else is wrong with the same message: one ERR each; theirs is empty
};

// "M0110 not_hl7: the first segment is not MSH (at PID-3; conf/channels/adt.yaml:9:14)"
std::string to_string(const Fault& fault);

template <class T>
using Result = std::expected<T, Fault>;

inline std::unexpected<Fault> fail(Fault fault) { return std::unexpected<Fault>(std::move(fault)); }
inline std::unexpected<Fault> fail(FaultCode code, std::string detail, std::string at = {}) {
  return std::unexpected<Fault>(Fault{code, std::move(detail), std::move(at), {}});
}
template <class T>
std::unexpected<Fault> fail(Result<T>& result) {
  return std::unexpected<Fault>(std::move(result.error()));
}

}  // namespace myelin
