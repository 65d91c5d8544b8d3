// `myelin load`: a measured load, and a check that what was accepted arrived, once and in order.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <thread>

#include "engine/base/counted.h"
#include "engine/base/event.h"
#include "engine/fhir/json.h"
#include "engine/main/traffic/arrivals.h"
#include "engine/main/traffic/load.h"
#include "engine/main/traffic/load_page.h"
#include "engine/main/traffic/peer_options.h"

namespace myelin {

namespace {

constexpr std::int64_t kEndless = 1'000'000'000;  // nine digits number the messages of a run

struct LoadOptions {
  std::vector<std::string> files, received;
  std::string page;
  SenderOptions sender;
  std::int64_t count = 0;
  Duration lasts = seconds(30), warm_up = seconds(2), think{}, drain = seconds(30);
};

// "adt.hl7=3" is adt.hl7, three times as often as one that says nothing.
FileToSend file_and_weight(const std::string& word) {
  const auto at = word.rfind('=');
  if (at == std::string::npos) return {word};
  std::int64_t weight = 0;
  const auto read = std::from_chars(word.data() + at + 1, word.data() + word.size(), weight);
  const bool number = read.ec == std::errc() && read.ptr == word.data() + word.size() && weight > 0 && weight <= 10'000;
  return number ? FileToSend{word.substr(0, at), weight} : FileToSend{word};
}

Result<LoadOrder> make_order(const LoadOptions& options) {
  if (options.count < 0 || options.count > kEndless)
    return fail(FaultCode::bad_request, "--count is at most 1000000000");
  if (options.warm_up >= options.lasts && options.count == 0)
    return fail(FaultCode::bad_request, "--warm-up leaves nothing of --for to measure");
  std::vector<FileToSend> files;
  for (const auto& word : options.files) files.push_back(file_and_weight(word));
  auto order = begin_order(options.sender, files);
  if (!order) return order;
  order->total = options.count > 0 ? options.count : kEndless;
  if (options.count == 0) order->lasts = options.lasts;
  order->warm_up = options.count == 0 ? options.warm_up : Duration{};
  order->think = options.think;
  order->own_ids = true;
  order->keep_sent = !options.received.empty();
  return order;
}

// One for each journal. Waits until nothing is missing, at most as long as the options say.
Result<std::vector<Arrivals>> await_arrivals(const LoadReport& report, const LoadOptions& options) {
  const auto until = std::chrono::steady_clock::now() + options.drain;
  for (;;) {
    std::vector<Arrivals> all;
    std::int64_t lost = 0;
    for (const auto& path : options.received) {
      const auto journal = read_input(path);
      if (!journal) return std::unexpected(journal.error());
      lost += all.emplace_back(check_arrivals(report, *journal)).lost();
    }
    if (lost == 0 || std::chrono::steady_clock::now() >= until) return all;
    std::this_thread::sleep_for(milliseconds(200));
  }
}

double in_seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

// Of the measured time: the warm-up is none of it.
double per_second(const LoadReport& report, const LoadOptions& options) {
  const auto measured = in_seconds(report.took - (options.count == 0 ? options.warm_up : Duration{}));
  return measured > 0 ? static_cast<double>(report.samples.size()) / measured : 0;
}

std::string replies_text(const LoadReport& report) {
  std::string text;
  for (std::size_t i = 0; i < kReplyNames.size(); ++i)
    if (report.replies[i] > 0 || i < 3)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", kReplyNames[i], report.replies[i]);
  if (report.wrong_ids > 0) text += fmt::format(", answers for others {}", report.wrong_ids);
  return text;
}

std::string arrivals_text(const Arrivals& arrivals) {
  return fmt::format("lost {}, doubled {}, out of order {} of {} accepted{}", arrivals.lost(), arrivals.doubled,
                     arrivals.out_of_order, arrivals.accepted,
                     arrivals.unanswered > 0 ? fmt::format("; {} arrived without an answer", arrivals.unanswered) : "");
}

PageFacts facts_of(const LoadReport& report, const LoadOptions& options, const std::vector<Arrivals>& arrivals) {
  const auto ms = [&](double share) { return static_cast<double>(report.percentile(share)) / 1000; };
  PageFacts facts = {
      {"load",
       fmt::format(
           "{}, {}{}", counted(options.sender.connections, "connection"),
           options.sender.rate > 0 ? counted(options.sender.rate, "message") + " a second" : "as fast as answers come",
           options.think > Duration{} ? fmt::format(", {:g} s between", in_seconds(options.think)) : "")},
      {"answered", fmt::format("{} in {:.1f} s: {:.0f}/s", report.answered(), in_seconds(report.took),
                               per_second(report, options))},
      {"latency", fmt::format("p50 {:.3f}  p90 {:.3f}  p99 {:.3f}  p99.9 {:.3f}  max {:.3f} ms", ms(0.5), ms(0.9),
                              ms(0.99), ms(0.999), ms(1))},
      {"answers", replies_text(report)}};
  if (options.sender.rate > 0)
    facts.emplace_back("sent late", fmt::format("at most {:.3f} ms after it was due; the latencies count from then",
                                                static_cast<double>(report.most_late_us) / 1000));
  for (std::size_t i = 0; i < arrivals.size(); ++i) facts.emplace_back(options.received[i], arrivals_text(arrivals[i]));
  return facts;
}

json::Value report_json(const LoadReport& report, const LoadOptions& options, const std::vector<Arrivals>& arrivals) {
  json::Value all, replies, latency, seconds_list, received;
  for (std::size_t i = 0; i < kReplyNames.size(); ++i) replies.set(kReplyNames[i], report.replies[i]);
  latency.set("p50", report.percentile(0.5))
      .set("p90", report.percentile(0.9))
      .set("p99", report.percentile(0.99))
      .set("p99_9", report.percentile(0.999))
      .set("max", report.percentile(1));
  for (const auto& second : by_second(report)) {
    json::Value each;
    each.set("answered", second.answered).set("p50_us", second.p50).set("p99_us", second.p99).set("max_us", second.max);
    seconds_list.push(std::move(each));
  }
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    json::Value each;
    each.set("journal", options.received[i])
        .set("accepted", arrivals[i].accepted)
        .set("lost", arrivals[i].lost())
        .set("doubled", arrivals[i].doubled)
        .set("out_of_order", arrivals[i].out_of_order)
        .set("unanswered", arrivals[i].unanswered);
    received.push(std::move(each));
  }
  all.set("connections", options.sender.connections)
      .set("rate", options.sender.rate)
      .set("answered", report.answered());
  all.set("seconds", *json::Value::number(fmt::format("{:.6f}", in_seconds(report.took))))
      .set("per_second", static_cast<std::int64_t>(per_second(report, options)))
      .set("replies", std::move(replies))
      .set("latency_us", std::move(latency))
      .set("most_late_us", report.most_late_us)
      .set("wrong_ids", report.wrong_ids)
      .set("each_second", std::move(seconds_list));
  if (!arrivals.empty()) all.set("received", std::move(received));
  if (report.fault) all.set("fault", to_string(*report.fault));
  return all;
}

Exit verdict(const LoadReport& report, const std::vector<Arrivals>& arrivals, const Console& console) {
  if (report.count(Reply::not_sent) > 0 && report.fault) {
    static_cast<void>(console.report(*report.fault));
    return Exit::not_reached;
  }
  for (const auto& each : arrivals)
    if (each.lost() > 0 || each.doubled > 0 || each.out_of_order > 0) return Exit::not_so;
  if (report.count(Reply::none) + report.count(Reply::lost) > 0) return Exit::not_so;
  return report.count(Reply::accepted) == report.answered() ? Exit::ok : Exit::refused;
}

Exit load(const LoadOptions& options, const Console& console) {
  auto order = make_order(options);
  if (!order) return console.report(order.error());
  auto journal = open_journal(options.sender.journal);
  if (!journal) return console.report(journal.error());
  set_log_level("error");
  const auto report = run_load(std::move(*order), *journal, isatty(STDERR_FILENO) == 1 && !console.json());
  const auto arrivals = await_arrivals(report, options);
  if (!arrivals) return console.report(arrivals.error());
  const auto facts = facts_of(report, options, *arrivals);
  if (console.json()) console.print(report_json(report, options, *arrivals));
  else
    for (const auto& [name, text] : facts) console.line(fmt::format("{:<10} {}", name, text));
  if (!options.page.empty())
    if (auto written = write_output(options.page, load_page(report, facts)); !written)
      return console.report(written.error());
  return verdict(report, *arrivals, console);
}

}  // namespace

void add_load(Commands& commands) {
  auto options = std::make_shared<LoadOptions>();
  options->sender.connections = 8;
  auto& verb = commands.add(Group::bench, "load",
                            "a measured load by MLLP: throughput, latencies, and whether all of it arrived");
  verb.arguments("FILE[=WEIGHT]", options->files, "messages to mix; each is sent with an MSH-10 of its own");
  declare_sender(verb, options->sender, "the engine's listener");
  verb.option("--for", "TIME", options->lasts, "how long (30s)")
      .option("--count", "N", options->count, "so many messages instead, without a warm-up")
      .option("--warm-up", "TIME", options->warm_up, "sent and checked, but not timed (2s)")
      .option("--think", "TIME", options->think, "each connection's pause after an answer")
      .repeated("--received", "FILE", options->received, "journal of a `myelin sink` that gets all of it in the end")
      .option("--drain", "TIME", options->drain, "how long the last may take to get there (30s)")
      .option("--html", "FILE", options->page, "write a page with plots");
  verb.json()
      .detail(
          "With --rate, a latency counts from when the message was due, so an engine that stands still is seen in\n"
          "all the messages that it kept waiting (no coordinated omission).\n"
          "Exit: 0 all accepted and there once, in order; 1 lost, doubled or without an answer; 4 not reached; "
          "5 some refused.")
      .example("myelin load conf/channels/samples/adt-a01.hl7 --to 127.0.0.1:2575 --connections 32 --for 60s")
      .example("myelin load adt.hl7=7 oru.hl7=3 --to :2575 --rate 500 --received lab.tsv --html load.html")
      .run([options](Console& console) { return load(*options, console); });
}

}  // namespace myelin
