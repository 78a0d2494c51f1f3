// How much longer than predicted do operators of a kind take? Learnt from the other networks of the
// records, so that no network is predicted by itself: a time for each operator and one for each
// second predicted, because a kernel that has next to nothing to do takes its time all the same.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/predict.hpp"

namespace motley::analysis {

/// What `blocks` predicts for one operator, and what it took.
struct Taken {
  double predicted, measured;  ///< seconds, > 0
};

struct Law {
  double fixed = 0, slope = 0;
  double seconds(double predicted) const { return fixed + slope * predicted; }
};

/// Shaped by least squares of relative errors, neither part negative, and through the middle: half
/// of the points take more. The slope alone where points are fewer than four or predictions alike.
Law fit_law(const std::vector<Taken>& points);

class OperatorLaws {
 public:
  /// `network`: what it is, however it is run.
  void add(const StepPrediction& step, const std::string& network);
  /// Fills the model `calibrated`; a kind that no other network has takes the law of all kinds.
  void calibrate(StepPrediction& step, const std::string& network) const;

 private:
  std::optional<Law> law_of(const std::string& processor, const std::string& kind,
                            const std::string& network) const;

  /// By processor and kind, then by network.
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::vector<Taken>>> taken_;
};

}  // namespace motley::analysis
