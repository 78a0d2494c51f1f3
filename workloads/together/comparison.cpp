#include "workloads/together/comparison.hpp"

#include "harness/statistics.hpp"

namespace motley::workloads {
namespace {

constexpr int timed_runs = 5;

}  // namespace

void take_turn(Together& network, int runs, std::vector<double>& seconds) {
  int run = 0;
  network.repeat([&](double taken) {
    if (run > 0) seconds.push_back(taken);
    return run++ < runs;
  });
}

Comparison compare(Together& together, const std::vector<Together*>& alone, int rounds,
                   int runs_each_round) {
  Comparison result;
  result.alone.resize(alone.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t place = 0; place < alone.size(); ++place) {
      take_turn(*alone[place], runs_each_round, result.alone[place]);
    }
    take_turn(together, runs_each_round, result.together);
  }
  double rates = 0;
  for (std::size_t place = 0; place < alone.size(); ++place) {
    const double seconds = median(result.alone[place]);
    rates += 1 / seconds;
    if (seconds < median(result.alone[result.best_alone])) result.best_alone = place;
  }
  const double seconds = median(result.together);
  result.gain = median(result.alone[result.best_alone]) / seconds;
  result.share_of_sum = 1 / rates / seconds;
  result.error = normalised_error(together.output(), alone[result.best_alone]->output());
  std::vector<TogetherTimes> runs;
  for (int i = 0; i < timed_runs; ++i) runs.push_back(together.run_timed());
  result.times = median_times(std::move(runs));
  return result;
}

}  // namespace motley::workloads
