#include "workloads/network_profile.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/statistics.hpp"
#include "workloads/tuning_file.hpp"

namespace motley::workloads {
namespace {

constexpr std::uint64_t profiles_taken = 7;
constexpr double tolerated_profiler_cost = 0.1;
constexpr double whole_run_tolerance = 1e-5;
/// So that a decoder's attention has something to look at.
constexpr std::int64_t tokens_before_check = 3;

double work_groups(const Range& range) {
  std::size_t groups = 1;
  for (unsigned i = 0; i < range.dimensions; ++i) {
    const std::size_t local = std::max<std::size_t>(range.local[i], 1);
    groups *= (range.global[i] + local - 1) / local;
  }
  return double(groups);
}

using Figures = std::map<std::string, std::map<std::string, double>>;

/// How the operator is cut into launches, and these into pieces that run side by side.
void add_launches(const Lowered& lowered, const Processor& processor, const std::string& name,
                  Figures& to) {
  double launches = 0, groups = 0;
  unsigned members = 0;
  bool has_groups = true;
  for (const Launch& launch : lowered.launches) {
    if (launch.once) continue;
    ++launches;
    has_groups = has_groups && launch.range.local[0] > 0;
    if (has_groups) groups += work_groups(launch.range);
    const unsigned limit = launch.kernel.cpu_members;
    members = std::max(members, limit == 0 ? processor.members() : limit);
  }
  to["operator_launches"][name] = launches;
  if (launches == 0) return;
  if (processor.members() > 0) {
    to["operator_members"][name] = std::min(members, processor.members());
  } else if (has_groups) {
    to["operator_work_groups"][name] = groups;
  }
}

/// What predicts an operator's time, by its name.
void add_shapes(Execution& execution, Figures& to) {
  const Plan& plan = execution.plan();
  for (std::size_t i = 0; i < plan.graph.operators().size(); ++i) {
    if (plan.is_constant(i) || plan.elided.contains(i)) continue;
    const Operator& op = plan.graph.operators()[i];
    const Lowered& lowered = plan.lowered[i];
    add_launches(lowered, execution.processor(plan.place_of[i]), op.name, to);
    if (plan.on_one_core && plan.place_of[i] == 0) to["operator_members"][op.name] = 1;
    const TensorType& type = plan.graph.tensor(op.outputs.front()).type;
    const double columns = type.shape.empty() ? 1 : double(type.shape.back());
    to["operator_columns"][op.name] = columns;
    to["operator_rows"][op.name] = double(type.elements()) / std::max(1.0, columns);
    if (!lowered.executed_work) continue;
    to["operator_executed_flops"][op.name] = lowered.executed_work->flops;
    to["operator_executed_bytes"][op.name] =
        lowered.executed_work->bytes_read + lowered.executed_work->bytes_written;
  }
}

std::vector<schema::OperatorTime> operator_times(const Plan& plan, const Timeline& times) {
  std::vector<schema::OperatorTime> result;
  for (const OperatorTime& one : times.operators) {
    if (plan.is_constant(one.op)) continue;
    const Operator& op = plan.graph.operators()[one.op];
    const schema::Work work = operator_kind(op.kind).work(plan.graph.call(op));
    result.push_back({op.name, op.kind, to_string(op.phase), to_string(plan.choices[one.op]),
                      one.seconds, one.copy_seconds, work.flops,
                      work.bytes_read + work.bytes_written});
  }
  return result;
}

}  // namespace

RunProfile profile_of(Execution& execution, const RunScalars& scalars, std::uint64_t first_run,
                      std::uint64_t runs) {
  Clock& clock = steady_clock();
  std::vector<Timeline> profiles;
  std::vector<double> whole;  // in turn with the profiled ones
  for (std::uint64_t i = 0; i < profiles_taken; ++i) {
    const double started = clock.seconds();
    for (std::uint64_t run = 0; run < runs; ++run) {
      execution.run(scalars, first_run + 2 * i * runs + run);
    }
    execution.finish();
    whole.push_back((clock.seconds() - started) / double(runs));
    const auto times = execution.run_profiled(scalars, first_run + (2 * i + 1) * runs, runs, clock);
    profiles.push_back(timeline(execution.plan(), times, execution.device_at_0()));
  }
  const Timeline all = median_timeline(std::move(profiles));
  RunProfile profile;
  profile.timeline = {{"host", all.host},
                      {"host_calls", all.host_calls},
                      {"counts", all.counts},
                      {"run",
                       {{"profiled_seconds", all.wall_seconds},
                        {"whole_seconds", median(whole)},
                        {"unattributed_seconds", all.unattributed_seconds}}}};
  if (all.wall_seconds > (1 + tolerated_profiler_cost) * median(whole)) {
    profile.timeline["counts"]["distorted"] = 1;
  }
  if (!all.device.empty()) {
    profile.timeline["device"] = all.device;
    profile.timeline["gap"] = all.gap;
    profile.timeline["gap_calls"] = all.gap_calls;
  }
  add_shapes(execution, profile.timeline);
  profile.operators = operator_times(execution.plan(), all);
  profile.memory = execution.plan().memory();
  return profile;
}

schema::Work work_of(const Graph& graph) {
  schema::Work work;
  const std::set<TensorId> constants = constant_tensors(graph);
  for (const Operator& op : graph.operators()) {
    if (constants.contains(graph.root(op.outputs.front()))) continue;  // once, not in each run
    const schema::Work one = operator_kind(op.kind).work(graph.call(op));
    work.flops += one.flops;
    work.bytes_read += one.bytes_read;
    work.bytes_written += one.bytes_written;
  }
  work.operations = 1;
  return work;
}

schema::Facts facts_of(const Plan& plan) {
  std::map<std::string, int> used;
  std::string tuning;  // which operator has which choice, in order
  for (std::size_t op = 0; op < plan.choices.size(); ++op) {
    const std::string one = plan.graph.operators()[op].kind + ": " + to_string(plan.choices[op]);
    ++used[one];
    tuning += one + "\n";
  }
  std::vector<std::string> implementations;
  for (const auto& [what, count] : used) {
    implementations.push_back(fmt::format("{} x{}", what, count));
  }
  const Counts macs = counts(plan.graph);
  schema::Facts facts = {{"implementations", implementations},
                         {"tuning", short_hash(tuning)},
                         {"parameters", macs.parameters},
                         {"macs", macs.forward_macs + macs.backward_macs}};
  std::vector<std::string> on_host;
  for (const auto& [op, why] : plan.placed_on_host) {
    on_host.push_back(plan.graph.operators()[op].name + ": " + why);
  }
  if (!on_host.empty()) facts["placed_on_cpu"] = on_host;
  if (plan.on_one_core) facts["members"] = std::int64_t{1};
  return facts;
}

NetworkCheck::NetworkCheck(Training& training, std::uint64_t steps)
    : execution_(training.execution()) {
  const Model& model = training.model();
  watched_.push_back(model.loss);
  for (TensorId id = 0; id < model.graph.tensors().size(); ++id) {
    const Tensor& tensor = model.graph.tensor(id);
    if (tensor.role == Role::parameter && tensor.view_of == no_tensor) watched_.push_back(id);
  }
  error_ = training.check_step(worst_);
  while (training.steps() < steps) training.step();
  remember();
}

NetworkCheck::NetworkCheck(Inference& inference) : execution_(inference.execution()) {
  watched_.push_back(inference.model().output);
  reset(inference);
  error_ = execution_.check(inference.scalars(), worst_);
  remember();
}

void NetworkCheck::reset(Inference& inference) {
  inference.reset();
  if (!inference.decodes()) return;
  const std::int64_t tokens = std::min(tokens_before_check, inference.model().positions - 1);
  for (std::int64_t i = 0; i < tokens; ++i) inference.run();
  inference.execution().finish();
}

void NetworkCheck::remember() {
  for (const TensorId id : watched_) expected_.push_back(execution_.values(id));
}

double NetworkCheck::error() const {
  double error = error_;
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    const double moved = normalised_error(execution_.values(watched_[i]), expected_[i]);
    error = std::max(error, moved / whole_run_tolerance);
  }
  return error;
}

}  // namespace motley::workloads
