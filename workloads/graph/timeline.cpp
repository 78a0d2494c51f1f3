#include "workloads/graph/timeline.hpp"

#include <algorithm>

#include "harness/statistics.hpp"
#include "workloads/graph/memory_plan.hpp"

namespace motley::workloads {
namespace {

using Action = PlanStep::Action;

struct Span {
  double begin, end;
  std::string what;
  std::string call = {};  ///< of the host's: which call it is in
};

bool is_copy(Action action) {
  return action == Action::upload || action == Action::download ||
         action == Action::upload_staging || action == Action::download_staging ||
         action == Action::fetch || action == Action::send || action == Action::map ||
         action == Action::unmap;
}
bool is_map(Action action) {
  return action == Action::map || action == Action::unmap;
}
/// What goes through the staging buffers is converted, which may take more bytes.
double bytes_moved(const Plan& plan, const PlanStep& step) {
  const TensorType& type = plan.graph.tensor(step.tensor).type;
  const bool staged =
      step.action == Action::upload_staging || step.action == Action::download_staging;
  return double((staged ? converted_type(type) : type).bytes());
}
bool is_conversion(Action action) {
  return action == Action::convert_out || action == Action::convert_in;
}
bool to_host(Action action) {
  return action == Action::download || action == Action::download_staging ||
         action == Action::fetch || action == Action::map;
}

/// What the host does in a step.
std::string host_activity(const PlanStep& step, bool on_device) {
  if (!on_device) return is_copy(step.action) ? "copy" : "compute";
  return step.blocking ? "blocked" : "submit";
}

/// Which call that is: of a device's queue, or what the host itself does.
std::string host_call(const PlanStep& step, bool on_device) {
  if (!on_device) return is_conversion(step.action) ? "convert" : host_activity(step, on_device);
  switch (step.action) {
    case Action::launch:
      return "launch";
    case Action::convert_out:
    case Action::convert_in:
      return "convert";
    case Action::map:
      return "map";
    case Action::unmap:
      return "unmap";
    case Action::flush:
      return "flush";
    default:
      return to_host(step.action) ? "read" : "write";
  }
}

std::string device_activity(const Plan& plan, const PlanStep& step) {
  if (is_conversion(step.action)) return "convert";
  if (is_copy(step.action)) return to_host(step.action) ? "device_to_host" : "host_to_device";
  return to_string(plan.graph.operators()[step.op].phase);
}

std::ptrdiff_t launches(const Lowered& lowered) {
  return std::count_if(lowered.launches.begin(), lowered.launches.end(),
                       [](const Launch& launch) { return !launch.once; });
}

class Accounts {
 public:
  Accounts(const Plan& plan, const std::vector<StepTime>& times, bool device_at_0)
      : plan_(plan), times_(times), device_at_0_(device_at_0) {}

  Timeline close() {
    for (std::size_t op = 0; op < plan_.graph.operators().size(); ++op) {
      result_.operators.push_back({op, 0, 0});
    }
    const std::size_t steps = plan_.steps.size();
    for (std::size_t i = 0; i + 1 < times_.size(); ++i) {
      if (times_[i].ran) count(plan_.steps[i % steps], times_[i]);
    }
    const StepTime& end = times_.back();
    host_.push_back({end.host_started, end.host_ended, device_at_0_ ? "blocked" : "other",
                     device_at_0_ ? "finish" : "other"});
    if (device_at_0_) ++result_.counts["waits"];
    double first = end.host_started;
    for (const Span& span : host_) first = std::min(first, span.begin);
    result_.wall_seconds = end.host_ended - first;
    close_host();
    if (!device_.empty()) {
      close_device(first, end.host_ended);
    } else if (device_at_0_) {  // its clock said nothing that could be told apart
      result_.unattributed_seconds = result_.wall_seconds;
    }
    share_out(double(times_.size() - 1) / double(steps));
    return std::move(result_);
  }

 private:
  bool on_device(const PlanStep& step) const { return device_at_0_ && step.place == 0; }

  void count(const PlanStep& step, const StepTime& time) {
    host_.push_back({time.host_started, time.host_ended, host_activity(step, on_device(step)),
                     host_call(step, on_device(step))});
    if (on_device(step) && step.blocking) ++result_.counts["waits"];
    double seconds = time.host_ended - time.host_started;
    if (on_device(step)) {
      seconds = 0;
      for (const StepTime::Command& command : time.commands) {
        seconds += command.ended - command.started;
        device_.push_back({command.started, command.ended, device_activity(plan_, step)});
      }
    }
    OperatorTime& of = result_.operators[step.op];
    const bool computes = step.action == Action::launch;
    (computes ? of.seconds : of.copy_seconds) += seconds;
    if (computes) result_.counts["launches"] += double(launches(plan_.lowered[step.op]));
    if (is_conversion(step.action)) ++result_.counts["conversions"];
    const bool within_host = device_at_0_ && !on_device(step);
    if (!is_copy(step.action) || within_host || !time.copied) return;
    ++result_.counts[is_map(step.action) ? "maps" : "copies"];
    if (is_map(step.action)) return;
    const std::string direction = to_host(step.action) ? "to_host" : "to_device";
    ++result_.counts["copies_" + direction];
    if (step.blocking) ++result_.counts["blocking_copies"];
    result_.counts["bytes_" + direction] += bytes_moved(plan_, step);
  }

  /// All figures are those of one run.
  void share_out(double runs) {
    for (auto* figures : {&result_.host, &result_.device, &result_.gap, &result_.host_calls,
                          &result_.gap_calls, &result_.counts}) {
      for (auto& [name, value] : *figures) value /= runs;
    }
    for (OperatorTime& one : result_.operators) {
      one.seconds /= runs;
      one.copy_seconds /= runs;
    }
    result_.wall_seconds /= runs;
    result_.unattributed_seconds /= runs;
  }

  void close_host() {
    double known = 0;
    for (const Span& span : host_) {
      result_.host[span.what] += span.end - span.begin;
      result_.host_calls[span.call] += span.end - span.begin;
      known += span.end - span.begin;
    }
    const double between = std::max(0.0, result_.wall_seconds - known);
    result_.host["other"] += between;
    result_.host_calls["other"] += between;
    result_.unattributed_seconds = result_.host["other"];
  }

  /// Commands of an in-order queue do not overlap but by what clocks are wrong: a later one counts
  /// from the end of the one before.
  void close_device(double first, double last) {
    std::sort(device_.begin(), device_.end(),
              [](const Span& a, const Span& b) { return a.begin < b.begin; });
    double reached = first;
    double explained = 0, cut = 0;
    for (const Span& span : device_) {
      if (span.begin > reached) charge_gap(reached, std::min(span.begin, last));
      const double begin = std::clamp(span.begin, reached, last);
      const double end = std::clamp(span.end, begin, last);
      result_.device[span.what] += end - begin;
      explained += end - begin;
      cut += (span.end - span.begin) - (end - begin);
      reached = std::max(reached, end);
    }
    if (reached < last) charge_gap(reached, last);
    explained += result_.device["gap"];
    result_.unattributed_seconds =
        std::max(0.0, result_.wall_seconds - explained) + result_.gap["other"] + cut;
  }

  /// Gaps come in the order of time, as the host's calls do.
  void charge_gap(double begin, double end) {
    result_.device["gap"] += end - begin;
    double charged = 0;
    while (host_at_ < host_.size() && host_[host_at_].end <= begin) ++host_at_;
    for (std::size_t i = host_at_; i < host_.size() && host_[i].begin < end; ++i) {
      const Span& span = host_[i];
      const double overlap = std::min(end, span.end) - std::max(begin, span.begin);
      if (overlap <= 0) continue;
      result_.gap[span.what] += overlap;
      result_.gap_calls[span.call] += overlap;
      charged += overlap;
    }
    const double uncharged = std::max(0.0, end - begin - charged);
    result_.gap["other"] += uncharged;
    result_.gap_calls["other"] += uncharged;
  }

  const Plan& plan_;
  const std::vector<StepTime>& times_;
  bool device_at_0_;
  std::vector<Span> host_, device_;
  std::size_t host_at_ = 0;  ///< calls before it end before the next gap
  Timeline result_;
};

template <class F>
double median_of(const std::vector<Timeline>& runs, F figure) {
  std::vector<double> values;
  for (const Timeline& run : runs) values.push_back(figure(run));
  return median(values);
}

}  // namespace

Timeline timeline(const Plan& plan, const std::vector<StepTime>& times, bool device_at_0) {
  return Accounts(plan, times, device_at_0).close();
}

Timeline median_timeline(std::vector<Timeline> runs) {
  if (runs.empty()) return {};
  std::sort(runs.begin(), runs.end(),
            [](const Timeline& a, const Timeline& b) { return a.wall_seconds < b.wall_seconds; });
  Timeline result = runs[runs.size() / 2];
  for (std::size_t op = 0; op < result.operators.size(); ++op) {
    const auto of = [op](double OperatorTime::*figure) {
      return [op, figure](const Timeline& run) { return run.operators[op].*figure; };
    };
    result.operators[op].seconds = median_of(runs, of(&OperatorTime::seconds));
    result.operators[op].copy_seconds = median_of(runs, of(&OperatorTime::copy_seconds));
  }
  return result;
}

}  // namespace motley::workloads
