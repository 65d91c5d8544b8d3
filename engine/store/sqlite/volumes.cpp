#include "engine/store/sqlite/volumes.h"

#include "engine/store/sqlite/schema.h"

namespace myelin::sqlite {

Result<void> Volumes::read(Database& database, std::int64_t last_message) {
  auto put = database.prepare("INSERT OR REPLACE INTO volume VALUES(?1,?2,?3)");
  if (!put) return fail(put);
  put_ = std::move(*put);
  const std::string size = kMessageBytes;
  auto known = database.prepare("SELECT channel,messages,bytes FROM volume UNION ALL SELECT m.channel,1," + size +
                                " FROM message m WHERE m.id>" + std::to_string(last_message));
  if (!known) return fail(known);
  auto read = each_row(*known, [this](const Statement& row) { add(row.text(0), row.number(1), row.number(2)); });
  if (!read) return read;
  pending_.clear();
  return {};
}

void Volumes::add(const std::string& channel, std::int64_t messages, std::int64_t bytes) {
  auto& kept = all_[channel];
  kept.messages += messages;
  kept.bytes += bytes;
  if (pending_.empty() || pending_.back().channel != channel) pending_.push_back({channel, 0, 0});
  pending_.back().messages += messages;
  pending_.back().bytes += bytes;
}

Result<void> Volumes::write() {
  for (const auto& [channel, kept] : all_)
    if (auto put = put_.bind_text(1, channel).bind(2, kept.messages).bind(3, kept.bytes).run(); !put) return fail(put);
  return {};
}

void Volumes::rolled_back() {
  for (const auto& each : pending_) {
    auto& kept = all_[each.channel];
    kept.messages -= each.messages;
    kept.bytes -= each.bytes;
  }
  pending_.clear();
}

}  // namespace myelin::sqlite
