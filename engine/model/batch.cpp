#include "engine/model/batch.h"

#include "engine/hl7/ack.h"

namespace myelin {
namespace {

constexpr std::size_t kCharsetField = 18;

// A message that has the header's delimiters, the message's set, and the header.
std::string as_message(std::string_view header, std::string_view charset, bool mark) {
  const char separator = header[3];
  std::string text(mark ? hl7::kUtf8Mark : std::string_view());
  text.append("MSH").append(header.substr(3, header.find(separator, 4) - 3));
  text.append(kCharsetField - 2, separator).append(charset).append("\r").append(header).append("\r");
  return text;
}

}  // namespace

const hl7::Tree* BatchHeaders::tree(std::string_view segment) const {
  const auto& from = segment == "FHS" ? file : batch;
  return from ? from->hl7() : nullptr;
}

Result<std::shared_ptr<const BatchHeaders>> read_batch(const Message& message, const hl7::CharsetChoice& charset) {
  if (message.batch.empty()) return nullptr;
  auto made = std::make_shared<BatchHeaders>();
  const auto own = hl7::read_header(message.bytes.view());
  const auto set = own ? own->charset : std::string_view();
  const bool mark = message.bytes.view().starts_with(hl7::kUtf8Mark);
  std::string_view rest = message.batch;
  while (!rest.empty()) {
    const auto header = rest.substr(0, rest.find('\r'));
    rest.remove_prefix(std::min(rest.size(), header.size() + 1));
    if (header.size() < 5) continue;
    auto read = Body::read(Bytes(as_message(header, set, mark)), charset);
    if (!read && read.error().code == FaultCode::bad_charset) return fail(read);
    if (read) (header.starts_with("FHS") ? made->file : made->batch) = std::move(*read);
  }
  return made;
}

}  // namespace myelin
