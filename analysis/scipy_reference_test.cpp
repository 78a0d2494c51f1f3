// Do the statistics say what SciPy says? A thousand random inputs with ties, tiny sides and zeros,
// written by scripts/scipy_reference.py.
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <string>

#include "analysis/change.hpp"
#include "analysis/rank_tests.hpp"
#include "analysis/series.hpp"

namespace motley::analysis {
namespace {

using Numbers = std::vector<double>;
using Parts = std::vector<Numbers>;

void expect_near(const Numbers& ours, const Numbers& theirs) {
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_NEAR(ours[i], theirs[i], 1e-9 * std::max(1.0, std::abs(theirs[i]))) << "figure " << i;
  }
}

/// A p near 0 is as exact as one near 1, except that a perfect correlation's is 0.
void expect_p(double ours, double theirs) {
  EXPECT_NEAR(ours, theirs, 1e-9 * theirs + 1e-20);
}

void two_sides(const Parts& parts) {
  const RankTest test = mann_whitney(parts[0], parts[1]);
  expect_near({test.statistic, test.p, test.exact ? 1.0 : 0.0,
               hodges_lehmann_shift(parts[0], parts[1]), cliffs_delta(parts[0], parts[1])},
              parts[2]);
  expect_p(test.p, parts[2][1]);
}

void paired(const Parts& parts) {
  const RankTest test = wilcoxon_signed_rank(parts[0]);
  expect_near({test.statistic, test.p, test.exact ? 1.0 : 0.0, hodges_lehmann_centre(parts[0])},
              parts[1]);
  expect_p(test.p, parts[1][1]);
}

void description(const Parts& parts) {
  const Numbers& x = parts[0];
  expect_near({quantile(x, parts[1][0]), deviation(x), robust_deviation(x)}, parts[2]);
  expect_near(ranks(x), parts[3]);
}

void interval_of_quantile(const Parts& parts) {
  const auto interval = quantile_interval(parts[0], parts[1][0], parts[1][1]);
  expect_near(interval ? Numbers{interval->low, interval->high, interval->confidence} : Numbers{},
              parts[2]);
}

void adjusted(const Parts& parts) {
  expect_near(benjamini_hochberg(parts[0]), parts[1]);
}

void series(const Parts& parts) {
  const Drift ours = drift(parts[0]);
  expect_near({lag1_autocorrelation(parts[0]), ours.correlation, ours.p}, parts[1]);
  expect_p(ours.p, parts[1][2]);
}

void welch(const Parts& parts) {
  const auto row = welch_ratio(parts[0], parts[1]);
  ASSERT_TRUE(row);
  const Interval interval = row->interval();
  expect_near({row->log_ratio, row->error, row->freedom, row->p, interval.low, interval.high},
              parts[2]);
  expect_p(row->p, parts[2][3]);
}

void dip(const Parts& parts) {
  const auto ours = modes(parts[0]);
  if (ours) expect_near({ours->dip}, parts[1]);  // none where most values are equal
}

Numbers numbers(const std::string& text) {
  std::istringstream stream(text);
  Numbers result;
  for (double one = 0; stream >> one;) result.push_back(one);
  return result;
}

TEST(ScipyReference, AThousandInputsAgree) {
  const std::map<std::string, std::function<void(const Parts&)>> questions = {
      {"two_sides ", two_sides},
      {"paired ", paired},
      {"description ", description},
      {"quantile_interval ", interval_of_quantile},
      {"adjusted ", adjusted},
      {"series ", series},
      {"welch ", welch},
      {"dip ", dip}};
  std::ifstream file(MOTLEY_SOURCE_FOLDER "/analysis/testdata/scipy_reference.txt");
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    std::istringstream stream(line);
    std::string kind, part;
    std::getline(stream, kind, '|');
    Parts parts;
    while (std::getline(stream, part, '|')) parts.push_back(numbers(part));
    SCOPED_TRACE("line " + std::to_string(lines + 1) + ": " + kind);
    questions.at(kind)(parts);
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_EQ(lines, 1000U);
}

}  // namespace
}  // namespace motley::analysis
