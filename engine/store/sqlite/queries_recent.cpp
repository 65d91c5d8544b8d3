// What a start asks for: the newest messages, for the windows of duplicates, and what is in doubt.
#include <algorithm>
#include <chrono>

#include "engine/store/rules.h"
#include "engine/store/sqlite/queries.h"
#include "engine/store/sqlite/snapshot.h"

namespace myelin::sqlite {
namespace {

constexpr int kPage = 4096;         // messages in one snapshot: a reader must not keep the log from beginning again
constexpr int kOlderInARow = 4096;  // the clock may have jumped: so many older messages end the search for recent ones

}  // namespace

Result<void> Queries::prepare_recent() {
  // Of a message whose fingerprint is kept the body is not looked at.
  auto recent = database_.prepare(
      "SELECT m.id,m.received_at,m.parts,m.channel,f.content,f.sender,CASE WHEN f.id IS NULL THEN m.bytes END,"
      "length(m.bytes) FROM message m LEFT JOIN fingerprint f ON f.id=m.id WHERE m.id<?1 AND m.routed<>2 "
      "ORDER BY m.id DESC LIMIT ?2");
  if (!recent) return fail(recent);
  recent_ = std::move(*recent);
  auto doubts = database_.prepare(
      "SELECT l.channel,l.route,d.up_to FROM lane_doubt d JOIN lane l ON l.id=d.lane ORDER BY l.channel,l.route");
  if (!doubts) return fail(doubts);
  doubts_ = std::move(*doubts);
  return {};
}

Result<std::vector<LaneDoubt>> Queries::doubts() {
  return rows_of(doubts_, [](const Statement& row) {
    return LaneDoubt{LaneKey{row.text(0), row.text(1), {}}, DeliveryId{row.number(2)}};
  });
}

// What of a large body is not kept, and not read any more, is new when it comes again.
Result<std::optional<Fingerprint>> Queries::fingerprint(const DuplicateSpan& span, const Statement& row,
                                                        std::size_t& large) {
  if (const auto content = row.blob(4); content.size() == sizeof(Sha256)) {
    Fingerprint kept;
    std::ranges::copy(content, reinterpret_cast<char*>(kept.content.data()));
    kept.sender = static_cast<std::uint64_t>(row.number(5));
    return std::optional(kept);
  }
  const auto parts = row.number(2);
  const bool is_large = parts > 1 || row.number(7) > static_cast<std::int64_t>(store_rules::kFingerprintKept);
  if (is_large && large > store_rules::kDuplicateBytes) return std::optional<Fingerprint>();
  auto bytes = whole(MessageId{row.number(0)}, parts, row.text(6), false);
  if (!bytes) return fail(bytes);
  if (is_large) large += bytes->size();
  return std::optional(span.fingerprint(Bytes(std::move(*bytes))));
}

Result<std::vector<DuplicateKey>> Queries::received_since(const std::map<std::string, DuplicateSpan>& channels) {
  if (channels.empty()) return std::vector<DuplicateKey>();
  auto earliest = channels.begin()->second.since;
  for (const auto& [name, span] : channels) earliest = std::min(earliest, span.since);
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  std::vector<DuplicateKey> keys;
  std::map<std::string, int, std::less<>> taken;
  std::size_t large = 0;
  std::int64_t below = INT64_MAX;
  int older = 0;
  const auto take = [&](const Statement& row) -> Result<void> {
    below = row.number(0);
    const auto received_at = row.time(1);
    older = received_at < earliest ? older + 1 : 0;
    const auto wanted = channels.find(row.text(3));
    if (wanted == channels.end() || received_at < wanted->second.since) return {};
    if (auto& count = taken[wanted->first]; count++ >= store_rules::kDuplicateKeys) return {};
    auto print = fingerprint(wanted->second, row, large);
    if (!print) return fail(print);
    if (*print) keys.push_back({wanted->first, MessageId{below}, received_at, **print});
    return {};
  };
  const auto is_full = [&](const auto& each) { return each.second >= store_rules::kDuplicateKeys; };
  for (int looked = 0; looked < store_rules::kDuplicatesLookedAt; looked += kPage) {
    const auto before = below;
    recent_.bind(1, below).bind(2, kPage);
    if (auto read = each_row(recent_, take); !read) return fail(read);
    const bool all_full = taken.size() == channels.size() && std::ranges::all_of(taken, is_full);
    if (below == before || older >= kOlderInARow || all_full) break;
    if (auto anew = look_anew(); !anew) return fail(anew);
  }
  std::ranges::reverse(keys);
  return keys;
}

}  // namespace myelin::sqlite
