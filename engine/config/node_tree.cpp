// Node: making it and asking it. Reading it from a file is node.cpp's.
#include "engine/config/node.h"

#include <algorithm>
#include <utility>

namespace myelin::config {

Node Node::scalar(std::string text, Place place, bool quoted, bool block) {
  return scalar(std::move(text), std::move(place), quoted, block, {});
}

Node Node::scalar(std::string text, Place place, bool quoted, bool block, std::vector<TextPiece> pieces) {
  Node node;
  node.kind_ = Kind::scalar;
  node.text_ = std::move(text);
  node.place_ = std::move(place);
  node.quoted_ = quoted;
  node.block_ = block;
  if (!pieces.empty()) node.pieces_ = std::make_shared<const std::vector<TextPiece>>(std::move(pieces));
  return node;
}

Node Node::list(std::vector<Node> items, Place place) {
  Node node;
  node.kind_ = Kind::list;
  node.items_ = std::move(items);
  node.place_ = std::move(place);
  return node;
}

Node Node::missing(Place place) {
  Node node;
  node.place_ = std::move(place);
  return node;
}

Node Node::map(std::vector<Entry> entries, Place place) {
  Node node;
  node.kind_ = Kind::map;
  node.entries_ = std::move(entries);
  node.place_ = std::move(place);
  return node;
}

const Node* Node::find(std::string_view key) const {
  for (const auto& entry : entries_)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

Place Node::place_of(std::size_t offset, std::size_t length) const {
  offset = std::min(offset, text_.size());
  // A place is on one line: what goes on behind a line end is not underlined.
  const std::string_view token = std::string_view(text_).substr(offset, std::max<std::size_t>(length, 1));
  const std::string_view first_line = token.substr(0, token.find('\n'));
  const auto columns = std::count_if(first_line.begin(), first_line.end(),
                                     [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; });
  const int width = std::max(1, static_cast<int>(columns));
  if (!pieces_ || !place_.source) return within(place_, static_cast<int>(offset) + (quoted_ && !block_ ? 1 : 0), width);
  auto piece = std::upper_bound(pieces_->begin(), pieces_->end(), offset,
                                [](std::size_t wanted, const TextPiece& p) { return wanted < p.offset; });
  if (piece != pieces_->begin()) --piece;
  Place place;
  place.source = place_.source;
  place.line = piece->line;
  place.column = place_.source->column(piece->line, piece->byte + static_cast<int>(offset - piece->offset));
  place.length = width;
  return place;
}

}  // namespace myelin::config
