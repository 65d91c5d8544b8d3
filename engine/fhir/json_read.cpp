// The reader: simdjson's on-demand front end finds and checks the structure, we keep the digits and the order.
// On demand checks only what is visited, so every value is visited; the text is wrapped in one array, which makes a
// scalar at the top no special case.
#include <simdjson.h>

#include <algorithm>
#include <unordered_set>

#include "engine/fhir/json.h"

namespace myelin::json {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kFewMembers = 16;  // up to here a search through the list is faster than a set

// The keys of one object, to find one that stands twice.
class Keys {
 public:
  bool insert(const Object& before, const std::string& key) {
    if (before.size() < kFewMembers) return std::ranges::find(before, key, &Member::key) == before.end();
    if (seen_.empty())
      for (const auto& member : before) seen_.insert(member.key);
    return seen_.insert(key).second;
  }

 private:
  std::unordered_set<std::string> seen_;
};

std::string_view without_blanks(std::string_view token) {
  const auto last = token.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : token.substr(0, last + 1);
}

class Reader {
 public:
  explicit Reader(std::string_view text) {
    wrapped_.reserve(text.size() + 2 + simdjson::SIMDJSON_PADDING);
    wrapped_.append("[").append(text).append("]");
  }

  Result<Value> read() {
    ondemand::array top;
    if (auto error = parser_.iterate(simdjson::padded_string_view(wrapped_)).get(document_)) return refuse(error);
    started_ = true;
    if (auto error = document_.get_array().get(top)) return refuse(error);
    auto values = items(top, 0);
    if (!values) return fail(values);
    if (values->size() != 1 || !at_end()) return refuse("there must be exactly one value");
    return std::move(values->front());
  }

 private:
  // `depth` is how many arrays and objects the value stands in, ours not counted.
  Result<Value> value(ondemand::value from, int depth) {
    ondemand::json_type type{};
    if (auto error = from.type().get(type)) return refuse(error);
    switch (type) {
      case ondemand::json_type::array:
        return array(from, depth);
      case ondemand::json_type::object:
        return object(from, depth);
      case ondemand::json_type::string:
        return text(from);
      default:
        return word(without_blanks(from.raw_json_token()));
    }
  }

  Result<Value> array(ondemand::value& from, int depth) {
    if (depth >= kMaxDepth) return refuse("it is nested deeper than 64");
    ondemand::array list;
    if (auto error = from.get_array().get(list)) return refuse(error);
    auto read = items(list, depth + 1);
    if (!read) return fail(read);
    return Value(std::move(*read));
  }

  Result<Array> items(ondemand::array& list, int depth) {
    Array all;
    for (auto item : list) {
      ondemand::value from;
      if (auto error = std::move(item).get(from)) return refuse(error);
      auto read = value(from, depth);
      if (!read) return fail(read);
      all.push_back(std::move(*read));
    }
    return all;
  }

  Result<Value> object(ondemand::value& from, int depth) {
    if (depth >= kMaxDepth) return refuse("it is nested deeper than 64");
    ondemand::object list;
    if (auto error = from.get_object().get(list)) return refuse(error);
    Object members;
    Keys keys;
    for (auto entry : list) {
      ondemand::field field;
      if (auto error = std::move(entry).get(field)) return refuse(error);
      std::string_view name;
      if (auto error = field.unescaped_key().get(name)) return refuse(error);
      std::string key(name);
      if (!keys.insert(members, key)) return refuse("a key stands twice in one object");
      auto read = value(field.value(), depth + 1);
      if (!read) return fail(read);
      members.push_back(Member{std::move(key), std::move(*read)});
    }
    return Value(std::move(members));
  }

  Result<Value> text(ondemand::value& from) {
    std::string_view content;
    if (auto error = from.get_string().get(content)) return refuse(error);
    return Value(content);
  }

  Result<Value> word(std::string_view token) {
    if (token == "true") return Value(true);
    if (token == "false") return Value(false);
    if (token == "null") return Value();
    if (auto number = Value::number(token)) return std::move(*number);
    return refuse("there is no value here");
  }

  bool at_end() {
    const char* at = nullptr;
    return document_.current_location().get(at) == simdjson::OUT_OF_BOUNDS;
  }

  std::unexpected<Fault> refuse(simdjson::error_code error) { return refuse(simdjson::error_message(error)); }

  std::unexpected<Fault> refuse(std::string_view why) {
    const auto size = wrapped_.size() - 2;
    auto offset = size;
    const char* at = nullptr;
    if (started_ && !document_.current_location().get(at) && at > wrapped_.data())
      offset = std::min(size, static_cast<std::size_t>(at - wrapped_.data()) - 1);
    return fail(FaultCode::bad_request, "the JSON cannot be read: " + std::string(why),
                "byte " + std::to_string(offset));
  }

  std::string wrapped_;
  ondemand::parser parser_;
  ondemand::document document_;
  bool started_ = false;
};

}  // namespace

Result<Value> read(std::string_view text) { return Reader(text).read(); }

}  // namespace myelin::json
