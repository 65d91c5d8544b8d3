// What the file adapter makes of bytes that are not its own. The first byte says which: a file's content (no message is
// lost, doubled or made up; what is left over is an offer again; the answer has no byte that frames), a message that
// names a file (one safe component), a journal (only what it wrote itself), two patterns and a name.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/file/folder.h"
#include "adapters/file/journal.h"
#include "adapters/file/offer.h"
#include "adapters/file/outbox.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;
using namespace myelin::file;

void try_content(std::string_view content) {
  const auto offer = read_offer(content);
  const char* last = content.data();
  Receipts receipts;
  for (const auto message : offer.messages) {
    require(message.data() >= last && message.data() + message.size() <= content.data() + content.size());
    last = message.data() + message.size();
    Receipt receipt;
    const bool taken = receipts.size() % 2 == 0;
    receipt.kind = taken ? Receipt::Kind::committed : Receipt::Kind::refused;
    if (!taken) receipt.fault = Fault{FaultCode::rejected, "why", {}, {}};
    receipts.push_back(std::move(receipt));
  }
  const auto rest = not_taken(offer, receipts);
  if (!rest.empty()) require(read_offer(rest).messages.size() == receipts.size() / 2);
  require(all_taken(receipts) == note_about(offer, receipts).empty() || offer.fault);
  std::int64_t next = 0;
  const auto answer = answer_to(offer, receipts, WallTime{}, [&] { return MessageId{++next}; });
  require(answer.find_first_of("\x0B\x1C") == std::string::npos);
}

void try_name(std::string_view message) {
  FileSettings settings;
  settings.name = "{type}-{control_id}.{id}";
  const auto name = name_for(settings, message, DeliveryId::of(MessageId{1}, 0));
  require(!name.empty() && name.size() <= 200 && name.front() != '.');
  for (const char c : name)
    require((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
            c == '.');
}

void try_journal(std::string_view line) {
  const auto journal = Journal::read(line);
  if (!journal) return;
  require(journal->offset >= 0 && journal->size >= 0);
  require(Journal::read(journal->line()).has_value());
  static_cast<void>(journal->tail(1000));
}

void try_patterns(std::string_view text) {
  const auto one = text.substr(0, text.find('\n')).substr(0, 100);
  const auto rest = text.substr(std::min(text.size(), one.size() + 1));
  const auto other = rest.substr(0, rest.find('\n')).substr(0, 100);
  const auto name = rest.substr(std::min(rest.size(), other.size() + 1)).substr(0, 100);
  if (matches(one, name) && matches(other, name)) require(overlap(one, other));
  require(overlap(one, other) == overlap(other, one));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      try_content(rest);
      break;
    case 1:
      try_name(rest);
      break;
    case 2:
      try_journal(rest);
      break;
    default:
      try_patterns(rest);
  }
  return 0;
}
