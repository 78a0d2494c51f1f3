#include "analysis/call_costs.hpp"

#include <algorithm>

#include "analysis/headline_transfers.hpp"
#include "analysis/network_names.hpp"
#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

bool is_as_usual(const schema::Key& key) {
  const std::string idle = parameter(key, "idle_seconds");
  const std::string until = parameter(key, "until"), wait = parameter(key, "wait");
  return (idle.empty() || idle == "0" || idle == "0.0") &&
         (until.empty() || until == "completed") && (wait.empty() || wait == "finish");
}

/// Seconds of one operation, awake, until it is completed.
std::optional<double> seconds_of(const std::vector<Measurement>& all, const std::string& name,
                                 const std::string& processor) {
  for (const Measurement& one : all) {
    const bool counts = one.key.case_name == name && one.key.processor == processor &&
                        one.key.load == "none" && !one.blocks.empty() && is_as_usual(one.key);
    if (counts && one.value() > 0) return one.value();
  }
  return std::nullopt;
}

/// Through the median of the smallest sizes and that of the largest.
double by_two_sizes(const TransferSeries& series, double bytes) {
  const double alpha = series.fit.alpha_seconds.value_or(0);
  std::vector<double> largest;
  for (const TransferPoint& one : series.points) {
    if (one.bytes == series.largest_bytes) largest.push_back(one.seconds);
  }
  if (series.largest_bytes <= 0) return alpha;
  return alpha + std::max(0.0, median(largest) - alpha) * bytes / series.largest_bytes;
}

}  // namespace

double transfer_seconds(const TransferSeries& series, double bytes) {
  const TransferFit& fit = series.fit;
  constexpr double smallest = 64;
  if (fit.verdict == TransferFit::Verdict::zero_copy) return fit.alpha_seconds.value_or(0);
  if (bytes <= smallest && fit.alpha_seconds) return *fit.alpha_seconds;
  if (fit.segments.empty()) return by_two_sizes(series, bytes);
  const TransferSegment* at = &fit.segments.back();
  for (const TransferSegment& one : fit.segments) {
    if (bytes > one.to_bytes) continue;
    at = &one;
    break;
  }
  const double moving = at->bytes_per_second ? bytes / *at->bytes_per_second : 0;
  return std::max(0.0, at->fixed_seconds + moving);
}

std::optional<double> CallCosts::read_seconds(double bytes) const {
  if (!read) return std::nullopt;
  return transfer_seconds(*read, bytes);
}

std::optional<double> CallCosts::write_seconds(double bytes) const {
  if (!write) return std::nullopt;
  return std::max(0.0, transfer_seconds(*write, bytes) - wait_seconds.value_or(0));
}

CallCosts call_costs(const schema::Log& log, const std::vector<Measurement>& all,
                     const std::string& processor) {
  CallCosts costs;
  costs.launch_seconds = seconds_of(all, "launch/empty_100", processor);
  if (!costs.launch_seconds) costs.launch_seconds = seconds_of(all, "launch/empty", processor);
  costs.fork_join_seconds = seconds_of(all, "launch/fork_join", processor);
  const auto round_trip = seconds_of(all, "launch/round_trip", processor);
  if (round_trip && costs.launch_seconds) {
    costs.wait_seconds = std::max(0.0, *round_trip - *costs.launch_seconds);
  }
  for (TransferHeadline& one : transfer_headlines(log, all)) {
    if (one.series.processor != processor) continue;
    if (one.series.case_name == "transfer/write")
      costs.write = std::move(one.series);
    else if (one.series.case_name == "transfer/read")
      costs.read = std::move(one.series);
  }
  return costs;
}

}  // namespace motley::analysis
