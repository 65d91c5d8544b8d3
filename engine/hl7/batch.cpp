#include "engine/hl7/batch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "engine/base/counted.h"
#include "engine/hl7/delimiters.h"
#include "engine/hl7/escape.h"
#include "engine/hl7/piece.h"
#include "engine/hl7/timestamp.h"

namespace myelin::hl7 {
namespace {

bool ends_line(char c) { return c == '\r' || c == '\n'; }

bool letter_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_segment(std::string_view line, std::string_view name) {
  return line.starts_with(name) && (line.size() == name.size() || !letter_or_digit(line[name.size()]));
}

// The end of a frame of MLLP, and of a text of DOS.
bool ends_text(char c) { return c == '\x1C' || c == '\x1A'; }

// Nothing to read in it: blank, or the bytes around a frame or a text.
bool is_blank(std::string_view line) {
  return std::ranges::all_of(line, [](char c) { return c == ' ' || c == '\x0B' || c == '\0' || ends_text(c); });
}

// Takes the lines of a file one by one and puts each where it belongs.
class Splitter {
 public:
  explicit Splitter(std::string_view bytes) : bytes_(bytes) {}

  BatchFile split() {
    std::size_t at = message_begin(bytes_);
    while (at < bytes_.size()) {
      const auto end = std::min(bytes_.find_first_of("\r\n", at), bytes_.size());
      auto next = end;
      if (next < bytes_.size()) next += bytes_.substr(next).starts_with("\r\n") ? 2U : 1U;
      take(at, bytes_.substr(at, end - at), next);
      at = next;
    }
    close_message();
    return std::move(file_);
  }

 private:
  void take(std::size_t at, std::string_view line, std::size_t next) {
    while (!line.empty() && (line.front() == '\x0B' || line.front() == '\x1C')) {
      line.remove_prefix(1);
      ++at;
    }
    while (!line.empty() && ends_text(line.back())) {
      line.remove_suffix(1);
      next = at + line.size();
    }
    const bool begins = is_segment(line, "MSH") && line.size() > 3;
    if (begins || is_segment(line, "FHS") || is_segment(line, "BHS") || is_segment(line, "BTS") ||
        is_segment(line, "FTS")) {
      close_message();
      if (begins) open_message(at, next);
      else take_envelope(line);
    } else if (!is_blank(line)) {
      if (open_) end_ = next;
      else file_.strays.push_back(line);
    }
  }

  void open_message(std::size_t at, std::size_t next) {
    open_ = true;
    begin_ = at;
    end_ = next;
  }
  void close_message() {
    if (open_) batch().messages.push_back(bytes_.substr(begin_, end_ - begin_));
    open_ = false;
  }

  void take_envelope(std::string_view line) {
    if (line[0] == 'F') {
      auto& place = line[1] == 'H' ? file_.header : file_.trailer;
      if (!place.empty()) file_.strays.push_back(line);
      else place = line;
      // What follows the file's trailer is no part of its last batch.
      if (line[1] == 'T') in_batch_ = false;
    } else if (line[1] == 'H') {
      in_batch_ = true;
      file_.batches.emplace_back().header = line;
    } else {
      batch().trailer = line;
      in_batch_ = false;
    }
  }

  // The one that is open; messages without a header make one.
  Batch& batch() {
    if (!in_batch_) file_.batches.emplace_back();
    in_batch_ = true;
    return file_.batches.back();
  }

  std::string_view bytes_;
  BatchFile file_;
  bool in_batch_ = false;
  bool open_ = false;
  std::size_t begin_ = 0, end_ = 0;
};

// The separator that the line itself declares, or that everybody uses.
char separator_of(std::string_view line) { return line.size() > 3 && line[3] > ' ' && line[3] <= '~' ? line[3] : '|'; }

// Field n of a trailer; of a header, whose first field is the separator, n as the standard counts it.
std::string_view field(std::string_view line, std::size_t number) {
  const bool header = line.size() > 1 && line[1] == 'H';
  return piece(line, separator_of(line), header ? number : number + 1).value_or(std::string_view());
}

std::optional<Fault> incomplete(std::string detail, std::string at) {
  return Fault{FaultCode::batch_incomplete, std::move(detail), std::move(at), {}};
}

// A count that is no number is not so either.
std::optional<Fault> check_count(std::string_view trailer, std::size_t have, std::string_view of) {
  auto said = field(trailer, 1);
  while (said.ends_with(' ')) said.remove_suffix(1);
  while (said.starts_with(' ')) said.remove_prefix(1);
  if (said.empty()) return std::nullopt;
  std::size_t count = 0;
  const auto read = std::from_chars(said.data(), said.data() + said.size(), count);
  const bool number = read.ec == std::errc() && read.ptr == said.data() + said.size();
  if (number && count == have) return std::nullopt;
  const std::string place(trailer.substr(0, 3));
  return incomplete(place + "-1 says " + (number ? std::to_string(count) : "what is no number") +
                        (have == 1 ? " and there is " : " and there are ") + counted(have, of),
                    place + "-1");
}

// One header in the delimiters of `like`, a header or an MSH; `fields` from the third on.
void write_header(std::string& out, std::string_view name, std::string_view like,
                  const std::array<std::string, 10>& fields) {
  const char separator = separator_of(like);
  auto encoding = piece(like, separator, 2).value_or(std::string_view());
  const bool printing = std::ranges::all_of(encoding, [](char c) { return c > ' ' && c <= '~'; });
  if (encoding.empty() || !printing) encoding = "^~\\&";
  out.append(name).append(1, separator).append(encoding);
  for (const auto& one : fields) {
    out.push_back(separator);
    // A byte with which MLLP frames would break the frame of the answer.
    std::ranges::copy_if(one, std::back_inserter(out), [](char c) { return c != '\0' && c != '\x0B' && c != '\x1C'; });
  }
  out.push_back('\r');
}

// Of the header that answers `received`.
std::array<std::string, 10> answering(std::string_view received, const BatchAckFacts& facts) {
  return {std::string(field(received, 5)),
          std::string(field(received, 6)),
          std::string(field(received, 3)),
          std::string(field(received, 4)),
          format_timestamp(facts.when),
          {},
          {},
          {},
          std::string(facts.id),
          std::string(field(received, 11))};
}

}  // namespace

std::string headers_of(const BatchFile& file, const Batch& batch) {
  std::string headers;
  for (const auto header : {file.header, batch.header})
    if (!header.empty()) headers.append(header).push_back('\r');
  return headers;
}

std::string make_batch(const std::vector<std::string_view>& messages, const BatchFacts& facts) {
  std::string out;
  if (messages.empty()) return out;
  auto first = messages.front();
  first.remove_prefix(message_begin(first));
  first = first.substr(0, std::min(first.find_first_of("\r\n"), first.size()));
  const char separator = separator_of(first);
  const auto named = [&](std::size_t number) {
    return std::string(piece(first, separator, number).value_or(std::string_view()));
  };
  const std::array<std::string, 10> fields = {
      named(3), named(4), named(5), named(6), format_timestamp(facts.when), {}, {}, {}, std::string(facts.id), {}};
  if (facts.in_file) write_header(out, "FHS", first, fields);
  write_header(out, "BHS", first, fields);
  for (auto message : messages) {
    while (message.ends_with('\r') || message.ends_with('\n')) message.remove_suffix(1);
    out.append(message).append(1, '\r');
  }
  out.append("BTS").append(1, separator).append(std::to_string(messages.size())).append(1, '\r');
  if (facts.in_file) out.append("FTS").append(1, separator).append("1\r");
  return out;
}

std::size_t BatchFile::message_count() const {
  std::size_t count = 0;
  for (const auto& batch : batches) count += batch.messages.size();
  return count;
}

bool begins_batch(std::string_view bytes) {
  bytes.remove_prefix(message_begin(bytes));
  const auto line = bytes.substr(0, 4);
  return line.size() == 4 && !ends_line(line[3]) && (is_segment(line, "FHS") || is_segment(line, "BHS"));
}

BatchFile split_batch(std::string_view bytes) { return Splitter(bytes).split(); }

std::optional<Fault> check_batch(const BatchFile& file) {
  if (!file.strays.empty())
    return incomplete(counted(file.strays.size(), "line") + (file.strays.size() == 1 ? " belongs" : " belong") +
                          " to no message of the batch",
                      {});
  for (const auto& batch : file.batches) {
    if (!batch.header.empty() && batch.trailer.empty())
      return incomplete("a batch that begins with BHS has no BTS", "BHS");
    if (batch.header.empty() && !batch.trailer.empty())
      return incomplete("a batch that ends with BTS has no BHS", "BTS");
    if (auto wrong = check_count(batch.trailer, batch.messages.size(), "message")) return wrong;
  }
  if (file.header.empty() != file.trailer.empty())
    return file.trailer.empty() ? incomplete("a file that begins with FHS has no FTS", "FHS")
                                : incomplete("a file that ends with FTS has no FHS", "FTS");
  return check_count(file.trailer, file.batches.size(), "batch");
}

std::string make_batch_ack(const BatchFile& file, const std::vector<std::string>& acks, const BatchAckFacts& facts) {
  std::string out;
  const bool in_file = !file.header.empty();
  if (in_file) write_header(out, "FHS", file.header, answering(file.header, facts));
  std::size_t next = 0, answered = 0;
  for (const auto& batch : file.batches) {
    const auto& like = batch.header.empty() ? file.header : batch.header;
    const char separator = separator_of(like);
    write_header(out, "BHS", like, answering(like, facts));
    std::size_t count = 0;
    for (std::size_t i = 0; i < batch.messages.size() && next < acks.size(); ++i, ++next) {
      if (acks[next].empty()) continue;
      out.append(acks[next]);
      ++count;
    }
    out.append("BTS").append(1, separator).append(std::to_string(count));
    if (!facts.comment.empty()) out.append(1, separator).append(facts.comment);
    out.push_back('\r');
    ++answered;
  }
  if (in_file) out.append("FTS").append(1, separator_of(file.header)).append(std::to_string(answered)).append("\r");
  return out;
}

}  // namespace myelin::hl7
