// The list under `tests:`: read, checked and made ready to run. The sample is read, `with:` is written into it, every
// path and every name is checked now, so that a test that could never hold is a mistake and not a failure. What is
// expected: test_expect.cpp.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/hl7/ack.h"
#include "engine/model/facts.h"
#include "routes/compile/route_part.h"
#include "routes/steps/document.h"
#include "routes/steps/place.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Diagnostics;
using config::Node;

constexpr std::size_t kMaxSample = 64U << 20U;

// Reads one test; one object for each, so that its places are at hand.
class TestReader {
 public:
  TestReader(const std::string& file, const TestSurroundings& around)
      : folder_(std::filesystem::path(file).parent_path().string()),
        around_(around),
        diagnostics_(around.diagnostics) {}

  std::optional<TestCase> read(const Node& item) {
    if (!item.is_map()) {
      diagnostics_.add("C0140", item.place(), "a test is a map", "- it: …  given: …  expect: …");
      return std::nullopt;
    }
    const auto options = config::read_options(test_spec(), item, diagnostics_);
    test_.it = options.text("it");
    test_.place = options.place("it");
    test_.run_for = options.duration("run_for");
    if (const auto& given = options.node("given")) read_given(given);
    if (const auto& with = options.node("with")) apply_with(with);
    if (const auto& replies = options.node("replies")) read_answers(replies);
    if (const auto& answers = options.node("answers")) read_call_answers(answers);
    if (const auto& expect = options.node("expect")) read_expect(expect, around_, test_);
    return std::move(test_);
  }

 private:
  // given: FILE | { file | text, after } | a list of those; `after` alone delays the next one
  void read_given(const Node& node) {
    Duration pause{};
    if (node.is_list())
      for (const auto& item : node.items()) read_message(item, pause);
    else read_message(node, pause);
    if (test_.given.empty() && !unreadable_)
      diagnostics_.add("C0141", node.place(), "this test gives no message", "given: samples/NAME.hl7");
  }

  void read_message(const Node& node, Duration& pause) {
    if (node.is_scalar()) {
      add_file(node, pause);
      return;
    }
    const Node* file = nullptr;
    const Node* text = nullptr;
    std::string facts;
    for (const auto& entry : node.entries()) {
      if (entry.key == "file") file = &entry.value;
      else if (entry.key == "text") text = &entry.value;
      else if (entry.key == "after") read_pause(entry.value, pause);
      else if (!read_fact(entry, facts))
        diagnostics_.add("C0141", entry.key_place, "a given message has no '" + entry.key + "'",
                         "file, text, after, named, user, header and query");
    }
    const auto before = test_.given.size();
    if (file && file->is_scalar()) add_file(*file, pause);
    if (text && text->is_scalar()) add_text(*text, pause);
    if (test_.given.size() > before) test_.given.back().facts = facts + test_.given.back().facts;
    if (!node.is_map())
      diagnostics_.add("C0141", node.place(), "a given message is a file or { text: … }", "given: samples/NAME.hl7");
  }

  // named: lab.csv, user: lis, header: { X-Ward: B2 }, query: { ward: B2 }. False: it is none of these.
  bool read_fact(const Node::Entry& entry, std::string& facts) {
    const bool several = entry.key == "header" || entry.key == "query";
    if (!several && entry.key != "named" && entry.key != "user") return false;
    if (several != entry.value.is_map()) {
      diagnostics_.add("C0141", entry.value.place(), "`" + entry.key + "` is " + (several ? "a map" : "one text"),
                       several ? entry.key + ": { x-ward: B2 }" : entry.key + ": lab");
      return true;
    }
    if (!several) give_fact(entry.key == "named" ? "file" : entry.key, entry.value, entry.key_place, facts);
    for (const auto& each : entry.value.entries()) {
      std::string name = each.key;
      if (entry.key == "header")
        std::ranges::transform(name, name.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      give_fact(entry.key + "." + name, each.value, each.key_place, facts);
    }
    return true;
  }

  void give_fact(const std::string& name, const Node& value, const config::Place& place, std::string& facts) {
    std::vector<std::string_view> named;
    for (const auto& use : *around_.scope.facts) named.push_back(use.name);
    if (std::ranges::find(named, name) == named.end())
      diagnostics_.add("C0141", place, "no formula of this channel reads $" + name,
                       suggestion(name, named, "they read"));
    else if (value.is_scalar()) add_fact(facts, name, value.text());
    else diagnostics_.add("C0141", value.place(), "a fact is one text", "for example B2");
  }

  void read_pause(const Node& node, Duration& pause) {
    const auto duration = node.is_scalar() ? config::parse_duration(node.text()) : std::nullopt;
    if (duration) pause = *duration;
    else diagnostics_.add("C0003", node.place(), "'after' needs a duration", "for example after: 2s");
  }

  void add_file(const Node& node, Duration& pause) {
    Given given{path_of(node.text()), {}, std::exchange(pause, {}), {}};
    auto content = read_sample(node);
    unreadable_ = unreadable_ || !content;
    if (!content) return;
    given.content = std::move(*content);
    add_fact(given.facts, "file", std::filesystem::path(given.file).filename().string());
    test_.given.push_back(std::move(given));
  }

  std::string path_of(const std::string& name) const { return folder_.empty() ? name : folder_ + "/" + name; }

  std::optional<std::string> read_sample(const Node& node) {
    const auto& name = node.text();
    if (const auto sample = around_.files.samples.find(name); sample != around_.files.samples.end())
      return sample->second;
    std::error_code missing;
    const auto file = path_of(name);
    const auto size = std::filesystem::file_size(file, missing);
    std::ifstream stream(file, std::ios::binary);
    around_.samples.push_back(Sample::of(file));
    if (!missing && size <= kMaxSample && stream.is_open())
      return std::string(std::istreambuf_iterator<char>(stream), {});
    diagnostics_.add("C0141", node.place(), "there is no message file '" + name + "'", "looked for " + file);
    return std::nullopt;
  }

  // What is asked by `call` answers: a file beside the channel, or a word.
  void read_call_answers(const Node& node) {
    if (!node.is_map())
      diagnostics_.add("C0144", node.place(), "`answers` is a map of connections and what they answer",
                       "answers: { mpi: samples/found.json }");
    for (const auto& entry : node.entries()) {
      const auto one = [&](const Node& item) {
        TestCase::Answer answer;
        if (item.is_scalar() && (item.text() == "none" || is_answer_code(item.text()))) {
          answer.word = item.text();
        } else if (auto content = item.is_scalar() ? read_sample(item) : std::nullopt) {
          answer.content = std::move(*content);
          if (answer.content.starts_with("MSH")) std::ranges::replace(answer.content, '\n', '\r');
        } else {
          return;
        }
        test_.answers[entry.key].push_back(std::move(answer));
      };
      if (entry.value.is_list())
        for (const auto& item : entry.value.items()) one(item);
      else one(entry.value);
    }
  }

  // In a block of text each line is a segment.
  void add_text(const Node& node, Duration& pause) {
    Given given{{}, node.text(), std::exchange(pause, {}), {}};
    std::ranges::replace(given.content, '\n', '\r');
    test_.given.push_back(std::move(given));
  }

  void apply_with(const Node& node) {
    if (!node.is_map()) {
      diagnostics_.add("C0142", node.place(), "`with` is a map of places and values", "with: { PID-8: X }");
      return;
    }
    for (const auto& entry : node.entries()) {
      if (is_document(around_.body)) {
        write_to_document(entry);
        continue;
      }
      const auto path = read_path(entry, diagnostics_);
      if (!path || !check_writable(*path, diagnostics_)) continue;
      const auto value = expr::compile_value(entry.value, target_of(path->path), around_.scope, diagnostics_);
      if (!value) continue;
      for (auto& given : test_.given) write_with(given, *path, *value, entry);
    }
  }

  void write_to_document(const Node::Entry& entry) {
    const auto place = DocumentPlace::read(entry, around_.body, diagnostics_);
    const auto value = expr::compile_value(entry.value, expr::Target::text, around_.scope, diagnostics_);
    if (!place || !value) return;
    for (auto& given : test_.given) {
      auto body = Body::read(around_.body, Bytes(given.content), {});
      if (!body) continue;
      const Context context;
      const json::Value text(value->text(*body, context));
      if (auto done = place->set(*body, context, text); !done)
        diagnostics_.add("C0142", entry.key_place, "this cannot be written", done.error().detail);
      given.content = std::string(body->bytes().view());
    }
  }

  void write_with(Given& given, const NamedPath& path, const expr::TextSource& value, const Node::Entry& entry) {
    auto tree = hl7::Tree::parse(Bytes(given.content));
    if (!tree) {
      diagnostics_.add("C0142", entry.key_place, "the given message is no HL7, so nothing can be written to it",
                       myelin::to_string(tree.error()));
      return;
    }
    if (places_to_write(*tree, path, Context()).empty()) {
      diagnostics_.add("C0142", entry.key_place, "the given message has no " + path.text,
                       "`with` writes to segments that are there");
      return;
    }
    Body body(std::move(*tree));
    const Message message;
    Context context;
    context.message = &message;
    context.original = &body;
    if (auto done = write_all(body, context, path, value); !done)
      diagnostics_.add("C0142", entry.key_place, "this cannot be written", done.error().detail);
    given.content = std::string(body.bytes().view());
  }

  bool expect_route(const std::string& name, const config::Place& place) {
    if (around_.is_route(name)) return true;
    std::vector<std::string_view> legal(around_.routes.begin(), around_.routes.end());
    diagnostics_.add("C0143", place, "the channel has no route '" + name + "'", suggestion(name, legal, "it has"));
    return false;
  }

  void read_answers(const Node& node) {
    if (!node.is_map())
      diagnostics_.add("C0144", node.place(), "`replies` is a map of routes and answers", "replies: { lab: [AE, AA] }");
    for (const auto& entry : node.entries()) {
      if (!expect_route(entry.key, entry.key_place)) continue;
      auto& answers = test_.replies[entry.key];
      const auto one = [&](const Node& item) {
        if (item.is_scalar() && is_scripted(item.text())) answers.push_back(item.text());
        else if (item.is_map()) read_whole_answer(item, answers);
        else
          diagnostics_.add("C0144", item.place(), "a peer does not answer this",
                           "AA, AE, AR, CA, CE, CR, each with a text for MSA-3 if wanted, an HTTP status, none, lost, "
                           "down, garbage, or { file: samples/NAME.hl7 }");
      };
      if (entry.value.is_list())
        for (const auto& item : entry.value.items()) one(item);
      else one(entry.value);
    }
  }

  static bool is_scripted(std::string_view text) {
    constexpr std::array<std::string_view, 5> kWords = {"none", "lost", "down", "garbage", "wrong-id"};
    if (std::ranges::find(kWords, text) != kWords.end()) return true;
    return is_answer_code(text.substr(0, text.find(' ')));
  }

  // The peer's own message: { file: samples/NAME.hl7 } or { text: … }. Its MSA-2 is made to fit.
  void read_whole_answer(const Node& node, std::vector<std::string>& answers) {
    auto given = std::exchange(test_.given, {});
    Duration pause{};
    read_message(node, pause);
    auto read = std::exchange(test_.given, std::move(given));
    for (auto& each : read) {
      if (hl7::read_answer(each.content)) answers.push_back(std::move(each.content));
      else
        diagnostics_.add("C0144", node.place(), "this answer has no MSA, so nobody could tell what it answers",
                         "an acknowledgement, or a response with MSA");
    }
  }

  std::string folder_;
  const TestSurroundings& around_;
  Diagnostics& diagnostics_;
  TestCase test_;
  bool unreadable_ = false;
};

}  // namespace

std::vector<TestCase> read_tests(const Node& node, const std::string& file, const TestSurroundings& around) {
  std::vector<TestCase> cases;
  if (!node.is_list()) {
    around.diagnostics.add("C0140", node.place(), "`tests` is a list", "each item of it begins with - it: …");
    return cases;
  }
  for (const auto& item : node.items())
    if (auto test = TestReader(file, around).read(item)) cases.push_back(std::move(*test));
  return cases;
}

}  // namespace myelin::routes
