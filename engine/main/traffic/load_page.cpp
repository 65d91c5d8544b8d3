#include "engine/main/traffic/load_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>

#include "engine/base/markup.h"

namespace myelin {
namespace {

constexpr double kWidth = 860, kHeight = 220, kLeft = 64, kBottom = 28, kTop = 10;

std::uint32_t share_of(std::vector<std::uint32_t>& latencies, double share) {
  if (latencies.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(latencies.size())));
  const auto at = latencies.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::ranges::nth_element(latencies, at);
  return *at;
}

std::string escaped(std::string_view text) { return escape_markup(text, "\xEF\xBF\xBD", "\n"); }

std::string in_words(double us) {
  if (us >= 1e6) return fmt::format("{:g} s", us / 1e6);
  return us >= 1000 ? fmt::format("{:g} ms", us / 1000) : fmt::format("{:g} µs", us);
}

// A frame with lines across it, and what is drawn into it: y from 0 (bottom) to 1.
class Drawing {
 public:
  explicit Drawing(std::string_view title) {
    svg_ = fmt::format("<h2>{}</h2>\n<svg viewBox=\"0 0 {} {}\" role=\"img\">\n", title, kWidth, kHeight);
  }
  void across(double y, std::string_view label) {
    fmt::format_to(std::back_inserter(svg_),
                   "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/><text x=\"{}\" y=\"{:.1f}\" "
                   "text-anchor=\"end\">{}</text>\n",
                   kLeft, kWidth, up(y), up(y), kLeft - 6, up(y) + 4, label);
  }
  void below(double x, std::string_view label) {
    fmt::format_to(std::back_inserter(svg_), "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", along(x),
                   kHeight - 8, label);
  }
  void curve(std::string_view kind, const std::vector<std::pair<double, double>>& points) {
    fmt::format_to(std::back_inserter(svg_), "<polyline class=\"{}\" points=\"", kind);
    for (const auto& [x, y] : points)
      fmt::format_to(std::back_inserter(svg_), "{:.1f},{:.1f} ", along(x), up(std::clamp(y, 0.0, 1.0)));
    svg_ += "\"/>\n";
  }
  std::string end() { return std::move(svg_) + "</svg>\n"; }

 private:
  static double along(double x) { return kLeft + x * (kWidth - kLeft - 30); }
  static double up(double y) { return kTop + (1 - y) * (kHeight - kBottom - kTop); }
  std::string svg_;
};

// Seconds as x, 0 to 1.
double place(std::size_t at, std::size_t count) {
  return count < 2 ? 0.0 : static_cast<double>(at) / static_cast<double>(count - 1);
}

void seconds_below(Drawing& drawing, std::size_t count) {
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0})
    drawing.below(share, fmt::format("{:.3g} s", share * static_cast<double>(count)));
}

std::string draw_throughput(const std::vector<Second>& seconds) {
  double most = 1;
  for (const auto& second : seconds) most = std::max(most, static_cast<double>(second.answered));
  Drawing drawing("Answers a second");
  for (const double share : {0.0, 0.5, 1.0}) drawing.across(share, fmt::format("{:.0f}", share * most));
  seconds_below(drawing, seconds.size());
  std::vector<std::pair<double, double>> points;
  for (std::size_t i = 0; i < seconds.size(); ++i)
    points.emplace_back(place(i, seconds.size()), static_cast<double>(seconds[i].answered) / most);
  drawing.curve("a", points);
  return drawing.end();
}

// Latencies are drawn by their logarithm, from 10 µs to 100 s.
double height(double us) { return (std::log10(std::max(us, 10.0)) - 1) / 7; }

void latencies_across(Drawing& drawing) {
  for (double us = 10; us < 2e8; us *= 10) drawing.across(height(us), in_words(us));
}

std::string draw_latency(const std::vector<Second>& seconds) {
  Drawing drawing(
      "Latency in each second: <span class=\"a\">median</span>, <span class=\"b\">99 %</span>, "
      "<span class=\"c\">the longest</span>");
  latencies_across(drawing);
  seconds_below(drawing, seconds.size());
  const std::array<std::pair<std::string_view, std::function<double(const Second&)>>, 3> curves = {{
      {"a", [](const Second& second) { return second.p50; }},
      {"b", [](const Second& second) { return second.p99; }},
      {"c", [](const Second& second) { return second.max; }},
  }};
  for (const auto& [kind, value] : curves) {
    std::vector<std::pair<double, double>> points;
    for (std::size_t i = 0; i < seconds.size(); ++i)
      if (seconds[i].answered > 0) points.emplace_back(place(i, seconds.size()), height(value(seconds[i])));
    drawing.curve(kind, points);
  }
  return drawing.end();
}

std::string draw_percentiles(const LoadReport& report) {
  constexpr auto kShares = std::to_array<double>({0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1});
  Drawing drawing("Latency that so many answers did not exceed");
  latencies_across(drawing);
  std::vector<std::pair<double, double>> points;
  for (std::size_t i = 0; i < kShares.size(); ++i) {
    const auto x = place(i, kShares.size());
    points.emplace_back(x, height(report.percentile(kShares[i])));
    drawing.below(x, fmt::format("{:g} %", kShares[i] * 100));
  }
  drawing.curve("a", points);
  return drawing.end();
}

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>myelin load</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1d2733; background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1rem; margin: 1.6rem 0 .2rem }
table { border-collapse: collapse } td { padding: .15rem 1.2rem .15rem 0; vertical-align: top } td:first-child { color: #5a6775 }
svg { width: 100%; font-size: 11px } svg text { fill: #5a6775 } .grid { stroke: #dfe4ea }
polyline { fill: none; stroke-width: 1.6 } polyline.a { stroke: #0b6bcb } polyline.b { stroke: #b35c00 } polyline.c { stroke: #b3261e }
span.a { color: #0b6bcb } span.b { color: #b35c00 } span.c { color: #b3261e }
</style></head><body>
<h1>myelin load</h1>
)";

}  // namespace

std::vector<Second> by_second(const LoadReport& report) {
  std::vector<std::vector<std::uint32_t>> latencies;
  if (report.samples.empty()) return {};
  const auto first = std::ranges::min_element(report.samples, {}, &Sample::at_ms)->at_ms / 1000;
  for (const auto& sample : report.samples) {
    const auto second = sample.at_ms / 1000 - first;
    if (latencies.size() <= second) latencies.resize(second + std::size_t(1));
    latencies[second].push_back(sample.latency_us);
  }
  std::vector<Second> seconds;
  for (auto& each : latencies) {
    auto& second = seconds.emplace_back();
    second.answered = static_cast<std::int64_t>(each.size());
    second.p50 = share_of(each, 0.5);
    second.p99 = share_of(each, 0.99);
    second.max = share_of(each, 1);
  }
  return seconds;
}

std::string load_page(const LoadReport& report, const PageFacts& facts) {
  std::string page(kHead);
  page += "<table>\n";
  for (const auto& [name, text] : facts)
    page += "<tr><td>" + escaped(name) + "</td><td>" + escaped(text) + "</td></tr>\n";
  page += "</table>\n";
  const auto seconds = by_second(report);
  page += draw_throughput(seconds) + draw_latency(seconds) + draw_percentiles(report);
  return page + "</body></html>\n";
}

}  // namespace myelin
