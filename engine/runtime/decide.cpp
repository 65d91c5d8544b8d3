#include "engine/runtime/decide.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/sabotage.h"
#include "engine/hl7/ack.h"
#include "engine/model/batch.h"
#include "engine/runtime/duplicates.h"

namespace myelin::runtime {
namespace {

constexpr std::size_t kMostDeliveries = 1000;  // of one message; the store has room for a few more

// "ADT^A01" is in the list as itself, as "ADT^*" or as "*".
bool lists_type(const std::vector<std::string>& types, std::string_view type) {
  const auto code = type.substr(0, type.find('^'));
  return types.empty() || std::ranges::any_of(types, [&](std::string_view listed) {
           return listed == type || listed == "*" ||
                  (listed.ends_with("^*") && listed.substr(0, listed.size() - 2) == code);
         });
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

// A second MSH is another message, and often of another patient: whatever of it came under the first one's id would go
// to the wrong record. A batch has been cut before it comes here.
std::optional<Fault> check_alone(const Body& body) {
  const auto* tree = body.hl7();
  if (!tree) return std::nullopt;
  for (std::size_t at = 1; at < tree->segment_count(); ++at)
    if (tree->segment_name(at) == "MSH")
      return Fault{FaultCode::not_hl7,
                   "segment " + std::to_string(at + 1) +
                       " is a second MSH; send each message by itself, or all as a batch (BHS ... BTS)",
                   {},
                   {}};
  return std::nullopt;
}

// What may be said of a type or version that is not accepted: it belongs to the protocol, but in a message with shifted
// fields anything may stand there, also what belongs to a patient.
std::string sayable(std::string_view word) {
  const auto plain = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '^' || c == '.'; };
  if (word.empty()) return "an empty field";
  return word.size() <= 7 && std::ranges::all_of(word, plain) ? std::string(word) : "what stands there";
}

Fault fault_of(const Verdict& verdict, FaultCode otherwise) {
  if (verdict.fault) return *verdict.fault;
  return Fault{otherwise, verdict.reason, {}, {}};
}

NewDelivery not_yet_routed(const Plan& plan, const Verdict& verdict) {
  const bool hold = verdict.kind == Verdict::Kind::hold;
  const auto fault = fault_of(verdict, hold ? FaultCode::held_by_step : FaultCode::parked_by_step);
  return NewDelivery{LaneKey{plan.channel, "", ""}, hold ? State::held : State::parked,
                     std::string(entry(fault.code).id), fault.detail};
}

// LaneKey::key, and by it what waits for what.
std::string order_of(const Route& route, const Body& body, const Store& store) {
  if (route.lane.order == OrderKind::fifo) return {};
  if (route.lane.order == OrderKind::none) return std::string(kNoOrder);
  std::set<std::string> keys;
  for (const auto& value : route.keys->values(body))
    if (!value.empty()) keys.insert(store.key_of(value));
  if (keys.empty()) return std::string(kNoKey);
  if (sabotaged(Bug::merge_ignores_a_key)) keys.erase(std::next(keys.begin()), keys.end());
  if (keys.size() > static_cast<std::size_t>(kMostKeys)) return {};
  std::string all;
  for (const auto& key : keys) all.append(all.empty() ? "" : "+").append(key);
  return all;
}

// One delivery for each part, in their order, each with those that `also` may send behind it. What a part is ordered by
// is read from the part.
void add_parts(const Plan& plan, const Route& route, const Body& body, const Context& context, const Store& store,
               std::vector<NewDelivery>& deliveries) {
  const int parts = route.split ? route.split->parts(body, context) : 1;
  const auto priority = route.priority ? route.priority->priority(body, context) : Priority::normal;
  for (int part = 1; part <= parts && deliveries.size() <= kMostDeliveries; ++part) {
    NewDelivery delivery;
    delivery.piece = {part, parts};
    const bool own = parts > 1 && route.lane.order == OrderKind::keyed;
    const auto content = own ? route.split->part(body, context, part) : Result<Body>(fail(FaultCode::bad_part, {}));
    delivery.lane = {plan.channel, route.name, order_of(route, content ? *content : body, store)};
    delivery.priority = priority;
    for (; delivery.piece.also <= route.also; ++delivery.piece.also) deliveries.push_back(delivery);
  }
}

NewDelivery without_recipient(const Plan& plan, const Route& route, FaultCode code) {
  NewDelivery delivery;
  delivery.lane = {plan.channel, std::string(route.recipients->route()), {}};
  delivery.state = State::parked;
  delivery.fault = entry(code).id;
  delivery.detail = code == FaultCode::no_recipient ? "the formula under `to` names nobody"
                                                    : "the formula under `to` names what is no connection";
  delivery.detail += " (" + route.place + ")";
  return delivery;
}

// `lanes` is one route, or the lanes of one whose recipients a formula names.
void route_to(const Plan& plan, std::span<const Route> lanes, const Body& body, const Context& context,
              const Store& store, std::vector<NewDelivery>& deliveries) {
  const auto& first = lanes.front();
  const auto tell = [&](const Route& route, bool wanted) {
    if (context.observer) context.observer->decided(route, wanted);
  };
  const bool wanted = !first.when || first.when->holds(body, context);
  if (!wanted || !first.recipients) {
    for (const auto& lane : lanes) tell(lane, wanted);
    if (wanted) add_parts(plan, first, body, context, store, deliveries);
    return;
  }
  const auto names = first.recipients->names(body, context);
  for (const auto& lane : lanes) tell(lane, std::ranges::find(names, lane.destination) != names.end());
  bool unknown = false;
  for (const auto& name : names) {
    const auto lane = std::ranges::find(lanes, name, &Route::destination);
    if (lane != lanes.end()) add_parts(plan, *lane, body, context, store, deliveries);
    unknown = unknown || lane == lanes.end();
  }
  if (names.empty()) deliveries.push_back(without_recipient(plan, first, FaultCode::no_recipient));
  else if (unknown) deliveries.push_back(without_recipient(plan, first, FaultCode::unknown_recipient));
}

Decision decide_on(const Plan& plan, Body& body, Context& context, const Store& store) {
  Decision decision;
  const auto verdict = run_steps(plan.steps, body, context);
  if (verdict.kind == Verdict::Kind::drop) {
    decision.filtered = verdict.reason;
    return decision;
  }
  if (verdict.kind == Verdict::Kind::fault) decision.refused = fault_of(verdict, FaultCode::rejected);
  if (verdict.kind != Verdict::Kind::pass) {
    decision.deliveries.push_back(not_yet_routed(plan, verdict));
    return decision;
  }
  const std::span<const Route> all(plan.routes);
  for (std::size_t at = 0; at < all.size();) {
    auto end = at + 1;
    while (end < all.size() && all[at].recipients && all[end].recipients == all[at].recipients) ++end;
    route_to(plan, all.subspan(at, end - at), body, context, store, decision.deliveries);
    at = end;
  }
  if (decision.deliveries.size() > kMostDeliveries) {
    const Fault fault{FaultCode::too_many_parts,
                      "it would make " + std::to_string(decision.deliveries.size()) + " deliveries",
                      {},
                      {}};
    decision.deliveries = {not_yet_routed(plan, Verdict{Verdict::Kind::fault, {}, fault})};
  }
  if (decision.deliveries.empty()) decision.filtered = "no route";
  return decision;
}

}  // namespace

Examined examine(const Plan& plan, Message& message, Context& context) {
  Examined examined;
  auto read = plan.read(message.bytes);
  if (!read) {
    examined.refused = std::move(read.error());
    examined.habits = hl7::habits_of(message.bytes.view());
    return examined;
  }
  examined.body = std::move(*read);
  const auto& body = *examined.body;
  const auto text = body.bytes();
  const auto header = hl7::read_header(text.view());
  message.type = body.type();
  if (body.hl7()) examined.habits = hl7::habits_of(message.bytes.view());
  if (header && body.hl7()) {
    message.control_id = std::string(header->control_id.substr(0, 199));
    message.type = header->type().substr(0, 40);
  }
  auto batch = read_batch(message, plan.charset);
  if (!batch) {
    examined.refused = std::move(batch.error());
    return examined;
  }
  context.batch = std::move(*batch);
  examined.refused = check_alone(body);
  if (!examined.refused) examined.refused = check_accept(plan, body, context);
  if (!examined.refused && plan.duplicates.window > Duration::zero()) {
    examined.fingerprint = fingerprint_of(plan, message.bytes, &body);
    examined.sender_id = DuplicateWindow::sender_id(message.bytes.view());
  }
  return examined;
}

Sha256 fingerprint_of(const Plan& plan, const Bytes& bytes, const Body* body) {
  if (!plan.duplicates.fields) return DuplicateWindow::fingerprint(bytes.view());
  std::optional<Body> parsed;
  if (!body)
    if (auto read = plan.read(bytes)) body = &parsed.emplace(std::move(*read));
  return body ? fingerprint_of(*plan.duplicates.fields, *body) : Sha256{};
}

Sha256 fingerprint_of(const KeyReader& fields, const Body& body) {
  std::string all;
  bool any = false;
  for (const auto& value : fields.values(body)) {
    any = any || !value.empty();
    all.append(value).append(1, '\x1f');
  }
  return any ? sha256(all) : Sha256{};  // without any of them nobody can tell
}

std::optional<Fault> check_accept(const Plan& plan, const Body& body, Context& context) {
  const auto& accept = plan.accept;
  const auto& type = context.message->type;
  if (!lists_type(accept.types, type))
    return Fault{FaultCode::type_not_accepted,
                 "the channel " + plan.channel + " accepts " + joined(accept.types) + ", not " + sayable(type),
                 body.hl7() ? "MSH-9" : "",
                 {}};
  if (!accept.versions.empty() && body.hl7()) {
    const auto version = body.hl7()->text(hl7::Spot{0, 12, 1, 1, 0});
    if (std::ranges::find(accept.versions, version) == accept.versions.end())
      return Fault{FaultCode::version_not_accepted,
                   "the channel " + plan.channel + " accepts " + joined(accept.versions) + ", not " + sayable(version),
                   "MSH-12",
                   {}};
  }
  if (accept.checks.empty()) return std::nullopt;
  Body checked(body);
  const auto verdict = run_steps(accept.checks, checked, context);
  if (verdict.kind == Verdict::Kind::pass) return std::nullopt;
  return fault_of(verdict, FaultCode::rejected);
}

// $original is here what it is when the message is sent: as it came, whatever the shared steps make of it.
Decision decide(const Plan& plan, Body body, Context& context, const Store& store) {
  const auto came = plan.steps.empty() ? std::optional<Body>() : std::optional<Body>(body);
  context.original = came ? &*came : &body;
  auto decision = decide_on(plan, body, context, store);
  context.original = nullptr;
  return decision;
}

}  // namespace myelin::runtime
