#include "harness/loads/loops.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace motley::loads {
namespace {

TEST(Loops, WriteWhatTheyAreGivenAndNoMore) {
  constexpr std::size_t count = 1024;  // words: 4096 bytes
  for (const auto write : {write_bytes, stream_bytes}) {
    alignas(128) std::uint32_t words[3 * count] = {};
    write(words + count, sizeof(words) / 3, 7);
    EXPECT_EQ(std::count(words, words + count, 0u), std::ptrdiff_t{count});
    EXPECT_EQ(std::count(words + count, words + 2 * count, 7u), std::ptrdiff_t{count});
    EXPECT_EQ(std::count(words + 2 * count, words + 3 * count, 0u), std::ptrdiff_t{count});
  }
}

}  // namespace
}  // namespace motley::loads
