// Arbitrary bytes as a batch. Held: every view lies inside and in order, each message begins with MSH, an answer is a
// batch whose counts are right, and what is put together again from its parts is split into the same parts.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hl7/batch.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;
using namespace myelin::hl7;

std::string together(const BatchFile& file) {
  std::string all;
  const auto line = [&](std::string_view text) {
    if (!text.empty()) all.append(text).append("\r");
  };
  line(file.header);
  for (const auto& batch : file.batches) {
    line(batch.header);
    for (const auto message : batch.messages) all.append(message).append("\r");
    line(batch.trailer);
  }
  line(file.trailer);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto file = split_batch(bytes);
  const char* last = bytes.data();
  std::vector<std::string> acks;
  for (const auto& batch : file.batches) {
    for (const auto message : batch.messages) {
      require(message.starts_with("MSH") && message.data() >= last);
      last = message.data() + message.size();
      require(last <= bytes.data() + bytes.size());
      acks.emplace_back("MSH|^~\\&|\r");
    }
  }
  require(acks.size() == file.message_count());
  static_cast<void>(check_batch(file));
  static_cast<void>(begins_batch(bytes));
  const auto answer = make_batch_ack(file, acks, {"A1", WallTime{}, {}});
  require(answer.find_first_of("\x0B\x1C") == std::string::npos);
  const auto whole = together(file);
  require(split_batch(whole).message_count() == file.message_count());
  return 0;
}
