#include "analysis/change.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "analysis/rank_tests.hpp"
#include "analysis/trust.hpp"

namespace motley::analysis {
namespace {

std::vector<double> logarithms(std::span<const double> values) {
  std::vector<double> logs;
  for (const double one : values) logs.push_back(std::log(one));
  return logs;
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double one : values) sum += one;
  return sum / static_cast<double>(values.size());
}

double student_quantile(double p, double freedom) {
  return boost::math::quantile(boost::math::students_t(freedom), p);
}

/// With its p; none where a figure was not positive or not finite.
std::optional<TestedRatio> tested(TestedRatio row) {
  if (!std::isfinite(row.log_ratio) || !std::isfinite(row.error)) return std::nullopt;
  if (!(row.error > 0)) {  // counts that never vary: any difference is one
    row.p = row.log_ratio == 0 ? 1 : 0;
    return row;
  }
  const boost::math::students_t student(row.freedom);
  const double t = std::abs(row.log_ratio) / row.error;
  row.p = 2 * boost::math::cdf(boost::math::complement(student, t));
  return row;
}

bool is_tested(const std::optional<TestedRatio>& row) {
  return row.has_value();
}

Judged judge(const TestedRatio& row, double q, const Limits& limits) {
  const double detectable = detectable_change(row);
  const double threshold = std::max(std::log1p(limits.margin), detectable);
  const double excluded = threshold + student_quantile(0.8, row.freedom) * row.error;
  const double reach = std::abs(row.log_ratio) + student_quantile(0.95, row.freedom) * row.error;
  Judged judged{Verdict::inconclusive, q, std::expm1(excluded)};
  if (q <= limits.false_share && std::abs(row.log_ratio) > threshold) {
    judged.verdict = row.log_ratio > 0 ? Verdict::higher : Verdict::lower;
  } else if (reach < excluded && judged.excluded <= limits.resolution) {
    judged.verdict = Verdict::same;
  }
  return judged;
}

}  // namespace

double TestedRatio::ratio() const {
  return std::exp(log_ratio);
}

Interval TestedRatio::interval(double confidence) const {
  const double half = student_quantile((1 + confidence) / 2, freedom) * error;
  return {std::exp(log_ratio - half), std::exp(log_ratio + half), confidence};
}

std::optional<TestedRatio> welch_ratio(std::span<const double> first,
                                       std::span<const double> second) {
  if (first.size() < 2 || second.size() < 2) return std::nullopt;
  const std::vector<double> a = logarithms(first), b = logarithms(second);
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  const double of_a = deviation(a) * deviation(a) / n, of_b = deviation(b) * deviation(b) / m;
  TestedRatio row;
  row.log_ratio = mean(b) - mean(a);
  row.error = std::sqrt(of_a + of_b);
  const double of_first = of_a + of_b > 0 ? of_a / (of_a + of_b) : 0.5, of_second = 1 - of_first;
  row.freedom = 1 / (of_first * of_first / (n - 1) + of_second * of_second / (m - 1));
  return tested(row);
}

std::optional<TestedRatio> paired_ratio(std::span<const double> log_ratios) {
  if (log_ratios.size() < 2) return std::nullopt;
  const auto n = static_cast<double>(log_ratios.size());
  TestedRatio row;
  row.log_ratio = mean(log_ratios);
  row.error = deviation(log_ratios) / std::sqrt(n);
  row.freedom = n - 1;
  return tested(row);
}

double detectable_change(const TestedRatio& row) {
  return detectable_errors(row.freedom / 2 + 1) * row.error;
}

std::vector<Judged> judge(std::span<const std::optional<TestedRatio>> rows, const Limits& limits,
                          std::span<const double> margins) {
  std::vector<double> p;
  for (const auto& row : rows) {
    if (is_tested(row)) p.push_back(row->p);
  }
  const std::vector<double> q = benjamini_hochberg(p);
  std::vector<Judged> judged;
  std::size_t place = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Limits own = limits;
    if (i < margins.size()) own.margin = margins[i];
    own.resolution = std::max(own.resolution, 2 * own.margin);
    judged.push_back(is_tested(rows[i]) ? judge(*rows[i], q[place++], own) : Judged{});
  }
  return judged;
}

}  // namespace motley::analysis
