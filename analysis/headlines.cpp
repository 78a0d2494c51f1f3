#include "analysis/headlines.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "analysis/headline_transfers.hpp"
#include "analysis/statistics.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

/// Different ways to the same answer that are not searched but each measured: whose code it is, how
/// much a work-item loads, how far apart pointers lie, how the host waits.
constexpr std::array<std::string_view, 4> ways{"implementation", "line_bytes", "wait", "width"};

double bytes_of(const schema::Key& key) {
  const auto found = key.parameters.find("bytes");
  if (found == key.parameters.end()) return 0;
  const auto* value = std::get_if<std::int64_t>(&found->second);
  return value ? static_cast<double>(*value) : 0;
}

std::string in_words(const std::string& axis, const schema::Value& value) {
  if (axis == "bytes" && std::holds_alternative<std::int64_t>(value)) {
    return bytes_text(static_cast<double>(std::get<std::int64_t>(value)));
  }
  if (axis == "idle_seconds" && std::holds_alternative<double>(value)) {
    const double seconds = std::get<double>(value);
    return seconds > 0 ? "idle " + seconds_text(seconds) : "";
  }
  if (std::holds_alternative<std::string>(value)) return std::get<std::string>(value);
  return schema::to_string(value) + " " + axis;
}

using Curves = std::set<std::string>;  // names of cases

Curves curves_of(const std::vector<Measurement>& all) {
  constexpr std::size_t least_sizes = 3;  // two may be one size of each of two levels
  std::map<std::string, std::set<double>> sizes;
  for (const Measurement& one : all) {
    if (one.blocks.empty() || (one.family() != "bandwidth" && one.family() != "latency")) continue;
    if (const double bytes = bytes_of(one.key); bytes > 0) sizes[one.key.case_name].insert(bytes);
  }
  Curves curves;
  for (const auto& [name, different] : sizes) {
    if (different.size() >= least_sizes) curves.insert(name);
  }
  return curves;
}

/// Of a peak there is one figure, the best, though somebody may have fixed what is searched.
std::string variant_of(const Measurement& one, const Curves& curves) {
  if (one.family() == "flops") return "";
  std::string variant;
  for (const auto& [axis, value] : one.key.parameters) {
    if (std::find(ways.begin(), ways.end(), axis) != ways.end()) continue;
    if (one.searched.contains(axis)) continue;
    if (axis == "bytes" && curves.contains(one.key.case_name)) continue;
    const std::string words = in_words(axis, value);
    if (!words.empty()) variant += (variant.empty() ? "" : " ") + words;
  }
  return variant;
}

bool better(const Measurement& one, const Measurement* other) {
  return !other || direction(one.metric) * (one.value() - other->value()) > 0;
}

/// A row by its sizes: the best of all ways at each; size 0 where size is no axis.
using Curve = std::map<double, const Measurement*>;
struct Row {
  Headline headline;
  bool is_curve = false;
  Curve curve;
};

std::vector<Row> rows_of(const std::vector<Measurement>& all) {
  const Curves curves = curves_of(all);
  std::vector<Row> rows;
  std::map<std::string, std::size_t> places;
  for (const Measurement& one : all) {
    if (one.blocks.empty() || one.key.load != "none" || one.family() == "transfer") continue;
    Headline headline;
    headline.case_name = one.key.case_name;
    headline.processor = one.key.processor;
    headline.revision = one.key.revision;
    headline.metric = one.metric;
    headline.variant = variant_of(one, curves);
    const auto [place, is_new] =
        places.try_emplace(headline.name() + "\n" + headline.processor, rows.size());
    const bool is_curve = curves.contains(one.key.case_name);
    if (is_new) rows.push_back({std::move(headline), is_curve, {}});
    const Measurement*& best = rows[place->second].curve[is_curve ? bytes_of(one.key) : 0];
    if (better(one, best)) best = &one;
  }
  return rows;
}

/// The headline of the curve's sizes in [from, to].
std::optional<Headline> between(const Row& row, double from, double to) {
  Headline headline = row.headline;
  std::vector<double> values, shares, clocks;
  std::size_t disturbed = 0;
  for (const auto& [bytes, one] : row.curve) {
    if (bytes < from || bytes > to) continue;
    values.push_back(one->value());
    if (one->share_of_ceiling() > 0) shares.push_back(one->share_of_ceiling());
    if (one->clock_hertz() > 0) clocks.push_back(one->clock_hertz());
    disturbed += one->disturbed() ? 1 : 0;
    headline.findings.insert(one->findings.begin(), one->findings.end());
  }
  if (values.empty()) return std::nullopt;
  headline.value = median(values);
  headline.share_of_ceiling = median(shares);
  headline.clock_hertz = median(clocks);
  headline.disturbed = 2 * disturbed >= values.size();
  return headline;
}

std::size_t sizes_between(const Curve& curve, const Plateau& level) {
  return static_cast<std::size_t>(
      std::distance(curve.lower_bound(level.from_bytes), curve.upper_bound(level.to_bytes)));
}

}  // namespace

std::string Headline::name() const {
  std::string text = case_name;
  if (!variant.empty()) text += " " + variant;
  if (level) text += " " + to_string(*level);
  return text;
}

std::string to_string(const Plateau& level) {
  if (level.from_bytes == level.to_bytes) return bytes_text(level.to_bytes);
  return bytes_text(level.from_bytes) + " - " + bytes_text(level.to_bytes);
}

/// Each from the row with the most sizes; of equal ones the first, which is the reads.
Levels memory_levels(const std::vector<Measurement>& all) {
  std::map<std::pair<std::string, std::string>, Curve> leading;
  for (Row& row : rows_of(all)) {
    if (!row.is_curve) continue;
    Curve& curve = leading[{row.headline.processor, row.headline.family()}];
    if (row.curve.size() > curve.size()) curve = std::move(row.curve);
  }
  Levels levels;
  for (const auto& [place, curve] : leading) {
    std::vector<CurvePoint> points;
    for (const auto& [bytes, one] : curve) {
      if (bytes > 0 && one->value() > 0) points.push_back({bytes, one->value()});
    }
    levels[place] = plateaus(points);
  }
  return levels;
}

std::vector<Headline> headlines(const schema::Log& log, const std::vector<Measurement>& all,
                                const Levels& levels) {
  std::vector<Headline> result;
  for (const Row& row : rows_of(all)) {
    if (!row.is_curve) {
      if (auto headline = between(row, 0, 0)) result.push_back(std::move(*headline));
      continue;
    }
    const auto found = levels.find({row.headline.processor, row.headline.family()});
    if (found == levels.end()) continue;
    for (const Plateau& level : found->second) {
      auto headline = between(row, level.from_bytes, level.to_bytes);
      if (!headline) continue;
      headline->level = level;
      headline->partial = sizes_between(row.curve, level) < level.sizes;
      result.push_back(std::move(*headline));
    }
  }
  for (const TransferHeadline& one : transfer_headlines(log, all)) {
    if (one.alpha) result.push_back(*one.alpha);
    if (one.rate) result.push_back(*one.rate);
  }
  return result;
}

}  // namespace motley::analysis
