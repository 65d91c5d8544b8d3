// `myelin send` and `myelin sink`: the two ends of an MLLP connection by hand; with --repeat, a measured load.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/counted.h"
#include "engine/base/event.h"
#include "engine/fhir/json.h"
#include "engine/main/command.h"
#include "engine/main/traffic/load.h"
#include "engine/main/traffic/peer.h"
#include "engine/main/traffic/peer_options.h"

namespace myelin {

namespace {

struct SendOptions {
  std::vector<std::string> files;
  SenderOptions sender;
  std::int64_t repeat = 1;
  bool again = false, own_ids = false, as_is = false;
};

Result<LoadOrder> make_order(const SendOptions& options) {
  std::vector<FileToSend> files;
  for (const auto& file : options.files) files.push_back({file, 1, options.as_is});
  auto order = begin_order(options.sender, files);
  if (!order) return order;
  if (options.repeat < 1) return fail(FaultCode::bad_request, "--repeat is at least 1");
  order->weights.clear();  // one after the other, in their order
  order->total = options.repeat * static_cast<std::int64_t>(order->messages.size());
  order->own_ids = options.repeat > 1 || options.own_ids;
  order->again = options.again;
  return order;
}

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::int64_t per_second(const LoadReport& report) {
  const auto took = in_seconds(report.took);
  return took > 0 ? static_cast<std::int64_t>(static_cast<double>(report.answered()) / took) : 0;
}

json::Value report_json(const LoadReport& report, std::int64_t total) {
  json::Value all, replies, latency;
  all.set("messages", total)
      .set("answered", report.answered())
      .set("seconds", *json::Value::number(fmt::format("{:.6f}", in_seconds(report.took))));
  all.set("per_second", per_second(report));
  for (std::size_t i = 0; i < kReplyNames.size(); ++i) replies.set(kReplyNames[i], report.replies[i]);
  all.set("replies", std::move(replies)).set("repeated", report.repeated).set("wrong_ids", report.wrong_ids);
  latency.set("p50", report.percentile(0.5))
      .set("p90", report.percentile(0.9))
      .set("p99", report.percentile(0.99))
      .set("max", report.percentile(1));
  all.set("latency_us", std::move(latency));
  if (report.fault) all.set("fault", to_string(*report.fault));
  if (!report.last_answer.empty()) all.set("last_answer", report.last_answer);
  return all;
}

void print_answer(const Console& console, const std::string& answer) {
  std::size_t begin = 0;
  while (begin < answer.size()) {
    const auto end = std::min(answer.find_first_of("\r\n", begin), answer.size());
    if (end > begin) console.line(answer.substr(begin, end - begin));
    begin = end + 1;
  }
}

void print_report(const Console& console, const LoadReport& report, std::int64_t total) {
  if (total == 1) {
    print_answer(console, report.last_answer);
    return;
  }
  const auto ms = [&](double share) { return static_cast<double>(report.percentile(share)) / 1000; };
  console.line(fmt::format("{}, {} answered in {:.3f} s: {}/s", counted(total, "message"), report.answered(),
                           in_seconds(report.took), per_second(report)));
  console.line(fmt::format("latency  p50 {:.3f} ms  p90 {:.3f} ms  p99 {:.3f} ms  max {:.3f} ms", ms(0.5), ms(0.9),
                           ms(0.99), ms(1)));
  std::string replies;
  for (std::size_t i = 0; i < kReplyNames.size(); ++i)
    if (report.replies[i] > 0 || i < 3)
      replies += fmt::format("{}{} {}", replies.empty() ? "" : "  ", kReplyNames[i], report.replies[i]);
  if (report.repeated > 0) replies += fmt::format("  sent again {}", report.repeated);
  if (report.wrong_ids > 0) replies += fmt::format("  answers for others {}", report.wrong_ids);
  console.line("answers  " + replies);
  const bool refused = report.count(Reply::error) + report.count(Reply::rejected) + report.count(Reply::other) > 0;
  if (refused) print_answer(console, report.last_answer);
}

Exit send(const SendOptions& options, const Console& console) {
  auto order = make_order(options);
  if (!order) return console.report(order.error());
  auto journal = open_journal(options.sender.journal);
  if (!journal) return console.report(journal.error());
  set_log_level("error");
  const auto total = order->total;
  const auto report = run_load(std::move(*order), *journal, isatty(STDERR_FILENO) == 1 && !console.json());
  if (console.json()) console.print(report_json(report, total));
  else print_report(console, report, total);
  if (report.count(Reply::not_sent) > 0 && report.fault) {
    static_cast<void>(console.report(*report.fault));
    return Exit::not_reached;
  }
  if (report.count(Reply::none) + report.count(Reply::lost) > 0) {
    console.error(fmt::format("{} without an answer within {} s, {} lost with their connection",
                              report.count(Reply::none), in_seconds(options.sender.timeout),
                              report.count(Reply::lost)));
    return Exit::not_so;
  }
  return report.count(Reply::accepted) == report.answered() ? Exit::ok : Exit::refused;
}

struct SinkOptions {
  std::string listen, journal, behave;
  TlsOptions tls;
  std::int64_t count = 0;
  std::string fields;
};

Result<PeerOrder> make_order(const SinkOptions& options) {
  PeerOrder order;
  auto address = read_address(options.listen);
  if (!address) return fail(address);
  order.listen = *address;
  order.count = options.count;
  if (!options.behave.empty()) {
    auto behaviour = parse_behaviour(options.behave);
    if (!behaviour) return fail(behaviour);
    order.behaviour = std::move(*behaviour);
  }
  for (std::size_t begin = 0; begin < options.fields.size();) {
    const auto end = std::min(options.fields.find(',', begin), options.fields.size());
    const auto text = options.fields.substr(begin, end - begin);
    const auto path = hl7::parse_path(text);
    if (!path) return fail(FaultCode::bad_request, "'" + text + "' is not a path: " + path.error().message);
    order.fields.push_back(*path);
    begin = end + 1;
  }
  if (options.tls.any()) {
    auto settings = options.tls.settings();
    settings.require_peer = !settings.authorities.empty();
    auto tls = net::make_tls_server(settings);
    if (!tls) return fail(tls);
    order.tls = *tls;
  }
  return order;
}

Exit sink(const SinkOptions& options, const Console& console) {
  auto order = make_order(options);
  if (!order) return console.report(order.error());
  auto journal = open_journal(options.journal);
  if (!journal) return console.report(journal.error());
  set_log_level("error");
  const auto report = run_peer(std::move(*order), *journal, [&console](const std::string& address) {
    console.line(address);
    std::fflush(stdout);
  });
  if (!report) return console.report(report.error());
  if (console.json()) {
    json::Value all;
    all.set("messages", report->messages)
        .set("bytes", report->bytes)
        .set("connections", report->connections)
        .set("not_framed", report->not_framed);
    console.print(all);
  } else {
    fmt::print(stderr, "{}, {}, {}\n", counted(report->messages, "message"), counted(report->bytes, "byte"),
               counted(report->connections, "connection"));
  }
  return Exit::ok;
}

}  // namespace

void add_send(Commands& commands) {
  auto options = std::make_shared<SendOptions>();
  auto& verb =
      commands.add(Group::bench, "send", "sends messages by MLLP and shows the answer; with --repeat, a measured load");
  verb.arguments("FILE", options->files, "messages, several in a file too; - for standard input");
  declare_sender(verb, options->sender, "the peer");
  verb.option("--repeat", "N", options->repeat, "send the files so often, each time with an MSH-10 of its own")
      .flag("--again", options->again, "what got no answer is sent again, until it gets one")
      .flag("--own-ids", options->own_ids, "an MSH-10 of our own, also without --repeat")
      .flag("--as-is", options->as_is, "one message a file, byte for byte; otherwise line ends become CR");
  verb.json()
      .detail("Exit: 0 all accepted, 1 no answer, 4 not reached, 5 some refused.")
      .example("myelin send conf/channels/samples/adt-a01.hl7 --to 127.0.0.1:2575")
      .example("myelin send oru.hl7 --to :2575 --repeat 100000 --connections 32 --journal sent.tsv")
      .run([options](Console& console) { return send(*options, console); });
}

void add_sink(Commands& commands) {
  auto options = std::make_shared<SinkOptions>();
  auto& verb = commands.add(Group::bench, "sink", "an MLLP peer that takes messages, and can be told to misbehave");
  verb.required("--listen", "HOST:PORT", options->listen,
                "where; port 0 takes a free one, and the first line says which")
      .option("--journal", "FILE", options->journal, "append a line per message: time, MSH-10, type, size")
      .option("--fields", "PATHS", options->fields, "add these to the line: PID-3.1,PV1-19 (for invented data)")
      .option("--behave", "MODES", options->behave, "how to answer, message by message; the last one stays")
      .option("--count", "N", options->count, "end after so many messages");
  declare_tls(verb, options->tls);
  std::string manners = "Modes, separated by commas, *N for N messages (\"ae*3,ok\"):\n";
  for (const auto& manner : all_manners()) manners += fmt::format("  {:<12} {}\n", manner.name, manner.doc);
  manners.pop_back();
  verb.json()
      .detail(manners)
      .example("myelin sink --listen 127.0.0.1:2576 --journal received.tsv")
      .example("myelin sink --listen :0 --behave \"ae*3,slow=2s,ok\"")
      .run([options](Console& console) { return sink(*options, console); });
}

}  // namespace myelin
