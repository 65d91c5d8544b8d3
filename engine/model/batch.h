// The headers of the batch in which a message came, for $batch.BHS-4 in a formula: each is read with the delimiters
// that it declares itself, and in the character set of the message, since FHS and BHS name none.
#pragma once

#include <memory>
#include <optional>

#include "engine/base/fault.h"
#include "engine/model/body.h"
#include "engine/model/message.h"

namespace myelin {

struct BatchHeaders {
  std::optional<Body> file, batch;  // FHS and BHS, each behind an MSH of ours; one that declares no delimiters is none
  // The message that a place in this segment is read from; nullptr: it did not come.
  const hl7::Tree* tree(std::string_view segment) const;
};

// nullptr for a message that came alone. bad_charset.
Result<std::shared_ptr<const BatchHeaders>> read_batch(const Message& message, const hl7::CharsetChoice& charset);

}  // namespace myelin
