#include "analysis/explain_text.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

constexpr std::size_t most_operators = 5;

Cell seconds_cell(const std::optional<double>& seconds) {
  return seconds ? Cell(seconds_text(*seconds), *seconds) : Cell("");
}

Cell share_cell(double share) {
  return {fmt::format("{:.1f} %", 100 * share), share};
}

std::string heading(const Explanation& one) {
  std::string text =
      fmt::format("{} on {}: {}", one.network, one.processor, seconds_text(one.whole_seconds));
  if (one.profiled_seconds > 0) {
    text += fmt::format(", profiled {}", seconds_text(one.profiled_seconds));
  }
  return wrapped(text);
}

/// `flops 12.3 us (0.01 of it)`: each model's step.
std::string model_line(const Explanation& one) {
  const double measured = one.prediction.measured_seconds;
  std::string text;
  for (const Model model : all_models) {
    const auto& predicted = one.prediction.predicted[model];
    if (!predicted || measured <= 0) continue;
    text += fmt::format("{} {} {} ({:.2g} of it)", text.empty() ? "  Predicted:" : ",",
                        to_string(model), seconds_text(*predicted), *predicted / measured);
  }
  return text.empty() ? "" : wrapped(text + ".");
}

/// Columns of numbers that no row has go, and the note with them.
Table without_empty_columns(Table table) {
  for (std::size_t i = table.columns.size(); i-- > 0;) {
    const bool empty = std::all_of(table.rows.begin(), table.rows.end(),
                                   [i](const auto& row) { return row[i].text.empty(); });
    if (!empty) continue;
    table.columns.erase(table.columns.begin() + std::ptrdiff_t(i));
    for (auto& row : table.rows) row.erase(row.begin() + std::ptrdiff_t(i));
  }
  return table;
}

std::string host_line(const Explanation& one) {
  std::string text = "  The host:";
  for (const Cause& cause : one.host) {
    if (cause.share >= 0.005) text += fmt::format(" {} {:.0f} %,", cause.name, 100 * cause.share);
  }
  text.back() = '.';
  return one.host.empty() || !one.on_device ? "" : wrapped(text);
}

}  // namespace

Table cause_table(const Explanation& one) {
  Table table;
  table.columns = {{"where it went", false, "cause"},
                   {"kind", false, ""},
                   {"time", true, "seconds"},
                   {"share", true, ""},
                   {"calls", true, ""},
                   {"each", true, "seconds_of_a_call"},
                   {"predicted", true, "predicted_seconds"}};
  for (const Cause& cause : one.causes) {
    const bool counted = cause.count > 0;
    table.rows.push_back(
        {cause.name, to_string(cause.kind), seconds_cell(cause.seconds), share_cell(cause.share),
         counted ? Cell(three_digits(cause.count), cause.count) : Cell(""),
         seconds_cell(counted ? std::optional(cause.seconds / cause.count) : std::nullopt),
         seconds_cell(cause.predicted_seconds)});
  }
  return table;
}

Table operator_table(const Explanation& one, std::size_t most) {
  Table table;
  table.columns = {{"operator", false, ""}, {"measured", true, "measured_seconds"}};
  for (const Model model : all_models) table.columns.push_back({to_string(model), true, ""});
  std::vector<const OperatorPrediction*> costliest;
  for (const OperatorPrediction& op : one.prediction.operators) costliest.push_back(&op);
  std::stable_sort(costliest.begin(), costliest.end(), [](const auto* a, const auto* b) {
    return a->measured_seconds > b->measured_seconds;
  });
  costliest.resize(std::min(costliest.size(), most));
  for (const OperatorPrediction* op : costliest) {
    std::vector<Cell> row{op->name, seconds_cell(op->measured_seconds)};
    for (const Model model : all_models) row.push_back(seconds_cell(op->predicted[model]));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table step_table(const Explanations& all) {
  Table table;
  table.title = "Steps as each model predicts them";
  table.columns = {
      {"network", false, ""}, {"on", false, "processor"}, {"measured", true, "measured_seconds"}};
  for (const Model model : all_models) table.columns.push_back({to_string(model), true, ""});
  for (const Explanation& one : all.networks) {
    std::vector<Cell> row{one.network, one.processor,
                          seconds_cell(one.prediction.measured_seconds)};
    for (const Model model : all_models) {
      row.push_back(seconds_cell(one.prediction.predicted[model]));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table accuracy_table(const std::vector<Accuracy>& accuracies, bool families) {
  Table table;
  table.title = "How far the predictions are off";
  table.note =
      "flops: work / peak; roofline: or bytes / bandwidth; calls: and launches, copies, waits; "
      "blocks: and whole vectors, tiles, work-groups, members; calibrated: blocks by the law "
      "of the other networks' operators; "
      "error: median of |predicted / measured - 1|; ratio: median of predicted / measured, below 1 "
      "it promises too much";
  table.columns = {{"processor", false, ""}, {"of", false, "family"},
                   {"model", false, ""},     {"n", true, ""},
                   {"error", true, ""},      {"within 10 %", true, "within_tenth"},
                   {"ratio", true, ""}};
  for (const Accuracy& one : accuracies) {
    const bool is_family = one.family != "steps" && one.family != "operators";
    if (is_family && !families) continue;
    table.rows.push_back({one.processor, one.family, to_string(one.model),
                          Cell(std::to_string(one.count), double(one.count)),
                          Cell(fmt::format("{:.0f} %", 100 * one.median_error), one.median_error),
                          Cell(fmt::format("{:.0f} %", 100 * one.within_tenth), one.within_tenth),
                          Cell(fmt::format("{:.2f}", one.median_ratio), one.median_ratio)});
  }
  return table;
}

std::string explain_text(const Explanations& all, bool details) {
  std::string text;
  if (all.emulated) {
    text += wrapped("Emulated delays are among these records: no time is the device's own.") + "\n";
  }
  for (const Explanation& one : all.networks) {
    text += heading(one);
    for (const std::string& sentence : one.sentences) text += wrapped("  " + sentence);
    text += host_line(one) + model_line(one);
    text += "\n" + terminal_text(without_empty_columns(cause_table(one)));
    text += terminal_text(
        without_empty_columns(operator_table(one, details ? 10'000 : most_operators)));
  }
  if (all.networks.empty()) {
    return text + wrapped(
                      "No profiles of networks in these records (nothing to explain). Measure one: "
                      "motley train MODEL, motley infer MODEL.");
  }
  text += terminal_text(accuracy_table(all.accuracies, details));
  for (const std::string& line : all.missing) text += wrapped(line);
  return text;
}

}  // namespace motley::analysis
