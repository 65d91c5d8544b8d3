// Deliveries that a stored message gets later: when it was not yet routed, and when a person sends it again.
#include <utility>

#include "engine/store/rules.h"
#include "engine/store/sqlite/tables.h"

namespace myelin::sqlite {

Result<void> Tables::apply_one(const Replace& replace) {
  const auto id = replace.id;
  if (auto fits = store_rules::check_replace(id, replace.first_ordinal, replace.deliveries); !fits) return fits;
  auto row = find(id);
  if (!row) return fail(row);
  if (row->state != State::queued) return fail(store_rules::wrong_state(id, row->state, State::filtered));
  if (replace.deliveries.empty()) {
    Settlement nothing;
    nothing.id = id;
    nothing.to = State::filtered;
    nothing.attempts = row->attempts;
    return apply_one(Settle{std::move(nothing), replace.at});
  }
  const auto first = DeliveryId::of(id.message(), replace.first_ordinal);
  if (auto taken = ordinals_free(first, replace.deliveries.size()); !taken) return taken;
  if (auto gone = forget_rendered(id); !gone) return gone;
  if (auto gone = delete_delivery_.bind(1, id.value).run(); !gone) return fail(gone);
  return insert(id.message(), replace.first_ordinal, replace.deliveries, replace.at);
}

Result<void> Tables::ordinals_free(DeliveryId first, std::size_t count) {
  count_deliveries_.bind(1, first.value).bind(2, first.value + static_cast<std::int64_t>(count) - 1);
  Rows rows(count_deliveries_);
  auto row = rows.next();
  if (!row) return fail(row);
  if (rows->number(0) > 0) return fail(FaultCode::bad_request, "the message has further deliveries already");
  return {};
}

Result<void> Tables::apply_one(const Deliver& deliver) {
  const auto known = has_message(deliver.id);
  if (!known) return fail(Fault(known.error()));
  if (!*known) return fail(store_rules::no_message(deliver.id));
  int first = 0;
  {
    last_delivery_.bind(1, DeliveryId::of(deliver.id, 0).value);
    last_delivery_.bind(2, DeliveryId::of(MessageId{deliver.id.value + 1}, 0).value);
    Rows rows(last_delivery_);
    auto row = rows.next();
    if (!row) return fail(row);
    if (const auto last = rows->number(0); last > 0) first = DeliveryId{last}.ordinal() + 1;
  }
  if (auto fits = store_rules::check(deliver.deliveries, first); !fits) return fits;
  if (auto inserted = insert(deliver.id, first, deliver.deliveries, deliver.at); !inserted) return inserted;
  if (auto routed = now_routed_.bind(1, deliver.id.value).run(); !routed) return fail(routed);
  const auto sentence = store_rules::by_person(State::queued, deliver.by, deliver.reason);
  for (std::size_t i = 0; i < deliver.deliveries.size(); ++i) {
    const auto id = DeliveryId::of(deliver.id, first + static_cast<int>(i));
    if (auto noted = note(id, 0, deliver.at, {}, sentence, {}); !noted) return noted;
  }
  *deliver.first = first;
  return {};
}

}  // namespace myelin::sqlite
