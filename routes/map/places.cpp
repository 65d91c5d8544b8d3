#include "routes/map/places.h"

#include <algorithm>
#include <charconv>

namespace myelin::mapping {
namespace {

// Up to `numbers.size()` numbers with dots before or between them.
void read_numbers(std::string_view text, std::initializer_list<std::uint16_t*> numbers) {
  for (auto* number : numbers) {
    if (text.starts_with('.')) text.remove_prefix(1);
    const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  }
}

Source source(std::string_view text) {
  using enum Source::Kind;
  Source made;
  if (text.starts_with('@') || text == "$received") {
    made.kind = text.starts_with('@') ? identity : received;
    made.text = text.substr(1);
  } else if (text.ends_with('*')) {
    made.kind = segments;
    made.text = text.substr(0, text.size() - 1);
  } else if (text.starts_with('.')) {
    made.kind = relative;
    read_numbers(text, {&made.field, &made.component});
  } else {
    made.kind = Source::Kind::field;
    made.text = text.substr(0, 3);
    read_numbers(text.substr(std::min<std::size_t>(4, text.size())),
                 {&made.field, &made.component, &made.subcomponent});
  }
  return made;
}

}  // namespace

Source literal(const std::string& text) {
  Source made;
  made.text = text;
  return made;
}

Alternatives alternatives(std::string_view text) {
  Alternatives all;
  while (!text.empty()) {
    const auto bar = std::min(text.find('|'), text.size());
    all.push_back(source(text.substr(0, bar)));
    text.remove_prefix(std::min(bar + 1, text.size()));
  }
  return all;
}

std::vector<TargetStep> target(std::string_view text) {
  std::vector<TargetStep> steps;
  if (text == ".") return steps;
  while (!text.empty()) {
    const auto dot = std::min(text.find('.'), text.size());
    auto word = text.substr(0, dot);
    TargetStep step;
    using enum TargetStep::Mode;
    if (word.ends_with("[]")) {
      step.mode = append;
      word.remove_suffix(2);
    } else if (word.ends_with("[+]")) {
      step.mode = last;
      word.remove_suffix(3);
    } else if (const auto angle = word.find('<'); angle != word.npos) {
      step.mode = choice;
      step.key = std::string(word.substr(0, angle)) + std::string(word.substr(angle + 1, word.size() - angle - 2));
      word = word.substr(0, angle);
    }
    step.name = word;
    steps.push_back(std::move(step));
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return steps;
}

std::vector<Condition> conditions(Words& words, std::string& mistake) {
  std::vector<Condition> all;
  do {
    Condition one;
    one.what = alternatives(words.next());
    const auto test = words.next();
    using enum Condition::Test;
    if (test == "=" || test == "!=") {
      one.test = test == "=" ? is : is_not;
      while (!words.empty() && !words.is("and")) one.values.push_back(words.next());
    } else if (test == "same" || test == "differs") {
      one.test = test == "same" ? same : differs;
      one.other = alternatives(words.next());
    } else {
      one.test = test == "valued"   ? valued
                 : test == "empty"  ? empty
                 : test == "number" ? number
                 : test == "amount" ? amount
                 : test == "single" ? single
                                    : repeats;
      if (one.test == repeats && test != "repeats") mistake = "'" + test + "' is no test";
    }
    all.push_back(std::move(one));
  } while (words.take("and"));
  return all;
}

}  // namespace myelin::mapping
