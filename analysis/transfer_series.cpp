#include "analysis/transfer_series.hpp"

#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "analysis/statistics.hpp"

namespace motley::analysis {
namespace {

double bytes_of(const schema::Block& block) {
  const auto found = block.key.parameters.find("bytes");
  if (found == block.key.parameters.end()) return 0;
  if (const auto* whole = std::get_if<std::int64_t>(&found->second)) return double(*whole);
  const auto* real = std::get_if<double>(&found->second);
  return real ? *real : 0;
}

double counted_bytes(const schema::Block& block) {
  return block.work.bytes_read + block.work.bytes_written;
}

bool is_zero_copy(const schema::Block& block) {
  const auto found = block.details.find("zero_copy");
  const bool said = found != block.details.end() && std::holds_alternative<bool>(found->second) &&
                    std::get<bool>(found->second);
  return said && counted_bytes(block) == 0;
}

/// A series with what only its blocks know.
struct Gathered {
  TransferSeries series;
  bool zero_copy = false;
  double counted = 1;                           ///< bytes of work for each byte of size
  std::map<double, std::vector<double>> rates;  ///< counted bytes per second, by size
};

double seconds_of(const schema::Block& block) {
  return median(block.samples.host_seconds) / static_cast<double>(block.runs_per_sample);
}

/// Numbers that give a rate.
bool is_usable(const schema::Block& block) {
  const double seconds = seconds_of(block);
  return seconds > 0 && std::isfinite(seconds) && std::isfinite(counted_bytes(block) / seconds);
}

void add(Gathered& gathered, const schema::Block& block, double bytes) {
  const double seconds = seconds_of(block);
  const double counted = counted_bytes(block);
  gathered.zero_copy |= is_zero_copy(block);
  if (counted > 0) gathered.counted = counted / bytes;
  gathered.series.points.push_back({bytes, seconds});
  gathered.rates[bytes].push_back(counted / seconds);
}

void finish(Gathered& gathered) {
  TransferSeries& series = gathered.series;
  const auto& [largest, rates] = *gathered.rates.rbegin();
  series.sizes = gathered.rates.size();
  series.largest_bytes = largest;
  series.fit = fit_transfer(series.points);
  if (gathered.zero_copy) {
    series.fit = {TransferFit::Verdict::zero_copy, series.fit.alpha_seconds, {}, {}, 0, 0};
    return;
  }
  if (const double rate = median(rates); rate > 0) series.largest_bytes_per_second = rate;
  for (TransferSegment& segment : series.fit.segments) {
    if (segment.bytes_per_second) *segment.bytes_per_second *= gathered.counted;
  }
}

}  // namespace

std::vector<TransferSeries> fit_transfers(std::span<const schema::Block> blocks) {
  std::map<std::tuple<std::string, std::string, schema::Parameters>, Gathered> all;
  for (const schema::Block& block : blocks) {
    const double bytes = bytes_of(block);
    if (block.status != schema::Status::ok || block.key.load != "none" ||
        !block.key.case_name.starts_with("transfer/") || bytes <= 0 || !is_usable(block)) {
      continue;
    }
    schema::Parameters parameters = block.key.parameters;
    parameters.erase("bytes");
    Gathered& one = all[{block.key.case_name, block.key.processor, parameters}];
    one.series.case_name = block.key.case_name;
    one.series.processor = block.key.processor;
    one.series.parameters = std::move(parameters);
    add(one, block, bytes);
  }
  std::vector<TransferSeries> result;
  for (auto& [key, one] : all) {
    finish(one);
    result.push_back(std::move(one.series));
  }
  return result;
}

}  // namespace motley::analysis
