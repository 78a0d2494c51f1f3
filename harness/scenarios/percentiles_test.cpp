#include "harness/scenarios/percentiles.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <gtest/gtest.h>

namespace motley {
namespace {

TEST(Percentiles, NeedAsManyQueriesAsTheTableOfLoadGenSays) {
  const std::vector<std::pair<double, std::vector<std::int64_t>>> table = {
      {0.90, {44, 64, 81, 97, 113, 127}},
      {0.95, {90, 130, 165, 198, 229, 259}},
      {0.97, {152, 219, 277, 332, 383, 433}},
      {0.99, {459, 662, 838, 1001, 1157, 1307}}};
  for (const auto& [p, row] : table) {
    for (std::size_t over = 0; over < row.size(); ++over) {
      EXPECT_EQ(least_queries(p, static_cast<std::int64_t>(over)), row[over]) << p << " " << over;
    }
  }
}

double tail(double p, std::int64_t n, std::int64_t over) {
  const boost::math::binomial_distribution<> longer(static_cast<double>(n), 1 - p);
  return cdf(longer, static_cast<double>(over));
}

TEST(Percentiles, SearchIsNotBounded) {
  // mlcommons/inference#1083: it ended at 2^10 queries over the latency.
  for (const std::int64_t over : {1023, 1024, 1025, 5000, 100000}) {
    const std::int64_t n = least_queries(0.99, over);
    EXPECT_LE(tail(0.99, n, over), 0.01) << over;
    EXPECT_GT(tail(0.99, n - 1, over), 0.01) << over;
    EXPECT_EQ(most_over(0.99, n), over);
    EXPECT_EQ(most_over(0.99, n - 1), over - 1);
  }
}

TEST(Percentiles, AreValuesThatWereSeen) {
  std::vector<double> values;
  for (int i = 100; i >= 1; --i) values.push_back(i);
  const std::vector<double> sorted = ascending(values);
  EXPECT_EQ(percentile(sorted, 0), 1);
  EXPECT_EQ(percentile(sorted, 0.5), 51);
  EXPECT_EQ(percentile(sorted, 0.9), 91);
  EXPECT_EQ(percentile(sorted, 0.99), 100);
  EXPECT_EQ(percentile(std::vector{7.0}, 0.99), 7);
  EXPECT_EQ(percentile({}, 0.9), 0);
}

TEST(Percentiles, SurePercentileLeavesSoManyAbove) {
  std::vector<double> sorted;
  for (int i = 1; i <= 63; ++i) sorted.push_back(i);
  EXPECT_EQ(sure_percentile(sorted, 0.9), 63);  // none may be longer
  sorted.push_back(64);
  EXPECT_EQ(sure_percentile(sorted, 0.9), 63);  // one may
  EXPECT_EQ(sure_percentile(std::span(sorted).first(43), 0.9), std::nullopt);
  EXPECT_EQ(most_over(0.9, 0), std::nullopt);
}

}  // namespace
}  // namespace motley
