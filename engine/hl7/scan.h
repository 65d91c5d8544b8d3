// The structural scan: one pass over a message that notes every field separator and every line end. It is the only
// part of parsing that touches each byte, so it has three twins (scalar, SSE2, AVX2) that give the same answer; the
// best one for this processor is chosen at run time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace myelin::hl7 {

enum class ScanTwin : std::uint8_t { scalar, sse2, avx2 };

struct ScanMarks {
  std::vector<std::uint32_t> marks;  // offsets of field separators, CR and LF, rising
  std::vector<std::uint32_t> lines;  // which of `marks` are CR or LF, as indices into it
};

// The fastest twin that this processor runs. All twins before it in the enum run too.
ScanTwin best_twin();

// Replaces what is in `found`; its capacity is used again. False, with `found` unfinished, as soon as there are more
// than `limit` marks. `bytes` is smaller than 4 GiB; `field` is neither CR nor LF.
bool scan(ScanTwin twin, std::string_view bytes, char field, std::size_t limit, ScanMarks& found);

}  // namespace myelin::hl7
