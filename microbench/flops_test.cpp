// Are the peak loops right for every instruction set and number of chains, and does their check
// notice work that was left out?
#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

#include "microbench/flops_check.hpp"
#include "microbench/flops_loops.hpp"
#include "microbench/flops_opencl.hpp"

namespace motley::microbench {
namespace {

std::vector<std::byte> run(const PeakLoop& loop, const PeakData& data, std::int64_t steps) {
  std::vector<std::byte> results(data.start.size());
  loop.run(data.start.data(), results.data(), data.factor.data(), steps);
  return results;
}

std::string name(const PeakLoop& loop) {
  return std::string(loop.type) + " " + loop.isa + " x" + std::to_string(loop.chains) + " mix " +
         std::to_string(static_cast<int>(loop.mix));
}

TEST(Flops, EveryHighwayLoopIsRight) {
  ASSERT_FALSE(simd_peak_loops().empty());
  for (const PeakLoop& loop : simd_peak_loops()) {
    const PeakData data(loop, 1);
    EXPECT_LE(data.worst_error(run(loop, data, data.steps)), data.tolerance) << name(loop);
  }
}

TEST(Flops, TheCheckNoticesHalfTheWorkAndNoneOfIt) {
  for (const PeakLoop& loop : simd_peak_loops()) {
    const PeakData data(loop, 1);
    EXPECT_GT(data.worst_error(run(loop, data, data.steps / 2)), 100 * data.tolerance)
        << name(loop);
    EXPECT_GT(data.worst_error(run(loop, data, data.steps - 2)), data.tolerance) << name(loop);
    EXPECT_FALSE(data.worst_error(data.start) <= data.tolerance) << name(loop);
  }
}

TEST(Flops, TheCheckNoticesAChainThatDoesAnothersWork) {
  for (const PeakLoop& loop : simd_peak_loops()) {
    if (loop.chains < 2) continue;
    const PeakData data(loop, 1);
    auto results = run(loop, data, data.steps);
    const std::size_t chain_bytes = results.size() / static_cast<std::size_t>(loop.chains);
    std::memcpy(results.data() + chain_bytes, results.data(), chain_bytes);
    EXPECT_GT(data.worst_error(results), data.tolerance) << name(loop);
  }
}

TEST(Flops, NotANumberIsNotRight) {
  const PeakLoop& loop = simd_peak_loops().front();
  const PeakData data(loop, 1);
  std::vector<std::byte> results(data.start.size(), std::byte{0xFF});
  EXPECT_FALSE(data.worst_error(results) <= data.tolerance);
}

TEST(Flops, ClosedFormsAgreeWithPlainLoops) {
  double x = 1.5;
  const double a = shrinking_factor(2048);
  std::uint32_t n = 12345;
  for (int i = 0; i < 2048; ++i) {
    x += i % 2 == 0 ? x * a : -x * a;
    n = n * 1664525u + 1664525u;
  }
  EXPECT_NEAR(after_shrinking(1.5, a, 2048) / x, 1, 1e-12);
  EXPECT_NEAR(x / 1.5, std::exp(-1), 1e-3);
  EXPECT_EQ(after_congruential(12345, 1664525, 2048), n);
}

TEST(Flops, HalvesRoundToNearestEven) {
  for (std::uint32_t bits = 0x0400; bits < 0x7C00; ++bits) {  // all normal halves are themselves
    ASSERT_EQ(nearest_half(value_of_half(static_cast<std::uint16_t>(bits))), bits);
  }
  EXPECT_EQ(nearest_half(1 + 0x1p-11), 0x3C00);            // tie: to even
  EXPECT_EQ(nearest_half(1 + 3 * 0x1p-11), 0x3C02);        // tie: to even
  EXPECT_EQ(nearest_half(1 + 0x1p-11 + 0x1p-20), 0x3C01);  // above the tie
  EXPECT_EQ(nearest_half(2 - 0x1p-12), 0x4000);            // carries into the exponent
  EXPECT_EQ(nearest_half(-1.5), 0xBE00);
}

TEST(Flops, HalvesShrinkAsWhenEachStepIsRounded) {
  const double a = 0.0625;
  const ShrinkingHalf half(a);
  for (double x : {0x1p14, 0x1p14 * (1 + 77 / 1024.0), 0x1p15 - 16}) {
    const double start = x;
    for (int i = 0; i < PeakData::steps; ++i) {
      x = value_of_half(nearest_half(i % 2 == 0 ? x + x * a : x - x * a));
    }
    EXPECT_EQ(half.after(start, PeakData::steps), x);
    EXPECT_GT(x, 0x1p-10) << "no product of it with a is denormal";
  }
}

TEST(Flops, ChainsCountWhatTheyReallyAdd) {
  if (run_chain(1) == 0) GTEST_SKIP() << "no chain of this architecture";
  for (const std::int64_t iterations : {1, 7, 20000}) {
    EXPECT_EQ(run_chain(iterations), 16 * iterations);
    EXPECT_EQ(run_woven_chain(iterations), 16 * iterations);
    for (const PeakLoop& loop : simd_peak_loops()) {
      ASSERT_EQ(loop.woven_chain(iterations), 16 * iterations) << name(loop);
    }
  }
}

TEST(Flops, OnlyCeilingsThatHoldForEveryCoreOfAnInstructionAreGiven) {
  for (const LoopTable& table : {x86_peak_loops(), arm_peak_loops()}) {
    for (int i = 0; i < table.count; ++i) {
      const PeakLoop& loop = table.first[i];
      const bool differs =
          loop.isa == std::string("VDPBF16PS") || table.first == arm_peak_loops().first;
      EXPECT_EQ(loop.ceiling_per_cycle == 0, differs) << name(loop);
    }
  }
#if defined(__aarch64__)
  for (const PeakLoop& loop : simd_peak_loops()) EXPECT_EQ(loop.ceiling_per_cycle, 0) << name(loop);
#endif
}

TEST(Flops, OpenclSourcesNameEveryChain) {
  const std::string source = peak_source("fp32", "fma", 16, 12);
  for (int k = 0; k < 12; ++k) {
    EXPECT_NE(source.find("x" + std::to_string(k) + " = fma("), std::string::npos);
  }
  EXPECT_EQ(source.find("x12"), std::string::npos);
  EXPECT_NE(source.find("float16"), std::string::npos);
}

}  // namespace
}  // namespace motley::microbench
