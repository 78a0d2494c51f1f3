#include "analysis/crossover.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

constexpr double confidence = 0.95;

/// Asks for each size once.
class Points {
 public:
  Points(const std::vector<double>& sizes,
         const std::function<std::optional<TestedRatio>(double)>& measure)
      : sizes_(sizes), measure_(measure), measured_(sizes.size()) {}

  const std::optional<TestedRatio>& at(std::size_t place) {
    if (!measured_[place])
      measured_[place] = CrossoverPoint{sizes_[place], measure_(sizes_[place])};
    return measured_[place]->ratio;
  }
  std::vector<CrossoverPoint> all() const {
    std::vector<CrossoverPoint> points;
    for (const auto& point : measured_) {
      if (point) points.push_back(*point);
    }
    return points;
  }

 private:
  const std::vector<double>& sizes_;
  const std::function<std::optional<TestedRatio>(double)>& measure_;
  std::vector<std::optional<CrossoverPoint>> measured_;
};

/// 1: the second is faster by more than chance, -1: the first; 0: neither.
int winner(const std::optional<TestedRatio>& ratio) {
  if (!ratio) return 0;
  const Interval interval = ratio->interval(confidence);
  return interval.low > 1 ? 1 : interval.high < 1 ? -1 : 0;
}

/// Where the line through (log a, low) and (log b, high) is 0, kept between a and b.
double zero(double a, double at_a, double b, double at_b) {
  const double slope = at_b - at_a;
  const double share = slope == 0 ? 0.5 : std::clamp(-at_a / slope, 0.0, 1.0);
  return a * std::pow(b / a, share);
}

void interpolate(const CrossoverPoint& low, const CrossoverPoint& high, Crossover& found) {
  const Interval at_low = low.ratio->interval(confidence),
                 at_high = high.ratio->interval(confidence);
  found.size = zero(low.size, low.ratio->log_ratio, high.size, high.ratio->log_ratio);
  const double one = zero(low.size, std::log(at_low.low), high.size, std::log(at_high.low));
  const double other = zero(low.size, std::log(at_low.high), high.size, std::log(at_high.high));
  found.interval = {std::min({one, other, found.size}), std::max({one, other, found.size}),
                    confidence};
}

}  // namespace

Crossover find_crossover(const std::vector<double>& sizes,
                         const std::function<std::optional<TestedRatio>(double)>& measure) {
  Crossover found;
  Points points(sizes, measure);
  std::size_t low = 0, high = sizes.size() - 1;
  const int at_low = winner(points.at(low)), at_high = winner(points.at(high));
  if (at_low != 0 && at_low == at_high) {
    found.answer =
        at_low > 0 ? Crossover::Answer::second_everywhere : Crossover::Answer::first_everywhere;
  } else if (at_low != 0 && at_high != 0) {
    // By the sign of the ratio, so that a size where both are alike ends nothing.
    while (high - low > 1) {
      const std::size_t middle = low + (high - low) / 2;
      const auto& ratio = points.at(middle);
      if (!ratio) break;
      ((ratio->log_ratio > 0) == (at_low > 0) ? low : high) = middle;
    }
    found.answer = Crossover::Answer::crosses;
    found.second_wins_above = at_high > 0;
    interpolate({sizes[low], points.at(low)}, {sizes[high], points.at(high)}, found);
  }
  found.points = points.all();
  return found;
}

std::string sentence(const Crossover& crossover, const std::string& axis, const std::string& first,
                     const std::string& second) {
  const auto ends = fmt::format("{} {} to {}", axis, three_digits(crossover.points.front().size),
                                three_digits(crossover.points.back().size));
  switch (crossover.answer) {
    case Crossover::Answer::first_everywhere:
      return fmt::format("{} is faster at both ends of {}.", first, ends);
    case Crossover::Answer::second_everywhere:
      return fmt::format("{} is faster at both ends of {}.", second, ends);
    case Crossover::Answer::undecided:
      return fmt::format("Undecided: at an end of {} neither is faster by more than chance.", ends);
    case Crossover::Answer::crosses:
      break;
  }
  return fmt::format("{} is faster from {} {} on ({} to {}), {} below.",
                     crossover.second_wins_above ? second : first, axis,
                     three_digits(crossover.size), three_digits(crossover.interval.low),
                     three_digits(crossover.interval.high),
                     crossover.second_wins_above ? first : second);
}

Table crossover_table(const Crossover& crossover, const std::string& axis) {
  Table table;
  table.note = "B/A: speed of B over A, from pairs in turns, with its 95 % interval.";
  table.columns = {{axis, true, axis},
                   {"B/A", true, "speed_ratio"},
                   {"from", true, "ratio_low"},
                   {"to", true, "ratio_high"},
                   {"faster", false, "faster"}};
  for (const CrossoverPoint& point : crossover.points) {
    if (!point.ratio) {
      table.rows.push_back(
          {Cell(three_digits(point.size), point.size), "-", "-", "-", "no figure"});
      continue;
    }
    const Interval interval = point.ratio->interval(confidence);
    const int faster = winner(point.ratio);
    table.rows.push_back({Cell(three_digits(point.size), point.size),
                          Cell(fmt::format("{:.3f}", point.ratio->ratio()), point.ratio->ratio()),
                          Cell(fmt::format("{:.3f}", interval.low), interval.low),
                          Cell(fmt::format("{:.3f}", interval.high), interval.high),
                          faster > 0   ? "B"
                          : faster < 0 ? "A"
                                       : "neither"});
  }
  return table;
}

}  // namespace motley::analysis
