#include "analysis/rank_tests.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

constexpr std::size_t most_exact_pairs = 1000;  // all counts then fit into 64 bits
constexpr std::size_t most_exact_differences = 50;

double sum(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), 0.0,
                         [](double all, std::uint64_t one) { return all + double(one); });
}

double two_sided_normal(double z) {
  return std::min(1.0, std::erfc(z / std::sqrt(2.0)));
}

/// Sum of t^3 - t over groups of t equal values.
double tie_term(std::span<const double> values) {
  std::vector<double> ordered(values.begin(), values.end());
  std::sort(ordered.begin(), ordered.end());
  double term = 0;
  for (std::size_t begin = 0, end = 0; begin < ordered.size(); begin = end) {
    while (end < ordered.size() && ordered[end] == ordered[begin]) ++end;
    const auto t = static_cast<double>(end - begin);
    term += t * t * t - t;
  }
  return term;
}

/// How many orders of n and m values have U = 0 ... u: coefficients of the Gaussian binomial, the
/// product of (1 - q^(m + i)) / (1 - q^i) for i = 1 ... n. Unsigned numbers may wrap on the way.
std::vector<std::uint64_t> orders_by_u(std::size_t n, std::size_t m, std::size_t u) {
  std::vector<std::uint64_t> counts(u + 1);
  counts[0] = 1;
  for (std::size_t i = 1; i <= n; ++i) {
    for (std::size_t k = u; k >= m + i; --k) counts[k] -= counts[k - m - i];
    for (std::size_t k = i; k <= u; ++k) counts[k] += counts[k - i];
  }
  return counts;
}

/// 1 / (n + m over n).
double share_of_one_order(std::size_t n, std::size_t m) {
  double share = 1;
  for (std::size_t i = 1; i <= n; ++i) share *= double(i) / double(m + i);
  return share;
}

double exact_mann_whitney(std::size_t n, std::size_t m, double u) {
  const auto less = static_cast<std::size_t>(std::min(u, double(n * m) - u));
  return std::min(1.0, 2 * sum(orders_by_u(n, m, less)) * share_of_one_order(n, m));
}

double normal_mann_whitney(double n, double m, double u, double ties) {
  const double all = n + m;
  const double variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
  if (!(variance > 0)) return 1;
  return two_sided_normal((std::max(u, n * m - u) - n * m / 2 - 0.5) / std::sqrt(variance));
}

/// How many subsets of 1 ... n have the sum 0 ... w.
std::vector<std::uint64_t> subsets_by_sum(std::size_t n, std::size_t w) {
  std::vector<std::uint64_t> counts(w + 1);
  counts[0] = 1;
  for (std::size_t i = 1; i <= n; ++i) {
    for (std::size_t k = w; k >= i; --k) counts[k] += counts[k - i];
  }
  return counts;
}

/// Integers that are ordered as the numbers are.
std::uint64_t key_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t sign = std::uint64_t{1} << 63;
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

double value_of(std::uint64_t key) {
  const std::uint64_t sign = std::uint64_t{1} << 63;
  return std::bit_cast<double>((key & sign) != 0 ? key ^ sign : ~key);
}

/// The k-th smallest (from 1 on) of values between low and high, of which `at_most(t)` are <= t:
/// by bisection over all numbers there are, so exactly.
template <class F>
double kth(std::size_t k, double low, double high, F at_most) {
  std::uint64_t below = key_of(low), above = key_of(high);
  while (below < above) {
    const std::uint64_t middle = below + (above - below) / 2;
    if (at_most(value_of(middle)) >= k) {
      above = middle;
    } else {
      below = middle + 1;
    }
  }
  return value_of(below);
}

template <class F>
double median_of_pairs(std::size_t pairs, double low, double high, F at_most) {
  const double lower = kth((pairs + 1) / 2, low, high, at_most);
  if (pairs % 2 == 1 || at_most(lower) > pairs / 2) return lower;
  return lower / 2 + kth(pairs / 2 + 1, lower, high, at_most) / 2;
}

std::vector<double> ascending(std::span<const double> values) {
  std::vector<double> ordered(values.begin(), values.end());
  std::sort(ordered.begin(), ordered.end());
  return ordered;
}

}  // namespace

RankTest mann_whitney(std::span<const double> first, std::span<const double> second) {
  const std::size_t n = second.size(), m = first.size();
  if (n == 0 || m == 0) return {};
  std::vector<double> all(second.begin(), second.end());
  all.insert(all.end(), first.begin(), first.end());
  const std::vector<double> rank = ranks(all);
  const double sum_of_ranks = std::accumulate(rank.begin(), rank.begin() + std::ptrdiff_t(n), 0.0);
  const double u = sum_of_ranks - double(n) * double(n + 1) / 2;
  const double ties = tie_term(all);
  if (ties == 0 && n * m <= most_exact_pairs) return {u, exact_mann_whitney(n, m, u), true};
  return {u, normal_mann_whitney(double(n), double(m), u, ties), false};
}

double smallest_p(std::size_t first, std::size_t second) {
  if (first == 0 || second == 0) return 1;
  if (first * second <= most_exact_pairs) return exact_mann_whitney(first, second, 0);
  return normal_mann_whitney(double(first), double(second), 0, 0);
}

RankTest wilcoxon_signed_rank(std::span<const double> differences) {
  std::vector<double> magnitudes, kept;
  for (const double one : differences) {
    if (one == 0) continue;
    kept.push_back(one);
    magnitudes.push_back(std::abs(one));
  }
  const std::size_t count = kept.size();
  if (count == 0) return {};
  const std::vector<double> rank = ranks(magnitudes);
  double positive = 0;
  for (std::size_t i = 0; i < count; ++i) positive += kept[i] > 0 ? rank[i] : 0;
  const auto n = static_cast<double>(count);
  const double least = std::min(positive, n * (n + 1) / 2 - positive);
  const double ties = tie_term(magnitudes);
  if (ties == 0 && count == differences.size() && count <= most_exact_differences) {
    const double below = sum(subsets_by_sum(count, static_cast<std::size_t>(least)));
    return {positive, std::min(1.0, 2 * std::ldexp(below, -int(count))), true};
  }
  const double variance = (n * (n + 1) * (2 * n + 1) - ties / 2) / 24;
  const double distance = std::max(0.0, n * (n + 1) / 4 - least - 0.5);
  return {positive, two_sided_normal(distance / std::sqrt(variance)), false};
}

double hodges_lehmann_shift(std::span<const double> first, std::span<const double> second) {
  if (first.empty() || second.empty()) return 0;
  const std::vector<double> x = ascending(first), y = ascending(second);
  const auto at_most = [&](double shift) {
    std::size_t pairs = 0, j = 0;
    for (const double value : x) {  // the larger x, the more of y lie below x + shift
      while (j < y.size() && y[j] - value <= shift) ++j;
      pairs += j;
    }
    return pairs;
  };
  return median_of_pairs(x.size() * y.size(), y.front() - x.back(), y.back() - x.front(), at_most);
}

double hodges_lehmann_centre(std::span<const double> differences) {
  if (differences.empty()) return 0;
  const std::vector<double> d = ascending(differences);
  const std::size_t n = d.size();
  const auto at_most = [&](double mean) {
    std::size_t pairs = 0, j = n;
    for (std::size_t i = 0; i < n; ++i) {  // the larger d[i], the fewer may go with it
      while (j > 0 && d[i] / 2 + d[j - 1] / 2 > mean) --j;
      pairs += j > i ? j - i : 0;
    }
    return pairs;
  };
  return median_of_pairs(n * (n + 1) / 2, d.front(), d.back(), at_most);
}

double cliffs_delta(std::span<const double> first, std::span<const double> second) {
  const std::vector<double> x = ascending(first);
  double above = 0;
  for (const double value : second) {
    const auto [begin, end] = std::equal_range(x.begin(), x.end(), value);
    above += double(begin - x.begin()) - double(x.end() - end);
  }
  return above == 0 ? 0 : above / (double(first.size()) * double(second.size()));
}

std::vector<double> benjamini_hochberg(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
  std::vector<double> q(p.size());
  double least = 1;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto place = static_cast<double>(order.size() - i);  // from the largest p down
    least = std::min(least, p[order[i]] * double(p.size()) / place);
    q[order[i]] = least;
  }
  return q;
}

}  // namespace motley::analysis
