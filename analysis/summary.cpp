#include "analysis/summary.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <optional>

#include "analysis/measurement.hpp"
#include "analysis/plateaus.hpp"
#include "analysis/statistics.hpp"
#include "analysis/transfer_fit.hpp"

namespace motley::analysis {
namespace {

constexpr std::size_t label_columns = 24, figure_columns = 14;
constexpr std::size_t processors_a_table = 4;

std::string bytes_text(double bytes) {
  const char* unit = "B";
  for (const char* next : {"KiB", "MiB", "GiB"}) {
    if (bytes < 1024) break;
    bytes /= 1024;
    unit = next;
  }
  return fmt::format("{:.4g} {}", bytes, unit);
}

std::string seconds_text(double seconds) {
  if (seconds < 1e-6) return fmt::format("{:.3g} ns", seconds * 1e9);
  if (seconds < 1e-3) return fmt::format("{:.3g} us", seconds * 1e6);
  return fmt::format("{:.3g} ms", seconds * 1e3);
}

/// Three digits before any unit: 7.21, 72.1, 721, 7210.
std::string three_digits(double value) {
  return value >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

bool disturbed(const Measurement& one) {
  const auto count =
      std::count_if(one.blocks.begin(), one.blocks.end(),
                    [](const BlockFigure& block) { return !block.findings.empty(); });
  return 2 * count >= static_cast<std::ptrdiff_t>(one.blocks.size());
}

std::optional<std::int64_t> whole(const schema::Key& key, const char* axis) {
  const auto found = key.parameters.find(axis);
  if (found == key.parameters.end()) return std::nullopt;
  const auto* value = std::get_if<std::int64_t>(&found->second);
  return value ? std::optional(*value) : std::nullopt;
}

std::string text(const schema::Key& key, const char* axis) {
  const auto found = key.parameters.find(axis);
  return found == key.parameters.end() ? "" : schema::to_string(found->second);
}

class Summary {
 public:
  explicit Summary(const schema::Log& log) : log_(log), all_(measurements(log)) {
    for (const Measurement& one : all_) {
      const std::string& id = one.key.processor;
      if (std::find(processors_.begin(), processors_.end(), id) == processors_.end()) {
        processors_.push_back(id);
      }
    }
  }

  std::string text() {
    header();
    for (std::size_t i = 0; i < processors_.size(); i += processors_a_table) {
      const std::size_t end = std::min(i + processors_a_table, processors_.size());
      shown_.assign(processors_.begin() + static_cast<std::ptrdiff_t>(i),
                    processors_.begin() + static_cast<std::ptrdiff_t>(end));
      tables();
    }
    for (const std::string& id : processors_) memory_levels(id);
    transfers();
    counts();
    return out_;
  }

 private:
  using Cell = std::function<std::string(const std::string& processor)>;

  void header() {
    if (log_.runs.empty()) return;
    const schema::Run& run = log_.runs.back();
    out_ += fmt::format("{}, {}, motley {} {}{}\n", run.device.name, run.started,
                        run.motley_version, run.commit.substr(0, 10), run.dirty ? "+changes" : "");
    if (run.emulated)
      out_ += "EMULATED: delays or failures were injected; no figure is the device's.\n";
    if (run.build == "Debug") out_ += "DEBUG BUILD: figures mean nothing.\n";
  }

  /// A row with one cell for each shown processor; left out where all cells are empty.
  void row(const std::string& label, const Cell& cell) {
    std::string line = fmt::format("  {:<{}}", label, label_columns - 2);
    bool any = false;
    for (const std::string& id : shown_) {
      const std::string content = cell(id);
      any |= !content.empty();
      line += fmt::format("{:>{}}", content.empty() ? "-" : content, figure_columns);
    }
    if (!any) return;
    rows_ += line + "\n";
  }

  void section(const std::string& title) {
    if (!rows_.empty()) {
      std::string line = fmt::format("\n{:<{}}", pending_title_, label_columns);
      for (const std::string& id : shown_) line += fmt::format("{:>{}}", id, figure_columns);
      out_ += line + "\n" + rows_;
    }
    rows_.clear();
    pending_title_ = title;
  }

  /// The best measurement of a case on a processor; null where there is none.
  const Measurement* best(const std::string& case_name, const std::string& processor) const {
    const Measurement* found = nullptr;
    for (const Measurement& one : all_) {
      if (one.key.case_name != case_name || one.key.processor != processor) continue;
      if (!found || direction(one.metric) * (one.value() - found->value()) > 0) found = &one;
    }
    return found;
  }

  void tables() {
    section("Arithmetic, Gop/s (peak)");
    for (const char* type : {"fp32", "fp64", "fp16", "bf16", "int8_dot", "int32", "matrix_bf16",
                             "matrix_fp16", "matrix_int8"}) {
      row(type, [&](const std::string& id) -> std::string {
        const Measurement* one = best(std::string("flops/") + type, id);
        if (!one) return status_instead(std::string("flops/") + type, id);
        const std::string share =
            one->share_of_ceiling > 0 ? fmt::format(" {:3.0f}%", 100 * one->share_of_ceiling) : "";
        return three_digits(one->value() / 1e9) + mark(*one) + share;
      });
    }
    section("Clock, GHz");
    for (const char* name : {"chain", "woven"}) {
      row(std::string(name) == "chain" ? "alone" : "under vector load", [&](const std::string& id) {
        const Measurement* one = best(std::string("clock/") + name, id);
        return one ? fmt::format("{:.2f}{}", one->value() / 1e9, mark(*one)) : "";
      });
    }
    launches();
    section("");
  }

  /// A launch case is a row for each way of measuring it: its parameters' values follow its name.
  static std::string launch_label(const schema::Key& key) {
    std::string label = key.case_name.substr(7);
    for (const auto& [axis, value] : key.parameters) {
      const std::string text = schema::to_string(value);
      if (axis == "idle_seconds") {
        if (text != "0") label += " idle";
      } else {
        label += " " + text;
      }
    }
    return label;
  }

  void launches() {
    section("Launch and call cost");
    std::vector<std::string> labels;
    std::map<std::string, std::map<std::string, const Measurement*>> rows;
    for (const Measurement& one : all_) {
      if (one.family() != "launch") continue;
      const std::string label = launch_label(one.key);
      if (!rows.contains(label)) labels.push_back(label);
      rows[label][one.key.processor] = &one;
    }
    for (const std::string& label : labels) {
      row(label, [&](const std::string& id) {
        const auto found = rows[label].find(id);
        return found == rows[label].end()
                   ? ""
                   : seconds_text(found->second->value()) + mark(*found->second);
      });
    }
  }

  std::string status_instead(const std::string& case_name, const std::string& id) const {
    for (const schema::Block& block : log_.blocks) {
      if (block.key.case_name != case_name || block.key.processor != id) continue;
      if (block.status == schema::Status::suspect || block.status == schema::Status::wrong ||
          block.status == schema::Status::failed) {
        return to_string(block.status);
      }
    }
    return "";
  }

  static std::string mark(const Measurement& one) { return disturbed(one) ? "~" : ""; }

  /// Points of one case over its working sets, the best of its other parameters at each.
  std::map<std::int64_t, const Measurement*> curve(const std::string& case_name,
                                                   const std::string& id) const {
    std::map<std::int64_t, const Measurement*> points;
    for (const Measurement& one : all_) {
      const auto bytes = whole(one.key, "bytes");
      if (one.key.case_name != case_name || one.key.processor != id || !bytes) continue;
      if (analysis::text(one.key, "pages") == "huge") continue;
      const Measurement*& place = points[*bytes];
      if (!place || direction(one.metric) * (one.value() - place->value()) > 0) place = &one;
    }
    return points;
  }

  void memory_levels(const std::string& id) {
    auto latency = curve("latency/chase", id);
    const auto read = curve("bandwidth/read", id);
    const auto& leading = latency.size() >= read.size() ? latency : read;
    std::vector<CurvePoint> points;
    for (const auto& [bytes, one] : leading) {
      points.push_back({static_cast<double>(bytes), one->value()});
    }
    if (points.size() < 2) return;
    out_ +=
        fmt::format("\n{:<26}{:>8}{:>8}{:>8}{:>8}{:>22}\n", fmt::format("Memory of {}, GB/s", id),
                    "read", "write", "copy", "triad", "latency");
    for (const Plateau& level : plateaus(points)) {
      std::string line = fmt::format(
          "  {:<22}",
          level.from_bytes == level.to_bytes
              ? bytes_text(level.to_bytes)
              : fmt::format("{} - {}", bytes_text(level.from_bytes), bytes_text(level.to_bytes)));
      for (const char* name : {"read", "write", "copy", "triad"}) {
        line += fmt::format("{:>8}", bandwidth_in(std::string("bandwidth/") + name, id, level));
      }
      out_ += line + fmt::format("{:>22}\n", latency_in(latency, level));
    }
  }

  static bool within(std::int64_t bytes, const Plateau& level) {
    const auto size = static_cast<double>(bytes);
    return size >= level.from_bytes * 0.999 && size <= level.to_bytes * 1.001;
  }

  /// Median over the level's sizes: the smallest ones of all cores together may still fit a level
  /// above.
  std::string bandwidth_in(const std::string& case_name, const std::string& id,
                           const Plateau& level) const {
    std::vector<double> values;
    bool any_disturbed = false;
    for (const auto& [bytes, one] : curve(case_name, id)) {
      if (!within(bytes, level)) continue;
      values.push_back(one->value());
      any_disturbed |= disturbed(*one);
    }
    if (values.empty()) return "-";
    return three_digits(median(values) / 1e9) + (any_disturbed ? "~" : "");
  }

  static std::string latency_in(const std::map<std::int64_t, const Measurement*>& points,
                                const Plateau& level) {
    const Measurement* found = nullptr;
    for (const auto& [bytes, one] : points) {
      if (within(bytes, level) && (!found || one->value() < found->value())) found = one;
    }
    if (!found) return "-";
    const std::string cycles = found->clock_hertz > 0
                                   ? fmt::format(" {:.1f} cy", found->value() * found->clock_hertz)
                                   : "";
    return seconds_text(found->value()) + mark(*found) + cycles;
  }

  void transfers() {
    std::string rows;
    for (const TransferSeries& one : fit_transfers(log_.blocks)) {
      if (one.points.size() < 4) continue;
      const std::string allocation = one.parameters.contains("allocation")
                                         ? " " + schema::to_string(one.parameters.at("allocation"))
                                         : "";
      const auto rate = one.fit.bytes_per_second();
      const std::string verdict =
          one.fit.verdict == TransferFit::Verdict::affine ? "" : to_string(one.fit.verdict);
      rows += fmt::format("  {:<34}{:<10}{:>10}{:>10}  {}\n", one.case_name.substr(9) + allocation,
                          one.processor,
                          one.fit.alpha_seconds ? seconds_text(*one.fit.alpha_seconds) : "-",
                          rate ? three_digits(*rate / 1e9) : "-", verdict);
    }
    if (rows.empty()) return;
    out_ += fmt::format("\n{:<36}{:<10}{:>10}{:>10}\n{}", "Transfers", "", "alpha", "GB/s", rows);
  }

  void counts() {
    std::map<std::string, std::size_t> statuses, kinds;
    for (const schema::Block& block : log_.blocks) {
      ++statuses[to_string(block.status)];
      for (const schema::Finding& finding : block.findings) ++kinds[finding.kind];
    }
    out_ += "\n" + wrapped("Blocks", statuses);
    if (!kinds.empty()) out_ += wrapped("Findings (~: in half the blocks or more)", kinds);
    if (!log_.ends.empty()) {
      const schema::End& end = log_.ends.back();
      out_ += fmt::format("Took {:.0f} s, {:.1f} % of it the harness' own. {}\n", end.wall_seconds,
                          100 * end.harness_share,
                          end.reason == "complete" ? "" : "Ended by: " + end.reason + ".");
    } else {
      out_ += "No end line: the run did not finish.\n";
    }
  }

  static std::string wrapped(const std::string& title,
                             const std::map<std::string, std::size_t>& counts) {
    std::string lines, line = title + ":";
    for (const auto& [name, count] : counts) {
      const std::string item = fmt::format(" {} {}", name, count);
      if (line.size() + item.size() > 80) {
        lines += line + "\n";
        line = " ";
      }
      line += item;
    }
    return lines + line + "\n";
  }

  const schema::Log& log_;
  std::vector<Measurement> all_;
  std::vector<std::string> processors_, shown_;
  std::string out_, rows_, pending_title_;
};

}  // namespace

std::string summary(const schema::Log& log) {
  return Summary(log).text();
}

}  // namespace motley::analysis
