#include "tests/sim/witness.h"

#include <algorithm>
#include <cstdio>

namespace myelin::sim {
namespace {

constexpr std::size_t kMostBreaches = 8;
constexpr int kWholeLane = -1;

}  // namespace

void Witness::note(std::string_view kind, std::string_view detail) {
  const auto ms = std::chrono::duration_cast<microseconds>(loop_.mono().time_since_epoch()).count();
  const auto line = std::to_string(ms) + " " + std::string(kind) + " " + std::string(detail);
  for (const char c : line) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1099511628211U;
  if (verbose) std::printf("    %s\n", line.c_str());
}

void Witness::breach(const std::string& what, const std::string& detail) {
  note(what, detail);
  if (breaches_.size() < kMostBreaches) breaches_.push_back(what + " " + detail);
}

void Witness::sent(const std::string& id, SentMessage message) {
  note("sent", id);
  messages_.emplace(id, std::move(message));
}

const SentMessage* Witness::find(const std::string& id) const {
  const auto found = messages_.find(id);
  return found == messages_.end() ? nullptr : &found->second;
}

void Witness::acked(const std::string& channel, const std::string& id) {
  note("acked", id);
  acked_[channel].insert(id);
  if (!ids_[channel].contains(id)) breach("ACK", id + " was answered AA and is not on the disk");
}

void Witness::foreign_answer(const std::string& id, const std::string& named) {
  breach("MISCREDIT", "the sender of " + id + " was answered about '" + named + "'");
}

void Witness::process_died(bool applying) {
  died_.insert(process_);
  if (applying) died_applying_.insert(process_);
  note("died", std::to_string(process_));
}

void Witness::stored(const NewMessage& fresh) {
  const auto& id = fresh.message.control_id;
  note("stored", fresh.message.channel + " " + id);
  if (!messages_.contains(id)) breach("PHANTOM", "stored and never sent: " + id);
  if (fresh.duplicate_of) return stored_again(fresh);
  if (!ids_[fresh.message.channel].emplace(id, fresh.message.id).second)
    breach("DUP", "stored twice in " + fresh.message.channel + ": " + id);
  int ordinal = 0;
  for (const auto& delivery : fresh.deliveries) {
    const auto lane = delivery.lane.channel + "/" + delivery.lane.route;
    const auto row = DeliveryId::of(fresh.message.id, ordinal++);
    if (!lanes_.contains(lane)) breach("STATE", "no configuration has the route " + lane);
    rows_[row].lane = lane;
    rows_[row].id = id;
    known_.emplace(std::pair(lane, id), row);
  }
  if (fresh.deliveries.empty()) breach("STATE", id + " was stored without a route");
}

// A repetition is kept beside the message that it repeats, and goes nowhere.
void Witness::stored_again(const NewMessage& fresh) {
  const auto& id = fresh.message.control_id;
  const auto& first = ids_[fresh.message.channel];
  const auto found = first.find(id);
  if (found == first.end() || found->second != *fresh.duplicate_of)
    breach("ACK", id + " is a duplicate of what is not on the disk");
  if (!fresh.deliveries.empty()) breach("DUP", id + " is a duplicate and is delivered");
}

// What is asked for, before it is on the disk: whoever asks must have had the peer's word.
void Witness::settling(const Settlement& settlement) {
  const auto found = rows_.find(settlement.id);
  if (found == rows_.end()) return breach("STATE", "settles what is not stored: " + to_string(settlement.id));
  auto& row = found->second;
  if (settlement.to != State::delivered) return;
  row.settling_delivered = true;
  if (lanes_.at(row.lane).peer && !row.said_yes)
    breach("MISCREDIT", row.id + " on " + row.lane + " is taken for delivered; the peer never said so");
}

void Witness::settled(const Settlement& settlement) {
  auto& row = rows_[settlement.id];
  note("settled", row.lane + " " + row.id + " " + std::string(name_of(settlement.to)));
  if (settlement.attempts <= row.attempts && !row.touched)
    breach("STATE", row.id + " on " + row.lane + ": attempt " + std::to_string(settlement.attempts) + " after " +
                        std::to_string(row.attempts));
  row.attempts = settlement.attempts;
  if (settlement.rendered) row.repeat = std::string(settlement.rendered->view());
  row.delivered = row.delivered || settlement.to == State::delivered;
  row.held = settlement.to == State::held;
}

void Witness::changed_by_person(DeliveryId id, State to) {
  auto& row = rows_[id];
  note("person", row.lane + " " + row.id + " " + std::string(name_of(to)));
  row.touched = true;
  row.attempts = 0;
  row.repeat.reset();
  row.last.reset();
  row.discarded = row.discarded || to == State::discarded;
  row.held = to == State::held;
  row.set_aside = row.set_aside || to == State::parked;
}

// What a process before may have sent: these bytes follow, and no others.
void Witness::doubted(const std::vector<Doubtful>& rows) {
  for (const auto& each : rows) {
    auto& row = rows_[each.id];
    note("doubted", row.lane + " " + row.id);
    if (each.rendered && !row.repeat && !row.delivered) row.repeat = std::string(each.rendered->view());
  }
}

std::vector<int> Witness::keys_of(const LaneRule& rule, const std::string& id) const {
  if (rule.order == LaneOrder::none) return {};
  if (rule.order == LaneOrder::fifo) return {kWholeLane};
  const auto& patients = messages_.at(id).patients;
  return {patients.begin(), patients.end()};
}

std::size_t Witness::arrived(Arrival arrival, bool intact) {
  const auto number = arrivals_.size();
  note("arrived", arrival.lane + " " + arrival.id);
  const auto known = known_.find({arrival.lane, arrival.id});
  if (!intact || !messages_.contains(arrival.id))
    breach("PHANTOM", arrival.lane + " got what was never sent: " + arrival.id);
  else if (known == known_.end())
    breach("PHANTOM", arrival.id + " was sent to " + arrival.lane + " before it was on the disk");
  if (known == known_.end() || !intact) {
    arrivals_.push_back(std::move(arrival));
    return number;
  }
  auto& row = rows_[known->second];
  const auto& rule = lanes_.at(arrival.lane);
  auto& book = books_[arrival.lane];
  judge_neighbours(row, rule, book);
  judge_held(row, known->second, rule);
  if (row.arrivals++ == 0) judge_first(row, known->second, rule, book);
  else judge_repeat(row, known->second, rule, arrival);
  if (row.repeat && *row.repeat != arrival.bytes)
    breach("BYTES",
           arrival.id + " on " + arrival.lane + " was stored with the bytes that went out, and others followed");
  row.last = number;
  book.attempts.push_back(number);
  arrivals_.push_back(std::move(arrival));
  return number;
}

void Witness::judge_first(Row& row, DeliveryId id, const LaneRule& rule, LaneBook& book) {
  row.place = book.firsts.size();
  book.firsts.push_back(id);
  for (const int key : keys_of(rule, row.id)) {
    book.queue[key].push_back(id);
    auto& highest = book.highest[key];
    if (id < highest && !row.set_aside)
      breach("ORDER", row.id + " reached " + row.lane + " after the later " + rows_.at(highest).id +
                          (key == kWholeLane ? std::string() : " of patient " + std::to_string(key)));
    highest = std::max(highest, id);
  }
}

void Witness::judge_repeat(Row& row, DeliveryId id, const LaneRule& rule, const Arrival& arrival) {
  if (row.delivered && !row.touched) return breach("DUP", row.id + " on " + row.lane + ": its end was on the disk");
  if (!row.last) return;  // a person wanted it again
  const auto& before = arrivals_[*row.last];
  const bool same_process = before.process == arrival.process;
  // What was answered may be rendered anew.
  const bool refused = fate(*row.last).refusal_read;
  row.doubled = row.doubled || !refused;
  if (before.bytes != arrival.bytes && !refused && !died_applying_.contains(before.process))
    breach("BYTES", row.id + " on " + row.lane + " was repeated with other bytes" +
                        (same_process ? "" : ", those of another configuration"));
  if (!row.said_yes || !fate(*row.last).answer_read) return;
  if (same_process) return breach("DUP", row.id + " on " + row.lane + ": its positive answer had been read");
  if (!died_.contains(before.process))
    return breach("DUP", row.id + " on " + row.lane + ": delivered before an orderly stop");
  ++duplicates_;
  if (!in_tail(id, rule, books_[row.lane], row.id))
    breach("DUP", row.id + " on " + row.lane + " lies before the unsettled tail");
}

// At most so many of its key (or its lane) came after it for the first time, before the process died.
bool Witness::in_tail(DeliveryId id, const LaneRule& rule, const LaneBook& book, const std::string& message) const {
  const auto room = static_cast<std::ptrdiff_t>(kUnsettled + rule.parallel);
  return std::ranges::all_of(keys_of(rule, message), [&](int key) {
    const auto& queue = book.queue.at(key);
    const auto at = std::ranges::find(queue, id);
    const auto later = std::count_if(at, queue.end(), [&](DeliveryId each) {
      const auto& row = rows_.at(each);
      return row.last && arrivals_[*row.last].process < process_;
    });
    return later <= room;
  });
}

// What is held stands in the way of what came later, unless the peer has it in fact.
void Witness::judge_held(const Row& row, DeliveryId id, const LaneRule& rule) {
  const auto mine = keys_of(rule, row.id);
  for (const auto& [other_id, other] : rows_) {
    if (other_id >= id) return;
    if (!other.held || other.said_yes || other.lane != row.lane) continue;
    const auto theirs = keys_of(rule, other.id);
    if (std::ranges::find_first_of(mine, theirs) != mine.end())
      breach("ORDER", row.id + " was sent to " + row.lane + " past " + other.id + ", which is held");
  }
}

// Nothing that it must not overtake is under way on another connection.
void Witness::judge_neighbours(const Row& row, const LaneRule& rule, LaneBook& book) {
  std::erase_if(book.attempts, [&](std::size_t attempt) { return !fate(attempt).under_way; });
  const auto mine = keys_of(rule, row.id);
  for (const auto attempt : book.attempts) {
    const auto& other = arrivals_[attempt];
    const auto theirs = keys_of(rule, other.id);
    if (std::ranges::find_first_of(mine, theirs) == mine.end()) continue;
    breach("ORDER", row.id + " was sent to " + row.lane + " while " + other.id + " was under way");
  }
}

void Witness::accepted(std::size_t attempt) {
  const auto& arrival = arrivals_[attempt];
  if (const auto known = known_.find({arrival.lane, arrival.id}); known != known_.end())
    rows_[known->second].said_yes = true;
}

void Witness::look_at(const Trace& trace) {
  for (const auto& delivery : trace.deliveries) {
    const auto& row = rows_[delivery.id];
    const auto name = row.id + " on " + row.lane;
    if (row.doubled && !delivery.possible_duplicate)
      breach("MARK", name + " may have been sent before, and is not marked");
    if (delivery.state == State::delivered) {
      if (lanes_.at(row.lane).peer && row.arrivals == 0) breach("LOST", name + " is delivered, says the disk");
    } else if (delivery.state != State::discarded || !row.discarded) {
      breach(finished(delivery.state) ? "LOST" : "STUCK",
             name + " is " + std::string(name_of(delivery.state)) + " " + delivery.fault + " " + delivery.detail);
    }
  }
  const auto found = ids_.at(trace.message.channel).at(trace.message.control_id);
  std::size_t expected = 0;
  for (auto at = rows_.lower_bound(DeliveryId::of(found, 0)); at != rows_.end() && at->first.message() == found; ++at)
    ++expected;
  if (expected != trace.deliveries.size()) breach("LOST", trace.message.control_id + ": a delivery has vanished");
}

Figures Witness::figures() const {
  Figures figures;
  figures.sent = static_cast<std::int64_t>(messages_.size());
  for (const auto& [channel, ids] : acked_) figures.acked += static_cast<std::int64_t>(ids.size());
  figures.delivered = std::ranges::count_if(rows_, [](const auto& row) { return row.second.delivered; });
  figures.duplicates = duplicates_;
  for (const auto& [name, rule] : lanes_)
    figures.duplicate_bound += static_cast<std::int64_t>(died_.size()) * (kUnsettled + rule.parallel - 1);
  return figures;
}

}  // namespace myelin::sim
