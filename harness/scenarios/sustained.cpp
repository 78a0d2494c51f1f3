// How fast is a processor after minutes, when it is warm? The speed of its first stable minute, of
// its last, and when it began to fall. Speed is queries for each second of service, so that paced
// queries tell it too.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <optional>
#include <span>

#include "harness/scenarios/conclusions.hpp"
#include "harness/scenarios/families.hpp"

namespace motley {
namespace {

constexpr double steady_change = 0.05;  // over a stretch, of its mean
constexpr double throttled = 0.95;      // of the burst value, in two windows running
constexpr double stretch_seconds = 60;
constexpr std::size_t least_windows = 3;  // of a stretch

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// From the first to the last value by the least-squares line, relative to the mean.
double change(std::span<const double> values) {
  const double middle = static_cast<double>(values.size() - 1) / 2, average = mean(values);
  double covariance = 0, variance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    covariance += x * (values[i] - average);
    variance += x * x;
  }
  return average > 0 ? covariance / variance * 2 * middle / average : 1;
}

bool is_steady(std::span<const double> values) {
  return std::abs(change(values)) <= steady_change;
}

/// Speeds of all windows, and a stretch of so many of them.
struct Course {
  std::vector<double> speeds;
  std::size_t stretch = 0;

  std::span<const double> at(std::size_t begin) const {
    return std::span(speeds).subspan(begin, stretch);
  }
  bool long_enough() const { return speeds.size() >= 2 * stretch; }
  /// Of the first steady stretch, if it begins early; else its fastest window.
  double burst() const {
    for (std::size_t begin = 0; begin < stretch; ++begin) {
      if (is_steady(at(begin))) return mean(at(begin));
    }
    return *std::max_element(speeds.begin(), speeds.begin() + static_cast<std::ptrdiff_t>(stretch));
  }
  /// Where the last steady stretch begins.
  std::optional<std::size_t> last_steady() const {
    for (std::size_t begin = speeds.size() - stretch + 1; begin-- > 0;) {
      if (is_steady(at(begin))) return begin;
    }
    return std::nullopt;
  }
};

Course course_of(const std::vector<Window>& all, double seconds) {
  Course course;
  for (const Window& one : all) course.speeds.push_back(one.service_rate());
  const double window = all.empty() ? seconds : all.front().seconds;
  course.stretch = std::max(
      least_windows, static_cast<std::size_t>(std::min(stretch_seconds, seconds / 5) / window));
  return course;
}

void judge_course(const Course& course, const std::vector<Window>& all, Figures& figures,
                  Verdict& verdict) {
  const double burst = course.burst();
  figures["burst_queries_per_second"] = burst;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (std::max(course.speeds[i], course.speeds[i + 1]) >= throttled * burst) continue;
    figures["throttle_seconds"] = all[i].begin_seconds;
    break;
  }
  const std::optional<std::size_t> begin = course.last_steady();
  if (begin) {
    figures["steady_queries_per_second"] = mean(course.at(*begin));
    figures["drop"] = 1 - figures["steady_queries_per_second"] / burst;
  }
  const auto end = course.at(course.speeds.size() - course.stretch);
  verdict.require(is_steady(end),
                  fmt::format("still changing: by {:.1f} % in the last {} windows, {:.0f} % are "
                              "allowed. Give more seconds.",
                              100 * change(end), course.stretch, 100 * steady_change));
}

void sustained(const Spec& spec, const ScenarioStage& stage, schema::Block& block) {
  LoopLimits limits = limits_of(spec);
  const Goal goal = goal_of(spec);
  const double rate = spec.number("rate");
  limits.expected_queries = 1.1 * rate * limits.seconds;
  const LoopRun run =
      rate > 0
          ? open_loop(stage, limits, renewals(stage.seed, 0, constant_rate(rate)), block.samples)
          : closed_loop(stage, limits, 1, block.samples);
  describe(block.samples, run, limits, goal, block.figures);
  const std::vector<Window> all = windows(block.samples, run, goal, spec.number("window_seconds"));
  store(all, block);
  const Course course = course_of(all, limits.seconds);
  Verdict verdict;
  verdict.require(run.stopped_by == "budget",
                  seen(run, limits) + " (heat takes minutes). Give fewer seconds, or a rate.");
  verdict.require(course.long_enough(),
                  fmt::format("{} windows ({} are wanted). Give more seconds or a smaller "
                              "window_seconds.",
                              all.size(), 2 * course.stretch));
  if (course.long_enough()) judge_course(course, all, block.figures, verdict);
  judge_backlog(block.samples, run, block.figures, verdict);
  conclude(run, verdict, block);
}

}  // namespace

std::vector<Scenario> sustained_scenarios() {
  return {{"sustained", "Queries for minutes, one after another or paced",
           "steady_queries_per_second", "the whole duration, and the last stretch is steady",
           with_common(
               {{"rate", "Queries a second, 0: the next when the last is answered", 0.0, 0, 1e6},
                {"window_seconds", "Length of a window", 10.0, 1e-3, 1e5}},
               300, 90),
           Queried(sustained), true}};
}

}  // namespace motley
