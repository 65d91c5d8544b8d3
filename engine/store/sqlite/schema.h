// The tables of the store, as numbered migrations. Each runs once, in a transaction of its own; PRAGMA user_version
// says how many have run. A migration is never edited after a release: a change is a new one at the end.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/model/delivery.h"
#include "engine/store/sqlite/database.h"

namespace myelin::sqlite {

inline constexpr std::int64_t kApplicationId = 0x4D594C4E;  // "MYLN" in the file's header: this file is ours
inline constexpr std::size_t kInOneRow = 1U << 20;          // bodies above this are stored in parts
inline constexpr std::size_t kPartBytes = 64U << 10;        // the others wait for the commit of one part
inline constexpr std::int64_t kPartsPerMessage = 1024;      // chunk row = message * 1024 + part

// Of a body of so many bytes: larger parts where there would be too many, by no more than whole pages.
constexpr std::size_t part_bytes(std::size_t body) {
  constexpr std::size_t kParts = static_cast<std::size_t>(kPartsPerMessage), kPage = 4096;
  const std::size_t least = body / kParts + 1;
  return least <= kPartBytes ? kPartBytes : (least + kPage - 1) / kPage * kPage;
}
static_assert(part_bytes(1) == kPartBytes && part_bytes((64U << 20) + 1000) == kPartBytes + 4096);

// A row of a little more than half of a page has a page for itself, and leaves the rest of it empty. A body of such a
// size is halved: one half in its row, the other as its only part. Pages hold three of each then.
inline constexpr std::size_t kHalvedFrom = 1801, kHalvedTo = 2400;
constexpr bool is_halved(std::size_t bytes) { return bytes >= kHalvedFrom && bytes <= kHalvedTo; }

// How many bytes message m has, as SQL. SQLite reads no overflow page for the length of a blob.
inline constexpr const char* kMessageBytes =
    "length(m.bytes)+CASE m.parts WHEN 0 THEN 0 ELSE (SELECT sum(length(c.bytes)) FROM chunk c WHERE c.id>=m.id*1024 "
    "AND c.id<(m.id+1)*1024) END";

// A state as a number in a row. SQLite stores 0 and 1 in no byte at all, so a row would grow with its first change of
// state and its page with it; from 2 on every state takes one byte.
constexpr int stored(State state) { return static_cast<int>(state) + 2; }
constexpr State loaded(std::int64_t number) { return static_cast<State>(number - 2); }

// "4,6": for the IN of a query; literal, so that the planner sees the partial index.
template <class Wanted>
std::string state_list(Wanted wanted) {
  std::string list;
  for (const auto& entry : kStates)
    if (wanted(entry.state)) list += (list.empty() ? "" : ",") + std::to_string(stored(entry.state));
  return list;
}
inline bool waits_for_person(State state) { return state == State::parked || state == State::held; }
inline bool waits_for_peer(State state) { return !finished(state) && !waits_for_person(state); }

// Of the rows of `meta` that are marks of the sequence number protocol; the link follows.
inline constexpr std::string_view kSequence = "sequence ";

int schema_version();
// Runs what is missing. The caller has made sure that the file is not newer.
Result<void> migrate(Database& database, int from);

}  // namespace myelin::sqlite
