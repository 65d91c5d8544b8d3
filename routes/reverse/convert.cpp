#include "routes/reverse/convert.h"

#include <algorithm>
#include <unordered_set>

#include "engine/schema/dictionary.h"
#include "routes/reverse/bundle.h"
#include "routes/reverse/values.h"

namespace myelin::reverse {
namespace {

class Converter {
 public:
  Converter(const json::Value& document, const MessageRules& message, const mapping::Overlay& overlay,
            const Systems& systems, const Circumstances& circumstances)
      : message_(message),
        circumstances_(circumstances),
        dictionary_(schema::Dictionary::of(circumstances.version)),
        bundle_(document),
        values_(bundle_, Rules::embedded(), overlay, systems, dictionary_) {}

  Result<Conversion> run() {
    if (!bundle_.is_fhir()) return fail(FaultCode::bad_format, "FHIR says of itself what it is", "resourceType");
    const Frame root{&bundle_.root(), nullptr};
    if (auto known = find_type(root); !known) return fail(known);
    make(message_.parts, root);
    if (values_.fault()) return std::unexpected(*values_.fault());
    auto tree = hl7::Tree::parse(Bytes(std::move(text_)));
    if (!tree) return fail(tree);
    Conversion made{std::move(*tree), {}};
    if (!circumstances_.notes) return made;
    made.notes = std::move(values_.notes());
    for (auto& place : bundle_.left_over(message_.ignored)) made.notes.push_back(std::move(place));
    return made;
  }

 private:
  Result<void> find_type(const Frame& root) {
    std::string type(circumstances_.type);
    const auto code = message_.types.front().substr(0, 3);
    for (const auto& row : message_.type) {
      if (!type.empty()) break;
      type = values_.text(row, root);
      if (!type.empty() && !type.contains('^')) type.insert(0, "^").insert(0, code);
      if (std::ranges::find(message_.types, type) == message_.types.end()) type.clear();
    }
    if (type.empty())
      return fail(FaultCode::type_not_accepted, "the rules of " + message_.name + " make no message of it", "Bundle");
    const auto caret = type.find('^');
    const auto event = type.substr(caret + 1);
    auto& facts = values_.facts();
    facts["type"] = type.substr(0, caret);
    facts["event"] = event;
    facts["structure"] = dictionary_.structure_name(type.substr(0, caret), event);
    facts["received"] = circumstances_.received;
    facts["id"] = circumstances_.id;
    facts["version"] = circumstances_.version;
    structure_ = dictionary_.structure(type.substr(0, caret), event, {});
    return {};
  }

  void make(const std::vector<Part>& parts, const Frame& frame) {
    for (const auto& part : parts) {
      if (values_.fault()) return;
      if (!part.segment.empty() && structure_ && !hl7::holds(*structure_, part.segment)) continue;
      make(part, frame);
    }
  }

  void make(const Part& part, const Frame& frame) {
    const auto nodes = nodes_of(part, frame);
    if (values_.fault()) return;
    if (part.needed && nodes.empty() && values_.holds(part.when, frame, nullptr))
      return values_.wrong(FaultCode::required_missing, "a message of " + message_.name + " needs it",
                           values_.place(frame, part.of.front()));
    if (part.single && nodes.size() > 1)
      return values_.wrong(FaultCode::too_many, "a message is about one, and here are " + std::to_string(nodes.size()),
                           values_.place(frame, part.of.front()));
    for (const auto* node : nodes) {
      const Frame own{node, &frame};
      if (!part.segment.empty()) write(part, own);
      if (values_.fault()) return;
      make(part.parts, own);
    }
  }

  std::vector<const json::Value*> nodes_of(const Part& part, const Frame& frame) {
    std::vector<const json::Value*> nodes;
    std::unordered_set<const json::Value*> known;
    for (const auto& source : part.of) {
      for (const auto& item : values_.find(source, frame, frame.node)) {
        if (!item.value || !values_.holds(part.when, frame, item.value)) continue;
        if (!known.insert(item.value).second) continue;
        nodes.push_back(item.value);
        if (!(part.segment.empty() && part.parts.empty()) && item.value->has("resourceType")) bundle_.take(*item.value);
      }
      if (!nodes.empty()) break;
    }
    return nodes;
  }

  void write(const Part& part, const Frame& frame) {
    Segment segment(part.segment, dictionary_);
    values_.fill(segment, *part.rules, frame);
    if (!segment.filled() && !part.needed) return;
    values_.count(part.segment);
    text_ += segment.text();
  }

  const MessageRules& message_;
  const Circumstances& circumstances_;
  const schema::Dictionary& dictionary_;
  const hl7::Structure* structure_ = nullptr;
  Bundle bundle_;
  Values values_;
  std::string text_;
};

}  // namespace

Result<Conversion> convert(const json::Value& document, const MessageRules& message, const mapping::Overlay& overlay,
                           const Systems& systems, const Circumstances& circumstances) {
  return Converter(document, message, overlay, systems, circumstances).run();
}

}  // namespace myelin::reverse
