// What does moving data cost, for the call and for each byte?
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "analysis/headline_transfers.hpp"
#include "analysis/report/section.hpp"
#include "analysis/statistics.hpp"

namespace motley::analysis::report {
namespace {

constexpr std::size_t most_series = 6;

std::string kind_of(const TransferHeadline& one) {
  const std::string& name = one.series.case_name;
  return name.substr(name.find('/') + 1) + (one.variant.empty() ? "" : " " + one.variant);
}

Table points_table(const std::vector<const TransferHeadline*>& shown) {
  Table table;
  table.columns = {{"transfer", false, "transfer"},
                   {"size", true, "bytes"},
                   {"time", true, "seconds"},
                   {"rate", true, "bytes_per_second"}};
  for (const TransferHeadline* one : shown) {
    std::map<double, std::vector<double>> by_size;
    for (const TransferPoint& point : one->series.points) {
      by_size[point.bytes].push_back(point.seconds);
    }
    for (const auto& [bytes, seconds] : by_size) {
      const double time = median(seconds);
      table.rows.push_back({kind_of(*one), unit_cell(Unit::bytes, bytes),
                            unit_cell(Unit::seconds, time),
                            unit_cell(Unit::bytes_per_second, time > 0 ? bytes / time : 0)});
    }
  }
  return table;
}

/// t = alpha + bytes / beta, at the sizes that were measured.
Table law_table(const std::vector<const TransferHeadline*>& shown) {
  Table table;
  table.title = "Fitted law at the measured sizes";
  table.columns = {
      {"transfer", false, "transfer"}, {"size", true, "bytes"}, {"fitted time", true, "seconds"}};
  for (const TransferHeadline* one : shown) {
    if (one->series.fit.verdict != TransferFit::Verdict::affine) continue;
    std::map<double, double> fitted;
    for (const TransferPoint& point : one->series.points) {
      for (const TransferSegment& segment : one->series.fit.segments) {
        if (point.bytes < segment.from_bytes || point.bytes > segment.to_bytes) continue;
        const double slope = segment.bytes_per_second ? 1 / *segment.bytes_per_second : 0;
        fitted[point.bytes] = segment.fixed_seconds + point.bytes * slope;
      }
    }
    for (const auto& [bytes, seconds] : fitted) {
      table.rows.push_back(
          {kind_of(*one), unit_cell(Unit::bytes, bytes), unit_cell(Unit::seconds, seconds)});
    }
  }
  return table;
}

Table law_summary(const std::vector<TransferHeadline>& all) {
  Table table;
  table.title = "Transfers: t = alpha + bytes / beta";
  table.note =
      "alpha: median of transfers of at most 64 B. rate: of the largest size, as measured. beta: "
      "of the fit's last line. n1/2: the size that reaches half of beta. worst: largest residual. "
      "Bytes read and written both count.";
  table.columns = {{"transfer", false, "transfer"},
                   {"processor", false, "processor"},
                   {"alpha", true, "alpha_seconds"},
                   {"rate", true, "bytes_per_second"},
                   {"at", true, "largest_bytes"},
                   {"beta", true, "beta_bytes_per_second"},
                   {"n1/2", true, "half_performance_bytes"},
                   {"worst", true, "worst_residual"},
                   {"law", false, "verdict"}};
  const auto optional = [](Unit unit, const std::optional<double>& value) {
    return value ? unit_cell(unit, *value) : Cell("-");
  };
  for (const TransferHeadline& one : all) {
    const TransferFit& fit = one.series.fit;
    table.rows.push_back(
        {kind_of(one), one.series.processor,
         one.alpha ? unit_cell(Unit::seconds, one.alpha->value) : Cell("-"),
         one.rate ? unit_cell(Unit::bytes_per_second, one.rate->value) : Cell("-"),
         unit_cell(Unit::bytes, one.series.largest_bytes),
         optional(Unit::bytes_per_second, fit.bytes_per_second()),
         optional(Unit::bytes, fit.half_performance_bytes),
         fit.segments.empty() ? Cell("-") : unit_cell(Unit::share, fit.worst_residual),
         to_string(fit.verdict)});
  }
  return table;
}

Chart chart_of(const std::string& processor, std::vector<const TransferHeadline*> shown) {
  Chart chart;
  chart.name = "transfer-" + file_name(processor);
  chart.title = "Time of one transfer, " + processor;
  std::stable_sort(shown.begin(), shown.end(),
                   [](const auto* a, const auto* b) { return a->series.sizes > b->series.sizes; });
  if (shown.size() > most_series) {
    chart.note = fmt::format("{} more kinds are in the table. ", shown.size() - most_series);
    shown.resize(most_series);
  }
  chart.x = {"bytes moved", Unit::bytes, Scale::logarithmic};
  chart.y = {"seconds", Unit::seconds, Scale::logarithmic};
  Layer measured(Mark::point, points_table(shown));
  measured.x = "bytes";
  measured.y = "seconds";
  measured.series = "transfer";
  Layer law(Mark::line, law_table(shown));
  law.x = "bytes";
  law.y = "seconds";
  law.series = "transfer";
  law.dashed = true;
  if (!law.table.rows.empty()) chart.note += "Dashed: the fitted law, where one holds within 15 %.";
  chart.layers = {std::move(measured), std::move(law)};
  return chart;
}

Section make(const std::vector<Source>& sources) {
  Section section{
      "transfers", "Transfers", {}, "No transfer was measured. Run: motley run --filter transfer"};
  for_each_source(sources, section, [](const Source& source, std::vector<Part>& parts) {
    const auto all = transfer_headlines(source.quiet, source.measurements);
    if (all.empty()) return;
    Part part;
    for (const std::string& processor : source.processors) {
      std::vector<const TransferHeadline*> shown;
      for (const TransferHeadline& one : all) {
        if (one.series.processor == processor) shown.push_back(&one);
      }
      if (!shown.empty()) add_chart(chart_of(processor, shown), part);
    }
    part.tables.push_back({"transfers", law_summary(all)});
    parts.push_back(std::move(part));
  });
  return section;
}

const SectionRegistration registration(50, make);

}  // namespace
}  // namespace motley::analysis::report
