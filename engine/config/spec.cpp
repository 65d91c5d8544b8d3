// Reading options as a Spec declares them: unknown names, missing and mistyped values become diagnostics here, once for
// every adapter, step, channel and route.
#include "engine/config/spec.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <utility>

#include "engine/config/secret.h"

namespace myelin::config {

namespace {

bool legal_name(std::string_view text) {
  const auto word = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
  };
  if (text.empty() || text.size() > 100 || !word(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char byte) { return word(byte) || byte == '-' || byte == '_' || byte == '.'; });
}

std::string joined(const std::vector<std::string_view>& names, std::size_t most) {
  std::string text;
  for (std::size_t at = 0; at < names.size() && at < most; ++at) text += (at ? ", " : "") + std::string(names[at]);
  if (names.size() > most) text += ", …";
  return text;
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string_view>& legal) {
  if (const auto near = nearest(wrong, legal); !near.empty()) return "did you mean " + std::string(near) + "?";
  return legal.empty() ? std::string() : "one of " + joined(legal, 12);
}

// All of a value, comparable as text: `given: 5s` and `given: 5000ms` may differ, which only costs a restart.
void append_node(const Node& node, std::string& out) {
  switch (node.kind()) {
    case Node::Kind::missing:
      out += '-';
      return;
    case Node::Kind::scalar:
      out += std::to_string(node.text().size()) + (node.quoted() ? "q:" : ":") + node.text();
      return;
    case Node::Kind::list:
      out += '[';
      for (const auto& item : node.items()) append_node(item, out);
      out += ']';
      return;
    case Node::Kind::map:
      out += '{';
      for (const auto& entry : node.entries()) {
        out += std::to_string(entry.key.size()) + ":" + entry.key;
        append_node(entry.value, out);
      }
      out += '}';
      return;
  }
}

std::string_view form_of(Type type) {
  switch (type) {
    case Type::text:
    case Type::file:
    case Type::value:
    case Type::condition:
    case Type::path:
      return "text";
    case Type::name:
      return "a name of letters, digits, - _ .";
    case Type::integer:
      return "a whole number";
    case Type::duration:
      return "a duration such as 500ms, 30s, 10m, 2h or 7d";
    case Type::size:
      return "a size such as 64KiB or 16MiB";
    case Type::boolean:
      return "true or false";
    case Type::choice:
      return "one word";
    case Type::address:
      return "HOST:PORT, [V6]:PORT or :PORT";
    case Type::secret:
      return "{ env: NAME }, { file: PATH } or { credential: NAME }";
    case Type::names:
      return "a name or a list of names";
    case Type::map:
      return "a map";
    case Type::list:
      return "a list";
    case Type::any:
      return "a value";
  }
  return "a value";
}

std::string bound_text(const Option& option, std::int64_t bound) {
  if (option.type != Type::duration) return std::to_string(bound);
  struct Unit {
    std::int64_t worth;
    const char* name;
  };
  for (const Unit unit : {Unit{86'400'000, "d"}, Unit{3'600'000, "h"}, Unit{60'000, "m"}, Unit{1'000, "s"}})
    if (bound != 0 && bound % unit.worth == 0) return std::to_string(bound / unit.worth) + unit.name;
  return std::to_string(bound) + "ms";
}

}  // namespace

// Fills one Options from one map.
class OptionReader {
 public:
  OptionReader(const Spec& spec, Diagnostics& diagnostics) : spec_(spec), diagnostics_(diagnostics) {}

  Options read(const Node& node) {
    options_.place_ = node.place();
    for (const auto& option : spec_.options) options_.values_[std::string(option.name)].type = option.type;
    const bool readable = !node || node.is_map();
    if (!readable) {
      std::string hint;
      if (node.is_scalar() && node.text().find(':') != std::string::npos) hint = "a blank is missing after the colon";
      diagnostics_.add("C0003", node.place(), std::string(spec_.name) + " needs a map of options", std::move(hint));
    }
    for (const auto& entry : node.entries()) read_entry(entry);
    for (const auto& option : spec_.options) finish(option, readable);
    return std::move(options_);
  }

 private:
  void read_entry(const Node::Entry& entry) {
    const Option* option = spec_.find(entry.key);
    if (!option) {
      std::vector<std::string_view> legal;
      for (const auto& known : spec_.options) legal.push_back(known.name);
      diagnostics_.add("C0001", entry.key_place, "there is no '" + entry.key + "' in " + std::string(spec_.name),
                       did_you_mean(entry.key, legal));
      return;
    }
    auto& value = options_.values_.find(entry.key)->second;
    value.given = true;
    value.node = entry.value;
    if (entry.value) read_value(*option, entry.value, value);
  }

  void finish(const Option& option, bool readable) {
    auto& value = options_.values_.find(option.name)->second;
    if (value.given) return;
    if (option.required && readable) {
      std::string hint = option.example.empty()
                             ? std::string(option.doc)
                             : "add " + std::string(option.name) + ": " + std::string(option.example);
      diagnostics_.add("C0002", options_.place_, std::string(spec_.name) + " needs '" + std::string(option.name) + "'",
                       std::move(hint));
    }
    if (option.fallback.empty()) return;
    Diagnostics fallback;
    read_value(option, Node::scalar(std::string(option.fallback), Place{}, false), value, &fallback);
    assert(fallback.ok() && "a default that its own option would refuse");
  }

  void mistake(Diagnostics& out, const Option& option, const Node& node) {
    std::string hint;
    if (option.type == Type::boolean && node.is_scalar()) {
      const std::string& text = node.text();
      if (text == "yes" || text == "on" || text == "True") hint = "say true";
      if (text == "no" || text == "off" || text == "False") hint = "say false";
    } else if (!option.example.empty()) {
      hint = "for example " + std::string(option.name) + ": " + std::string(option.example);
    }
    out.add("C0003", node.place(), "'" + std::string(option.name) + "' needs " + std::string(form_of(option.type)),
            std::move(hint));
  }

  void no_address(Diagnostics& out, const Option& option, const Node& node) {
    const auto port = port_mistake(node.text());
    if (port.empty()) return mistake(out, option, node);
    out.add("C0004", node.place(), "'" + std::string(option.name) + "': " + port);
  }

  void read_value(const Option& option, const Node& node, Options::Value& value, Diagnostics* other = nullptr) {
    Diagnostics& out = other ? *other : diagnostics_;
    switch (option.type) {
      case Type::any:
        return;
      case Type::secret:
        if (const auto secret = read_secret(node, out)) value.text = secret->kind + ":" + secret->name;
        return;
      case Type::names:
        return read_names(option, node, value, out);
      case Type::map:
        return read_map(option, node, value, out);
      case Type::list:
        return read_list(option, node, value, out);
      default:
        break;
    }
    if (!node.is_scalar()) return mistake(out, option, node);
    read_scalar(option, node, value, out);
  }

  void read_scalar(const Option& option, const Node& node, Options::Value& value, Diagnostics& out) {
    const std::string& text = node.text();
    std::optional<std::int64_t> number;
    switch (option.type) {
      case Type::name:
        if (!legal_name(text))
          out.add("C0008", node.place(), "'" + text + "' is not a legal name", "letters, digits, - _ . and no blanks");
        break;
      case Type::integer:
        number = parse_integer(text);
        break;
      case Type::duration:
        if (const auto duration = parse_duration(text)) number = duration->count();
        break;
      case Type::size:
        number = parse_size(text);
        break;
      case Type::boolean:
        if (text == "true" || text == "false") number = text == "true" ? 1 : 0;
        break;
      case Type::choice:
        if (std::find(option.choices.begin(), option.choices.end(), text) == option.choices.end())
          out.add("C0005", node.place(), "'" + text + "' is not a choice of '" + std::string(option.name) + "'",
                  did_you_mean(text, option.choices));
        break;
      case Type::address:
        if (!parse_address(text)) return no_address(out, option, node);
        break;
      case Type::file:
        if (text.empty()) return mistake(out, option, node);
        break;
      default:
        break;
    }
    value.text = text;
    if (option.type != Type::integer && option.type != Type::duration && option.type != Type::size &&
        option.type != Type::boolean)
      return;
    if (!number) return mistake(out, option, node);
    value.number = *number;
    check_bounds(option, node, *number, out);
  }

  static std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
  }

  static void check_bounds(const Option& option, const Node& node, std::int64_t number, Diagnostics& out) {
    if (option.least == 0 && option.most == 0) return;
    const std::int64_t scale = option.type == Type::duration ? 1'000'000 : 1;
    if (number >= option.least * scale && number <= option.most * scale) return;
    out.add("C0004", node.place(), "'" + std::string(option.name) + "' is out of range",
            "from " + bound_text(option, option.least) + " to " + bound_text(option, option.most));
  }

  void read_names(const Option& option, const Node& node, Options::Value& value, Diagnostics& out) {
    if (node.is_map()) return mistake(out, option, node);
    std::vector<const Node*> names;
    if (node.is_scalar()) names.push_back(&node);
    for (const auto& item : node.items()) names.push_back(&item);
    for (const Node* name : names) {
      if (!*name) continue;  // an item without a value, which is a mistake already
      if (!name->is_scalar()) {
        mistake(out, option, *name);
      } else {
        value.list.push_back(name->text());
      }
    }
  }

  void read_map(const Option& option, const Node& node, Options::Value& value, Diagnostics& out) {
    if (!node.is_map()) return mistake(out, option, node);
    if (option.nested)
      value.nested.push_back(std::make_shared<const Options>(OptionReader(*option.nested, out).read(node)));
  }

  void read_list(const Option& option, const Node& node, Options::Value& value, Diagnostics& out) {
    if (!node.is_list()) return mistake(out, option, node);
    if (!option.nested) return;
    for (const auto& item : node.items())
      if (item) value.nested.push_back(std::make_shared<const Options>(OptionReader(*option.nested, out).read(item)));
  }

  const Spec& spec_;
  Diagnostics& diagnostics_;
  Options options_;
};

const Option* Spec::find(std::string_view option) const {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == option; });
  return found == options.end() ? nullptr : &*found;
}

Options read_options(const Spec& spec, const Node& node, Diagnostics& diagnostics) {
  return OptionReader(spec, diagnostics).read(node);
}

const Options::Value& Options::value(std::string_view name) const {
  const auto found = values_.find(name);
  static const Value kNone;
  assert(found != values_.end() && "an option that the Spec does not have");
  return found == values_.end() ? kNone : found->second;
}

bool Options::given(std::string_view name) const { return value(name).given; }

const std::string& Options::text(std::string_view name) const { return value(name).text; }

std::int64_t Options::integer(std::string_view name) const {
  assert(value(name).type == Type::integer);
  return value(name).number;
}

Duration Options::duration(std::string_view name) const {
  assert(value(name).type == Type::duration);
  return Duration(value(name).number);
}

std::int64_t Options::size(std::string_view name) const {
  assert(value(name).type == Type::size);
  return value(name).number;
}

bool Options::boolean(std::string_view name) const {
  assert(value(name).type == Type::boolean);
  return value(name).number != 0;
}

std::vector<std::string> Options::names(std::string_view name) const { return value(name).list; }

Result<std::string> Options::secret(std::string_view name) const {
  const Value& reference = value(name);
  assert(reference.type == Type::secret);
  const std::size_t colon = reference.text.find(':');
  if (colon == std::string::npos) return fail(FaultCode::secret_missing, "no " + std::string(name) + " is configured");
  auto text = resolve_secret(SecretReference{reference.text.substr(0, colon), reference.text.substr(colon + 1)});
  if (!text) {
    Fault fault = std::move(text.error());
    fault.place = to_string(reference.node.place());
    return fail(std::move(fault));
  }
  return text;
}

const Options* Options::nested(std::string_view name) const {
  const Value& map = value(name);
  assert(map.type == Type::map);
  return map.nested.empty() ? nullptr : map.nested.front().get();
}

const std::vector<std::shared_ptr<const Options>>& Options::items(std::string_view name) const {
  assert(value(name).type == Type::list);
  return value(name).nested;
}

const Node& Options::node(std::string_view name) const { return value(name).node; }

Place Options::place(std::string_view name) const {
  const Value& known = value(name);
  return known.given ? known.node.place() : place_;
}

std::string Options::fingerprint() const {
  std::string out;
  for (const auto& [name, known] : values_) {
    out += name + "=";
    if (known.type == Type::secret) {
      out += known.text;
    } else if (known.given) {
      append_node(known.node, out);
    } else {
      out += known.text;
    }
    out += ";";
  }
  return out;
}

}  // namespace myelin::config
