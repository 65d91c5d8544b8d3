// What a file is to the intake: the messages that it holds, and afterwards what is said about them to the sender and
// to the person who looks into `failed`. Pure: content and receipts in, text out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hl7/batch.h"
#include "engine/model/receipt.h"

namespace myelin::file {

struct Offer {
  // Of a batch in UTF-16: it in UTF-8, and its messages with the mark that says so. What follows are views into these.
  struct Translated {
    std::string text;
    std::vector<std::string> messages;
  };
  std::shared_ptr<const Translated> translated;
  hl7::BatchFile file;                     // the headers and trailers around the messages
  std::vector<std::string_view> messages;  // views into the content, in their order
  std::vector<std::string> headers;        // for each message: of its batch
  // Nothing of it is to be taken: batch_incomplete, empty_message.
  std::optional<Fault> fault;
};

// What holds no message at all is one piece: intake says what it is not. So is one message in UTF-16, which intake
// reads.
Offer read_offer(std::string_view content);

// One receipt for each message; a file that is refused as a whole has the same for all of them.
using Receipts = std::vector<Receipt>;

bool all_taken(const Receipts& receipts);
// The messages that were not taken, when others were: what may be corrected and dropped again. Else empty.
std::string not_taken(const Offer& offer, const Receipts& receipts);
// Which message was refused and why, for a person.
std::string note_about(const Offer& offer, const Receipts& receipts);
std::string note_of(const Fault& fault);
// The acknowledgement of the file, in the form in which it came: a batch for a batch, else one message after the other.
// Acknowledgements are not acknowledged. `new_id` names what was not stored.
std::string answer_to(const Offer& offer, const Receipts& receipts, WallTime now,
                      const std::function<MessageId()>& new_id);

}  // namespace myelin::file
