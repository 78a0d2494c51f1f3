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

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double one : values) sum += one;
  return sum / static_cast<double>(values.size());
}

double student_quantile(double p, double freedom) {
  return boost::math::quantile(boost::math::students_t(freedom), p);
}

bool is_tested(const std::optional<WelchRatio>& row) {
  return row.has_value();
}

Judged judge(const WelchRatio& row, double q, const Limits& limits) {
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

double WelchRatio::ratio() const {
  return std::exp(log_ratio);
}

Interval WelchRatio::interval(double confidence) const {
  const double half = student_quantile((1 + confidence) / 2, freedom) * error;
  return {std::exp(log_ratio - half), std::exp(log_ratio + half), confidence};
}

std::optional<WelchRatio> welch_ratio(std::span<const double> first,
                                      std::span<const double> second) {
  if (first.size() < 2 || second.size() < 2) return std::nullopt;
  const std::vector<double> a = logarithms(first), b = logarithms(second);
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  const double of_a = deviation(a) * deviation(a) / n, of_b = deviation(b) * deviation(b) / m;
  WelchRatio row;
  row.log_ratio = mean(b) - mean(a);
  row.error = std::sqrt(of_a + of_b);
  if (!std::isfinite(row.log_ratio) || !std::isfinite(row.error)) return std::nullopt;
  if (!(row.error > 0)) {  // counts that never vary: any difference is one
    row.freedom = n + m - 2;
    row.p = row.log_ratio == 0 ? 1 : 0;
    return row;
  }
  const double all = of_a + of_b;
  row.freedom = all * all / (of_a * of_a / (n - 1) + of_b * of_b / (m - 1));
  const boost::math::students_t student(row.freedom);
  row.p =
      2 * boost::math::cdf(boost::math::complement(student, std::abs(row.log_ratio) / row.error));
  return row;
}

double detectable_change(const WelchRatio& row) {
  return detectable_errors(row.freedom / 2 + 1) * row.error;
}

std::vector<Judged> judge(std::span<const std::optional<WelchRatio>> rows, const Limits& limits) {
  std::vector<double> p;
  for (const auto& row : rows) {
    if (is_tested(row)) p.push_back(row->p);
  }
  const std::vector<double> q = benjamini_hochberg(p);
  std::vector<Judged> judged;
  std::size_t tested = 0;
  for (const auto& row : rows) {
    judged.push_back(is_tested(row) ? judge(*row, q[tested++], limits) : Judged{});
  }
  return judged;
}

}  // namespace motley::analysis
