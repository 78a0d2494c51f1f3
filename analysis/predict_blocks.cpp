// How much of a processor does an operator keep busy? Its implementation's tuning tells the tile,
// its shape how many of them, and the last of them are not full.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>
#include <utility>

#include "analysis/predict.hpp"

namespace motley::analysis {
namespace {

/// rows=4 vector=16 of `opencl/register_vector rows=4 vector=16`; those that are whole numbers.
std::map<std::string, std::int64_t> tuning_of(const std::string& implementation) {
  std::map<std::string, std::int64_t> tuning;
  std::istringstream words(implementation);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) continue;
    std::int64_t value = 0;
    const char* begin = word.data() + equals + 1;
    const auto [end, error] = std::from_chars(begin, word.data() + word.size(), value);
    const bool whole = error == std::errc() && end == word.data() + word.size();
    if (whole && value > 0 && value <= 4096) tuning[word.substr(0, equals)] = value;
  }
  return tuning;
}

double rounded_up(double n, double block) {
  return n > 0 ? std::ceil(n / block) * block / n : 1;
}

/// Operators whose result is a matrix of sums: the others run over all elements in a row.
bool is_product(const std::string& kind) {
  return kind.starts_with("dense") || kind.starts_with("matmul") || kind.starts_with("conv");
}

}  // namespace

double padding(const ProfiledOperator& one, std::int64_t lanes) {
  double rows = one.rows.value_or(0), columns = one.columns.value_or(0);
  if (rows <= 0 || columns <= 0) return 1;
  if (!is_product(one.kind)) columns = std::exchange(rows, 1) * columns;
  const auto tuning = tuning_of(one.implementation);
  const auto tuned = [&](const char* name, std::int64_t otherwise) {
    const auto found = tuning.find(name);
    return double(found == tuning.end() ? otherwise : found->second);
  };
  const bool on_device = one.implementation.starts_with("opencl/");
  const double vector = tuned("vector", on_device ? 1 : std::max<std::int64_t>(lanes, 1));
  return rounded_up(columns, vector * tuned("columns", 1)) * rounded_up(rows, tuned("rows", 1));
}

double occupancy(const ProfiledOperator& one, std::int64_t cores) {
  if (cores <= 1) return 1;
  if (one.members && *one.members > 0) return std::min(1.0, *one.members / double(cores));
  const double launches = one.launches.value_or(1);
  if (!one.work_groups || *one.work_groups <= 0 || launches <= 0) return 1;
  return 1 / rounded_up(*one.work_groups / launches, double(cores));
}

}  // namespace motley::analysis
