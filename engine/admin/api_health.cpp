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
Api::Answer Api::ready(Call /*call*/) { co_return probe("ready", !operations_.ready || operations_.ready()); }

}  // namespace myelin::admin
