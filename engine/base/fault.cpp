#include "engine/base/fault.h"

#include <algorithm>
#include <array>

namespace myelin {
namespace {

using enum FaultCode;
using enum Disposition;

// The one table. Sorted as the enum is; the order is asserted below.
constexpr auto kFaults = std::to_array<FaultEntry>({
    {frame_too_large, "M0101", "frame_too_large", refuse, "207", "AR", 413,
     "The frame is larger than the listener allows",
     "The peer sent more bytes in one frame than `max_frame` of this listener (64MiB unless set). It was answered AR "
     "and the "
     "connection was closed; nothing of it was stored but its size. Raise `max_frame` on the source if the message is "
     "legitimate."},
    {frame_incomplete, "M0102", "frame_incomplete", refuse, "207", "AE", 400, "The connection ended inside a frame",
     "Start byte 0x0B came, end bytes 0x1C 0x0D did not before the peer closed. No answer could be sent, so the peer "
     "will send "
     "again. The bytes are kept as an incident (`myelin incidents`). Look for a network device that cuts long "
     "transfers."},
    {frame_timeout, "M0103", "frame_timeout", refuse, "207", "AE", 408, "The frame did not complete in time",
     "The first byte came but the rest did not within `frame_timeout` (120s unless set). The connection was closed. A "
     "peer that "
     "omits the end bytes looks like this."},
    {junk_before_frame, "M0104", "junk_before_frame", refuse, "207", "AE", 400, "Bytes came that belong to no frame",
     "Bytes before the start byte 0x0B were skipped, counted and kept as an incident. Single NUL, CR, LF and space "
     "bytes between "
     "frames are known habits and are skipped without an incident."},
    {too_many_connections, "M0105", "too_many_connections", refuse, "207", "AE", 503,
     "The listener has reached its connections limit",
     "The new connection was closed at once; those that stand are untouched. Raise `max_connections` of the source, or "
     "find the "
     "peer that connects and never closes: `myelin status CHANNEL` lists them."},
    {frame_unterminated, "M0106", "frame_unterminated", refuse, "207", "AE", 400,
     "A new frame began before the last one ended",
     "A second start byte followed a carriage return inside a frame: the peer lost its end bytes. The unfinished frame "
     "is kept as an "
     "incident and reading went on at the new start byte."},
    {habit_refused, "M0107", "habit_refused", refuse, "207", "AR", 400,
     "The peer has a habit that this connection refuses",
     "The connection says `strict` of something that peers do and that is borne elsewhere: `habits: { lf_segments: "
     "strict }`. "
     "The detail names it. The message is kept as an incident (`myelin incidents`); let the sender be mended, or say "
     "`tolerant`."},
    {not_hl7, "M0110", "not_hl7", refuse, "100", "AR", 400, "The bytes are not an HL7 v2 message",
     "A message begins with MSH, and has no other: two messages in one frame or request are refused, so that nothing "
     "of "
     "the second goes under the patient of the first. The peer was answered AR with what could be read, and the bytes "
     "are kept as an incident (`myelin incidents`). If the feed is not HL7 v2, use another source."},
    {msh_too_short, "M0111", "msh_too_short", refuse, "101", "AR", 400, "MSH ends before its delimiters do",
     "MSH-1 and MSH-2 say how to read the rest; they were cut short. The bytes are kept as an incident (`myelin "
     "incidents`)."},
    {bad_delimiters, "M0112", "bad_delimiters", refuse, "102", "AR", 400,
     "MSH-1 or MSH-2 does not hold usable delimiters",
     "The delimiters must be different from each other, and neither letters, digits, spaces nor line ends (HL7 v2, "
     "2.5.4)."},
    {too_many_segments, "M0113", "too_many_segments", refuse, "207", "AR", 413,
     "The message has more parts than the engine reads",
     "A message may have 1,000,000 segments and 16,000,000 fields. Whatever this is, it is not one message."},
    {bad_segment, "M0114", "bad_segment", refuse, "100", "AE", 400, "A segment has no valid name",
     "A segment name is three characters, a letter first and then letters or digits. The message is stored; the "
     "segment is kept as it is."},
    {empty_message, "M0115", "empty_message", refuse, "100", "AR", 400, "The frame is empty",
     "A start byte was followed by the end bytes at once. Some devices do so to test the line. Nothing was stored."},
    {bad_charset, "M0116", "bad_charset", refuse, "102", "AE", 400, "The bytes do not fit the declared character set",
     "MSH-18 names a character set in which these bytes have no meaning. The place is their offset in the message."},
    {batch_incomplete, "M0117", "batch_incomplete", refuse, "207", "AR", 400,
     "The batch does not have what its trailer says",
     "BTS-1 or FTS-1 names another number of messages or batches than the file has, or a batch that was begun does not "
     "end. Nothing of the file was taken; it was set aside with its bytes. Ask the sender for the whole file."},
    {file_unsuitable, "M0118", "file_unsuitable", refuse, "207", "AR", 400, "The file is none that may be taken",
     "A link, a file with a second name elsewhere, a pipe or device, or one that this user may not read; the detail "
     "says "
     "which. Links are refused because they could lead out of the folder. It was set aside, unread. Have a copy "
     "dropped, "
     "or give the engine's user the right to read, and move it back."},
    {not_json, "M0120", "not_json", refuse, "207", "AR", 400, "The bytes are not JSON",
     "The channel says `accept: { body: json }`. JSON is UTF-8 and one value (RFC 8259); the place is an offset in the "
     "bytes, which are kept as an incident."},
    {not_xml, "M0121", "not_xml", refuse, "207", "AR", 400, "The bytes are not an XML document",
     "The channel says `accept: { body: xml }`. A document begins, after its declaration and comments, with the tag of "
     "its root, in an encoding that writes < as ASCII does. The bytes are kept as an incident (`myelin incidents`)."},
    {type_not_accepted, "M0201", "type_not_accepted", refuse, "200", "AR", 422,
     "The channel does not accept this message type",
     "MSH-9 is not in `accept: types:` of the channel. The peer was answered AR; the bytes are kept as an incident "
     "(`myelin incidents`). "
     "Add the type to "
     "the channel, or ask the sender to stop."},
    {version_not_accepted, "M0202", "version_not_accepted", refuse, "203", "AR", 422,
     "The channel does not accept this HL7 version", "MSH-12 is not in `accept: versions:` of the channel."},
    {required_missing, "M0203", "required_missing", refuse, "101", "AE", 422, "A required field is empty",
     "`accept: validate: require:` names the field. The sender was told which in ERR-2; the bytes are kept as an "
     "incident."},
    {rejected, "M0204", "rejected", refuse, "207", "AE", 422, "The channel's `reject` rule matched",
     "A `reject:` in `accept` says that such a message is not wanted. Its reason stands in MSA-3 and ERR-8."},
    {bad_structure, "M0205", "bad_structure", refuse, "100", "AE", 422,
     "The segments are not those of the message's type",
     "A segment is missing, stands twice or out of order, as the structure of MSH-9 has it in this version. `myelin "
     "validate FILE` shows where; a profile can say `severity: { structure: warning }`."},
    {bad_format, "M0206", "bad_format", refuse, "102", "AE", 422, "A value does not have the format of its data type",
     "For example a date that is no date, or more components than the data type has. `myelin validate FILE` shows the "
     "place and what is expected there."},
    {not_in_table, "M0207", "not_in_table", refuse, "103", "AE", 422, "A code is none of its table",
     "The table is HL7's, or one that the profile names. Add the code to the profile's table, or ask the sender which "
     "code is meant."},
    {bad_length, "M0208", "bad_length", refuse, "102", "AE", 422, "A value is longer or shorter than agreed",
     "The length is that of the version's dictionary, or of the profile. A receiver with fixed columns cuts what is "
     "longer."},
    {too_many, "M0209", "too_many", refuse, "102", "AE", 422, "Something stands more or less often than agreed",
     "A field repeats that should not, or a segment stands more or less often than the profile says."},
    {rule_broken, "M0210", "rule_broken", refuse, "207", "AE", 422, "A rule of the profile does not hold",
     "The text is that of the rule, as the profile has it under `rules:`."},
    {unmapped, "M0301", "unmapped", park, "103", "AE", 422, "A code has no row in its table",
     "`map` found no row for the value, and `unmapped:` says that a person decides. `myelin unmapped` lists the codes "
     "that are missing; `myelin unmapped add TABLE CODE COLUMN=VALUE` writes the row and lets all go that waits for "
     "it."},
    {parked_by_step, "M0302", "parked_by_step", park, "207", "AE", 422, "A `park` step set the message aside",
     "The channel asks for a person's eye. `myelin trace ID` shows the step and its reason; `myelin retry` or `myelin "
     "discard` decides."},
    {held_by_step, "M0303", "held_by_step", hold, "207", "AE", 422, "A step holds the lane",
     "The channel says that what follows must wait until a person has looked. `myelin release` lets the lane go on."},
    {bad_value, "M0304", "bad_value", park, "102", "AE", 422, "A step met a value that it cannot work with",
     "For example a date that is no date. The message is set aside as it was received; correct the channel or the data "
     "and retry."},
    {cannot_write, "M0305", "cannot_write", park, "207", "AE", 422, "A step cannot write to this place",
     "For example MSH-1, which says how to read the message."},
    {step_limit, "M0306", "step_limit", park, "207", "AE", 422, "A step reached its limit",
     "Steps are bounded in number, output size and time, so that one message cannot stop the lane."},
    {wrong_body, "M0307", "wrong_body", park, "207", "AE", 422, "The step needs another kind of body",
     "For example an HL7 step on bytes that do not parse."},
    {unknown_recipient, "M0320", "unknown_recipient", park, "207", "AE", 422, "`to` names what is no connection",
     "The formula under `to:` of the route gave a name that connections.yaml does not have, or that cannot be a "
     "destination. Recipients that it named beside it get the message; this delivery waits under the route's own name. "
     "Correct the table, the formula or connections.yaml, reload, then `myelin retry` the delivery: the formula is "
     "asked again, and nobody gets the message twice."},
    {no_recipient, "M0321", "no_recipient", park, "207", "AE", 422, "`to` names nobody",
     "The formula under `to:` of the route gave no name, so nobody would get a message that the route wants. Where "
     "that is meant, let `when:` of the route say so. Else correct the table or the formula, reload, then `myelin "
     "retry` the delivery."},
    {bad_part, "M0322", "bad_part", park, "207", "AE", 422, "The message has other parts than when it was stored",
     "A delivery is one part of its message, counted when the message was stored. The configuration was changed since "
     "(`split:`, or a step above it), and what the count meant is no longer known. Nothing was sent. Bring the former "
     "`split:` back and release it, or discard it and let the sender repeat the message."},
    {too_many_parts, "M0323", "too_many_parts", park, "207", "AE", 422, "The message makes too many deliveries",
     "One message has at most 1,000 deliveries, parts times recipients. It was stored and waits, not yet routed. Split "
     "by a larger group, then `myelin retry` it."},
    {unreachable, "M0401", "unreachable", retry, "207", "AE", 502, "The destination cannot be reached",
     "No connection could be made, so nothing was sent. The lane tries again with growing pauses, for ever; what "
     "follows waits in "
     "order. Check address, firewall and the peer."},
    {no_answer, "M0402", "no_answer", retry, "207", "AE", 504, "The destination did not answer in time",
     "The message was sent and may have been processed. The connection was closed and the same bytes are sent again "
     "with the same "
     "MSH-10, marked possible_duplicate."},
    {connection_lost, "M0403", "connection_lost", retry, "207", "AE", 502, "The connection broke before the answer",
     "The message may have been processed. The same bytes are sent again, marked possible_duplicate."},
    {refused_ae, "M0404", "refused_ae", park, "207", "AE", 502, "The destination answered AE",
     "It says the content is wrong, so repeating does not help. The delivery waits for a person: correct what is "
     "wrong, "
     "then `myelin retry` one that is parked, or `myelin release` one that is held, and with it its lane or key."},
    {refused_ar, "M0405", "refused_ar", retry, "207", "AE", 502, "The destination answered AR or CE",
     "It says it cannot take the message now, or not this type. It is tried three times in a minute and then parked."},
    {wrong_answer_id, "M0406", "wrong_answer_id", retry, "207", "AE", 502, "The answer is for another message",
     "MSA-2 is not the MSH-10 that was sent, nor one of the last 16. The connection was closed and the message is sent "
     "again; the "
     "answer is credited to nobody."},
    {garbage_answer, "M0407", "garbage_answer", retry, "207", "AE", 502, "The answer is not an HL7 acknowledgement",
     "No MSA, or not a message. The connection was closed and the message is sent again. After three in a row the lane "
     "is held."},
    {in_doubt, "M0408", "in_doubt", park, "207", "AE", 504, "This message was sent ten times without an answer",
     "The peer answers other messages but not this one: it may crash on it. It was set aside so that the others flow."},
    {refused_in_a_row, "M0409", "refused_in_a_row", hold, "207", "AE", 502, "Three messages in a row were refused",
     "The peer refuses everything, which is seldom the messages' fault. The lane is held with all in order; `myelin "
     "release` when the "
     "peer is well."},
    {tls_failed, "M0410", "tls_failed", retry, "207", "AE", 502, "The TLS handshake failed",
     "The detail has the library's reason: expired, wrong authority, no client certificate, no common version. "
     "`openssl s_client` shows more."},
    {peer_not_allowed, "M0411", "peer_not_allowed", retry, "207", "AE", 502, "The peer's certificate has another name",
     "The certificate is valid but its names are not in `tls: names:` of the connection."},
    {unsuitable_answer, "M0412", "unsuitable_answer", park, "207", "AE", 502, "The destination refused the request",
     "An answer that repeating cannot change. The delivery is parked with the answer."},
    {name_taken, "M0413", "name_taken", park, "207", "AE", 409, "A file of this name is there already",
     "The destination's `name` gave the name of a file with other content, and `exists: fail` says that a person "
     "looks. "
     "Nothing was overwritten. Put {id} into the name, or say `exists: number`."},
    {peer_not_ready, "M0414", "peer_not_ready", retry, "207", "AE", 503, "The destination asked to come again later",
     "HTTP 408, 429 or 5xx: it is tried again until another answer comes, after the pause that the peer named in "
     "Retry-After, else with the growing pauses of the route's `retry`; a row of its `on_reply` that says `every` goes "
     "by that alone."},
    {address_not_allowed, "M0415", "address_not_allowed", retry, "207", "AE", 502,
     "The destination's address is not allowed",
     "The host's name leads to an address that the connection may not dial: one outside its `allow:` list, or a "
     "loopback, link-local or cloud metadata address that the list does not name. Nothing was sent. Check the name "
     "service first; then, if the address is right, add it to `allow:`."},
    {token_refused, "M0416", "token_refused", retry, "207", "AE", 502, "The token endpoint gave no token",
     "The OAuth 2 server of the connection refused the client, or its answer has no access_token. Nothing was sent to "
     "the destination. Check `client`, `secret` and `scope` with whoever runs that server."},
    {no_reply, "M0417", "no_reply", retry, "207", "AE", 504, "The answer did not come",
     "The channel answers its sender with a peer's own answer (`reply: from`), and none came within the time, or the "
     "message stands, was set aside or was discarded. The sender got `otherwise`; `then` says whether the message goes "
     "on. `myelin trace` shows what became of it."},
    {not_wanted, "M0418", "not_wanted", refuse, "207", "AR", 422, "No route wants the message",
     "The message is stored and goes nowhere. The channel says `reply: filtered`, so its sender is told; without that "
     "it would be answered AA."},
    {out_of_sequence, "M0419", "out_of_sequence", hold, "207", "AE", 409, "The sequence number is not the expected one",
     "MSH-13 of a message, or MSA-4 of an answer, is not the number that the sequence number protocol wants next, so "
     "messages between the two were lost or doubled. A source took nothing and told the sender which number it "
     "expects; "
     "a destination holds its route. Find out with the peer what is missing; `sequence: resynchronise` at the "
     "destination begins anew with the next message."},
    {disk_reserve, "M0501", "disk_reserve", refuse, "207", "AE", 507, "The disk has reached its reserve",
     "New messages are refused with AE so that the senders keep them; deliveries go on. Admission resumes by itself "
     "when space "
     "returns. Free space, or lower `store: reserve:`."},
    {store_failed, "M0502", "store_failed", stop, "207", "AE", 503, "The store cannot write",
     "A commit failed. After a failed fsync no one knows what is on the disk, so nothing more is acknowledged, the "
     "process ends with "
     "status 74 and verifies the store when it starts again. Check the disk: `dmesg`, SMART."},
    {corrupt_row, "M0503", "corrupt_row", park, "207", "AE", 500, "A stored message does not match its checksum",
     "The bytes on disk are not the bytes that were received. The delivery is parked and never sent. Restore the "
     "message from a backup "
     "or ask the sender for it, and check the disk."},
    {store_locked, "M0504", "store_locked", stop, "207", "AE", 503, "Another myelin uses this store",
     "One store has one engine. Stop the other process (`fuser` on the file names it), or give this one its own "
     "`store: path:`."},
    {schema_newer, "M0505", "schema_newer", stop, "207", "AE", 503, "The store was written by a newer myelin",
     "This version does not know the store's schema and has not touched it. Install the newer version again, or "
     "restore a backup."},
    {store_unwritable, "M0506", "store_unwritable", stop, "207", "AE", 503, "The store's directory cannot be written",
     "The directory is missing, read-only, or belongs to another user. The detail has the path and the system's "
     "reason."},
    {overloaded, "M0507", "overloaded", refuse, "207", "AE", 503, "The engine has too much in hand",
     "More is waiting for the disk than the limit. The sender is told to come again; nothing was stored."},
    {store_setting, "M0508", "store_setting", stop, "207", "AE", 503, "The store did not take a setting",
     "A pragma read back with another value than was set, so durability is not certain and the engine does not start."},
    {not_found, "M0509", "not_found", refuse, "204", "AE", 404, "There is no such thing in the store",
     "The id, or the name of a channel, a route or a connection, is misspelt; or what the id named was purged after "
     "its "
     "retention."},
    {schema_invalid, "M0510", "schema_invalid", stop, "207", "AE", 503, "The file is not a myelin store",
     "The file exists but its tables are not ours. It was not touched. Check `store: path:`."},
    {port_in_use, "M0601", "port_in_use", stop, "207", "AE", 503, "The address is in use",
     "Another program (or another channel) listens there. `ss -ltnp` names it."},
    {key_unreadable, "M0602", "key_unreadable", stop, "207", "AE", 503, "A certificate or key cannot be read",
     "The file is missing, unreadable for the service's user, not PEM, or key and certificate do not belong together."},
    {bad_address, "M0603", "bad_address", stop, "207", "AE", 503, "The address cannot be used",
     "An address is HOST:PORT; the host must resolve and the port be 1 to 65535 (0 takes a free one)."},
    {stopping, "M0604", "stopping", refuse, "207", "AE", 503, "The engine is stopping",
     "What is in flight is finished; nothing new is taken. The sender will connect again."},
    {bad_configuration, "M0605", "bad_configuration", stop, "207", "AE", 503, "The configuration has mistakes",
     "Nothing was changed; what ran before runs on. `myelin check` lists every mistake with file, line and column."},
    {secret_missing, "M0606", "secret_missing", stop, "207", "AE", 503, "A referenced secret is not there",
     "`{ env: }`, `{ file: }` or `{ credential: }` names something this process cannot read."},
    {folder_unusable, "M0607", "folder_unusable", retry, "207", "AE", 503, "A folder cannot be used",
     "It is missing, no directory, this user may not read and change it, or another source takes files out of it "
     "(`fuser -v DIRECTORY` names the process). The detail has the path and the reason. The channel looks again by "
     "itself, and goes on as soon as the folder can be used."},
    {not_permitted, "M0701", "not_permitted", refuse, "207", "AE", 403, "This is not permitted",
     "The user may not do this. The attempt is in the audit log."},
    {wrong_state, "M0702", "wrong_state", refuse, "207", "AE", 409, "Its state does not allow this",
     "For example a release of what is already delivered. Nothing was changed; `myelin trace ID` shows the state of a "
     "delivery, `myelin status` that of routes and channels."},
    {bad_request, "M0703", "bad_request", refuse, "207", "AE", 400, "The request cannot be understood",
     "The detail says which part. Nothing was changed; correct it and ask again."},
    {daemon_not_reached, "M0704", "daemon_not_reached", refuse, "207", "AE", 503, "The daemon does not answer",
     "It is not running, or its socket is elsewhere (`--socket`), or this user may not open it."},
    {io_failed, "M0705", "io_failed", refuse, "207", "AE", 500, "A file cannot be read or written",
     "The detail has the path and the system's reason."},
    {no_such_page, "M0706", "no_such_page", refuse, "207", "AE", 404, "There is nothing at this path",
     "The path of the request names nothing that is served here: check it against `paths:` of the http source. The "
     "engine's own interface lists its paths at `GET /api/v1`."},
    {wrong_method, "M0707", "wrong_method", refuse, "207", "AE", 405, "The path does not take this method",
     "The Allow header of the answer names the methods that it takes. Nothing was changed."},
    {request_too_large, "M0708", "request_too_large", refuse, "207", "AE", 413, "The body of the request is too large",
     "It is larger than the listener allows: `max_body` of an http source (64 MiB unless set), 1 MiB for the engine's "
     "own interface. It was not read, and the connection was closed."},
    {head_too_large, "M0709", "head_too_large", refuse, "207", "AE", 431, "The head of the request is too large",
     "Request line and header fields together may have 16 KiB unless set. The connection was closed."},
    {request_timeout, "M0710", "request_timeout", refuse, "207", "AE", 408, "The request did not complete in time",
     "The peer began a request and did not end it within the time limit. The connection was closed."},
    {request_incomplete, "M0711", "request_incomplete", refuse, "207", "AE", 400,
     "The connection ended inside a request",
     "The peer left before the end that the length of its request promised. Nobody could be answered, so the peer will "
     "send again; what there was of the body is kept as an incident."},
    {content_type_not_taken, "M0712", "content_type_not_taken", refuse, "207", "AR", 415,
     "The request's content is of a type that is not taken",
     "Content-Type is none of `content_types:` of the source, or the body is compressed. Nothing was stored. HL7 v2 is "
     "sent as application/hl7-v2."},
    {not_authenticated, "M0713", "not_authenticated", refuse, "207", "AE", 401, "Who asks is not known",
     "The request has no Authorization field, or not the one that `auth:` of the source wants. Nothing was read of its "
     "body and nothing was stored."},
});

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kFaults.size(); ++i)
    if (static_cast<std::size_t>(kFaults[i].code) != i) return false;
  return kFaults.size() == static_cast<std::size_t>(not_authenticated) + 1;
}
static_assert(in_enum_order(), "kFaults must list every FaultCode once, in the order of the enum");

}  // namespace

const FaultEntry& entry(FaultCode code) { return kFaults[static_cast<std::size_t>(code)]; }

std::span<const FaultEntry> all_faults() { return kFaults; }

const FaultEntry* find_fault(std::string_view id_or_name) {
  const auto found =
      std::ranges::find_if(kFaults, [&](const FaultEntry& e) { return e.id == id_or_name || e.name == id_or_name; });
  return found == kFaults.end() ? nullptr : &*found;
}

std::string to_string(const Fault& fault) {
  const auto& e = entry(fault.code);
  std::string text(e.id);
  text.append(" ").append(e.name).append(": ").append(fault.detail.empty() ? std::string(e.title) : fault.detail);
  if (fault.at.empty() && fault.place.empty()) return text;
  text.append(" (");
  if (!fault.at.empty()) text.append("at ").append(fault.at);
  if (!fault.at.empty() && !fault.place.empty()) text.append("; ");
  return text.append(fault.place).append(")");
}

}  // namespace myelin
