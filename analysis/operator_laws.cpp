#include "analysis/operator_laws.hpp"

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

constexpr const char* any_kind = "";
/// Below this nothing is measured.
constexpr double least_seconds = 1e-9;

}  // namespace

namespace {

/// The least sum of squared relative errors.
Law least_squares(const std::vector<Taken>& points) {
  double uu = 0, uv = 0, vv = 0, u = 0, v = 0;
  for (const Taken& one : points) {
    const double x = 1 / one.measured, y = one.predicted / one.measured;
    uu += x * x;
    uv += x * y;
    vv += y * y;
    u += x;
    v += y;
  }
  const double determinant = uu * vv - uv * uv;
  constexpr std::size_t least_points = 4;
  if (points.size() < least_points || determinant <= 1e-9 * uu * vv) return {0, 1};
  const Law law{(u * vv - v * uv) / determinant, (v * uu - u * uv) / determinant};
  if (law.fixed < 0) return {0, 1};
  if (law.slope < 0) return {1, 0};
  return law;
}

}  // namespace

/// Least squares of relative errors lean to the operators that took least: the median takes that
/// back.
Law fit_law(const std::vector<Taken>& points) {
  Law law = least_squares(points);
  std::vector<double> ratios;
  for (const Taken& one : points) {
    const double fitted = law.seconds(one.predicted);
    if (fitted > 0) ratios.push_back(one.measured / fitted);
  }
  law.fixed *= median(ratios);
  law.slope *= median(ratios);
  return law;
}

void OperatorLaws::add(const StepPrediction& step, const std::string& network) {
  for (const OperatorPrediction& one : step.operators) {
    const auto& predicted = one.predicted[Model::blocks];
    if (one.measured_seconds < least_seconds || !predicted || *predicted <= 0) continue;
    const Taken taken{*predicted, one.measured_seconds};
    taken_[{step.processor, one.kind}][network].push_back(taken);
    taken_[{step.processor, any_kind}][network].push_back(taken);
  }
}

std::optional<Law> OperatorLaws::law_of(const std::string& processor, const std::string& kind,
                                        const std::string& network) const {
  const auto found = taken_.find({processor, kind});
  if (found == taken_.end()) return std::nullopt;
  std::vector<Taken> all;
  for (const auto& [other, points] : found->second) {
    if (other != network) all.insert(all.end(), points.begin(), points.end());
  }
  if (all.empty()) return std::nullopt;
  return fit_law(all);
}

void OperatorLaws::calibrate(StepPrediction& step, const std::string& network) const {
  double change = 0;
  bool all = true;
  std::map<std::string, std::optional<Law>> laws;
  for (OperatorPrediction& one : step.operators) {
    const auto& blocks = one.predicted[Model::blocks];
    const auto [law, is_new] = laws.try_emplace(one.kind);
    if (is_new) law->second = law_of(step.processor, one.kind, network);
    if (is_new && !law->second) law->second = law_of(step.processor, any_kind, network);
    all = all && blocks && law->second;
    if (!blocks || !law->second) continue;
    one.predicted[Model::calibrated] = law->second->seconds(*blocks);
    change += *one.predicted[Model::calibrated] - *blocks;
  }
  if (all && step.predicted[Model::blocks]) {
    step.predicted[Model::calibrated] = *step.predicted[Model::blocks] + change;
  }
}

}  // namespace motley::analysis
