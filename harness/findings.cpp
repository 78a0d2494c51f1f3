#include "harness/findings.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "harness/statistics.hpp"

namespace motley {
namespace {

using schema::Finding;

double percent(double ratio) {
  return 100 * ratio;
}

std::span<const double> host(const schema::Block& block) {
  return block.samples.host_seconds;
}

/// The interval missed its target by a factor of three: the median's last digits are not known.
void noisy(const schema::Block& block, const Observed& observed, std::vector<Finding>& found) {
  const double middle = median(host(block));
  const Interval interval = median_interval(host(block));
  if (middle <= 0) return;
  if (!interval.known) {
    found.push_back({"few_samples", fmt::format("{} samples: no 95 % interval of the median",
                                                host(block).size())});
    return;
  }
  const double half_width = (interval.high - interval.low) / 2 / middle;
  if (half_width > 3 * observed.target) {
    found.push_back(
        {"noisy", fmt::format("95 % interval of the median is +-{:.1f} %, wanted +-{:.1f} %",
                              percent(half_width), percent(observed.target))});
  }
}

/// First against second half of the block: more than 3 % is beyond what a stable clock gives.
void drift(const schema::Block& block, std::vector<Finding>& found) {
  const auto samples = host(block);
  if (samples.size() < 12) return;
  const auto half = samples.size() / 2;
  const double first = median(samples.first(half));
  const double second = median(samples.last(half));
  const double noise = 2 * median_deviation(samples) / median(samples) / std::sqrt(double(half));
  if (std::abs(second / first - 1) > std::max(0.03, noise)) {
    found.push_back({"drift", fmt::format("second half took {:+.1f} % of the first",
                                          percent(second / first - 1))});
  }
}

/// Two groups of at least a fifth of the samples each, further apart than 8 % of the median and
/// than three times the spread inside either: one median describes neither.
void bimodal(const schema::Block& block, std::vector<Finding>& found) {
  std::vector<double> ordered(host(block).begin(), host(block).end());
  if (ordered.size() < 15) return;
  std::sort(ordered.begin(), ordered.end());
  const std::size_t least = ordered.size() / 5;
  std::size_t split = least;
  for (std::size_t i = least; i + least < ordered.size(); ++i) {
    if (ordered[i] - ordered[i - 1] > ordered[split] - ordered[split - 1]) split = i;
  }
  const std::span<const double> low(ordered.data(), split);
  const std::span<const double> high(ordered.data() + split, ordered.size() - split);
  const double distance = median(high) - median(low);
  const double inside = std::max(median_deviation(low), median_deviation(high));
  if (distance > 0.08 * median(ordered) && distance > 3 * inside &&
      ordered[split] - ordered[split - 1] > 0.3 * distance) {
    found.push_back({"bimodal", fmt::format("{} samples about {:.3g} s, {} about {:.3g} s",
                                            low.size(), median(low), high.size(), median(high))});
  }
}

void preempted(const schema::Block& block, std::vector<Finding>& found) {
  const double sampled = std::accumulate(host(block).begin(), host(block).end(), 0.0);
  const auto& waited = block.samples.waited_seconds;
  const double waiting = std::accumulate(waited.begin(), waited.end(), 0.0);
  if (waiting > 0.01 * sampled) {
    found.push_back(
        {"preempted", fmt::format("the measuring thread waited {:.1f} % of the time for "
                                  "a core: something else runs here",
                                  percent(waiting / sampled))});
  }
  if (block.steal_seconds && *block.steal_seconds > 0.01 * sampled) {
    found.push_back({"stolen", fmt::format("the hypervisor gave {:.3g} s of {:.3g} s to others",
                                           *block.steal_seconds, sampled)});
  }
}

void clocks(const Observed& observed, std::vector<Finding>& found) {
  const auto& seen = observed.clocks_hertz;
  if (seen.size() < 2) return;
  const auto [low, high] = std::minmax_element(seen.begin(), seen.end());
  if (seen.back() < 0.95 * seen.front()) {
    found.push_back({"throttled", fmt::format("core clock fell from {:.2f} to {:.2f} GHz",
                                              seen.front() / 1e9, seen.back() / 1e9)});
  } else if (*low < 0.95 * *high) {
    found.push_back({"clock_varies", fmt::format("core clock between {:.2f} and {:.2f} GHz",
                                                 *low / 1e9, *high / 1e9)});
  }
}

void two_clocks(const Observed& observed, std::vector<Finding>& found) {
  if (observed.disordered_events > 0) {
    found.push_back(
        {"clock_disagreement", fmt::format("{} commands break QUEUED <= SUBMIT <= START <= END",
                                           observed.disordered_events)});
  }
  if (observed.longer_than_host > 0) {
    found.push_back({"clock_disagreement",
                     fmt::format("{} samples took longer by the device's clock than by the host's",
                                 observed.longer_than_host)});
  }
}

}  // namespace

std::vector<Finding> findings(const schema::Block& block, const Observed& observed) {
  std::vector<Finding> found;
  noisy(block, observed, found);
  drift(block, found);
  bimodal(block, found);
  preempted(block, found);
  clocks(observed, found);
  two_clocks(observed, found);
  if (observed.core_changes > 0) {
    found.push_back({"migrated", fmt::format("a pinned thread changed its core {} times",
                                             observed.core_changes)});
  }
  if (observed.suspended_seconds > 1e-3) {
    found.push_back(
        {"suspended", fmt::format("the machine slept for {:.3g} s", observed.suspended_seconds)});
  }
  if (observed.scaling_ratio != 0 &&
      (observed.scaling_ratio < 1.8 || observed.scaling_ratio > 2.2)) {
    found.push_back(
        {"does_not_scale",
         fmt::format("(t(4N)-t(2N))/(t(2N)-t(N)) = {:.2f}, expected 2: work may be folded "
                     "or the time is not its own",
                     observed.scaling_ratio)});
  }
  if (observed.governor_varies) {
    found.push_back(
        {"governor_not_fixed",
         fmt::format("cpufreq governor is '{}': the clock follows the load", observed.governor)});
  }
  if (observed.debug_build) {
    found.push_back({"debug_build", "built without optimisation: figures mean nothing"});
  }
  return found;
}

}  // namespace motley
