#include "analysis/headline_transfers.hpp"

#include <algorithm>

#include "analysis/transfer_fit.hpp"

namespace motley::analysis {
namespace {

constexpr double small_bytes = 64;      // alpha is of transfers of no more
constexpr std::size_t least_sizes = 4;  // as few as say something of a law

/// How usual the settings are: of series with equally many sizes the most usual one is shown.
int usual(const TransferSeries& series) {
  int score = 0;
  for (const auto& [axis, value] : schema::Parameters{
           {"allocation", "none"}, {"alignment", std::int64_t{4096}}, {"blocking", "yes"}}) {
    const auto found = series.parameters.find(axis);
    score += found != series.parameters.end() && found->second == value ? 1 : 0;
  }
  return score;
}

std::size_t sizes_of(const TransferSeries& series) {
  std::set<double> sizes;
  for (const TransferPoint& point : series.points) sizes.insert(point.bytes);
  return sizes.size();
}

/// What the blocks of the series between two sizes say of disturbances.
void add_findings(Headline& headline, const TransferSeries& series, double from, double to,
                  const std::vector<Measurement>& all) {
  std::size_t disturbed = 0, count = 0;
  for (const Measurement& one : all) {
    if (one.key.case_name != series.case_name || one.key.processor != series.processor) continue;
    schema::Parameters parameters = one.key.parameters;
    const auto bytes = parameters.find("bytes");
    if (bytes == parameters.end() || !std::holds_alternative<std::int64_t>(bytes->second)) continue;
    const auto size = static_cast<double>(std::get<std::int64_t>(bytes->second));
    parameters.erase(bytes);
    if (parameters != series.parameters || size < from || size > to) continue;
    headline.revision = one.key.revision;
    ++count;
    disturbed += one.disturbed() ? 1 : 0;
    headline.findings.insert(one.findings.begin(), one.findings.end());
  }
  headline.disturbed = count > 0 && 2 * disturbed >= count;
}

void add(std::vector<Headline>& result, const TransferSeries& series,
         const std::vector<Measurement>& all) {
  Headline headline;
  headline.case_name = series.case_name;
  headline.processor = series.processor;
  if (series.fit.verdict != TransferFit::Verdict::affine) {
    headline.note = to_string(series.fit.verdict);
  }
  const auto allocation = series.parameters.find("allocation");
  std::string suffix;
  if (allocation != series.parameters.end() && allocation->second != schema::Value("none")) {
    suffix = " " + schema::to_string(allocation->second);
  }
  Headline rate = headline;
  if (series.fit.alpha_seconds) {
    headline.variant = "alpha" + suffix;
    headline.metric = schema::Metric::seconds_per_operation;
    headline.value = *series.fit.alpha_seconds;
    add_findings(headline, series, 0, small_bytes, all);
    result.push_back(std::move(headline));
  }
  if (const auto bytes_per_second = series.fit.bytes_per_second()) {
    const TransferSegment& last = series.fit.segments.back();
    rate.variant = "bandwidth" + suffix;
    rate.metric = schema::Metric::bytes_per_second;
    rate.value = *bytes_per_second;
    add_findings(rate, series, last.from_bytes, last.to_bytes, all);
    result.push_back(std::move(rate));
  }
}

}  // namespace

std::vector<Headline> transfer_headlines(const schema::Log& log,
                                         const std::vector<Measurement>& all) {
  const std::vector<TransferSeries> series = fit_transfers(log.blocks);
  std::map<std::pair<std::string, std::string>, const TransferSeries*> shown;
  for (const TransferSeries& one : series) {
    if (sizes_of(one) < least_sizes) continue;
    const TransferSeries*& best = shown[{one.case_name, one.processor}];
    if (!best || std::pair(sizes_of(one), usual(one)) > std::pair(sizes_of(*best), usual(*best))) {
      best = &one;
    }
  }
  std::vector<Headline> result;
  for (const auto& [place, one] : shown) add(result, *one, all);
  return result;
}

}  // namespace motley::analysis
