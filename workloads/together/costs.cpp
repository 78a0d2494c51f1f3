#include "workloads/together/costs.hpp"

#include <algorithm>

#include "harness/clock.hpp"
#include "harness/statistics.hpp"
#include "workloads/graph/timeline.hpp"
#include "workloads/together/awake.hpp"
#include "workloads/together/crew.hpp"
#include "workloads/training.hpp"

namespace motley::workloads {
namespace {

constexpr int warm_up_runs = 2, timed_runs = 5, timed_transfers = 7;

double transfer_seconds(Queue& queue, Buffer& buffer, std::vector<std::byte>& host) {
  std::vector<double> all;
  for (int i = 0; i < timed_transfers; ++i) {
    const double started = steady_clock().seconds();
    queue.write(buffer, host.data(), host.size());
    queue.finish();
    const double written = steady_clock().seconds();
    queue.read(buffer, host.data(), host.size());
    queue.finish();
    all.push_back((written - started + (steady_clock().seconds() - written)) / 2);
  }
  return median(all);
}

}  // namespace

std::map<std::string, double> operator_seconds(const Model& model, Processor& processor,
                                               const Chooser& chooser, std::uint64_t seed) {
  const Awake awake(&processor);
  const auto queue = processor.queue();
  PlanOptions options;
  options.constant_parameters = true;
  Execution execution(make_plan(model.graph, {&processor}, chooser, options), {&processor},
                      {queue.get()});
  execution.initialize(seed);
  execution.set_values(model.input, random_input(model, seed));
  for (int i = 0; i < warm_up_runs; ++i) execution.run(model.graph.scalars, 0);
  std::vector<Timeline> runs;
  std::vector<double> whole;
  for (int i = 0; i < timed_runs; ++i) {
    const double started = steady_clock().seconds();
    execution.run(model.graph.scalars, 0);
    execution.finish();
    whole.push_back(steady_clock().seconds() - started);
    const auto times = execution.run_profiled(model.graph.scalars, 0, 1, steady_clock());
    runs.push_back(timeline(execution.plan(), times, execution.device_at_0()));
  }
  std::map<std::string, double> result;
  double sum = 0;
  for (const OperatorTime& one : median_timeline(std::move(runs)).operators) {
    if (execution.plan().is_constant(one.op)) continue;
    result[model.graph.operators()[one.op].name] = one.seconds;
    sum += one.seconds;
  }
  // What a device does not compute in is the way of its commands, which each of them has.
  const double way =
      std::max(0.0, median(whole) - sum) / double(std::max<std::size_t>(1, result.size()));
  for (auto& [name, seconds] : result) seconds += way;
  return result;
}

LinkCost link_cost(Processor& processor) {
  if (processor.members() > 0) return {};
  constexpr std::size_t few = 4096, many = 4 << 20;
  const auto queue = processor.queue();
  const auto buffer = processor.allocate(many);
  std::vector<std::byte> small(few), large(many);
  const double least = transfer_seconds(*queue, *buffer, small);
  const double most = transfer_seconds(*queue, *buffer, large);
  const double per_byte = std::max(0.0, (most - least) / double(many - few));
  return {0, per_byte};
}

double crossing_seconds(const Partner& one, const Partner& other, Synchronisation synchronisation) {
  constexpr int operators = 8;
  Graph graph;
  TensorId x = graph.add_tensor({"x", {{4, 4}}, Role::input, {}, no_tensor});
  std::map<std::string, std::size_t> alternating, halves;
  for (int i = 0; i < operators; ++i) {
    const std::string name = "r" + std::to_string(i);
    x = graph.add("relu", name, {x}).front();
    if (i % 2 == 1) alternating[name] = 1;
    if (i >= operators / 2) halves[name] = 1;
  }
  graph.tensor(x).role = Role::output;
  const auto seconds = [&](const std::map<std::string, std::size_t>& places) {
    const auto first = one.processor.queue(), second = other.processor.queue();
    PlanOptions options;
    options.places = places;
    const std::vector<Processor*> processors = {&one.processor, &other.processor};
    Execution execution(make_plan(graph, processors, by_processor({one, other}), options),
                        processors, {first.get(), second.get()});
    execution.initialize(1);
    execution.set_values(graph.find("x"), Values(16, 1));
    Crew crew(execution, synchronisation);
    std::vector<double> all;
    crew.repeat({}, steady_clock(), [&](double taken) {
      all.push_back(taken);
      return all.size() < 4 * timed_runs;
    });
    return median(all);
  };
  // As many operators on each place, with one crossing and with seven.
  return std::max(0.0, (seconds(alternating) - seconds(halves)) / (operators - 2));
}

}  // namespace motley::workloads
