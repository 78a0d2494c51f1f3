// Transfers: what a call costs, what the largest size reaches, and the law between them.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "analysis/summary_tables.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

constexpr std::size_t table_columns = 80, least_processor = 9;
constexpr std::size_t alpha_columns = 10, rate_columns = 8, size_columns = 8, slope_columns = 8,
                      half_columns = 9, residual_columns = 8;
constexpr std::size_t figure_columns =
    alpha_columns + rate_columns + size_columns + slope_columns + half_columns + residual_columns;

std::string mark(const std::optional<Headline>& one) {
  return one && one->disturbed ? "~" : " ";
}

std::string gigabytes(double bytes_per_second) {
  return three_digits(bytes_per_second / 1e9);
}

/// Two digits: a fitted size is not known better.
std::string about(double bytes) {
  const double unit = std::pow(1024, std::clamp(std::floor(std::log2(bytes) / 10), 0.0, 3.0));
  const double in_units = bytes / unit;
  const double digit = std::pow(10, std::floor(std::log10(in_units)) - 1);
  return bytes_text(std::round(in_units / digit) * digit * unit);
}

/// Slope and half-performance size, or why there are none.
std::string law(const TransferFit& fit) {
  using Verdict = TransferFit::Verdict;
  constexpr std::size_t width = slope_columns + half_columns;
  if (fit.verdict == Verdict::too_few_sizes)
    return right("-", slope_columns) + right("-", half_columns);
  if (fit.verdict != Verdict::affine) return right(to_string(fit.verdict), width);
  const auto slope = fit.bytes_per_second();
  return right(slope ? gigabytes(*slope) : "flat", slope_columns) +
         right(fit.half_performance_bytes ? about(*fit.half_performance_bytes) : "-", half_columns);
}

std::string figures(const TransferHeadline& one) {
  const TransferFit& fit = one.series.fit;
  const std::string alpha = one.alpha ? seconds_text(one.alpha->value) : "-";
  const std::string rate = one.rate ? gigabytes(one.rate->value) : "-";
  const std::string residual =
      fit.segments.empty() ? "-" : fmt::format("{:.0f} %", 100 * fit.worst_residual);
  return right(alpha + mark(one.alpha), alpha_columns) +
         right(rate + mark(one.rate), rate_columns) +
         right(one.rate ? bytes_text(one.series.largest_bytes) : "-", size_columns) + law(fit) +
         right(residual, residual_columns);
}

/// Slopes between break points, where there is more than one.
std::string segments(const TransferFit& fit) {
  if (fit.verdict != TransferFit::Verdict::affine || fit.segments.size() < 2) return "";
  std::string text;
  for (const TransferSegment& one : fit.segments) {
    text += text.empty() ? "    slope " : ", ";
    text += (one.bytes_per_second ? gigabytes(*one.bytes_per_second) : "flat") + " to " +
            about(one.to_bytes);
  }
  return clipped(text, table_columns) + "\n";
}

std::string kind_of(const std::string& case_name) {
  return case_name.substr(case_name.find('/') + 1);
}

}  // namespace

std::string transfer_table(const SummaryInput& input) {
  const std::vector<Missing> without = missing(input, "transfer");
  if (input.transfers.empty() && without.empty()) return "";
  std::size_t processor = least_processor;
  for (const std::string& id : input.processors) processor = std::max(processor, columns(id) + 1);
  processor = std::min<std::size_t>(processor, 16);
  const std::size_t kind = table_columns - figure_columns - processor;
  std::string text = "\n" + left("Transfers", kind + processor) + right("alpha ", alpha_columns) +
                     right("GB/s ", rate_columns) + right("at", size_columns) +
                     right("slope", slope_columns) + right("n1/2", half_columns) +
                     right("worst", residual_columns) + "\n";
  text +=
      "  (bytes read + bytes written: copies and image rows count each byte twice;\n"
      "  slope: GB/s of the fit's last line; n1/2: size at half of it; worst residual)\n";
  for (const TransferHeadline& one : input.transfers) {
    const std::string name =
        kind_of(one.series.case_name) + (one.variant.empty() ? "" : " ") + one.variant;
    text += left("  " + name, kind - 1) + " " + left(one.series.processor, processor) +
            figures(one) + "\n" + segments(one.series.fit);
  }
  for (const Missing& one : without) {
    text += left("  " + kind_of(one.case_name), kind - 1) + " " + left(one.processor, processor) +
            "  " + clipped(one.why, figure_columns - 2) + "\n";
  }
  return text;
}

}  // namespace motley::analysis
