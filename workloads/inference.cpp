#include "workloads/inference.hpp"

#include <algorithm>

#include "workloads/graph/fuse.hpp"

namespace motley::workloads {

Model inference_model(const InferenceOptions& options) {
  Model model = build_model(options.model, {options.batch, false});
  fuse(model.graph);
  return model;
}

Inference::Inference(const InferenceOptions& options, const Places& places, const Chooser& chooser)
    : model_(inference_model(options)), scalars_(model_.graph.scalars) {
  PlanOptions plan;
  plan.constant_parameters = true;
  execution_ = start(model_, places, chooser, plan, options.fallback);
  execution_->initialize(options.seed);
  execution_->set_values(model_.input, random_input(model_, options.seed));
}

void Inference::run() {
  execution_->run(scalars_, 0);
  if (!decodes()) return;
  double& position = scalars_.at("position");
  position = position + 1 < double(model_.positions) ? position + 1 : 0;
}

void Inference::reset() {
  execution_->finish();
  if (!decodes()) return;
  scalars_.at("position") = 0;
  execution_->set_input(model_.input, nullptr);
}

void Inference::feed_back() {
  execution_->finish();
  const Values logits = execution_->downloaded(model_.output);
  const auto tokens = std::size_t(model_.graph.tensor(model_.output).type.shape.back());
  Values likeliest;
  for (auto row = logits.begin(); row != logits.end(); row += std::ptrdiff_t(tokens)) {
    likeliest.push_back(double(std::max_element(row, row + std::ptrdiff_t(tokens)) - row));
  }
  tokens_ = to_bytes(model_.graph.tensor(model_.input).type, likeliest);
  execution_->set_input(model_.input, tokens_.data());
}

}  // namespace motley::workloads
