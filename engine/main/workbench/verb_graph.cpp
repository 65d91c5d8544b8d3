// `myelin graph`: who sends to which channel, and where its routes lead; as text, Mermaid or DOT.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"

namespace myelin {

namespace {

struct GraphOptions {
  std::string directory, format = "text";
};

using Plans = std::vector<std::shared_ptr<const Plan>>;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string label_of(const Route& route) {
  std::string label = route.name;
  if (route.when) label += " (some)";
  return label;
}

// By source, so that a peer that feeds two channels stands once.
std::map<std::string, Plans> by_source(const Plans& plans) {
  std::map<std::string, Plans> sources;
  for (const auto& plan : plans) sources[plan->source_name].push_back(plan);
  return sources;
}

void print_text(const Console& console, const Plans& plans) {
  for (const auto& [source, channels] : by_source(plans)) {
    console.line(console.paint(Ink::bold, source));
    for (const auto& plan : channels) {
      const bool last_channel = plan == channels.back();
      console.line(fmt::format("{} {}  {}", last_channel ? "└─" : "├─", console.paint(Ink::blue, plan->channel),
                               console.paint(Ink::grey, joined(plan->accept.types))));
      std::size_t widest = 0;
      for (const auto& route : plan->routes) widest = std::max(widest, columns(label_of(route)));
      for (const auto& route : plan->routes) {
        const auto label = label_of(route);
        console.line(
            fmt::format("{}  {} {}{}  → {}", last_channel ? " " : "│", &route == &plan->routes.back() ? "└─" : "├─",
                        label, std::string(widest - columns(label), ' '), console.paint(Ink::bold, route.destination)));
      }
    }
  }
}

constexpr std::string_view kChannelId = "channel_";

// Names of ours as those languages take them.
std::string id_of(std::string_view kind, std::string_view name) {
  std::string id(kind);
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    id += plain ? std::string(1, c) : fmt::format("_{:02x}", static_cast<unsigned char>(c));
  }
  return id;
}

constexpr std::string_view kChannel = "channel ";

// A route that hands over to a channel leads to it.
std::string target_of(const Route& route) {
  const std::string_view name = route.destination;
  return name.starts_with(kChannel) ? id_of(kChannelId, name.substr(kChannel.size())) : id_of("peer_", name);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("'") : std::string(1, c);
  return out + "\"";
}

std::map<std::string, std::string> peers_of(const Plans& plans) {
  std::map<std::string, std::string> peers;
  for (const auto& plan : plans) {
    peers.emplace(id_of("peer_", plan->source_name), plan->source_name);
    for (const auto& route : plan->routes)
      if (!route.destination.starts_with(kChannel)) peers.emplace(target_of(route), route.destination);
  }
  return peers;
}

void print_mermaid(const Console& console, const Plans& plans) {
  console.line("flowchart LR");
  for (const auto& [id, name] : peers_of(plans)) console.line(fmt::format("  {}([{}])", id, in_quotes(name)));
  for (const auto& plan : plans) {
    const auto channel = id_of(kChannelId, plan->channel);
    console.line(fmt::format("  {}[{}]", channel, in_quotes(plan->channel)));
    const auto types = joined(plan->accept.types);
    console.line(fmt::format("  {} -->{} {}", id_of("peer_", plan->source_name),
                             types.empty() ? "" : fmt::format("|{}|", in_quotes(types)), channel));
    for (const auto& route : plan->routes)
      console.line(fmt::format("  {} -->|{}| {}", channel, in_quotes(label_of(route)), target_of(route)));
  }
}

void print_dot(const Console& console, const Plans& plans) {
  console.line("digraph myelin {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];");
  for (const auto& [id, name] : peers_of(plans))
    console.line(fmt::format("  {} [label={}, shape=oval];", id, in_quotes(name)));
  for (const auto& plan : plans) {
    const auto channel = id_of(kChannelId, plan->channel);
    console.line(fmt::format("  {} [label={}, shape=box];", channel, in_quotes(plan->channel)));
    console.line(fmt::format("  {} -> {} [label={}];", id_of("peer_", plan->source_name), channel,
                             in_quotes(joined(plan->accept.types))));
    for (const auto& route : plan->routes)
      console.line(fmt::format("  {} -> {} [label={}];", channel, target_of(route), in_quotes(label_of(route))));
  }
  console.line("}");
}

json::Value graph_json(const Plans& plans) {
  json::Value channels{json::Array{}};
  for (const auto& plan : plans) {
    json::Value one, routes{json::Array{}}, types{json::Array{}};
    for (const auto& type : plan->accept.types) types.push(json::Value(type));
    for (const auto& route : plan->routes) {
      json::Value way;
      routes.push(way.set("route", route.name).set("to", route.destination).set("condition", route.when != nullptr));
    }
    one.set("channel", plan->channel).set("about", plan->about).set("source", plan->source_name);
    channels.push(one.set("types", std::move(types)).set("routes", std::move(routes)));
  }
  json::Value report;
  return report.set("channels", std::move(channels));
}

Exit draw(const GraphOptions& options, const Console& console) {
  constexpr std::array<std::string_view, 3> kFormats = {"text", "mermaid", "dot"};
  if (std::ranges::find(kFormats, options.format) == kFormats.end()) {
    console.error("--format is text, mermaid or dot");
    return Exit::usage;
  }
  const auto compiled =
      compile_directory(options.directory.empty() ? default_configuration_directory() : options.directory);
  if (!compiled) return console.report(compiled.error());
  if (console.json()) console.print(graph_json(compiled->plans));
  else if (options.format == "mermaid") print_mermaid(console, compiled->plans);
  else if (options.format == "dot") print_dot(console, compiled->plans);
  else print_text(console, compiled->plans);
  if (compiled->diagnostics.ok()) return Exit::ok;
  console.error(closing_line(*compiled) + " Channels with errors are not drawn.");
  return Exit::not_so;
}

}  // namespace

void add_graph(Commands& commands) {
  auto options = std::make_shared<GraphOptions>();
  commands.add(Group::write, "graph", "shows who sends to which channel, and where its routes lead")
      .optional("CONF_DIR", options->directory, "the configuration (conf/ here, else /etc/myelin)")
      .option("--format", "text|mermaid|dot", options->format, "mermaid for Markdown, dot for Graphviz")
      .json()
      .example("myelin graph conf/")
      .example("myelin graph conf/ --format dot | dot -Tsvg > channels.svg")
      .run([options](Console& console) { return draw(*options, console); });
}

}  // namespace myelin
