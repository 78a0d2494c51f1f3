#include "analysis/fallback_fit.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <fmt/format.h>

#include "analysis/statistics.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

using Matrix = std::vector<std::vector<double>>;

/// By Gauss and Jordan with pivots; none where it is singular.
std::optional<Matrix> inverse(Matrix a) {
  const std::size_t n = a.size();
  Matrix result(n, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) result[i][i] = 1;
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column; row < n; ++row) {
      if (std::abs(a[row][column]) > std::abs(a[pivot][column])) pivot = row;
    }
    if (std::abs(a[pivot][column]) < 1e-10) return std::nullopt;  // columns are scaled to 1
    std::swap(a[pivot], a[column]);
    std::swap(result[pivot], result[column]);
    const double divisor = a[column][column];
    for (std::size_t i = 0; i < n; ++i) {
      a[column][i] /= divisor;
      result[column][i] /= divisor;
    }
    for (std::size_t row = 0; row < n; ++row) {
      if (row == column) continue;
      const double factor = a[row][column];
      for (std::size_t i = 0; i < n; ++i) {
        a[row][i] -= factor * a[column][i];
        result[row][i] -= factor * result[column][i];
      }
    }
  }
  return result;
}

double number(const schema::Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  if (found == facts.end()) return 0;
  if (const auto* whole = std::get_if<std::int64_t>(&found->second)) return double(*whole);
  const auto* value = std::get_if<double>(&found->second);
  return value ? *value : 0;
}

bool is_fallback(const schema::Block& block) {
  const auto found = block.key.parameters.find("placement");
  return block.status == schema::Status::ok && found != block.key.parameters.end() &&
         schema::to_string(found->second).starts_with("unsupported");
}

/// Of the first processor alone, which is the one that lacks operators.
double alone_seconds(const schema::Block& block) {
  const std::string first = block.key.processor.substr(0, block.key.processor.find('+'));
  const auto found = block.figures.find("alone_seconds/" + first);
  return found == block.figures.end() ? 0 : found->second;
}

}  // namespace

std::optional<std::vector<Coefficient>> least_squares(const std::vector<std::string>& names,
                                                      const std::vector<std::vector<double>>& rows,
                                                      const std::vector<double>& y,
                                                      double& r_squared) {
  const std::size_t n = rows.size(), k = names.size();
  if (n <= k) return std::nullopt;
  std::vector<double> scale(k, 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < k; ++i) scale[i] = std::max(scale[i], std::abs(row[i]));
  }
  if (std::any_of(scale.begin(), scale.end(), [](double s) { return s == 0; })) return std::nullopt;
  Matrix products(k, std::vector<double>(k));
  std::vector<double> right(k);
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t i = 0; i < k; ++i) {
      right[i] += rows[r][i] / scale[i] * y[r];
      for (std::size_t j = 0; j < k; ++j) {
        products[i][j] += rows[r][i] / scale[i] * rows[r][j] / scale[j];
      }
    }
  }
  const auto inverted = inverse(products);
  if (!inverted) return std::nullopt;
  std::vector<double> solution(k);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < k; ++j) solution[i] += (*inverted)[i][j] * right[j];
  }
  double mean = 0, residual = 0, total = 0;
  for (const double one : y) mean += one / double(n);
  for (std::size_t r = 0; r < n; ++r) {
    double fitted = 0;
    for (std::size_t i = 0; i < k; ++i) fitted += solution[i] * rows[r][i] / scale[i];
    residual += (y[r] - fitted) * (y[r] - fitted);
    total += (y[r] - mean) * (y[r] - mean);
  }
  r_squared = total > 0 ? 1 - residual / total : 0;
  const boost::math::students_t distribution(double(n - k));
  const double t = boost::math::quantile(distribution, 0.975);
  std::vector<Coefficient> result;
  for (std::size_t i = 0; i < k; ++i) {
    const double half = t * std::sqrt(residual / double(n - k) * (*inverted)[i][i]) / scale[i];
    const double value = solution[i] / scale[i];
    result.push_back({names[i], value, value - half, value + half});
  }
  return result;
}

std::optional<FallbackFit> fallback_fit(const std::vector<schema::Block>& divisions) {
  constexpr std::size_t least_placements = 30;
  const std::vector<std::string> all{"seconds", "seconds_per_crossing", "seconds_per_byte",
                                     "seconds_per_flop"};
  Matrix rows;
  std::vector<double> slower;
  for (const schema::Block& block : divisions) {
    if (!is_fallback(block)) continue;
    const auto crossings = block.figures.find("crossings");
    rows.push_back({1, crossings == block.figures.end() ? 0 : crossings->second,
                    number(block.details, "transferred_bytes"), number(block.details, "flops_1")});
    slower.push_back(median(block.samples.host_seconds) - alone_seconds(block));
  }
  if (rows.size() < least_placements) return std::nullopt;
  std::vector<std::string> names;
  Matrix varying(rows.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool varies = std::any_of(rows.begin(), rows.end(),
                                    [&](const auto& row) { return row[i] != rows.front()[i]; });
    if (i > 0 && !varies) continue;
    names.push_back(all[i]);
    for (std::size_t r = 0; r < rows.size(); ++r) varying[r].push_back(rows[r][i]);
  }
  FallbackFit fit;
  fit.placements = rows.size();
  const auto coefficients = least_squares(names, varying, slower, fit.r_squared);
  if (!coefficients) return std::nullopt;
  fit.coefficients = *coefficients;
  return fit;
}

std::string fallback_text(const std::vector<schema::Block>& divisions) {
  const auto fit = fallback_fit(divisions);
  if (!fit) return "";
  std::string text = fmt::format(
      "  fallback over {} placements, slower than the first alone by (95 %), R2 {:.2f}:\n",
      fit->placements, fit->r_squared);
  for (const Coefficient& one : fit->coefficients) {
    text += fmt::format("    {:<22}{:>11.3g} ({:.3g} to {:.3g})\n", one.name, one.value, one.low,
                        one.high);
  }
  return text;
}

}  // namespace motley::analysis
