// Node: a YAML value with its place, behind which yaml-cpp is hidden (the only file that includes it is node.cpp).
// Scalars keep the text as typed: 0123, NO, 2.10 and 12:30 stay what they are. What the language forbids (duplicate
// keys, anchors, aliases, merge keys, tags, tabs, several documents, over 1 MiB or 64 levels, a value cut short by
// ` #`, an empty value) is refused here, each with a hint that shows the right form.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/diagnostic.h"

namespace myelin::config {

// From byte `offset` of a scalar's text on, text and file run in step: byte `byte` (0-based) of line `line`.
struct TextPiece {
  std::size_t offset = 0;
  int line = 0;
  int byte = 0;
};

// The bytes of the file in which a value or a key stands, quotes and brackets among them: what `fmt` rewrites.
struct Extent {
  std::size_t begin = 0, end = 0;
  bool flow = false;  // inside { } or [ ], or such a one itself
};

class Node {
 public:
  enum class Kind : std::uint8_t { missing, scalar, list, map };
  struct Entry;

  Node() = default;

  Kind kind() const { return kind_; }
  bool is_scalar() const { return kind_ == Kind::scalar; }
  bool is_list() const { return kind_ == Kind::list; }
  bool is_map() const { return kind_ == Kind::map; }
  explicit operator bool() const { return kind_ != Kind::missing; }

  // Where the value stands; for a missing value, the end of its key or its parent.
  const Place& place() const { return place_; }

  // scalar
  const std::string& text() const { return text_; }
  bool quoted() const { return quoted_; }  // "…", '…' or a block: then it is text even when it reads like a number
  bool block() const { return block_; }    // | or >: place() is the first line of its content
  // The place of byte `offset` of text(), also inside a block scalar.
  Place place_of(std::size_t offset, std::size_t length) const;

  const std::vector<TextPiece>* pieces() const { return pieces_.get(); }  // nullptr in nodes made by tests
  const Extent& extent() const { return extent_; }
  const Extent& key_extent() const { return key_extent_; }  // of the key under which it stands
  void stands_at(Extent extent) { extent_ = extent; }       // both by the loader
  void stands_under(Extent key) { key_extent_ = key; }

  // list
  const std::vector<Node>& items() const { return items_; }

  // map, in the order of the file
  const std::vector<Entry>& entries() const { return entries_; }
  const Node* find(std::string_view key) const;

  // Built by the loader and by tests.
  static Node scalar(std::string text, Place place, bool quoted, bool block = false);
  static Node scalar(std::string text, Place place, bool quoted, bool block, std::vector<TextPiece> pieces);
  static Node list(std::vector<Node> items, Place place);
  static Node map(std::vector<Entry> entries, Place place);
  static Node missing(Place place);  // nothing, but it is known where

 private:
  Kind kind_ = Kind::missing;
  Place place_;
  Extent extent_, key_extent_;
  std::string text_;
  bool quoted_ = false;
  bool block_ = false;
  std::shared_ptr<const std::vector<TextPiece>> pieces_;  // where the text stands; none in nodes made by tests
  std::vector<Node> items_;
  std::vector<Entry> entries_;
};

struct Node::Entry {
  std::string key;
  Place key_place;
  Node value;
};

inline constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxConfigDepth = 64;

// The whole file. Mistakes go to `diagnostics`; what could be read is returned all the same, so that checking goes on.
Node load_yaml(const std::shared_ptr<const SourceText>& source, Diagnostics& diagnostics);

}  // namespace myelin::config
