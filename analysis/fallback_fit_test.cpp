#include "analysis/fallback_fit.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace motley::analysis {
namespace {

/// 10 us, 100 us a crossing, 1 ns a byte, 0.1 ns a flop; noise of that standard deviation.
std::vector<schema::Block> fallbacks(std::size_t count, double noise, bool bytes = true) {
  std::mt19937 random(3);
  std::vector<schema::Block> all;
  std::normal_distribution<double> error(0, noise > 0 ? noise : 1);
  for (std::size_t i = 0; i < count; ++i) {
    schema::Block block;
    block.key.processor = "opencl:0+cpu";
    block.key.parameters = {{"placement", "unsupported:seed=" + std::to_string(i)}};
    const double crossings = double(random() % 10), moved = bytes ? double(random() % 100000) : 0,
                 flops = double(random() % 1000000);
    block.figures = {{"crossings", crossings}, {"alone_seconds/opencl:0", 2e-3}};
    block.details = {{"transferred_bytes", moved}, {"flops_1", flops}};
    block.samples.host_seconds = {2e-3 + 1e-5 + 1e-4 * crossings + 1e-9 * moved + 1e-10 * flops +
                                  (noise > 0 ? error(random) : 0)};
    all.push_back(block);
  }
  return all;
}

TEST(FallbackFit, FindsWhatTheTimesAreMadeOf) {
  const auto fit = fallback_fit(fallbacks(40, 0));
  ASSERT_TRUE(fit);
  ASSERT_EQ(fit->coefficients.size(), 4u);
  EXPECT_NEAR(fit->coefficients[0].value, 1e-5, 1e-9);
  EXPECT_NEAR(fit->coefficients[1].value, 1e-4, 1e-9);
  EXPECT_NEAR(fit->coefficients[2].value, 1e-9, 1e-14);
  EXPECT_NEAR(fit->coefficients[3].value, 1e-10, 1e-15);
  EXPECT_NEAR(fit->r_squared, 1, 1e-9);
}

TEST(FallbackFit, IntervalsHoldTheTruthAndNarrowWithPlacements) {
  const auto few = fallback_fit(fallbacks(30, 1e-4)), many = fallback_fit(fallbacks(3000, 1e-4));
  ASSERT_TRUE(few && many);
  EXPECT_LT(many->coefficients[1].low, 1e-4);
  EXPECT_GT(many->coefficients[1].high, 1e-4);
  const auto width = [](const Coefficient& one) { return one.high - one.low; };
  EXPECT_NEAR(width(few->coefficients[1]) / width(many->coefficients[1]), 10, 4);
}

TEST(FallbackFit, KnownLine) {  // y = 1 + 2 x with residuals +1 -1 -1 +1: by hand s2 = 2, Sxx = 5
  double r_squared = 0;
  const auto line =
      least_squares({"a", "b"}, {{1, 0}, {1, 1}, {1, 2}, {1, 3}}, {2, 2, 4, 8}, r_squared);
  ASSERT_TRUE(line);
  EXPECT_NEAR((*line)[1].value, 2, 1e-12);
  EXPECT_NEAR((*line)[0].value, 1, 1e-12);
  EXPECT_NEAR((*line)[1].high - 2, 4.302653 * std::sqrt(2.0 / 5), 1e-5);  // t(2) at 0.975
}

TEST(FallbackFit, LeavesOutWhatDoesNotVaryAndNeedsThirty) {
  EXPECT_EQ(fallback_fit(fallbacks(40, 0, false))->coefficients.size(), 3u);
  EXPECT_FALSE(fallback_fit(fallbacks(29, 0)));
  EXPECT_EQ(fallback_text(fallbacks(29, 0)), "");
  EXPECT_NE(fallback_text(fallbacks(31, 0)).find("31 placements"), std::string::npos);
}

}  // namespace
}  // namespace motley::analysis
