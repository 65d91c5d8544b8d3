// What becomes of a delivery: settled by an attempt, or changed by a person.
#include "engine/base/crypto.h"
#include "engine/base/sabotage.h"
#include "engine/store/rules.h"
#include "engine/store/sqlite/schema.h"
#include "engine/store/sqlite/tables.h"

namespace myelin::sqlite {
namespace {

constexpr std::int64_t kNoState = 0;  // matches no row

// What nearly all are: nothing but its state changes.
bool is_plain(const Settlement& what) {
  return what.to == State::delivered && !what.possible_duplicate && what.fault.empty() && what.detail.empty() &&
         !what.rendered && !what.keep && !what.answer && !what.sequence && what.due == WallTime{};
}

}  // namespace

Result<Tables::Row> Tables::find(DeliveryId id) {
  find_delivery_.bind(1, id.value);
  Rows rows(find_delivery_);
  auto row = rows.next();
  if (!row) return fail(row);
  if (!*row) return fail(store_rules::no_delivery(id));
  return Row{loaded(rows->number(0)), static_cast<int>(rows->number(1)), rows->text(2)};
}

Result<void> Tables::apply_one(const Settle& settle) {
  const auto& what = settle.settlement;
  if (is_plain(what)) {
    auto changed = delivered_.bind(1, what.id.value).bind(2, what.attempts).bind(3, settle.at).run();
    if (!changed) return fail(changed);
    if (*changed > 0) return forget_rendered(what.id);
  }
  const auto from = [&](State state) {
    return store_rules::may_settle(state, what.to) ? std::int64_t{stored(state)} : kNoState;
  };
  settle_.bind(1, what.id.value).bind(2, stored(what.to)).bind(3, what.due).bind(4, what.attempts);
  settle_.bind(5, what.possible_duplicate ? 1 : 0).bind_text(6, what.fault).bind_text(7, what.detail);
  settle_.bind(8, settle.at).bind(9, from(State::queued)).bind(10, from(State::awaiting_reply));
  if (what.to == State::parked && sabotaged(Bug::park_in_two_transactions)) {
    settle_.bind(2, stored(State::filtered));
    second_half_ += "UPDATE delivery SET state=" + std::to_string(stored(State::parked)) +
                    " WHERE id=" + std::to_string(what.id.value) + ";";
  }
  auto changed = settle_.run();
  if (!changed) return fail(changed);
  if (*changed == 0) {
    auto row = find(what.id);
    if (!row) return fail(row);
    return fail(store_rules::wrong_state(what.id, row->state, what.to));
  }
  if (auto marked = mark(what.sequence); !marked) return marked;
  if (finished(what.to) && !what.keep)
    if (auto gone = forget_rendered(what.id); !gone) return gone;
  if (what.rendered) {
    const auto digest = sha256(what.rendered->view());
    put_rendered_.bind(1, what.id.value).bind_text(2, what.plan_hash).bind_digest(3, digest);
    if (auto put = put_rendered_.bind_blob(4, what.rendered->view()).run(); !put) return fail(put);
    has_rendered_ = true;
  }
  if (what.answer) {
    const auto digest = sha256(what.answer->view());
    put_answer_.bind(1, what.id.value).bind(2, what.attempts).bind(3, settle.at).bind_digest(4, digest);
    if (auto put = put_answer_.bind_blob(5, what.answer->view()).run(); !put) return fail(put);
  }
  if (what.fault.empty()) return {};
  return note(what.id, what.attempts, settle.at, what.fault, what.detail, what.plan_hash);
}

Result<void> Tables::apply_one(const Change& change) {
  auto row = find(change.id);
  if (!row) return fail(row);
  if (!store_rules::may_change(row->state, change.to))
    return fail(store_rules::wrong_state(change.id, row->state, change.to));
  const bool again = change.to == State::queued;
  change_.bind(1, change.id.value).bind(2, stored(change.to)).bind(3, again ? change.at : WallTime{});
  change_.bind(4, again ? 0 : row->attempts).bind_text(5, again ? std::string_view() : change.reason);
  if (auto changed = change_.bind(6, change.at).bind(7, stored(row->state)).run(); !changed) return fail(changed);
  if (again) waits_from(change.id);
  if (change.to != State::held)
    if (auto gone = forget_rendered(change.id); !gone) return gone;
  const auto sentence = store_rules::by_person(change.to, change.by, change.reason);
  return note(change.id, row->attempts, change.at, {}, sentence, {});
}

Result<void> Tables::apply_one(const Hurry& hurry) {
  auto row = find(hurry.id);
  if (!row) return fail(row);
  if (row->state != State::queued) return fail(store_rules::wrong_state(hurry.id, row->state, State::sending));
  return note(hurry.id, row->attempts, hurry.at, {}, store_rules::hurried_by(hurry.by, hurry.reason), {});
}

Result<void> Tables::note(DeliveryId id, int number, WallTime at, std::string_view fault, std::string_view detail,
                          std::string_view plan) {
  insert_attempt_.bind(1, id.value).bind(2, number).bind(3, at).bind_text(4, fault).bind_text(5, detail);
  if (auto inserted = insert_attempt_.bind_text(6, plan).run(); !inserted) return fail(inserted);
  return trim_attempts_.bind(1, id.value).bind(2, store_rules::kAttemptsKept).execute();
}

Result<void> Tables::forget_rendered(DeliveryId id) {
  if (!has_rendered_) return {};
  return delete_rendered_.bind(1, id.value).execute();
}

}  // namespace myelin::sqlite
