#include "analysis/headline_transfers.hpp"

#include <algorithm>

#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

constexpr double small_bytes = 64;  // alpha is of transfers of no more

/// Of series with equally many sizes the one with most of these is shown; they go unnamed.
const schema::Parameters usual{{"allocation", "none"},
                               {"alignment", std::int64_t{4096}},
                               {"blocking", "yes"},
                               {"format", "rgba_float"}};

bool is_usual(const std::string& axis, const schema::Value& value) {
  const auto found = usual.find(axis);
  return found != usual.end() && found->second == value;
}

/// More sizes, then more of the usual settings.
std::pair<std::size_t, std::ptrdiff_t> rank(const TransferSeries& series) {
  return {series.sizes,
          std::count_if(series.parameters.begin(), series.parameters.end(),
                        [](const auto& one) { return is_usual(one.first, one.second); })};
}

std::string variant_of(const TransferSeries& series) {
  std::string variant;
  for (const auto& [axis, value] : series.parameters) {
    if (is_usual(axis, value)) continue;
    const bool says_it = std::holds_alternative<std::string>(value) && axis != "blocking";
    variant +=
        (variant.empty() ? "" : " ") + (says_it ? "" : axis + "=") + schema::to_string(value);
  }
  return variant;
}

/// What the series' measurements of sizes between the two say of disturbances.
void add_findings(Headline& headline, const TransferSeries& series, double from, double to,
                  const std::vector<Measurement>& all) {
  std::size_t disturbed = 0, count = 0;
  for (const Measurement& one : all) {
    if (one.key.case_name != series.case_name || one.key.processor != series.processor ||
        one.key.load != "none") {
      continue;
    }
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

TransferHeadline headline_of(TransferSeries series, const std::vector<Measurement>& all) {
  TransferHeadline result;
  result.variant = variant_of(series);
  Headline common;
  common.case_name = series.case_name;
  common.processor = series.processor;
  common.variant = result.variant + (result.variant.empty() ? "" : " ");
  if (series.fit.alpha_seconds) {
    Headline& alpha = result.alpha.emplace(common);
    alpha.variant += "alpha";
    alpha.metric = schema::Metric::seconds_per_operation;
    alpha.value = *series.fit.alpha_seconds;
    add_findings(alpha, series, 0, small_bytes, all);
  }
  if (series.largest_bytes_per_second) {
    Headline& rate = result.rate.emplace(common);
    rate.variant += "rate " + bytes_text(series.largest_bytes);
    rate.metric = schema::Metric::bytes_per_second;
    rate.value = *series.largest_bytes_per_second;
    add_findings(rate, series, series.largest_bytes, series.largest_bytes, all);
  }
  result.series = std::move(series);
  return result;
}

}  // namespace

std::vector<TransferHeadline> transfer_headlines(const schema::Log& log,
                                                 const std::vector<Measurement>& all) {
  std::map<std::pair<std::string, std::string>, TransferSeries> shown;
  for (TransferSeries& one : fit_transfers(log.blocks)) {
    TransferSeries& best = shown[{one.case_name, one.processor}];
    if (rank(one) > rank(best)) best = std::move(one);
  }
  std::vector<TransferHeadline> result;
  for (auto& [place, one] : shown) result.push_back(headline_of(std::move(one), all));
  return result;
}

}  // namespace motley::analysis
