#include "engine/main/workbench/observation.h"

#include <algorithm>
#include <charconv>

#include "engine/config/source_text.h"
#include "engine/main/workbench/document_diff.h"

namespace myelin {

namespace {

// Takes down what it is told. Steps inside steps come between the outer one's before() and after().
class Scribe final : public StepObserver {
 public:
  Scribe(const Plan& plan, Observation& into) : plan_(plan), into_(into) {}

  void decided(const Route& route, bool wanted) override {
    auto& seen = route_named(route.name);
    seen.decided = true;
    seen.wanted = wanted;
  }

  void entering(const Route& route, DeliveryId delivery) override {
    auto& deliveries = route_named(route.name).deliveries;
    auto found = std::ranges::find(deliveries, delivery, &SeenDelivery::id);
    if (found == deliveries.end()) found = deliveries.insert(deliveries.end(), SeenDelivery{delivery, {}, {}, {}});
    current_ = &found->steps;
    current_->clear();  // a retry renders anew
  }

  void before(const Step& step, const Body& body) override {
    if (open_.empty()) choose_list(step);
    for (const auto& outer : open_) (*current_)[outer.index].compound = true;
    SeenStep seen;
    seen.name = step.name();
    seen.place = step.place();
    seen.depth = static_cast<int>(open_.size());
    open_.push_back({current_->size(), body});
    current_->push_back(std::move(seen));
  }

  void after(const Step& /*step*/, const Body& body, bool skipped) override {
    auto& seen = (*current_)[open_.back().index];
    seen.skipped = skipped;
    const auto& earlier = open_.back().body;
    if (!seen.compound && earlier.kind() == body.kind())
      seen.changes = body.hl7() ? differences(*earlier.hl7(), *body.hl7()) : document_differences(earlier, body);
    last_ = open_.back().index;
    open_.pop_back();
  }

  void noted(const Step& /*step*/, const std::string& what) override {
    (*current_)[open_.back().index].notes.push_back(what);
  }

  void concluded(const Step& /*step*/, const Verdict& verdict) override { (*current_)[last_].verdict = verdict; }

 private:
  struct Open {
    std::size_t index;
    Body body;
  };

  void choose_list(const Step& step) {
    const auto has = [&](const Steps& steps) {
      return std::ranges::any_of(steps, [&](const auto& each) { return each.get() == &step; });
    };
    if (has(plan_.accept.checks)) current_ = &into_.checks;
    else if (has(plan_.steps)) current_ = &into_.steps;
  }

  SeenRoute& route_named(const std::string& name) { return *std::ranges::find(into_.routes, name, &SeenRoute::name); }

  const Plan& plan_;
  Observation& into_;
  std::vector<SeenStep>* current_ = &into_.steps;
  std::vector<Open> open_;
  std::size_t last_ = 0;
};

std::size_t indent(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

// The text after `when:` of the route whose key stands at `place`: "conf/channels/adt.yaml:17:3".
std::string when_text(const std::string& place) {
  const auto column = place.rfind(':');
  const auto line_at = column == std::string::npos ? std::string::npos : place.rfind(':', column - 1);
  if (line_at == std::string::npos) return {};
  int line = 0;
  std::from_chars(place.data() + line_at + 1, place.data() + column, line);
  const auto source = config::SourceText::read(place.substr(0, line_at));
  if (!source) return {};
  const auto key_indent = indent((*source)->line(line));
  for (int at = line + 1; at <= (*source)->line_count(); ++at) {
    const auto text = (*source)->line(at);
    const auto begin = indent(text);
    if (begin < text.size() && begin <= key_indent) return {};
    if (text.substr(begin).starts_with("when:")) {
      const auto value = text.find_first_not_of(' ', begin + 5);
      return value == std::string_view::npos ? std::string() : std::string(text.substr(value));
    }
  }
  return {};
}

}  // namespace

Result<Observation> observe(const Plan& plan, std::string message, std::string facts) {
  Observation seen;
  seen.channel = plan.channel;
  if (plan.reply) seen.reply_from = plan.reply->from;
  for (const auto& route : plan.routes) {
    SeenRoute one;
    one.name = route.name;
    one.destination = route.destination;
    one.place = route.place;
    one.on_demand = route.on_demand;
    if (route.when) one.when = when_text(route.place);
    seen.routes.push_back(std::move(one));
  }
  Scribe scribe(plan, seen);
  const auto start = time_of_sample(message);
  Rehearsal rehearsal(plan, {}, start, &scribe);
  if (auto begun = rehearsal.begin(); !begun) return fail(begun);
  rehearsal.accept(std::move(message), std::move(facts));
  auto messages = rehearsal.messages();
  if (!messages) return fail(messages);
  seen.result = std::move(messages->front());
  for (auto& route : seen.routes) {
    for (const auto& delivery : seen.result.deliveries) {
      if (delivery.lane.route != route.name) continue;
      auto found = std::ranges::find(route.deliveries, delivery.id, &SeenDelivery::id);
      if (found == route.deliveries.end())
        found = route.deliveries.insert(found, SeenDelivery{delivery.id, {}, {}, {}});
      found->delivery = delivery;
      for (const auto& sent : rehearsal.sent())
        if (sent.delivery == delivery.id) found->sent = sent.bytes;
    }
    std::ranges::sort(route.deliveries, {}, &SeenDelivery::id);
  }
  return seen;
}

}  // namespace myelin
