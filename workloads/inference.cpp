#include "workloads/inference.hpp"

#include "workloads/graph/fuse.hpp"

namespace motley::workloads {

Model inference_model(const InferenceOptions& options) {
  Model model = build_model(options.model, {options.batch, false});
  fuse(model.graph);
  return model;
}

Inference::Inference(const InferenceOptions& options, const Places& places, const Chooser& chooser)
    : model_(inference_model(options)) {
  PlanOptions plan;
  plan.constant_parameters = true;
  execution_ = std::make_unique<Execution>(
      make_plan(model_.graph, {&places.processor}, chooser, plan),
      std::vector<Processor*>{&places.processor}, std::vector<Queue*>{&places.queue});
  execution_->initialize(options.seed);
  execution_->set_values(model_.input, random_input(model_, options.seed));
}

}  // namespace motley::workloads
