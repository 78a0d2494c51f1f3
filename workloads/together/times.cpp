// Where the time of a run on several processors went. A CPU's steps took as long as its thread was
// in them; a device's as long as its commands ran. A place that does nothing while its thread waits
// for another place synchronises; what else it does not explain is `other`.
#include <algorithm>

#include "workloads/together/together.hpp"

namespace motley::workloads {
namespace {

using Action = PlanStep::Action;

struct Interval {
  double begin, end;
};

/// Sorted, and none begins before another has ended.
std::vector<Interval> merged(std::vector<Interval> all) {
  std::sort(all.begin(), all.end(),
            [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  std::vector<Interval> result;
  for (const Interval& one : all) {
    if (!result.empty() && one.begin <= result.back().end) {
      result.back().end = std::max(result.back().end, one.end);
    } else {
      result.push_back(one);
    }
  }
  return result;
}

double length(const std::vector<Interval>& all) {
  double sum = 0;
  for (const Interval& one : all) sum += one.end - one.begin;
  return sum;
}

/// What of `all` lies outside `other`; both merged.
double length_outside(const std::vector<Interval>& all, const std::vector<Interval>& other) {
  double sum = length(all);
  for (const Interval& a : all) {
    for (const Interval& b : other) {
      sum -= std::max(0.0, std::min(a.end, b.end) - std::max(a.begin, b.begin));
    }
  }
  return sum;
}

bool is_conversion(const std::string& kind) {
  return kind == "slice" || kind == "concatenate" || kind == "convert_layout";
}
bool is_transfer(Action action) {
  return action == Action::upload || action == Action::download || action == Action::fetch ||
         action == Action::send;
}

struct Busy {
  std::vector<Interval> compute, all, waits;
};

void count(const Plan& plan, std::size_t step, const CrewStep& times, bool on_device,
           PlaceTimes& place, Busy& busy) {
  const PlanStep& one = plan.steps[step];
  std::vector<Interval> ran;
  for (const StepTime::Command& command : times.commands) {
    ran.push_back({command.started, command.ended});
  }
  if (!on_device) ran.push_back({times.host_started, times.host_ended});
  const double seconds = length(ran);
  busy.all.insert(busy.all.end(), ran.begin(), ran.end());
  busy.waits.push_back({times.wait_started, times.wait_ended});
  if (one.action == Action::launch) {
    const bool converts = is_conversion(plan.graph.operators()[one.op].kind);
    (converts ? place.conversion : place.compute) += seconds;
    if (!converts) busy.compute.insert(busy.compute.end(), ran.begin(), ran.end());
    ++place.operators;
  } else if (is_transfer(one.action) && times.copied) {
    place.transfer += seconds;
    ++place.transfers;
    place.transferred_bytes += double(plan.graph.tensor(one.tensor).type.bytes());
  }
}

/// Seconds in which two places or more are busy.
double overlap(const std::vector<Busy>& places) {
  std::vector<std::pair<double, int>> changes;
  for (const Busy& place : places) {
    for (const Interval& one : merged(place.compute)) {
      changes.emplace_back(one.begin, 1);
      changes.emplace_back(one.end, -1);
    }
  }
  std::sort(changes.begin(), changes.end());
  double sum = 0, since = 0;
  int at_once = 0;
  for (const auto& [when, change] : changes) {
    if (at_once >= 2) sum += when - since;
    at_once += change;
    since = when;
  }
  return sum;
}

}  // namespace

TogetherTimes times_of(const Execution& execution, const CrewRun& run) {
  const Plan& plan = execution.plan();
  TogetherTimes result;
  result.makespan = run.ended - run.started;
  result.places.resize(plan.memory_of.size());
  std::vector<Busy> busy(result.places.size());
  for (std::size_t step = 0; step < plan.steps.size(); ++step) {
    const std::size_t place = plan.steps[step].place;
    const bool on_device = execution.on_device(place);
    count(plan, step, run.steps[step], on_device, result.places[place], busy[place]);
    result.crossings += double(plan.steps[step].waits.size());
  }
  for (std::size_t place = 0; place < busy.size(); ++place) {
    PlaceTimes& one = result.places[place];
    one.processor = execution.processor_id(place);
    one.synchronisation = length_outside(merged(busy[place].waits), merged(busy[place].all));
    one.other = result.makespan - one.compute - one.transfer - one.conversion - one.synchronisation;
  }
  result.overlap_share = result.makespan > 0 ? overlap(busy) / result.makespan : 0;
  return result;
}

TogetherTimes median_times(std::vector<TogetherTimes> runs) {
  if (runs.empty()) return {};
  std::sort(runs.begin(), runs.end(),
            [](const TogetherTimes& a, const TogetherTimes& b) { return a.makespan < b.makespan; });
  return runs[runs.size() / 2];
}

}  // namespace motley::workloads
