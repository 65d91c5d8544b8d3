#include "engine/base/large_blocks.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace myelin {
namespace {

std::atomic<std::size_t> given_back{0};

}  // namespace

std::size_t give_pages_back(void* block, std::size_t size) {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto into_page = reinterpret_cast<std::uintptr_t>(block) % page;
  auto* at = static_cast<char*>(block) + (into_page == 0 ? 0 : page - into_page);
  const auto* end = static_cast<char*>(block) + size;
  std::size_t pieces = 0;
  for (auto left = at < end ? static_cast<std::size_t>(end - at) / page * page : 0; left > 0; ++pieces) {
    const auto piece = std::min(kGivenBackAtOnce, left);
    // Best effort: what the kernel does not take now it takes with the mapping.
    static_cast<void>(::madvise(at, piece, MADV_DONTNEED));
    at += piece;
    left -= piece;
  }
  return pieces;
}

std::size_t blocks_given_back() { return given_back; }

}  // namespace myelin

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define MYELIN_SANITIZED
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(MYELIN_SANITIZED)

// `new` stays libstdc++'s own, which is malloc.
void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  if (const auto size = ::malloc_usable_size(block); size >= myelin::kLargeBlock) {
    ++myelin::given_back;
    myelin::give_pages_back(block, size);
  }
  std::free(block);
}

void operator delete(void* block, std::size_t size) noexcept {
  if (size < myelin::kLargeBlock) return std::free(block);
  operator delete(block);
}

#endif
