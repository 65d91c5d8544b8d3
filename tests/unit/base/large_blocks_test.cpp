#include "engine/base/large_blocks.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace myelin {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

TEST(LargeBlocks, go_back_in_pieces_and_nothing_of_them_stays) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t size = 8 * kMiB;
  void* block = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(block, MAP_FAILED);
  auto* bytes = static_cast<char*>(block);
  for (std::size_t i = 0; i < size; i += page) bytes[i] = 'x';
  EXPECT_EQ(give_pages_back(bytes + 16, size - 16), size / kGivenBackAtOnce);
  std::vector<unsigned char> resident(size / page);
  ASSERT_EQ(::mincore(block, size, resident.data()), 0);
  std::size_t left = 0;
  for (const auto each : resident) left += each & 1U;
  EXPECT_EQ(left, 1U);  // the page of which the block has only a part
  EXPECT_EQ(bytes[0], 'x');
  ::munmap(block, size);
}

TEST(LargeBlocks, stand_behind_every_delete) {
  auto before = blocks_given_back();
  {
    const std::string large(4 * kMiB, 'x');
  }
  if (blocks_given_back() == before) return static_cast<void>(std::puts("a sanitizer has the memory"));
  EXPECT_EQ(blocks_given_back(), before + 1);
  {
    const auto array = std::make_unique<char[]>(4 * kMiB);
  }
  {
    const std::vector<int> numbers(kMiB);
  }
  EXPECT_EQ(blocks_given_back(), before + 3);
  before = blocks_given_back();
  {
    const std::string small(kMiB / 2, 'x');
  }
  EXPECT_EQ(blocks_given_back(), before);
}

}  // namespace
}  // namespace myelin
