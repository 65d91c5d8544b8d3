#include "adapters/file/batch.h"

#include <charconv>
#include <optional>
#include <string>

namespace myelin::file {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";  // of UTF-8
constexpr std::string_view kBlank = "\r\n \t\x0B\x1C\x1A";
constexpr std::string_view kAfterEnd = "\r\n\x0B\x1C\x1A";

bool is_word(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool begins_with(std::string_view line, std::string_view name) {
  return line.starts_with(name) && line.size() > 3 && !is_word(line[3]);
}

// Field 1 of a trailer, when it is a number.
std::optional<std::size_t> count_in(std::string_view trailer) {
  const auto rest = trailer.substr(4);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

// The end of MLLP or of a DOS text, and what follows it, is no part of the message.
std::string_view without_end(std::string_view message) {
  const auto last = message.find_last_not_of(kAfterEnd);
  const auto tail = message.find_first_of("\x1C\x1A", last == std::string_view::npos ? 0 : last);
  return tail == std::string_view::npos ? message : message.substr(0, tail);
}

class Splitter {
 public:
  explicit Splitter(std::string_view content) : content_(content) {}

  Result<std::vector<std::string_view>> split() {
    std::size_t at = 0;
    while (at < content_.size() && !fault_) {
      const auto end = content_.find_first_of("\r\n", at);
      const auto next = end == std::string_view::npos ? content_.size() : end + 1;
      read_line(at, content_.substr(at, next - at));
      at = next;
    }
    end_message(content_.size());
    if (in_batch_ || in_file_) complain(in_batch_ ? "BHS without BTS" : "FHS without FTS");
    if (fault_) return fail(std::move(*fault_));
    return std::move(messages_);
  }

 private:
  void read_line(std::size_t at, std::string_view line) {
    const auto framing = line.find_first_not_of("\x0B\x1C");
    if (framing == std::string_view::npos) return;
    const auto text = line.substr(framing);
    at += framing;
    if (begins_with(text, "MSH")) {
      end_message(at);
      begin_ = at;
    } else if (begins_with(text, "BHS")) {
      begin(at, in_batch_, "BHS");
      messages_in_batch_ = 0;
      ++batches_;
    } else if (begins_with(text, "FHS")) {
      begin(at, in_file_, "FHS");
    } else if (text.starts_with("BTS")) {
      end_message(at);
      if (in_batch_) compare("BTS-1", text, messages_in_batch_, "messages");
      in_batch_ = false;
    } else if (text.starts_with("FTS")) {
      end_message(at);
      if (in_file_) compare("FTS-1", text, batches_, "batches");
      in_file_ = false;
    } else if (!begin_ && text.find_first_not_of(kBlank) != std::string_view::npos) {
      complain("bytes outside of a message");
    }
  }
  void begin(std::size_t at, bool& inside, const char* name) {
    end_message(at);
    if (inside) complain(std::string(name) + " twice");
    inside = true;
  }
  void compare(const char* place, std::string_view trailer, std::size_t found, const char* what) {
    if (trailer.size() < 5) return;
    const auto said = count_in(trailer);
    if (!said || *said == found) return;
    complain(std::string(place) + " says " + std::to_string(*said) + " " + what + ", there are " +
             std::to_string(found));
  }
  void end_message(std::size_t at) {
    if (!begin_) return;
    messages_.push_back(without_end(content_.substr(*begin_, at - *begin_)));
    ++messages_in_batch_;
    begin_.reset();
  }
  void complain(std::string what) {
    if (!fault_) fault_ = Fault{FaultCode::batch_incomplete, std::move(what), {}, {}};
  }

  std::string_view content_;
  std::vector<std::string_view> messages_;
  std::optional<std::size_t> begin_;
  std::optional<Fault> fault_;
  bool in_file_ = false, in_batch_ = false;
  std::size_t messages_in_batch_ = 0, batches_ = 0;
};

}  // namespace

Result<std::vector<std::string_view>> split_batch(std::string_view content) {
  if (content.starts_with(kMark)) content.remove_prefix(kMark.size());
  const auto first = content.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return fail(FaultCode::empty_message, "the file is empty");
  const auto text = content.substr(first);
  for (const std::string_view name : {"MSH", "FHS", "BHS"})
    if (begins_with(text, name)) return Splitter(text).split();
  return std::vector<std::string_view>{content};
}

}  // namespace myelin::file
