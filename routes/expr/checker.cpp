// Checking formulas. Type::unknown means that something was said already: nothing more is said of it.
#include "routes/expr/checker.h"

#include <algorithm>
#include <array>

#include "engine/config/diagnostic.h"
#include "routes/expr/functions.h"
#include "routes/expr/pattern.h"

namespace myelin::expr {

namespace {

using Kind = Expression::Kind;

constexpr auto kFacts =
    std::to_array<std::string_view>({"$id", "$received_at", "$peer", "$channel", "$original", "$site"});
constexpr auto kDesignedFacts =
    std::to_array<std::string_view>({"$file", "$header", "$query", "$user", "$part", "$parts"});
constexpr auto kUnits =
    std::to_array<std::string_view>({"seconds", "minutes", "hours", "days", "weeks", "months", "years"});

bool single(Type type) {
  return type == Type::unknown || type == Type::text || type == Type::number || type == Type::time ||
         type == Type::null;
}

const std::string* written_out(const Expression& expression) {
  return expression.kind == Kind::literal ? expression.literal.text() : nullptr;
}

template <class Names>
std::string did_you_mean(std::string_view wrong, const Names& legal) {
  std::vector<std::string_view> names;
  for (const auto& name : legal) names.push_back(name);
  if (const auto near = config::nearest(wrong, names); !near.empty()) return "did you mean " + std::string(near) + "?";
  std::string all;
  for (std::size_t at = 0; at < names.size() && at < 8; ++at)
    all += (at ? ", " : "there are ") + std::string(names[at]);
  return all;
}

class Checker {
 public:
  Checker(const Scope& scope, std::vector<PathUse>& paths, Mistakes& mistakes)
      : scope_(scope), paths_(paths), mistakes_(mistakes) {}

  void check(Expression& e) {
    switch (e.kind) {
      case Kind::literal:
        return;
      case Kind::path:
        return path(e);
      case Kind::fact:
        return fact(e);
      case Kind::name:
        return name(e);
      case Kind::list:
        return list(e);
      case Kind::call:
        return call(e);
      case Kind::operation:
        return operation(e);
      case Kind::negation:
        check(e.children[0]);
        want(e.children[0], Type::truth, "not");
        e.type = Type::truth;
        return;
      case Kind::minus:
        check(e.children[0]);
        want(e.children[0], Type::number, "the minus sign");
        e.type = Type::number;
        return;
    }
  }

 private:
  void add(std::string_view code, const Expression& at, std::string message, std::string hint = {}) {
    mistakes_.add(code, at.offset, at.length, std::move(message), std::move(hint));
  }

  void path(Expression& e) {
    using Pick = hl7::Pick::Kind;
    const auto many = [](const hl7::Pick& pick) { return pick.kind == Pick::all; };
    bool all = many(e.path.segment_pick) || many(e.path.repetition);
    for (const auto& group : e.path.groups) all = all || many(group.pick);
    e.type = e.path.field == 0 ? Type::segment : all ? Type::list : Type::text;
    const bool first = e.path.field != 0 && e.path.segment_pick.kind == Pick::implicit && !counted(e.path.segment);
    paths_.push_back(PathUse{e.path, e.text, mistakes_.place(e.offset, e.length),
                             !all && (first || e.path.repetition.kind == Pick::implicit)});
    if (!e.path.groups.empty())
      add("C0009", e, "paths through groups are designed but not built in this version",
          "name the segment: " + e.path.segment);
  }

  // Inside any(OBX, …) the name OBX means one.
  bool counted(std::string_view segment) const {
    return std::find(counted_.begin(), counted_.end(), segment) != counted_.end();
  }

  void fact(Expression& e) {
    const std::string_view head = std::string_view(e.text).substr(0, e.text.find('.'));
    if (head == "$site") return site(e);
    e.type = e.text == "$received_at" ? Type::time : Type::text;
    if (e.text == "$original") {
      e.type = Type::unknown;
      return add("C0098", e, "$original is a whole message", "name a place in it: $original.PID-5.1");
    }
    if (std::find(kFacts.begin(), kFacts.end(), e.text) != kFacts.end()) return;
    e.type = Type::unknown;
    if (std::find(kDesignedFacts.begin(), kDesignedFacts.end(), head) != kDesignedFacts.end())
      return add("C0009", e, e.text + " is designed but not built in this version");
    add("C0085", e, "there is no fact " + e.text, did_you_mean(e.text, kFacts));
  }

  // A value of the site does not change while the configuration stands, so it is a literal from here on.
  void site(Expression& e) {
    const std::string name = e.text.size() > 6 ? e.text.substr(6) : std::string();
    const auto found = scope_.site.find(name);
    if (found != scope_.site.end()) {
      e.kind = Kind::literal;
      e.type = Type::text;
      e.literal = Value(found->second);
      return;
    }
    std::vector<std::string_view> names;
    for (const auto& [known, value] : scope_.site) names.push_back(known);
    add("C0086", e,
        name.empty() ? "$site needs a name: $site.facility" : "connections.yaml has no site value '" + name + "'",
        did_you_mean(name, names));
  }

  void name(Expression& e) {
    if (scope_.lets.contains(e.text)) {
      e.type = Type::text;
      return;
    }
    if (find_function(e.text)) return add("C0080", e, e.text + " is a function", "its arguments stand in ( )");
    std::string hint = "as text, write \"" + e.text + "\"";
    std::vector<std::string_view> names(scope_.lets.begin(), scope_.lets.end());
    if (const auto near = config::nearest(e.text, names); !near.empty())
      hint = "did you mean " + std::string(near) + "? " + hint;
    add("C0085", e, "nothing is called " + e.text + " here", std::move(hint));
  }

  void list(Expression& e) {
    e.type = Type::list;
    for (auto& child : e.children) {
      check(child);
      if (!single(child.type))
        add("C0083", child, "an item of a list is one value, not " + std::string(name_of(child.type)));
    }
  }

  // Says what is wrong when `e` is not of the type; a segment as a value has a code of its own.
  bool want(const Expression& e, Type type, std::string_view who) {
    if (e.type == type || e.type == Type::unknown) return true;
    const std::string wanted = std::string(who) + " needs " + std::string(name_of(type));
    if (e.type == Type::segment) {
      add("C0098", e, wanted + ", and " + e.text + " is a whole segment",
          type == Type::truth ? "say present(" + e.text + ")" : "name a field, or as text write \"" + e.text + "\"");
    } else {
      add("C0083", e, wanted + ", and this is " + std::string(name_of(e.type)), hint_for(e, type));
    }
    return false;
  }

  static std::string hint_for(const Expression& e, Type type) {
    const std::string shown = e.kind == Kind::path ? e.text : "…";
    if (type == Type::number && e.type == Type::text) return "say number(" + shown + ")";
    if (type == Type::truth && e.type == Type::text) return "say present(" + shown + "), or compare it";
    if (type == Type::text && e.type == Type::list) return "say join(" + shown + ", \",\") or first(" + shown + ")";
    if (type == Type::text && e.type == Type::truth) return "say if(…, \"Y\", \"N\")";
    return {};
  }

  bool want_single(const Expression& e, std::string_view who) { return single(e.type) || want(e, Type::text, who); }

  void operation(Expression& e) {
    for (auto& child : e.children) check(child);
    Expression& left = e.children[0];
    Expression& right = e.children[1];
    e.type = Type::truth;
    switch (e.op) {
      case Operator::logical_or:
      case Operator::logical_and:
        for (const auto& child : e.children) want(child, Type::truth, e.op == Operator::logical_or ? "or" : "and");
        return;
      case Operator::join:
        e.type = Type::text;
        for (const auto& child : e.children) want_single(child, "&");
        return;
      case Operator::add:
      case Operator::subtract:
      case Operator::multiply:
      case Operator::divide:
        e.type = Type::number;
        want(left, Type::number, "arithmetic");
        want(right, Type::number, "arithmetic");
        return;
      case Operator::equal:
      case Operator::unequal:
        return equality(e, left, right);
      case Operator::less:
      case Operator::less_equal:
      case Operator::greater:
      case Operator::greater_equal:
        return order(e, left, right);
      case Operator::in:
      case Operator::not_in:
        return membership(left, right);
      case Operator::matches:
        return pattern(e, left, right);
      case Operator::contains:
      case Operator::starts_with:
      case Operator::ends_with:
        want_single(left, "this comparison");
        want_single(right, "this comparison");
        return;
    }
  }

  // True when a date can be compared with `e`: a date, or text that is checked now or read when it runs.
  bool dated(const Expression& e) {
    const std::string* text = written_out(e);
    if (!text || Timestamp::parse(*text)) return e.type == Type::time || e.type == Type::text;
    add("C0083", e, "this text is no date", "dates are written 20260131, or 20260131103000");
    return true;
  }

  void equality(const Expression& e, const Expression& left, const Expression& right) {
    if (left.type == Type::unknown || right.type == Type::unknown) return;
    if (left.type == Type::null || right.type == Type::null) {
      const Expression& other = left.type == Type::null ? right : left;
      const std::string shown = other.kind == Kind::path ? other.text : "p";
      return add("C0083", e, "null is not compared", "say null(" + shown + ")");
    }
    for (const Expression* side : {&left, &right}) {
      if (side->type == Type::segment) {
        want(*side, Type::text, "a comparison");
        return;
      }
      if (side->type == Type::list) {
        const Expression& other = side == &left ? right : left;
        const std::string value = other.kind == Kind::literal ? "\"" + to_text(other.literal) + "\"" : "value";
        return add("C0083", *side, "a list is not compared with one value",
                   "say " + value + " in " + (side->kind == Kind::path ? side->text : "[…]"));
      }
    }
    if (left.type == right.type) return;
    if ((left.type == Type::time && dated(right)) || (right.type == Type::time && dated(left))) return;
    const bool text_and_number = (left.type == Type::text && right.type == Type::number) ||
                                 (left.type == Type::number && right.type == Type::text);
    if (!text_and_number)
      return add("C0083", e,
                 "this compares " + std::string(name_of(left.type)) + " with " + std::string(name_of(right.type)));
    const Expression& text = left.type == Type::text ? left : right;
    const Expression& number = left.type == Type::text ? right : left;
    std::string hint = "say number(" + (text.kind == Kind::path ? text.text : std::string("…")) + ")";
    if (number.kind == Kind::literal) hint += ", or \"" + to_text(number.literal) + "\" to compare text";
    add("C0100", number, "a text is compared with a number", std::move(hint));
  }

  void order(const Expression& e, const Expression& left, const Expression& right) {
    if (left.type == Type::unknown || right.type == Type::unknown) return;
    if (left.type == Type::number && right.type == Type::number) return;
    if ((left.type == Type::time && dated(right)) || (right.type == Type::time && dated(left))) return;
    for (const Expression* side : {&left, &right}) {
      if (side->type == Type::number || side->type == Type::time) continue;
      const std::string shown = side->kind == Kind::path ? side->text : "…";
      return add("C0084", *side, "< and > need numbers or dates, and this is " + std::string(name_of(side->type)),
                 "say number(" + shown + ") or date(" + shown + ")");
    }
    add("C0084", e, "a number is compared with a date");
  }

  void membership(const Expression& left, const Expression& right) {
    want_single(left, "in");
    if (right.type == Type::unknown) return;
    if (right.type != Type::list) {
      const std::string shown = written_out(right) ? "[\"" + *written_out(right) + "\"]" : "[\"A\", \"B\"]";
      return add("C0083", right, "in needs a list", "write in " + shown);
    }
    if (right.kind != Kind::list) return;
    for (const auto& item : right.children) {
      const bool mixed = (left.type == Type::text && item.type == Type::number) ||
                         (left.type == Type::number && item.type == Type::text);
      if (mixed) add("C0100", item, "a text is compared with a number", "write \"" + to_text(item.literal) + "\"");
    }
  }

  void pattern(Expression& e, const Expression& left, const Expression& right) {
    want_single(left, "matches");
    compile_pattern(e, right);
  }

  void compile_pattern(Expression& e, const Expression& from) {
    if (from.type == Type::unknown && from.kind != Kind::literal) return;
    const std::string* text = written_out(from);
    if (!text) return add("C0089", from, "a regular expression is written out in quotes");
    auto compiled = read_pattern(*text);
    if (!compiled) return add("C0089", from, "this regular expression cannot be used: " + compiled.error());
    e.pattern = std::move(*compiled);
  }

  void call(Expression& e) {
    e.function = find_function(e.text);
    if (!e.function) {
      std::vector<std::string_view> names;
      for (const auto& function : all_functions()) names.push_back(function.name);
      for (auto& child : e.children) check(child);
      mistakes_.add("C0081", e.offset, e.text.size(), "there is no function " + e.text, did_you_mean(e.text, names));
      return;
    }
    if (e.function->check == Check::designed)
      mistakes_.add("C0009", e.offset, e.text.size(), e.text + "() is designed but not built in this version",
                    std::string(e.function->doc));
    e.type = e.function->gives;
    if (!arguments(e)) return;
    special(e);
  }

  // Letters of Function::takes, one by one with the arguments.
  bool arguments(Expression& e) {
    const std::string_view takes = e.function->takes;
    std::size_t least = 0, most = 0;
    bool optional = false, repeats = takes.ends_with('*');
    for (const char letter : takes) {
      if (letter == '?') optional = true;
      if (letter == '?' || letter == '*') continue;
      ++most;
      if (!optional) ++least;
    }
    const std::size_t given = e.children.size();
    if (given < least || (given > most && !repeats)) {
      mistakes_.add("C0082", e.offset, e.text.size(),
                    e.text + (given < least ? " needs more" : " takes fewer") + " arguments",
                    "it is " + std::string(e.function->signature));
      for (auto& child : e.children) check(child);
      return false;
    }
    std::string letters;
    for (const char letter : takes)
      if (letter != '?' && letter != '*') letters += letter;
    for (std::size_t at = 0; at < given; ++at) argument(e, at, letters[std::min(at, letters.size() - 1)]);
    return true;
  }

  void argument(Expression& call, std::size_t index, char letter) {
    Expression& e = call.children[index];
    const std::string who = call.text + "()";
    if (letter == 'c') return condition(call, e);
    check(e);
    switch (letter) {
      case 't':
      case 'x':
        want_single(e, who);
        return;
      case 'T':
        if (e.type != Type::unknown && !written_out(e))
          add("C0083", e, who + " needs this text written out in quotes",
              "it is " + std::string(call.function->signature));
        return;
      case 'n':
        want(e, Type::number, who);
        return;
      case 'b':
        want(e, Type::truth, who);
        return;
      case 'd':
        if (e.type == Type::text ? !dated(e) : e.type != Type::time) want(e, Type::time, who);
        return;
      case 'l':
        want(e, Type::list, who);
        return;
      case 'L':
        if (e.type != Type::text || e.kind != Kind::path) want(e, Type::list, who);
        return;
      case 's':
        if (e.type != Type::segment) want(e, Type::list, who);
        return;
      case 'p':
        if (e.kind != Kind::path && e.type != Type::unknown)
          add("C0083", e, who + " needs a path", "for a computed value, compare it with \"\"");
        return;
      case 'a':
        return alike(call, index);
      default:
        return;
    }
  }

  void condition(Expression& call, Expression& e) {
    const Expression& over = call.children[0];
    const bool segment = over.type == Type::segment;
    if (over.type == Type::list)
      add("C0083", over, "a condition for each needs a segment",
          over.kind == Kind::path ? "say " + call.text + "(" + over.path.segment + ", …)" : "");
    if (segment) counted_.push_back(over.path.segment);
    check(e);
    if (segment) counted_.pop_back();
    want(e, Type::truth, call.text + "()");
  }

  // The `a` arguments are of one type, which is that of the call.
  void alike(Expression& call, std::size_t index) {
    const Expression& e = call.children[index];
    if (e.type == Type::segment || e.type == Type::list) {
      want(e, Type::text, call.text + "()");
      return;
    }
    if (call.type == Type::unknown || call.type == Type::null) {
      call.type = e.type;
    } else if (e.type != call.type && e.type != Type::unknown && e.type != Type::null) {
      add("C0083", e,
          call.text + "() gives one kind of value: above it is " + std::string(name_of(call.type)) + ", here it is " +
              std::string(name_of(e.type)));
    }
  }

  void special(Expression& e) {
    const auto* second = e.children.size() > 1 ? written_out(e.children[1]) : nullptr;
    const auto* third = e.children.size() > 2 ? written_out(e.children[2]) : nullptr;
    switch (e.function->check) {
      case Check::none:
      case Check::designed:
        return;
      case Check::table:
        return table(e, third);
      case Check::pattern:
        compile_pattern(e, e.children[1]);
        if (!e.pattern || !third) return;
        if (const std::string why = replacement_mistake(*e.pattern, *third); !why.empty())
          add("C0089", e.children[2], "this replacement cannot be used: " + why);
        return;
      case Check::date_pattern:
        if (!second) return;
        if (const std::string why = format_mistake(*second); !why.empty())
          add("C0097", e.children[1], why, "yyyy MM dd HH mm ss SSS ZZZ; other letters in ' '");
        return;
      case Check::zone:
        return zone(e, second);
      case Check::unit:
        if (third && std::find(kUnits.begin(), kUnits.end(), *third) == kUnits.end())
          add("C0005", e.children[2], "'" + *third + "' is no unit of time", did_you_mean(*third, kUnits));
        return;
    }
  }

  void zone(Expression& e, const std::string* name) {
    if (!name) return;
    const Expression& from = e.children[1];
    e.zone = hl7::Zone::find(*name);
    e.home = scope_.zone;
    if (!e.zone) {
      add("C0101", from, "there is no time zone '" + *name + "'", did_you_mean(*name, hl7::Zone::names()));
      return;
    }
    const Expression& date = e.children[0];
    const std::string* text = written_out(date);
    const auto written = text ? Timestamp::parse(*text) : std::nullopt;
    const bool instant = (date.kind == Kind::fact && date.text == "$received_at") || (written && written->zone);
    if (!instant && !scope_.zone)
      add("C0102", date, "nothing says in which zone a time without offset is meant", "say `zone:` on the channel");
  }

  void table(Expression& e, const std::string* column) {
    const std::string* name = written_out(e.children[0]);
    if (!name) return;
    const auto found = scope_.tables.find(*name);
    if (found == scope_.tables.end()) {
      std::vector<std::string_view> names;
      for (const auto& [known, table] : scope_.tables) names.push_back(known);
      return add("C0087", e.children[0], "there is no table called '" + *name + "'", did_you_mean(*name, names));
    }
    e.table = found->second;
    if (column && !e.table->has_column(*column))
      add("C0088", e.children[2], "table " + *name + " has no column '" + *column + "'");
  }

  const Scope& scope_;
  std::vector<PathUse>& paths_;
  Mistakes& mistakes_;
  std::vector<std::string> counted_;
};

}  // namespace

std::string_view name_of(Type type) {
  switch (type) {
    case Type::unknown:
      return "a value";
    case Type::text:
      return "a text";
    case Type::number:
      return "a number";
    case Type::truth:
      return "true or false";
    case Type::time:
      return "a date";
    case Type::list:
      return "a list";
    case Type::segment:
      return "a whole segment";
    case Type::null:
      return "null";
  }
  return "a value";
}

void check_formula(Expression& formula, const Scope& scope, std::vector<PathUse>& paths, Mistakes& mistakes) {
  Checker(scope, paths, mistakes).check(formula);
}

}  // namespace myelin::expr
