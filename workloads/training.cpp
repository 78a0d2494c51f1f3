#include "workloads/training.hpp"

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/graph/fuse.hpp"

namespace motley::workloads {

Model training_model(const TrainingOptions& options) {
  BuildOptions build;
  build.batch = options.batch;
  build.training = true;
  Model model = build_model(options.model, build);
  fuse(model.graph);
  const auto gradients = differentiate(model.graph, model.loss);
  add_optimizer(model.graph, gradients, options.optimizer, options.learning_rate);
  model.graph.scalars["seed"] = double(options.seed % (1 << 24));  // of dropout: exact as float
  return model;
}

Values random_input(const Model& model, std::uint64_t seed) {
  const TensorType& type = model.graph.tensor(model.input).type;
  Content content;
  if (type.dtype == DataType::i32) {  // tokens: the first table that reads them says how many
    content.kind = Content::Kind::index;
    for (const Operator& op : model.graph.operators()) {
      for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        if (op.inputs[i] != model.input) continue;
        content = operator_kind(op.kind).content(model.graph.call(op), i);
      }
    }
  }
  return random_values(type, content, seed, 0);
}

Values random_labels(const Model& model, std::uint64_t seed) {
  const double classes = double(model.graph.tensor(model.output).type.shape.back());
  return random_values(model.graph.tensor(model.label).type, {Content::Kind::index, 0, classes},
                       seed, 1);
}

std::unique_ptr<Execution> start(const Model& model, const Places& places, const Chooser& chooser,
                                 PlanOptions options, const Fallback& fallback) {
  std::vector<Processor*> processors = {&places.processor};
  std::vector<Queue*> queues = {&places.queue};
  const bool shared = options.residency == Residency::shared;
  if ((shared || fallback.wanted()) && places.processor.members() == 0) {
    if (!places.host) {
      throw Error(
          "residency shared and fallback need the host's own processor beside the device (none was "
          "given). Give one.");
    }
    processors.push_back(places.host);
    queues.push_back(places.host_queue);
    options.fallback = fallback.when_unsupported;
    options.on_host = fallback.operators;
  }
  options.batch = model.graph.tensor(model.input).type.shape.front();
  return std::make_unique<Execution>(make_plan(model.graph, processors, chooser, options),
                                     processors, queues);
}

Training::Training(const TrainingOptions& options, const Places& places, const Chooser& chooser)
    : options_(options), model_(training_model(options)), scalars_(model_.graph.scalars) {
  PlanOptions plan;
  plan.residency = options.residency;
  plan.loss_period = options.loss_period;
  execution_ = start(model_, places, chooser, plan, options.fallback);
  reset();
  execution_->set_values(model_.input, random_input(model_, options.seed));
  if (model_.label != no_tensor) {
    execution_->set_values(model_.label, random_labels(model_, options.seed));
  }
}

void Training::step() {
  scalars_["step"] = double(steps_ + 1);
  execution_->run(scalars_, steps_);
  ++steps_;
}

double Training::check_step(std::string& worst) {
  scalars_["step"] = double(++steps_);
  return execution_->check(scalars_, worst);
}

void Training::reset() {
  execution_->finish();
  execution_->initialize(options_.seed);
  steps_ = 0;
}

double Training::loss() {
  return execution_->values(model_.loss).at(0);
}

}  // namespace motley::workloads
