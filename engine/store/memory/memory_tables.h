// The rows of the store's fake and what each verb does to them; the caller holds `lock`.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/store/memory/memory_store.h"

namespace myelin {

struct MemoryStore::Tables {
  struct StoredMessage {
    Message message;
    bool routed;
    std::optional<MessageId> duplicate_of = std::nullopt;
    std::optional<Fingerprint> fingerprint = std::nullopt;
  };
  struct Pending {
    Change change;
    Done done;
  };

  mutable std::mutex lock;  // loops of several threads may share the store
  std::map<MessageId, StoredMessage> messages;
  std::map<DeliveryId, Delivery> deliveries;
  std::map<DeliveryId, Bytes> rendered;
  std::map<DeliveryId, std::vector<Attempt>> attempts;
  std::map<DeliveryId, PeerAnswer> answers;
  std::map<LaneKey, LaneStop> stops;
  std::map<LaneKey, DeliveryId> doubts;                    // LaneDoubt
  std::map<MessageId, std::optional<GivenReply>> replies;  // none: the question is open
  std::map<std::string, std::int64_t> sequences;           // by link
  std::vector<KeptIncident> incidents;
  std::set<std::pair<std::string, std::string>> plans;
  std::unordered_map<Loop*, std::vector<Pending>> turns;  // what each loop asked for since its last flush
  std::optional<Fault> latched;                           // every verb answers this
  std::optional<Fault> refusing;                          // appends answer this
  Indexer indexer;
  bool unclean = false;
  MessageId last;  // the highest ever, also when it has been purged

  void insert(MessageId message, int first_ordinal, std::vector<NewDelivery> fresh, WallTime at);
  Result<void> append(NewMessage fresh);
  Result<void> settle(Settlement settlement, WallTime at);
  Result<void> change(DeliveryId id, State to, const std::string& reason, const std::string& by, WallTime at);
  Result<void> hurry(DeliveryId id, const std::string& reason, const std::string& by, WallTime at);
  Result<void> replace(DeliveryId id, int first_ordinal, std::vector<NewDelivery> fresh, WallTime at);
  Result<int> deliver(MessageId id, std::vector<NewDelivery> fresh, const std::string& reason, const std::string& by,
                      WallTime at);
  SearchPage search(const SearchQuery& query) const;
  Result<void> adopt(const LaneKey& from, const LaneKey& to);
  void doubt_lanes();
  void doubt(const std::vector<Doubtful>& rows);
  std::vector<DuplicateKey> received_since(const std::map<std::string, DuplicateSpan>& channels) const;
  Purged purge(const PurgeStep& step);
  void keep(MessageId id, std::string channel, WallTime at, Incident incident);
  std::vector<KeptIncident> list(const IncidentFilter& filter) const;
  const KeptIncident* find_incident(MessageId id) const;
  std::vector<Kept> kept() const;
  void note(Attempt attempt);
  std::vector<LaneCount> lanes() const;
  bool wait_for_somebody(MessageId id) const;
  bool decided(MessageId id) const;  // by a person
  void erase(MessageId id);
};

}  // namespace myelin
