#include "analysis/gate.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <regex>

#include "analysis/compare_text.hpp"
#include "analysis/escape.hpp"
#include "analysis/statistics.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_reasons = 20, most_markdown_bytes = 900000;

/// Reasons by weight, and the result that they make.
class Findings {
 public:
  explicit Findings(const GateOptions& options) : options_(options) {
    if (!options.allow_missing.empty()) allowed_ = std::regex(options.allow_missing);
  }

  void add(GateResult weight, std::string reason) {
    if (weight == GateResult::pass) return;
    found_.emplace_back(weight, std::move(reason));
  }
  /// A row of the baseline without a sound figure now.
  void add_missing(const std::string& name, const schema::Key& key, const std::string& why) {
    const bool may = allowed_ && (std::regex_search(name, *allowed_) ||
                                  std::regex_search(to_string(key), *allowed_));
    const std::string text = fmt::format("{} on {}: {}", name, key.processor, why);
    if (may) {
      gate_.allowed.push_back(text);
    } else {
      add(GateResult::unusable, text);
    }
  }

  Gate finish() {
    std::stable_sort(found_.begin(), found_.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    if (!found_.empty()) gate_.result = found_.front().first;
    for (auto& [weight, reason] : found_) gate_.reasons.push_back(std::move(reason));
    return std::move(gate_);
  }

 private:
  const GateOptions& options_;
  std::optional<std::regex> allowed_;
  std::vector<std::pair<GateResult, std::string>> found_;
  Gate gate_;
};

void judge_completeness(const std::vector<const RunFigures*>& sides, const char* side,
                        Findings& findings) {
  for (const RunFigures* one : sides) {
    const std::string file = one->files.empty() ? side : one->files.front();
    if (one->blocks == 0) {
      findings.add(GateResult::unusable, fmt::format("{} ({}): nothing was measured", file, side));
    } else if (!one->complete()) {
      findings.add(GateResult::unusable,
                   fmt::format("{} ({}): no end line that says complete, the run did not finish",
                               file, side));
    }
  }
}

std::string trouble(const ComparedSide& side) {
  std::string text;
  for (const auto& [status, count] : side.not_ok) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, to_string(status));
  }
  if (text.empty()) return "no figure now";
  return side.reason.empty() ? text + " now"
                             : fmt::format("{} now: {}", text, one_line(side.reason));
}

void judge_row(const ComparedRow& row, const GateOptions& options, Findings& findings) {
  if (row.first.blocks == 0) return;  // the baseline has nothing to hold it to
  if (row.second.blocks == 0 || !row.second.not_ok.empty()) {
    findings.add_missing(row.name, row.key, trouble(row.second));
    return;
  }
  if (row.change == Change::slower) {
    const Interval interval = row.deciding()->interval();
    findings.add(
        GateResult::regression,
        fmt::format("{} on {}: {:.3f} times as fast ({:.3f} to {:.3f})", row.name,
                    row.key.processor, row.deciding()->ratio(), interval.low, interval.high));
  } else if (row.change == Change::inconclusive) {
    findings.add(options.inconclusive_as,
                 row.deciding()
                     ? fmt::format("{} on {}: {:.3f} times as fast, a change below {:.1f} % would "
                                   "not show",
                                   row.name, row.key.processor, row.deciding()->ratio(),
                                   100 * row.judged.excluded)
                     : fmt::format("{} on {}: one process on a side decides nothing", row.name,
                                   row.key.processor));
  }
}

std::string verdict_sentence(const Gate& gate) {
  switch (gate.result) {
    case GateResult::pass:
      return "Pass: no regression.";
    case GateResult::regression:
      return "Regression.";
    case GateResult::inconclusive:
      return "Inconclusive: measure more processes.";
    case GateResult::unusable:
      return "No verdict: the baseline was not measured again, whole.";
  }
  return "";
}

}  // namespace

std::string to_string(GateResult result) {
  switch (result) {
    case GateResult::pass:
      return "pass";
    case GateResult::inconclusive:
      return "inconclusive";
    case GateResult::unusable:
      return "unusable";
    case GateResult::regression:
      return "regression";
  }
  return "";
}

Gate gate(const Comparison& comparison, const std::vector<const RunFigures*>& baseline,
          const std::vector<const RunFigures*>& now, const GateOptions& options) {
  Findings findings(options);
  judge_completeness(baseline, "baseline", findings);
  judge_completeness(now, "now", findings);
  std::size_t measured = 0;
  for (const ComparedRow& row : comparison.rows) {
    measured += row.first.blocks > 0 ? 1 : 0;
    judge_row(row, options, findings);
  }
  for (const Unpaired& one : comparison.only_first) {
    if (!one.measured) continue;
    ++measured;
    findings.add_missing(one.name, one.key, one.reason.empty() ? "missing now" : one.reason);
  }
  if (measured == 0) {
    findings.add(GateResult::unusable, "the baseline has no figure (nothing can be compared)");
  }
  return findings.finish();
}

std::string gate_text(const Gate& gate, const Comparison& comparison) {
  std::string text = verdict_sentence(gate) + "\n";
  for (std::size_t i = 0; i < std::min(gate.reasons.size(), most_reasons); ++i) {
    text += wrapped("  " + gate.reasons[i], 80, 4);
  }
  if (gate.reasons.size() > most_reasons) {
    text += fmt::format("  and {} more\n", gate.reasons.size() - most_reasons);
  }
  for (const std::string& one : gate.allowed) text += wrapped("  allowed: " + one, 80, 4);
  return text + "\n" + comparison_text(comparison, false);
}

std::string gate_markdown(const Gate& gate, const Comparison& comparison) {
  std::string text = "## " + verdict_sentence(gate) + "\n\n";
  for (std::size_t i = 0; i < std::min(gate.reasons.size(), most_reasons); ++i) {
    text += "- " + markdown(gate.reasons[i].substr(0, 1000)) + "\n";
  }
  if (gate.reasons.size() > most_reasons) {
    text += fmt::format("- and {} more\n", gate.reasons.size() - most_reasons);
  }
  return text + "\n" + comparison_markdown(comparison, most_markdown_bytes);
}

std::string gate_json(const Gate& gate, const Comparison& comparison) {
  Json document{{"result", to_string(gate.result)},
                {"reasons", gate.reasons},
                {"allowed", gate.allowed},
                {"comparison", Json::parse(comparison_json(comparison))}};
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string github_action_benchmark(const RunFigures& figures, bool smaller_is_better) {
  Json entries = Json::array();
  for (const MeasuredKey& one : figures.keys) {
    for (const auto& [quantity, of_quantity] : one.figures) {
      if ((of_quantity.direction < 0) != smaller_is_better || of_quantity.values.empty()) continue;
      std::vector<double> medians, all;
      for (const auto& [process, values] : of_quantity.values) {
        medians.push_back(median(values));
        all.insert(all.end(), values.begin(), values.end());
      }
      Json entry{{"name", fmt::format("{} {}", to_string(one.key), quantity)},
                 {"unit", quantity},
                 {"value", median(all)}};
      if (medians.size() > 1) entry["range"] = fmt::format("± {:.3g}", deviation(medians));
      entry["extra"] = fmt::format("{} processes", medians.size());
      entries.push_back(std::move(entry));
    }
  }
  return entries.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace motley::analysis
