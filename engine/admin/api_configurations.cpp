// The routes of the API about the configuration: read it again, what went live before, and an earlier one again.
#include <charconv>
#include <utility>

#include "engine/admin/api.h"
#include "engine/admin/reading.h"
#include "engine/admin/views.h"
#include "engine/base/event.h"
#include "engine/base/offload.h"

namespace myelin::admin {
namespace {

using json::Value;

// Nothing where it is no number of a configuration.
std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && number > 0;
  return whole ? std::optional(number) : std::nullopt;
}

net::HttpResponse no_history() {
  return refusal(Fault{FaultCode::not_permitted, "this engine keeps no history", {}, {}});
}

}  // namespace

Api::Answer Api::reload(Call call) {
  if (!operations_.reload) co_return refusal(Fault{FaultCode::not_permitted, "this engine cannot reload", {}, {}});
  const auto result = co_await operations_.reload(call.person);
  emit(EventKind::operator_action, {{Label::verb, "reload"},
                                    {Label::user, std::string_view(call.person.name)},
                                    {Label::state, result.fault ? "refused" : "applied"}});
  co_return respond(result.fault ? entry(result.fault->code).http_status : 200, reload_view(result));
}

Api::Answer Api::configurations(Call /*call*/) {
  if (!operations_.history) co_return no_history();
  const auto all = operations_.history->all();
  json::Array shown;
  for (auto one = all.rbegin(); one != all.rend(); ++one) shown.push_back(configuration_view(*one));
  Value body;
  body.set("configurations", std::move(shown));
  co_return respond(200, body);
}

Api::Answer Api::configuration(Call call) {
  if (!operations_.history) co_return no_history();
  const auto& history = *operations_.history;
  const auto& name = call.captured.front();
  const auto number = number_of(name);
  if (!number && name != "running")
    co_return refusal(Fault{FaultCode::bad_request, "it is not the number of a configuration", {}, {}});
  const auto one = number ? history.find(*number) : history.running();
  if (!one) co_return refusal(Fault{FaultCode::not_found, "there is no configuration of this number", {}, {}});
  auto work = [&] { return history.texts(one->number); };
  const auto texts = co_await offload<Result<ConfigurationTexts>>(loop_, work);
  if (!texts) co_return refusal(texts.error());
  auto view = configuration_view(*one);
  Value files;
  for (const auto& [path, text] : *texts) files.set(path, text);
  view.set("files", std::move(files));
  co_return respond(200, view);
}

// The reason is kept with the configuration and not logged, as that of any change.
Api::Answer Api::rollback(Call call) {
  if (!operations_.rollback) co_return no_history();
  const auto body = read_members(call.request, {"number", "reason"});
  if (!body) co_return refusal(body.error());
  auto reason = read_reason(*body);
  if (!reason) co_return refusal(reason.error());
  const auto said = (*body)["number"].text_or("");
  const auto number = number_of(said);
  if (!number && !said.empty())
    co_return refusal(Fault{FaultCode::bad_request, "it is not the number of a configuration", "number", {}});
  auto person = call.person;
  person.reason = std::move(*reason);
  const int wanted = number.value_or(0);
  const auto result = co_await operations_.rollback(wanted, person);
  emit(EventKind::operator_action, {{Label::verb, "rollback"},
                                    {Label::user, std::string_view(person.name)},
                                    {Label::count, static_cast<std::int64_t>(result.configuration)},
                                    {Label::state, result.fault ? "refused" : "applied"}});
  co_return respond(result.fault ? entry(result.fault->code).http_status : 200, reload_view(result));
}

}  // namespace myelin::admin
