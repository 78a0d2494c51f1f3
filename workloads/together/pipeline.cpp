#include "workloads/together/pipeline.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/statistics.hpp"
#include "workloads/together/bounded_queue.hpp"
#include "workloads/together/one_layer.hpp"
#include "workloads/training.hpp"

namespace motley::workloads {

/// One inference on its way: what stages leave for later ones, by the whole network's numbers.
struct Pipeline::Item {
  std::size_t index = 0;
  std::map<TensorId, std::vector<std::byte>> tensors;
};

/// One stream.
struct Pipeline::Running {
  struct Visit {
    double started = 0, ended = 0;
  };
  struct Waits {
    double starved = 0, blocked = 0;
  };
  double started = 0;
  std::vector<std::vector<Visit>> visits;  ///< [stage][inference]
  std::vector<Waits> waits;                ///< of each stage
  /// In front of each stage, and of who gives items back.
  std::vector<std::unique_ptr<BoundedQueue<Item*>>> queues;
  std::vector<std::string> processors;
  std::mutex mutex;
  std::exception_ptr trouble;
};

Pipeline::Pipeline(const PipelineOptions& options, const std::vector<Partner>& partners)
    : options_(options), model_(network(options.model, options.batch, options.seed)) {
  if (options.cuts.size() + 1 != partners.size()) {
    throw BadArgument(fmt::format("{} cuts for {} processors (each computes one stage). Give {}.",
                                  options.cuts.size(), partners.size(), partners.size() - 1));
  }
  if (options.depth < 1) throw BadArgument("queues of 0 (nothing could pass). Give 1 or more.");
  stages_ = stages_of(model_, options.cuts);
  PlanOptions plan;
  plan.constant_parameters = true;
  plan.batch = options.batch;
  for (std::size_t k = 0; k < stages_.size(); ++k) {
    Processor& processor = partners[k].processor;
    queues_.push_back(processor.queue());
    executions_.push_back(std::make_unique<Execution>(
        make_plan(stages_[k].graph, {&processor}, partners[k].chooser, plan),
        std::vector<Processor*>{&processor}, std::vector<Queue*>{queues_.back().get()}));
    executions_.back()->initialize(options.seed);
  }
  set_input(random_input(model_, options.seed));
}

void Pipeline::set_input(std::span<const double> values) {
  input_ = to_bytes(model_.graph.tensor(model_.input).type, values);
}

Values Pipeline::output() const {
  return to_values(model_.graph.tensor(model_.graph.root(model_.output)).type, output_);
}

double Pipeline::bytes_between() const {
  double bytes = 0;
  for (const Stage& stage : stages_) {
    for (const auto& [whole, own] : stage.outputs) {
      if (whole != model_.graph.root(model_.output)) {
        bytes += double(model_.graph.tensor(whole).type.bytes());
      }
    }
  }
  return bytes;
}

PipelineTimes Pipeline::run(std::size_t inferences) {
  if (inferences == 0) throw BadArgument("a stream of 0 inferences. Give 1 or more.");
  Running running;
  running.visits.assign(stages(), std::vector<Running::Visit>(inferences));
  running.waits.resize(stages());
  // As many as fit into the queues and the stages: the last queue gives them back.
  std::vector<Item> items(stages() * (options_.depth + 1));
  for (std::size_t k = 0; k < stages(); ++k) {
    running.queues.push_back(std::make_unique<BoundedQueue<Item*>>(options_.depth));
    running.processors.push_back(executions_[k]->processor_id(0));
  }
  running.queues.push_back(std::make_unique<BoundedQueue<Item*>>(items.size()));
  for (Item& item : items) {
    for (const Stage& stage : stages_) {
      for (const auto& [whole, own] : stage.outputs) {
        item.tensors[whole].resize(model_.graph.tensor(whole).type.bytes());
      }
    }
    running.queues.back()->give(&item);
  }
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < stages(); ++k) {
    threads.emplace_back([this, k, &running] { work(k, running); });
  }
  running.started = steady_clock().seconds();
  for (std::size_t i = 0; i < inferences; ++i) {
    const std::optional<Item*> item = running.queues.back()->take();
    if (!item) break;
    (*item)->index = i;
    if (!running.queues.front()->give(*item)) break;
  }
  running.queues.front()->close();
  for (std::thread& thread : threads) thread.join();
  if (running.trouble) std::rethrow_exception(running.trouble);
  return times_of(running);
}

void Pipeline::work(std::size_t stage, Running& running) {
  Processor& processor = executions_[stage]->processor(0);
  Clock& clock = steady_clock();
  Running::Waits& waits = running.waits[stage];
  try {
    processor.wake();
    while (true) {
      const double idle = clock.seconds();
      const std::optional<Item*> item = running.queues[stage]->take();
      if (!item) break;
      const double started = clock.seconds();
      compute(stage, **item);
      const double ended = clock.seconds();
      running.visits[stage][(*item)->index] = {started, ended};
      if (!running.queues[stage + 1]->give(*item)) break;
      waits.starved += started - idle;
      waits.blocked += clock.seconds() - ended;
    }
  } catch (...) {
    const std::lock_guard lock(running.mutex);
    if (!running.trouble) running.trouble = std::current_exception();
    for (const auto& queue : running.queues) queue->close();
  }
  if (stage + 1 < stages()) running.queues[stage + 1]->close();
  processor.park();
}

void Pipeline::compute(std::size_t stage, Item& item) {
  Execution& execution = *executions_[stage];
  for (const auto& [whole, own] : stages_[stage].inputs) {
    const bool outside = whole == model_.graph.root(model_.input);
    execution.set_input(own, outside ? input_.data() : item.tensors.at(whole).data());
  }
  for (const auto& [whole, own] : stages_[stage].outputs) {
    execution.set_output(own, item.tensors.at(whole).data());
  }
  execution.run(execution.graph().scalars, 0);
  execution.finish();
  if (stage + 1 == stages()) output_ = item.tensors.at(model_.graph.root(model_.output));
}

PipelineTimes Pipeline::times_of(const Running& running) {
  PipelineTimes result;
  const auto& last = running.visits.back();
  result.fill = last.front().ended - running.started;
  result.makespan = last.back().ended - running.started;
  result.drain = last.back().ended - running.visits.front().back().ended;
  for (std::size_t i = 0; i < last.size(); ++i) {
    result.latency.push_back(last[i].ended - running.visits.front()[i].started);
  }
  double shortest = 1e300, longest = 0;
  for (std::size_t k = 0; k < running.visits.size(); ++k) {
    const auto& visits = running.visits[k];
    const double lasted = visits.back().ended - visits.front().started;
    result.period = std::max(result.period, lasted / double(visits.size()));
    StageTimes stage;
    stage.processor = running.processors[k];
    std::vector<double> all;
    for (const Running::Visit& visit : visits) {
      all.push_back(visit.ended - visit.started);
      stage.busy += all.back();
    }
    stage.service = median(all);
    stage.starved = running.waits[k].starved;
    stage.blocked = running.waits[k].blocked;
    shortest = std::min(shortest, stage.service);
    longest = std::max(longest, stage.service);
    result.stages.push_back(std::move(stage));
  }
  result.balance = longest > 0 ? shortest / longest : 0;
  return result;
}

}  // namespace motley::workloads
