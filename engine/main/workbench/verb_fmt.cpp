// `myelin fmt`: rewrites files of the configuration in house style, or shows what it would rewrite.
#include <algorithm>
#include <filesystem>

#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/main/workbench/line_diff.h"
#include "routes/format/house_style.h"

namespace myelin {

namespace {

namespace fs = std::filesystem;

struct FmtOptions {
  std::vector<std::string> where;
  bool check = false;
};

struct Styled {
  std::string path, before, after;
  config::Diagnostics diagnostics;
  std::optional<Fault> fault;
  bool differs() const { return !fault && before != after; }
};

bool is_yaml(const fs::path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

// Directories are searched for YAML files, hidden ones left out.
Result<std::vector<std::string>> files_of(const std::vector<std::string>& where) {
  std::vector<std::string> files;
  std::error_code problem;
  for (const auto& each : where) {
    if (!fs::is_directory(each, problem)) {
      files.push_back(each);
      continue;
    }
    const auto first = files.size();
    for (fs::recursive_directory_iterator at(each, problem), end; !problem && at != end; at.increment(problem)) {
      const bool hidden = at->path().filename().string().starts_with('.');
      if (hidden && at->is_directory(problem)) at.disable_recursion_pending();
      if (!hidden && at->is_regular_file(problem) && is_yaml(at->path())) files.push_back(at->path().string());
    }
    if (problem) return fail(FaultCode::io_failed, "cannot read " + each + ": " + problem.message());
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
  }
  return files;
}

Styled style(const std::string& path) {
  Styled styled;
  styled.path = path;
  auto content = read_input(path);
  if (!content) {
    styled.fault = content.error();
    return styled;
  }
  styled.before = *content;
  const auto shown = path == "-" ? std::string("(standard input)") : path;
  const auto source = std::make_shared<const config::SourceText>(shown, std::move(*content));
  auto after = routes::in_house_style(source, styled.diagnostics);
  if (after) styled.after = std::move(*after);
  else styled.fault = after.error();
  return styled;
}

// Beside it first, so that a full disk or a power cut leaves the old one; links and modes stay.
Result<void> replace_file(const std::string& path, const std::string& content) {
  std::error_code problem;
  const auto real = fs::canonical(path, problem);
  if (problem) return fail(FaultCode::io_failed, path + ": " + problem.message());
  const auto beside = real.string() + ".new";
  if (auto written = write_output(beside, content); !written) return written;
  fs::permissions(beside, fs::status(real, problem).permissions(), problem);
  if (!problem) fs::rename(beside, real, problem);
  if (!problem) return {};
  std::error_code ignored;
  fs::remove(beside, ignored);
  return fail(FaultCode::io_failed, path + ": " + problem.message());
}

void print_difference(const Console& console, const Styled& styled) {
  console.line(console.paint(Ink::bold, "--- " + styled.path));
  console.line(console.paint(Ink::bold, "+++ " + styled.path + " in house style"));
  for (const auto& line : line_differences(styled.before, styled.after)) {
    const auto ink = line.kind == DiffLine::Kind::added     ? Ink::green
                     : line.kind == DiffLine::Kind::removed ? Ink::red
                                                            : Ink::blue;
    console.line(line.kind == DiffLine::Kind::same ? line.text : console.paint(ink, line.text));
  }
}

json::Value styled_json(const Styled& styled, bool check) {
  json::Value one;
  one.set("file", styled.path).set("differs", styled.differs()).set("rewritten", styled.differs() && !check);
  if (styled.fault) one.set("fault", to_string(*styled.fault));
  if (!styled.diagnostics.ok()) one.set("diagnostics", diagnostics_json(styled.diagnostics));
  return one;
}

Exit report(const std::vector<Styled>& all, const FmtOptions& options, const Console& console) {
  std::size_t differing = 0, failed = 0;
  json::Value files{json::Array{}};
  for (const auto& styled : all) {
    if (styled.fault) {
      ++failed;
      print_diagnostics(console, styled.diagnostics, stderr);
      console.error(to_string(*styled.fault));
    }
    if (styled.differs()) ++differing;
    files.push(styled_json(styled, options.check));
    if (console.json()) continue;
    if (styled.differs() && options.check) print_difference(console, styled);
    else if (styled.differs()) console.line("rewritten  " + styled.path);
  }
  if (console.json()) {
    json::Value report;
    report.set("files", std::move(files)).set("differ", differing).set("failed", failed);
    console.print(report);
  } else if (options.check && differing > 0) {
    console.line(counted(all.size(), "file") + ", " + std::to_string(differing) +
                 " not in house style; `myelin fmt` without --check rewrites them.");
  } else {
    console.line(counted(all.size(), "file") + ", " + counted(all.size() - differing - failed, "file") +
                 " in house style already.");
  }
  return failed > 0 || (options.check && differing > 0) ? Exit::not_so : Exit::ok;
}

Exit format_input(const Console& console, bool check) {
  const auto styled = style("-");
  if (styled.fault) {
    print_diagnostics(console, styled.diagnostics, stderr);
    return console.report(*styled.fault);
  }
  if (check && styled.differs()) print_difference(console, styled);
  else if (!check) console.line(std::string_view(styled.after).substr(0, styled.after.find_last_not_of('\n') + 1));
  return check && styled.differs() ? Exit::not_so : Exit::ok;
}

Exit format(const FmtOptions& options, const Console& console) {
  auto where = options.where;
  if (where.empty()) where.push_back(default_configuration_directory());
  if (where.size() == 1 && where.front() == "-") return format_input(console, options.check);
  const auto files = files_of(where);
  if (!files) return console.report(files.error());
  std::vector<Styled> all;
  for (const auto& file : *files) {
    all.push_back(style(file));
    auto& styled = all.back();
    if (options.check || !styled.differs()) continue;
    if (auto written = replace_file(file, styled.after); !written) styled.fault = written.error();
  }
  return report(all, options, console);
}

}  // namespace

void add_fmt(Commands& commands) {
  auto options = std::make_shared<FmtOptions>();
  commands.add(Group::write, "fmt", "rewrites files in house style; comments and meaning stay")
      .optional_list("FILE|DIR", options->where, "files, or directories of them (conf/ here, else /etc/myelin)")
      .flag("--check", options->check, "change nothing; show the differences and exit 1 when there are any")
      .json()
      .detail(
          "Keys come into the order of the language: what decides stands above `steps`, what is done when a message\n"
          "is sent below. PID.5.1 and PID-5-1 become PID-5.1. A formula, or a path with [ ], moves out of { } to a\n"
          "line of its own. With - a file is read from standard input and written to standard output.")
      .example("myelin fmt conf/channels/adt.yaml")
      .example("myelin fmt --check conf/")
      .run([options](Console& console) { return format(*options, console); });
}

}  // namespace myelin
