// The twins differ only in how they turn a block of 64 bytes into two bit masks; noting the marks is one function.
#include "engine/hl7/scan.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace myelin::hl7 {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kMostExpected = 64 * 1024;

struct BlockMasks {
  std::uint64_t all;    // field separators and line ends
  std::uint64_t lines;  // line ends only
};

struct ScalarBlock {
  static BlockMasks masks(const char* block, char field) {
    BlockMasks result{0, 0};
    for (std::size_t i = 0; i < kBlock; ++i) {
      const auto line = static_cast<std::uint64_t>(block[i] == '\r' || block[i] == '\n');
      result.lines |= line << i;
      result.all |= (line | static_cast<std::uint64_t>(block[i] == field)) << i;
    }
    return result;
  }
};

#if defined(__x86_64__)

struct Sse2Block {
  static BlockMasks masks(const char* block, char field) {
    const __m128i fields = _mm_set1_epi8(field);
    const __m128i returns = _mm_set1_epi8('\r');
    const __m128i feeds = _mm_set1_epi8('\n');
    BlockMasks result{0, 0};
    for (unsigned i = 0; i < 4; ++i) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + i * 16));
      const __m128i line = _mm_or_si128(_mm_cmpeq_epi8(bytes, returns), _mm_cmpeq_epi8(bytes, feeds));
      const __m128i any = _mm_or_si128(line, _mm_cmpeq_epi8(bytes, fields));
      result.lines |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(line))) << (i * 16);
      result.all |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(any))) << (i * 16);
    }
    return result;
  }
};

struct Avx2Block {
  [[gnu::target("avx2")]] static BlockMasks masks(const char* block, char field) {
    const __m256i fields = _mm256_set1_epi8(field);
    const __m256i returns = _mm256_set1_epi8('\r');
    const __m256i feeds = _mm256_set1_epi8('\n');
    BlockMasks result{0, 0};
    for (unsigned i = 0; i < 2; ++i) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block + i * 32));
      const __m256i line = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, returns), _mm256_cmpeq_epi8(bytes, feeds));
      const __m256i any = _mm256_or_si256(line, _mm256_cmpeq_epi8(bytes, fields));
      result.lines |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(line))) << (i * 32);
      result.all |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(any))) << (i * 32);
    }
    return result;
  }
};

#endif

// Appends to the vectors of a ScanMarks through bare pointers, with room for a whole block made sure of beforehand.
class Writer {
 public:
  Writer(ScanMarks& found, std::size_t expected) : found_(found) {
    found_.lines.clear();
    if (found_.marks.size() < expected) found_.marks.resize(expected);
  }

  [[gnu::always_inline]] inline void note(std::size_t base, BlockMasks masks) {
    if (count_ + kBlock > found_.marks.size()) found_.marks.resize(found_.marks.size() * 2 + kBlock);
    std::uint64_t lines = masks.lines;
    while (lines != 0) {
      const std::uint64_t below = (lines & (~lines + 1)) - 1;
      found_.lines.push_back(static_cast<std::uint32_t>(count_) +
                             static_cast<std::uint32_t>(std::popcount(masks.all & below)));
      lines &= lines - 1;
    }
    std::uint32_t* out = found_.marks.data() + count_;
    std::uint64_t all = masks.all;
    while (all != 0) {
      *out++ = static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(std::countr_zero(all));
      all &= all - 1;
    }
    count_ = static_cast<std::size_t>(out - found_.marks.data());
  }

  std::size_t count() const { return count_; }
  void finish() { found_.marks.resize(count_); }

 private:
  ScanMarks& found_;
  std::size_t count_ = 0;
};

template <class Block>
[[gnu::always_inline]] inline bool scan_with(std::string_view bytes, char field, std::size_t limit, ScanMarks& found) {
  // A field of eight bytes is short; but a document of megabytes is one field, and room for none is made for it.
  Writer writer(found, std::min(bytes.size() / 8, kMostExpected) + kBlock);
  std::size_t at = 0;
  for (; at + kBlock <= bytes.size(); at += kBlock) {
    writer.note(at, Block::masks(bytes.data() + at, field));
    if (writer.count() > limit) return false;
  }
  if (at < bytes.size()) {
    char rest[kBlock] = {};
    std::memcpy(rest, bytes.data() + at, bytes.size() - at);
    const auto valid = ~std::uint64_t{0} >> (kBlock - (bytes.size() - at));
    auto masks = Block::masks(rest, field);
    masks.all &= valid;
    masks.lines &= valid;
    writer.note(at, masks);
  }
  writer.finish();
  return writer.count() <= limit;
}

bool scan_scalar(std::string_view bytes, char field, std::size_t limit, ScanMarks& found) {
  return scan_with<ScalarBlock>(bytes, field, limit, found);
}

#if defined(__x86_64__)

bool scan_sse2(std::string_view bytes, char field, std::size_t limit, ScanMarks& found) {
  return scan_with<Sse2Block>(bytes, field, limit, found);
}

[[gnu::target("avx2,bmi,popcnt")]] bool scan_avx2(std::string_view bytes, char field, std::size_t limit,
                                                  ScanMarks& found) {
  return scan_with<Avx2Block>(bytes, field, limit, found);
}

ScanTwin detect() {
  __builtin_cpu_init();
  const bool wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
  return wide ? ScanTwin::avx2 : ScanTwin::sse2;
}

#else

// No twins for other processors yet: all run the scalar one.
bool scan_sse2(std::string_view bytes, char field, std::size_t limit, ScanMarks& found) {
  return scan_scalar(bytes, field, limit, found);
}

bool scan_avx2(std::string_view bytes, char field, std::size_t limit, ScanMarks& found) {
  return scan_scalar(bytes, field, limit, found);
}

ScanTwin detect() { return ScanTwin::scalar; }

#endif

}  // namespace

ScanTwin best_twin() {
  static const ScanTwin best = detect();
  return best;
}

bool scan(ScanTwin twin, std::string_view bytes, char field, std::size_t limit, ScanMarks& found) {
  switch (std::min(twin, best_twin())) {
    case ScanTwin::avx2:
      return scan_avx2(bytes, field, limit, found);
    case ScanTwin::sse2:
      return scan_sse2(bytes, field, limit, found);
    case ScanTwin::scalar:
      break;
  }
  return scan_scalar(bytes, field, limit, found);
}

}  // namespace myelin::hl7
