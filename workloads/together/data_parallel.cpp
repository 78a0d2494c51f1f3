#include "workloads/together/data_parallel.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/graph/fuse.hpp"

namespace motley::workloads {
namespace {

std::string renamed(const std::string& name, std::size_t replica) {
  return replica == 0 ? name : fmt::format("{}/{}", name, replica);
}

/// Appends all of `from`, its names told apart; parameters are those of the first of their name.
std::map<TensorId, TensorId> append(Graph& to, Graph from, std::size_t replica) {
  std::map<TensorId, TensorId> made;
  for (TensorId id = 0; id < from.tensors().size(); ++id) {
    Tensor tensor = from.tensor(id);
    if (replica > 0 && tensor.role == Role::parameter && tensor.view_of == no_tensor) {
      made[id] = to.find(tensor.name);
      continue;
    }
    tensor.name = renamed(tensor.name, replica);
    if (tensor.view_of != no_tensor) tensor.view_of = made.at(tensor.view_of);
    made[id] = to.add_tensor(std::move(tensor));
  }
  for (Operator& op : from.take_operators()) {
    op.name = renamed(op.name, replica);
    for (TensorId& id : op.inputs) id = made.at(id);
    for (TensorId& id : op.outputs) id = made.at(id);
    to.append(std::move(op));
  }
  return made;
}

}  // namespace

DataParallel::DataParallel(const DataParallelOptions& options, const std::vector<Partner>& partners)
    : options_(options) {
  if (partners.size() != 2) throw BadArgument("a split batch needs two processors. Name two.");
  if (!(options.ratio >= 0 && options.ratio <= 1)) {
    throw BadArgument(fmt::format("ratio={} (a share lies from 0 to 1). Give one.", options.ratio));
  }
  if (options.training.residency != Residency::resident) {
    throw BadArgument(
        fmt::format("residency {} with several processors (who copies what is the "
                    "mode's own rule). Use resident.",
                    to_string(options.training.residency)));
  }
  const std::int64_t second = std::llround(options.ratio * double(options.training.batch));
  if (second < options.training.batch) replicas_.push_back({0, options.training.batch - second});
  if (second > 0) replicas_.push_back({1, second});
  add_replicas();
  add_updates();
  start(partners);
}

void DataParallel::add_replicas() {
  BuildOptions whole{options_.training.batch, true};
  const Model model = build_model(options_.training.model, whole);
  first_input_ = random_input(model, options_.training.seed);
  if (model.label != no_tensor) first_labels_ = random_labels(model, options_.training.seed);
  for (std::size_t k = 0; k < replicas_.size(); ++k) {
    Replica& replica = replicas_[k];
    Model part = build_model(options_.training.model, {replica.batch, true});
    fuse(part.graph);
    const auto gradients = differentiate(part.graph, part.loss);
    for (const Operator& op : part.graph.operators()) {
      if (replica.place != 0) places_[renamed(op.name, k)] = replica.place;
    }
    if (k == 0) {
      graph_.name = part.graph.name;
      graph_.scalars = part.graph.scalars;
    }
    const auto made = append(graph_, part.graph, k);
    replica.input = made.at(part.input);
    replica.loss = made.at(part.loss);
    if (part.label != no_tensor) replica.label = made.at(part.label);
    gradients_.emplace_back();
    for (const auto& [parameter, gradient] : gradients) {
      gradients_[k][made.at(parameter)] = made.at(gradient);
    }
  }
}

/// Times its share of the samples, where it was computed.
TensorId DataParallel::weighted(std::size_t replica, TensorId gradient) {
  const TensorType type = graph_.tensor(gradient).type;
  const std::string name = fmt::format("{}.weighted", graph_.tensor(gradient).name);
  const TensorId row =
      graph_.add_tensor({name + ".share", {{type.shape.back()}}, Role::statistic, {}, no_tensor});
  shares_[row] = double(replicas_[replica].batch) / double(options_.training.batch);
  if (replicas_[replica].place != 0) places_[name] = replicas_[replica].place;
  return graph_.add("multiply", name, {gradient, row}, {}, Phase::backward_weights).front();
}

void DataParallel::add_updates() {
  std::map<TensorId, TensorId> averaged = gradients_.front();
  if (replicas_.size() > 1) {
    for (auto& [parameter, gradient] : averaged) {
      const std::string name = graph_.tensor(parameter).name + ".average";
      const TensorId first = weighted(0, gradient);
      const TensorId second = weighted(1, gradients_[1].at(parameter));
      gradient = graph_.add("add", name, {first, second}, {}, Phase::backward_weights).front();
    }
  }
  add_optimizer(graph_, averaged, options_.training.optimizer, options_.training.learning_rate);
  if (replicas_.size() == 1 && replicas_.front().place != 0) {
    for (const Operator& op : graph_.operators()) places_[op.name] = replicas_.front().place;
  }
  graph_.scalars["seed"] = double(options_.training.seed % (1 << 24));
  scalars_ = graph_.scalars;
}

void DataParallel::start(const std::vector<Partner>& partners) {
  std::vector<Processor*> processors;
  std::vector<Queue*> queues;
  for (const Partner& one : partners) {
    processors.push_back(&one.processor);
    queues_.push_back(one.processor.queue());
    queues.push_back(queues_.back().get());
  }
  PlanOptions plan;
  plan.batch = options_.training.batch;
  plan.places = places_;
  execution_ = std::make_unique<Execution>(
      make_plan(graph_, processors, by_processor(partners), plan), processors, queues);
  execution_->initialize(options_.training.seed);
  for (const auto& [row, share] : shares_) {
    execution_->set_values(row, Values(std::size_t(graph_.tensor(row).type.elements()), share));
  }
  set_batch(first_input_, first_labels_);
  crew_ = std::make_unique<Crew>(*execution_, options_.synchronisation);
}

void DataParallel::set_batch(std::span<const double> input, std::span<const double> labels) {
  std::size_t input_at = 0, label_at = 0;
  for (const Replica& replica : replicas_) {
    const auto next = [&](TensorId id, std::span<const double> from, std::size_t& at) {
      const auto count = std::size_t(graph_.tensor(id).type.elements());
      execution_->set_values(id, from.subspan(at, count));
      at += count;
    };
    next(replica.input, input, input_at);
    if (replica.label != no_tensor) next(replica.label, labels, label_at);
  }
}

void DataParallel::step() {
  scalars_["step"] = double(++steps_);
  crew_->run(scalars_);
}

TogetherTimes DataParallel::step_timed() {
  scalars_["step"] = double(++steps_);
  return times_of(*execution_, crew_->run_timed(scalars_, steady_clock()));
}

double DataParallel::loss() {
  double sum = 0;
  for (const Replica& replica : replicas_) {
    sum += execution_->downloaded(replica.loss).at(0) * double(replica.batch);
  }
  return sum / double(options_.training.batch);
}

Values DataParallel::parameter(const std::string& name) {
  return execution_->values(graph_.find(name));
}

}  // namespace motley::workloads
