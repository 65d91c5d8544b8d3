// Delimited text: whatever comes is rows of as many values as there are columns, or a fault with its line.
#include <cstdint>
#include <cstdlib>

#include "routes/steps/delimited.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  myelin::routes::DelimitedForm form{static_cast<char>(data[0]), {}};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const bool named : {false, true}) {
    if (named) form.columns = {"a", "b"};
    const auto rows = myelin::routes::read_delimited(text, form);
    if (!rows && !rows.error().at.starts_with("line ")) std::abort();
    if (!rows) continue;
    for (const auto& row : *(*rows)["rows"].array())
      if (row.object()->size() != (*rows)["rows"].array()->front().object()->size()) std::abort();
  }
  return 0;
}
