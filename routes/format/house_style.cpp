#include "routes/format/house_style.h"

#include <algorithm>
#include <vector>

#include "routes/format/comments.h"
#include "routes/format/habits.h"
#include "routes/format/layout.h"

namespace myelin::routes {
namespace {

using config::Node;
using config::SourceText;

// All of a tree but its places; keys whose order says nothing are sorted.
void append(const Node& node, const Stands& stands, std::string& out) {
  if (node.is_scalar()) {
    out += "\"" + std::to_string(node.text().size()) + ":" + node.text();
    return;
  }
  if (node.is_list()) {
    out += '[';
    for (const auto& item : node.items()) append(item, stands.item(), out);
    out += ']';
    return;
  }
  std::vector<const Node::Entry*> entries;
  for (const auto& entry : node.entries()) entries.push_back(&entry);
  if (!entries.empty() && stands.rank(entries.front()->key))
    std::ranges::sort(entries, [](const auto* a, const auto* b) { return a->key < b->key; });
  out += '{';
  for (const auto* entry : entries) {
    out += entry->key + "=";
    append(entry->value, stands.below(entry->key), out);
  }
  out += '}';
}

std::string meaning(const Node& root) {
  std::string text;
  append(root, meaning_of_file(root), text);
  return text;
}

std::vector<std::string> comment_texts(const SourceText& source, const Node& root) {
  std::vector<std::string> texts;
  for (auto& comment : comments_of(source, root)) texts.push_back(std::move(comment.text));
  std::ranges::sort(texts);
  return texts;
}

std::unexpected<Fault> bug(const SourceText& source, std::string_view what) {
  return fail(FaultCode::bad_configuration,
              source.path() + " is left as it is: formatting it would change " + std::string(what) + "; please report");
}

}  // namespace

Result<std::string> in_house_style(const std::shared_ptr<const SourceText>& source, config::Diagnostics& diagnostics) {
  const auto root = config::load_yaml(source, diagnostics);
  if (!root || !diagnostics.ok())
    return fail(FaultCode::bad_configuration, source->path() + " cannot be read, so it is left as it is");
  if (root.is_scalar() || root.extent().flow) return std::string(source->content());
  const auto typed = std::make_shared<const SourceText>(source->path(), without_habits(source->content(), root));
  config::Diagnostics later;
  const auto clean = config::load_yaml(typed, later);
  if (!clean || !later.ok()) return bug(*source, "its meaning");
  auto styled = std::make_shared<const SourceText>(source->path(), laid_out(*typed, clean));
  const auto again = config::load_yaml(styled, later);
  if (!again || !later.ok() || meaning(again) != meaning(clean)) return bug(*source, "its meaning");
  if (comment_texts(*styled, again) != comment_texts(*source, root)) return bug(*source, "its comments");
  return std::string(styled->content());
}

}  // namespace myelin::routes
