// Evaluating FHIRPath: every expression gives a collection, and nothing is a collection too.
#include "engine/fhir/fhir_path.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <optional>
#include <utility>

#include "engine/fhir/fhir_path_syntax.h"

namespace myelin::fhir {
namespace {

constexpr std::size_t kMostVisits = 200'000;  // of values, in one evaluation

struct Item {
  const json::Value* value = nullptr;
  std::string_view type = {};  // "Quantity" of valueQuantity; empty: what the value says itself
};
using Items = std::vector<Item>;

std::string text_of(const json::Value& value) {
  if (const auto* text = value.text()) return *text;
  if (const auto* digits = value.digits()) return *digits;
  if (const auto truth = value.truth()) return *truth ? "true" : "false";
  return {};
}

bool is_text(const json::Value& value) { return value.text() || value.digits() || value.truth(); }

std::optional<double> number_of(const json::Value& value) {
  if (!value.digits()) return std::nullopt;
  double number = 0;
  const auto& text = *value.digits();
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

bool same(const json::Value& a, const json::Value& b) {
  const auto left = number_of(a), right = number_of(b);
  return left && right ? *left == *right : a == b;
}

bool is_of_type(const Item& item, std::string_view type) {
  if (!item.type.empty()) return item.type == type;
  if (const auto* resource = (*item.value)["resourceType"].text()) return *resource == type;
  if (item.value->truth()) return type == "boolean";
  if (item.value->digits()) return type == "decimal" || type == "integer";
  return item.value->text() && type == "string";
}

class Run {
 public:
  explicit Run(const json::Value& root) : root_(root) {}

  Items evaluate(const PathNode& node, const Items& focus) {
    using Kind = PathNode::Kind;
    switch (node.kind) {
      case Kind::literal:
        return {{&node.literal}};
      case Kind::none:
        return {};
      case Kind::self:
        return focus;
      case Kind::root:
        return {{&root_}};
      case Kind::member:
        return member(node, node.on_focus ? focus : evaluate(node.children[0], focus));
      case Kind::index:
        return index(evaluate(node.children[0], focus), evaluate(node.children[1], focus));
      case Kind::call:
        return call(node, node.on_focus ? focus : evaluate(node.children[0], focus), focus);
      case Kind::operation:
        return operation(node, focus);
    }
    return {};
  }

  static std::optional<bool> truth(const Items& items) {
    if (items.size() != 1) return std::nullopt;
    return items.front().value->truth().value_or(true);
  }

 private:
  Items made(json::Value value) {
    made_.push_back(std::move(value));
    return {{&made_.back()}};
  }
  Items made(std::optional<bool> truth) { return truth ? made(json::Value(*truth)) : Items(); }

  void add(const json::Value& value, std::string_view type, Items& to) {
    if (++visits_ > kMostVisits || value.is_null()) return;
    if (const auto* array = value.array())
      for (const auto& item : *array) add(item, type, to);
    else to.push_back({&value, type});
  }

  Items member(const PathNode& node, const Items& of) {
    Items found;
    for (const auto& item : of) {
      const auto* object = item.value->object();
      if (!object) continue;
      if (node.on_focus && is_of_type(item, node.text)) {  // Patient.name, of a patient
        found.push_back(item);
        continue;
      }
      const auto plain = std::ranges::find(*object, node.text, &json::Member::key);
      if (plain != object->end()) {
        add(plain->value, {}, found);
        continue;
      }
      // value means value[x]: valueQuantity, valueString …
      const auto choice = std::ranges::find_if(*object, [&](const json::Member& each) {
        return each.key.size() > node.text.size() && each.key.starts_with(node.text) &&
               each.key[node.text.size()] >= 'A' && each.key[node.text.size()] <= 'Z';
      });
      if (choice != object->end() && node.text == "value")
        add(choice->value, std::string_view(choice->key).substr(node.text.size()), found);
    }
    return found;
  }

  static Items index(const Items& of, const Items& at) {
    const auto number = at.size() == 1 ? at.front().value->integer() : std::nullopt;
    if (!number || *number < 0 || static_cast<std::size_t>(*number) >= of.size()) return {};
    return {of[static_cast<std::size_t>(*number)]};
  }

  // Items for which the condition is true.
  Items matching(const Items& of, const PathNode& condition) {
    Items found;
    for (const auto& item : of)
      if (++visits_ <= kMostVisits && truth(evaluate(condition, {item})).value_or(false)) found.push_back(item);
    return found;
  }

  Items call(const PathNode& node, Items of, const Items& focus) {
    const auto& name = node.text;
    const std::size_t first = node.on_focus ? 0 : 1;  // of the arguments
    const bool given = node.children.size() > first;
    const auto argument = [&](std::size_t at) -> const PathNode& { return node.children[first + at]; };
    if (name == "where") return matching(of, argument(0));
    if (name == "exists") return made(json::Value(!(given ? matching(of, argument(0)) : of).empty()));
    if (name == "all") return made(json::Value(matching(of, argument(0)).size() == of.size()));
    if (name == "empty") return made(json::Value(of.empty()));
    if (name == "count") return made(json::Value(of.size()));
    if (name == "ofType") {
      std::erase_if(of, [&](const Item& item) { return !is_of_type(item, argument(0).text); });
      return of;
    }
    if (name == "select") {
      Items found;
      for (const auto& item : of)
        for (const auto& each : evaluate(argument(0), {item})) found.push_back(each);
      return found;
    }
    if (name == "iif") {
      if (truth(evaluate(argument(0), focus)).value_or(false)) return evaluate(argument(1), focus);
      return node.children.size() > first + 2 ? evaluate(argument(2), focus) : Items();
    }
    if (name == "not") {
      const auto value = truth(of);
      return value ? made(json::Value(!*value)) : Items();
    }
    if (name == "hasValue") return made(json::Value(of.size() == 1 && is_text(*of.front().value)));
    if (name == "distinct") return distinct(of);
    if (auto part = part_of(name, of, given ? evaluate(argument(0), focus) : Items())) return std::move(*part);
    std::vector<std::string> texts;
    for (std::size_t at = 0; first + at < node.children.size(); ++at) {
      const auto items = evaluate(argument(at), focus);
      if (items.size() != 1) return {};
      texts.push_back(text_of(*items.front().value));
    }
    return of.size() == 1 && is_text(*of.front().value) ? text_call(name, text_of(*of.front().value), texts) : Items();
  }

  static std::optional<Items> part_of(std::string_view name, const Items& of, const Items& argument) {
    const auto size = static_cast<std::ptrdiff_t>(of.size());
    const auto number = argument.size() == 1 ? argument.front().value->integer().value_or(0) : 0;
    const auto count = std::clamp<std::ptrdiff_t>(number, 0, size);
    const auto from = [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      return Items(of.begin() + begin, of.begin() + std::max(begin, end));
    };
    if (name == "first") return from(0, std::min<std::ptrdiff_t>(1, size));
    if (name == "last") return from(std::max<std::ptrdiff_t>(0, size - 1), size);
    if (name == "tail") return from(std::min<std::ptrdiff_t>(1, size), size);
    if (name == "skip") return from(count, size);
    if (name == "take") return from(0, count);
    if (name == "single") return size == 1 ? of : Items();
    return std::nullopt;
  }

  static Items distinct(const Items& of) {
    Items found;
    for (const auto& item : of)
      if (std::ranges::none_of(found, [&](const Item& each) { return same(*each.value, *item.value); }))
        found.push_back(item);
    return found;
  }

  Items text_call(std::string_view name, std::string text, const std::vector<std::string>& given) {
    const auto change = [&](char low, char high, int by) {
      for (char& c : text)
        if (c >= low && c <= high) c = static_cast<char>(c + by);
      return made(json::Value(text));
    };
    if (name == "startsWith") return made(json::Value(text.starts_with(given[0])));
    if (name == "endsWith") return made(json::Value(text.ends_with(given[0])));
    if (name == "contains") return made(json::Value(text.contains(given[0])));
    if (name == "toString") return made(json::Value(text));
    if (name == "upper") return change('a', 'z', 'A' - 'a');
    if (name == "lower") return change('A', 'Z', 'a' - 'A');
    if (name == "length") return made(json::Value(text.size()));
    if (name == "trim") {
      const auto begin = text.find_first_not_of(" \t\r\n");
      if (begin == std::string::npos) return made(json::Value(""));
      return made(json::Value(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1)));
    }
    if (name == "substring") {
      const auto number = [](const std::string& digits) {
        std::size_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
      };
      const auto from = number(given[0]);
      if (from >= text.size()) return {};
      return made(json::Value(text.substr(from, given.size() > 1 ? number(given[1]) : std::string::npos)));
    }
    if (name == "replace" && !given[0].empty()) {
      for (auto at = text.find(given[0]); at != text.npos; at = text.find(given[0], at + given[1].size())) {
        if (text.size() > kMostVisits) return {};
        text.replace(at, given[0].size(), given[1]);
      }
      return made(json::Value(text));
    }
    return {};
  }

  Items operation(const PathNode& node, const Items& focus) {
    const auto& sign = node.text;
    const auto left = evaluate(node.children[0], focus);
    if (sign == "and" || sign == "or" || sign == "xor" || sign == "implies")
      return made(logic(sign, truth(left), truth(evaluate(node.children[1], focus))));
    const auto right = evaluate(node.children[1], focus);
    if (sign == "|") {
      Items all = left;
      all.insert(all.end(), right.begin(), right.end());
      return distinct(all);
    }
    if (sign == "&") {
      const auto text = [](const Items& items) { return items.size() == 1 ? text_of(*items.front().value) : ""; };
      return made(json::Value(text(left) + text(right)));
    }
    if (sign == "in" || sign == "contains") {
      const auto& one = sign == "in" ? left : right;
      const auto& many = sign == "in" ? right : left;
      if (one.size() != 1) return {};
      return made(json::Value(
          std::ranges::any_of(many, [&](const Item& each) { return same(*each.value, *one.front().value); })));
    }
    if (left.empty() || right.empty()) return {};
    if (sign == "=" || sign == "!=") {
      const bool equal =
          std::ranges::equal(left, right, [](const Item& a, const Item& b) { return same(*a.value, *b.value); });
      return made(json::Value(equal == (sign == "=")));
    }
    return order(sign, left, right);
  }

  static std::optional<bool> logic(std::string_view sign, std::optional<bool> a, std::optional<bool> b) {
    if (sign == "implies") {
      if (a == false || b == true) return true;
      return a && b ? b : std::nullopt;
    }
    if (sign == "xor") return a && b ? std::optional(*a != *b) : std::nullopt;
    const bool decides = sign == "or";
    if (a == decides || b == decides) return decides;
    return a && b ? std::optional(!decides) : std::nullopt;
  }

  Items order(std::string_view sign, const Items& left, const Items& right) {
    if (left.size() != 1 || right.size() != 1) return {};
    const auto &a = *left.front().value, &b = *right.front().value;
    const auto x = number_of(a), y = number_of(b);
    int way = 0;
    if (x && y) way = *x < *y ? -1 : *x > *y ? 1 : 0;
    else if (a.text() && b.text()) way = a.text()->compare(*b.text());  // dates too: ISO 8601 orders as text
    else return {};
    return made(json::Value(sign == "<" ? way < 0 : sign == "<=" ? way <= 0 : sign == ">" ? way > 0 : way >= 0));
  }

  const json::Value& root_;
  std::deque<json::Value> made_;
  std::size_t visits_ = 0;
};

class Compiled final : public FhirPath {
 public:
  explicit Compiled(PathNode root) : root_(std::move(root)) {}

  std::vector<std::string> values(const json::Value& of) const override {
    Run run(of);
    std::vector<std::string> texts;
    for (const auto& item : run.evaluate(root_, {{&of}}))
      if (is_text(*item.value)) texts.push_back(text_of(*item.value));
    return texts;
  }

  bool holds(const json::Value& of) const override {
    Run run(of);
    return Run::truth(run.evaluate(root_, {{&of}})).value_or(false);
  }

 private:
  PathNode root_;
};

}  // namespace

std::expected<std::shared_ptr<const FhirPath>, FhirPathError> FhirPath::compile(std::string_view text) {
  auto root = parse_fhir_path(text);
  if (!root) return std::unexpected(std::move(root.error()));
  return std::make_shared<const Compiled>(std::move(*root));
}

}  // namespace myelin::fhir
