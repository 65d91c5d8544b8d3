#include "adapters/file/offer.h"

#include <algorithm>

#include "engine/hl7/ack.h"
#include "engine/hl7/charset_iconv.h"

namespace myelin::file {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";  // of UTF-8
constexpr std::string_view kBlank = "\r\n \t\x0B\x1C\x1A";

bool is_taken(const Receipt& receipt) { return receipt.kind != Receipt::Kind::refused; }

const Fault& fault_of(const Receipt& receipt) {
  static const Fault kUnnamed{FaultCode::rejected, {}, {}, {}};
  return receipt.fault ? *receipt.fault : kUnnamed;
}

std::string acknowledge(std::string_view message, const Receipt& receipt, WallTime now, MessageId id) {
  const auto header = hl7::read_header(message);
  if (header && header->is_ack()) return {};
  if (receipt.answer) return std::string(receipt.answer->view());
  const auto name = to_string(id);
  hl7::AckFacts facts;
  facts.code = receipt.good() ? std::string_view("AA") : entry(fault_of(receipt).code).ack;
  if (!receipt.code.empty()) facts.code = receipt.code;
  facts.id = name;
  facts.when = receipt.received_at == WallTime() ? now : receipt.received_at;
  facts.fault = receipt.good() ? nullptr : &fault_of(receipt);
  auto ack = hl7::make_ack(message, facts);
  return receipt.shape ? std::string(receipt.shape(Bytes(std::move(ack))).view()) : ack;
}

}  // namespace

namespace {

// Several messages in UTF-16 cannot be cut as bytes: what is cut is what they are in UTF-8. Nothing: it is no such
// file.
std::shared_ptr<Offer::Translated> translated(std::string_view content) {
  if (!content.starts_with("\xFF\xFE") && !content.starts_with("\xFE\xFF")) return nullptr;
  auto made = std::make_shared<Offer::Translated>();
  if (hl7::convert("UTF-16", "UTF-8", content, made->text)) return nullptr;
  const auto file = hl7::split_batch(made->text);
  if (file.message_count() < 2 && !hl7::begins_batch(made->text)) return nullptr;
  for (const auto& batch : file.batches)
    for (const auto message : batch.messages) made->messages.push_back(std::string(kMark) + std::string(message));
  return made;
}

void add_headers(Offer& offer) {
  for (const auto& batch : offer.file.batches)
    offer.headers.insert(offer.headers.end(), batch.messages.size(), hl7::headers_of(offer.file, batch));
}

}  // namespace

Offer read_offer(std::string_view content) {
  Offer offer;
  if (auto made = translated(content)) {
    offer.translated = made;
    offer.file = hl7::split_batch(made->text);
    offer.messages.assign(made->messages.begin(), made->messages.end());
    add_headers(offer);
    offer.fault = hl7::check_batch(offer.file);
    return offer;
  }
  if (content.substr(content.starts_with(kMark) ? kMark.size() : 0).find_first_not_of(kBlank) ==
      std::string_view::npos) {
    offer.fault = Fault{FaultCode::empty_message, "the file is empty", {}, {}};
    return offer;
  }
  offer.file = hl7::split_batch(content);
  for (const auto& batch : offer.file.batches)
    offer.messages.insert(offer.messages.end(), batch.messages.begin(), batch.messages.end());
  add_headers(offer);
  const bool batch = hl7::begins_batch(content);
  if (offer.messages.empty() && !batch) {
    offer.messages = {content};
    offer.headers = {{}};
    return offer;
  }
  offer.fault = hl7::check_batch(offer.file);
  // The mark says how the message stood on its wire, so it stays with it.
  if (batch || offer.messages.size() != 1 || !content.starts_with(kMark)) return offer;
  auto& only = offer.messages.front();
  if (only.data() == content.data() + kMark.size()) only = content.substr(0, kMark.size() + only.size());
  return offer;
}

bool all_taken(const Receipts& receipts) { return std::ranges::all_of(receipts, is_taken); }

std::string not_taken(const Offer& offer, const Receipts& receipts) {
  std::string text;
  if (std::ranges::none_of(receipts, is_taken)) return text;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    if (is_taken(receipts[i])) continue;
    text += offer.messages[i];
    if (!text.ends_with('\r') && !text.ends_with('\n')) text += '\r';
  }
  return text;
}

std::string note_of(const Fault& fault) {
  const auto& known = entry(fault.code);
  return to_string(fault) + "\n" + std::string(known.title) + ".\n" + std::string(known.explanation) + "\n";
}

std::string note_about(const Offer& offer, const Receipts& receipts) {
  if (offer.fault) return note_of(*offer.fault);
  std::string note;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    if (is_taken(receipts[i])) continue;
    if (receipts.size() > 1)
      note += "Message " + std::to_string(i + 1) + " of " + std::to_string(receipts.size()) + " was not taken: ";
    note += note_of(fault_of(receipts[i]));
  }
  if (!not_taken(offer, receipts).empty()) note += "The others were taken; here stands only what was not.\n";
  return note;
}

std::string answer_to(const Offer& offer, const Receipts& receipts, WallTime now,
                      const std::function<MessageId()>& new_id) {
  std::vector<std::string> acks;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    const auto id = receipts[i].known_as().value != 0 ? receipts[i].known_as() : new_id();
    acks.push_back(acknowledge(offer.messages[i], receipts[i], now, id));
  }
  const bool batch = !offer.file.header.empty() ||
                     std::ranges::any_of(offer.file.batches, [](const hl7::Batch& one) { return !one.header.empty(); });
  std::string text;
  if (!batch) {
    for (const auto& ack : acks) text += ack;
    return text;
  }
  const auto id = to_string(new_id());
  hl7::BatchAckFacts facts;
  facts.id = id;
  facts.when = now;
  if (offer.fault) facts.comment = entry(offer.fault->code).title;
  return hl7::make_batch_ack(offer.file, acks, facts);
}

}  // namespace myelin::file
