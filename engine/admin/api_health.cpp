// The probes: does the process live, has it started, does it take messages. No disk and no peer is asked for them.
#include "engine/admin/api.h"
#include "engine/admin/reading.h"

namespace myelin::admin {
namespace {

net::HttpResponse probe(std::string_view what, bool so) {
  json::Value body;
  body.set(what, so);
  return respond(so ? 200 : 503, body);
}

}  // namespace

Api::Answer Api::live(Call /*call*/) { co_return probe("live", true); }
Api::Answer Api::started(Call /*call*/) { co_return probe("started", !operations_.started || operations_.started()); }

// A 503 says why: { "ready": false, "fault": "M0501", "reason": "The disk has reached its reserve" }.
Api::Answer Api::ready(Call /*call*/) {
  const auto taken = operations_.ready ? operations_.ready() : Result<void>();
  if (taken) co_return probe("ready", true);
  const auto& fault = taken.error();
  json::Value body;
  body.set("ready", false).set("fault", entry(fault.code).id);
  body.set("reason", fault.detail.empty() ? std::string(entry(fault.code).title) : fault.detail);
  co_return respond(503, body);
}

}  // namespace myelin::admin
