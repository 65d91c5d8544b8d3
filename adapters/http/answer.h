// What a source says: a Receipt or a Fault as an HTTP response. Pure; the words for HL7 are those of engine/hl7/ack.h.
#pragma once

#include <string_view>

#include "adapters/http/settings.h"
#include "engine/model/receipt.h"
#include "engine/net/http.h"

namespace myelin::http {

// "Application/HL7-v2; charset=utf-8" as "application/hl7-v2".
std::string media_type(std::string_view content_type);

// The rules of the source that can be judged by method, path and fields alone: no_such_page, wrong_method,
// content_type_not_taken. Authorization is the doorkeeper's.
Result<void> check_head(const net::HttpRequest& request, const SourceSettings& settings);

// The status of the fault table, and a JSON object that says why: { "fault", "name", "title", "detail" }.
net::HttpResponse refusal(const Fault& fault);

// `ack`: 200, or the fault's status, with an acknowledgement as HAPI's HL7-over-HTTP has it; for a body that is no HL7,
// { "id", "duplicate" } or refusal(). `status`: 202 with { "id", "duplicate", "status" } and Location, or refusal().
// `message` is what was taken of the request's body; `id` becomes the MSH-10 of the acknowledgement.
net::HttpResponse answer(const net::HttpRequest& request, std::string_view message, const Receipt& receipt, Reply reply,
                         MessageId id);

// One message of a batch: its acknowledgement; "" for one that is an acknowledgement itself.
std::string acknowledgement(std::string_view message, const Receipt& receipt, MessageId id);
// The batch of them: 200, or the status of the fault by which all of it was refused, or some of it not kept.
net::HttpResponse batch_answer(const net::HttpRequest& request, std::string acknowledgements,
                               const std::optional<Fault>& refused);

}  // namespace myelin::http
