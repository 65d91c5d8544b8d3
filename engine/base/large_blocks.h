// Large blocks: memory of 1 MiB and more goes back to the kernel in pieces, whoever lets go of it. In one piece 64 MiB
// take the kernel 10 ms, in which the process may map nothing (a loop that only lets go of a buffer waits as long) and
// the processor is nobody else's. large_blocks.cpp stands behind every `delete`.
#pragma once

#include <cstddef>

namespace myelin {

inline constexpr std::size_t kLargeBlock = 1024 * 1024;
inline constexpr std::size_t kGivenBackAtOnce = 512 * 1024;  // some 0.1 ms of the kernel's time

// Gives the pages that lie wholly within the block back, so that only an empty mapping is left to be freed. Nobody may
// want its content any more. How many pieces that took.
std::size_t give_pages_back(void* block, std::size_t size);

// How many blocks went so since the start; 0 for ever where a sanitizer has the memory.
std::size_t blocks_given_back();

}  // namespace myelin
