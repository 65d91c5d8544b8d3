// `myelin try CHANNEL FILE`: what a channel would do with a message, decision by decision. Sends nothing.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "engine/base/event.h"
#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/main/workbench/message_names.h"
#include "engine/main/workbench/observation.h"
#include "engine/model/facts.h"

namespace myelin {

namespace {

constexpr std::size_t kNameWidth = 28;

struct TryOptions {
  std::string channel, file, directory;
  std::string named, user;                 // facts of how the message came
  std::vector<std::string> header, query;  // "X-Ward: B2", "ward=B2"
};

// "X-Ward: B2" as "header.x-ward" and "B2". False: there is no name, or no sign between.
bool add_named(std::string& facts, std::string_view kind, std::string_view text, char sign) {
  const auto at = text.find(sign);
  if (at == std::string_view::npos || at == 0) return false;
  std::string name = std::string(kind) + "." + std::string(text.substr(0, at));
  if (kind == "header")
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  auto value = text.substr(at + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  add_fact(facts, name, value);
  return true;
}

Result<std::string> facts_of(const TryOptions& options) {
  std::string facts;
  const auto file = std::filesystem::path(options.file).filename().string();
  if (!options.named.empty() || options.file != "-")
    add_fact(facts, "file", options.named.empty() ? file : options.named);
  if (!options.user.empty()) add_fact(facts, "user", options.user);
  for (const auto& header : options.header)
    if (!add_named(facts, "header", header, ':'))
      return fail(FaultCode::bad_request, "--header is \"NAME: VALUE\", not '" + header + "'");
  for (const auto& query : options.query)
    if (!add_named(facts, "query", query, '='))
      return fail(FaultCode::bad_request, "--query is NAME=VALUE, not '" + query + "'");
  return facts;
}

std::string segments(std::string_view message) {
  std::string lines;
  for (const char c : message)
    if (c != '\n') lines += c == '\r' ? '\n' : c;
    else if (!lines.ends_with('\n')) lines += '\n';
  return lines;
}

// What a step decided, where that is not simply "go on".
std::string decision_text(const Verdict& verdict) {
  const auto why = verdict.fault ? to_string(*verdict.fault) : verdict.reason;
  switch (verdict.kind) {
    case Verdict::Kind::pass:
    case Verdict::Kind::ask:
      return {};
    case Verdict::Kind::drop:
      return "dropped: " + why;
    case Verdict::Kind::park:
      return "parked: " + why;
    case Verdict::Kind::hold:
      return "held: " + why;
    case Verdict::Kind::fault:
      return "fault: " + why;
    case Verdict::Kind::taken:
      return "this is the message that goes; the steps below are of the first one";
  }
  return {};
}

class TryText {
 public:
  TryText(const Console& console, const Observation& seen, const PathNames& names)
      : console_(console), seen_(seen), names_(names) {}

  void print() const {
    print_steps("accept", seen_.checks);
    print_steps("steps", seen_.steps);
    const auto& result = seen_.result;
    if (!result.filtered.empty()) heading("filtered", console_.paint(Ink::yellow, result.filtered));
    for (const auto& delivery : result.deliveries)
      if (!has_lane(delivery))
        heading(delivery.lane.route.empty() ? "not yet routed" : "route " + delivery.lane.route,
                console_.paint(Ink::red,
                               fmt::format("{}: {} {}", name_of(delivery.state), delivery.fault, delivery.detail)));
    print_answer();
    for (const auto& route : seen_.routes) print_route(route);
    console_.line();
    console_.line(console_.paint(Ink::grey, "Nothing was sent and nothing was stored."));
  }

 private:
  void heading(std::string_view title, std::string_view text) const {
    console_.line(fmt::format("{}  {}", console_.paint(Ink::bold, title), text));
  }

  void indented(std::string_view text, Ink ink) const {
    const auto width = static_cast<std::size_t>(console_.width()) - 4;
    std::size_t begin = 0;
    while (begin < text.size()) {
      const auto end = std::min(text.find('\n', begin), text.size());
      console_.line("    " + console_.paint(ink, cut(text.substr(begin, end - begin), console_.colour() ? width : 0)));
      begin = end + 1;
    }
  }

  void print_answer() const {
    const auto& result = seen_.result;
    const bool refused = result.receipt.kind == Receipt::Kind::refused;
    if (!seen_.reply_from.empty())
      heading("reply", fmt::format("from route {}: the sender waits for its peer, here a peer that answers AA",
                                   seen_.reply_from));
    heading("answer", console_.paint(refused || !result.receipt.good() ? Ink::red : Ink::green, result.ack) +
                          (result.receipt.fault ? "  " + to_string(*result.receipt.fault) : ""));
    indented(segments(result.ack_message), Ink::grey);
  }

  void print_steps(std::string_view title, const std::vector<SeenStep>& steps) const {
    if (steps.empty()) return;
    console_.line(console_.paint(Ink::bold, title));
    for (const auto& step : steps) print_step(step);
  }

  void print_step(const SeenStep& step) const {
    const std::string indent(static_cast<std::size_t>(2 + 2 * step.depth), ' ');
    auto line = fmt::format("{}{:<{}}  {}", indent, step.name, 12 - std::min(2 * step.depth, 8),
                            console_.paint(Ink::blue, step.place));
    const auto decision = decision_text(step.verdict);
    if (step.skipped) line += "  " + console_.paint(Ink::grey, "skipped: its `when` is false");
    else if (!decision.empty())
      line += "  " + console_.paint(step.verdict.kind == Verdict::Kind::drop ? Ink::yellow : Ink::red, decision);
    else if (!step.compound && step.changes.empty() && step.notes.empty())
      line += "  " + console_.paint(Ink::grey, "passed, nothing changed");
    console_.line(line);
    for (const auto& note : step.notes) console_.line(indent + "  " + console_.paint(Ink::yellow, note));
    print_changes(step, indent);
  }

  void print_changes(const SeenStep& step, const std::string& indent) const {
    std::size_t widest = 0, widest_name = 0;
    for (const auto& change : step.changes) {
      widest = std::max(widest, columns(change.path));
      widest_name = std::max(widest_name, columns(names_.of(change.path)));
    }
    widest_name = std::min(widest_name, kNameWidth);
    const auto taken = indent.size() + widest + widest_name + 12;
    const auto room =
        std::max<std::size_t>(static_cast<std::size_t>(std::max(console_.width(), 60)), taken + 24) - taken;
    for (const auto& change : step.changes) {
      const auto shown = [&](const std::string& text) {
        return text.empty() ? std::string("(nothing)") : cut(text, room / 2);
      };
      const auto name = cut(names_.of(change.path), widest_name);
      console_.line(
          fmt::format("{}  {}{}  {}{}  {} -> {}", indent, change.path, std::string(widest - columns(change.path), ' '),
                      console_.paint(Ink::grey, name), std::string(widest_name - columns(name), ' '),
                      console_.paint(Ink::red, shown(change.before)), console_.paint(Ink::green, shown(change.after))));
    }
  }

  // Not yet routed, or a recipient that no lane stands for.
  bool has_lane(const Delivery& delivery) const {
    return std::ranges::find(seen_.routes, delivery.lane.route, &SeenRoute::name) != seen_.routes.end();
  }

  void print_route(const SeenRoute& route) const {
    if (!route.decided || (route.on_demand && !route.wanted)) return;
    const auto why = route.when.empty() ? std::string("always") : "when " + route.when;
    const auto wanted = route.wanted ? console_.paint(Ink::green, "wanted") : console_.paint(Ink::yellow, "not wanted");
    heading("route " + route.name, fmt::format("{}  {}  {}", wanted, console_.paint(Ink::blue, route.place),
                                               cut(why, static_cast<std::size_t>(console_.width()))));
    for (const auto& delivery : route.deliveries) print_delivery(route, delivery);
  }

  void print_delivery(const SeenRoute& route, const SeenDelivery& seen) const {
    const auto part = seen.delivery ? piece_text(seen.delivery->piece) : std::string();
    if (!part.empty()) console_.line(" " + console_.paint(Ink::bold, part));
    for (const auto& step : seen.steps) print_step(step);
    if (seen.sent) {
      const bool same = seen.sent->view() == seen_.result.bytes.view();
      console_.line(fmt::format("  would go to {}{}", route.destination, same ? ", byte for byte as it came" : ":"));
      if (!same) indented(segments(seen.sent->view()), Ink::grey);
    } else if (seen.delivery) {
      const auto& delivery = *seen.delivery;
      console_.line("  " +
                    console_.paint(Ink::yellow, fmt::format("{}: nothing would be sent. {} {}", name_of(delivery.state),
                                                            delivery.fault, delivery.detail)));
    }
  }

  const Console& console_;
  const Observation& seen_;
  const PathNames& names_;
};

json::Value steps_json(const std::vector<SeenStep>& steps, const PathNames& names) {
  static constexpr std::array<std::string_view, 6> kVerdicts = {"pass", "drop", "park", "hold", "fault", "taken"};
  json::Value all{json::Array{}};
  for (const auto& step : steps) {
    json::Value one;
    one.set("step", step.name).set("place", step.place).set("depth", step.depth).set("skipped", step.skipped);
    one.set("verdict", kVerdicts[static_cast<std::size_t>(step.verdict.kind)]);
    if (!step.verdict.reason.empty()) one.set("reason", step.verdict.reason);
    if (step.verdict.fault) one.set("fault", to_string(*step.verdict.fault));
    json::Value changes{json::Array{}};
    for (const auto& change : step.changes) {
      json::Value field;
      field.set("path", change.path)
          .set("name", names.of(change.path))
          .set("before", change.before)
          .set("after", change.after);
      changes.push(std::move(field));
    }
    one.set("changes", std::move(changes));
    if (!step.notes.empty()) {
      json::Value notes{json::Array{}};
      for (const auto& note : step.notes) notes.push(note);
      one.set("notes", std::move(notes));
    }
    all.push(std::move(one));
  }
  return all;
}

json::Value delivery_json(const SeenDelivery& seen, const PathNames& names) {
  json::Value one;
  if (seen.delivery)
    one.set("part", seen.delivery->piece.part)
        .set("parts", seen.delivery->piece.parts)
        .set("also", seen.delivery->piece.also)
        .set("state", name_of(seen.delivery->state))
        .set("fault", seen.delivery->fault)
        .set("detail", seen.delivery->detail);
  one.set("steps", steps_json(seen.steps, names));
  if (seen.sent) one.set("message", seen.sent->view());
  return one;
}

json::Value observation_json(const Observation& seen, const PathNames& names) {
  json::Value report;
  report.set("channel", seen.channel).set("ack", seen.result.ack).set("answer", seen.result.ack_message);
  if (const auto& fault = seen.result.receipt.fault) {
    json::Value refused;
    refused.set("id", entry(fault->code).id).set("name", entry(fault->code).name).set("detail", fault->detail);
    refused.set("at", fault->at).set("place", fault->place);
    report.set("fault", std::move(refused));
  }
  report.set("filtered", seen.result.filtered);
  if (!seen.reply_from.empty()) report.set("reply_from", seen.reply_from);
  report.set("accept", steps_json(seen.checks, names)).set("steps", steps_json(seen.steps, names));
  json::Value routes{json::Array{}};
  for (const auto& route : seen.routes) {
    json::Value one;
    one.set("route", route.name).set("to", route.destination).set("place", route.place).set("when", route.when);
    one.set("decided", route.decided).set("wanted", route.wanted);
    json::Value deliveries{json::Array{}};
    for (const auto& seen_delivery : route.deliveries) deliveries.push(delivery_json(seen_delivery, names));
    one.set("deliveries", std::move(deliveries));
    routes.push(std::move(one));
  }
  report.set("routes", std::move(routes));
  return report;
}

Exit try_message(const TryOptions& options, const Console& console) {
  set_log_level("off");
  const auto compiled =
      compile_directory(options.directory.empty() ? default_configuration_directory() : options.directory);
  if (!compiled) return console.report(compiled.error());
  const auto plan = find_plan(*compiled, options.channel);
  if (!plan) {
    print_diagnostics(console, compiled->diagnostics, stderr);
    return console.report(plan.error());
  }
  auto message = read_input(options.file);
  if (!message) return console.report(message.error());
  const auto facts = facts_of(options);
  if (!facts) return console.report(facts.error());
  const auto seen = observe(**plan, std::move(*message), *facts);
  if (!seen) return console.report(seen.error());
  PathNames names;
  for (const auto& route : seen->routes)
    for (const auto& delivery : route.deliveries)
      if (delivery.sent) names.add(delivery.sent->view());
  names.add(seen->result.bytes.view());
  if (console.json()) console.print(observation_json(*seen, names));
  else TryText(console, *seen, names).print();
  return Exit::ok;
}

}  // namespace

void add_try(Commands& commands) {
  auto options = std::make_shared<TryOptions>();
  commands.add(Group::write, "try", "shows what a channel would do with a message; sends nothing")
      .argument("CHANNEL", options->channel, "the channel's name")
      .argument("FILE", options->file, "the message; - for standard input")
      .conf(options->directory)
      .option("--named", "NAME", options->named, "$file, where the message comes in a file (FILE's own name)")
      .option("--user", "NAME", options->user, "$user, where the source lets in by name")
      .repeated("--header", "NAME:VALUE", options->header, "$header.NAME of an HTTP request; may be said again")
      .repeated("--query", "NAME=VALUE", options->query, "$query.NAME of an HTTP request; may be said again")
      .json()
      .example("myelin try adt conf/channels/samples/adt-a01.hl7")
      .example("myelin try ward-orders order.hl7 --header \"X-Ward: B2\" --user wards")
      .run([options](Console& console) { return try_message(*options, console); });
}

}  // namespace myelin
