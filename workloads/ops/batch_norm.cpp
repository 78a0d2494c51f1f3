// Batch normalisation (Ioffe and Szegedy, 2015): y = gamma (x - mean) / sqrt(variance + epsilon) +
// beta for each channel, the last axis. In training mean and variance are those of the batch, and
// running ones move towards them by `momentum`, as PyTorch means it: the share of the new value,
// whose variance is the unbiased one (of a single row, 0).
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

void need_tables(const Call& call, std::size_t first, std::size_t last, std::size_t count) {
  if (call.inputs.size() != count) {
    throw Error(
        fmt::format("takes {} tensors, not {}. Give that many.", count, call.inputs.size()));
  }
  const TensorType& x = call.inputs[0];
  if (x.shape.empty()) throw Error("takes a tensor with at least one axis. Reshape it.");
  for (std::size_t i = first; i <= last; ++i) {
    if (call.inputs[i].shape != Shape{x.shape.back()}) {
      throw Error(
          fmt::format("input {} is {} for {} channels (it needs one value for each). "
                      "Change it.",
                      i, to_string(call.inputs[i]), x.shape.back()));
    }
  }
}

std::vector<TensorType> training_outputs(const Call& call) {
  need_tables(call, 1, 4, 5);
  activation_of(call);
  const TensorType& table = call.inputs[1];
  return {call.inputs[0], table, table, call.inputs[3], call.inputs[4]};
}

std::vector<TensorType> inference_outputs(const Call& call) {
  need_tables(call, 1, 4, 5);
  activation_of(call);
  return {call.inputs[0]};
}

std::vector<TensorType> backward_outputs(const Call& call) {
  const bool active = activation_of(call) != Activation::none;
  need_tables(call, 2, 4, active ? 6 : 5);
  for (const std::size_t i : {std::size_t{1}, active ? std::size_t{5} : std::size_t{1}}) {
    if (call.inputs[i].shape != call.inputs[0].shape) {
      throw Error(fmt::format("dy {} and input {} {} (both must have one shape). Reshape one.",
                              to_string(call.inputs[0]), i, to_string(call.inputs[i])));
    }
  }
  return {call.inputs[1], call.inputs[2], call.inputs[2]};
}

void apply(const Call& call, std::span<const Values> inputs, const Values& mean,
           const Values& variance, Values& y) {
  const Activation activation = activation_of(call);
  const double epsilon = call.number("epsilon");
  const std::size_t channels = mean.size();
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t c = i % channels;
    const double x = (inputs[0][i] - mean[c]) / std::sqrt(variance[c] + epsilon);
    y[i] = activated(activation, inputs[1][c] * x + inputs[2][c]);
  }
}

void training_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                        std::span<Values> results) {
  const Values& x = inputs[0];
  const std::size_t channels = inputs[1].size(), rows = x.size() / channels;
  Values mean(channels), variance(channels);
  for (std::size_t i = 0; i < x.size(); ++i) mean[i % channels] += x[i] / double(rows);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double away = x[i] - mean[i % channels];
    variance[i % channels] += away * away / double(rows);
  }
  apply(call, inputs, mean, variance, results[0]);
  const double momentum = call.number("momentum"), n = double(rows);
  for (std::size_t c = 0; c < channels; ++c) {
    const double unbiased = rows > 1 ? variance[c] * n / (n - 1) : 0;
    results[1][c] = mean[c];
    results[2][c] = 1 / std::sqrt(variance[c] + call.number("epsilon"));
    results[3][c] = inputs[3][c] + momentum * (mean[c] - inputs[3][c]);
    results[4][c] = inputs[4][c] + momentum * (unbiased - inputs[4][c]);
  }
}

bool passes(Activation activation, double y) {
  if (activation == Activation::none) return true;
  return y > 0 && (activation == Activation::relu || y < 6);
}

void backward_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                        std::span<Values> results) {
  const Activation activation = activation_of(call);
  const Values &x = inputs[1], &gamma = inputs[2], &mean = inputs[3], &inverse = inputs[4];
  const std::size_t channels = gamma.size();
  const double rows = double(x.size()) / double(channels);
  Values dy = inputs[0];
  for (std::size_t i = 0; i < dy.size(); ++i) {
    if (inputs.size() == 6 && !passes(activation, inputs[5][i])) dy[i] = 0;
  }
  Values &dgamma = results[1], &dbeta = results[2];
  for (double& value : dgamma) value = 0;
  for (double& value : dbeta) value = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % channels;
    dgamma[c] += dy[i] * (x[i] - mean[c]) * inverse[c];
    dbeta[c] += dy[i];
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % channels;
    const double normal = (x[i] - mean[c]) * inverse[c];
    results[0][i] = gamma[c] * inverse[c] * (dy[i] - dbeta[c] / rows - normal * dgamma[c] / rows);
  }
}

/// Of the means, which are nothing but rounding where x was normalised before.
std::vector<Values> training_magnitudes(const Call& call, std::span<const Values> inputs) {
  const std::size_t channels = inputs[1].size(), rows = inputs[0].size() / channels;
  Values means(channels), running(channels);
  for (std::size_t i = 0; i < inputs[0].size(); ++i) {
    means[i % channels] += std::abs(inputs[0][i]) / double(rows);
  }
  for (std::size_t c = 0; c < channels; ++c) running[c] = call.number("momentum") * means[c];
  return {{}, means, {}, running, {}};
}

std::vector<Values> backward_magnitudes(const Call& call, std::span<const Values> inputs) {
  const Activation activation = activation_of(call);
  const Values &x = inputs[1], &gamma = inputs[2], &mean = inputs[3], &inverse = inputs[4];
  const std::size_t channels = gamma.size();
  const double rows = double(x.size()) / double(channels);
  Values dx(x.size()), dgamma(channels), dbeta(channels);
  const auto normal = [&](std::size_t i) {
    return std::abs(x[i] - mean[i % channels]) * inverse[i % channels];
  };
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (inputs.size() == 6 && !passes(activation, inputs[5][i])) continue;
    dx[i] = std::abs(inputs[0][i]);
    dgamma[i % channels] += dx[i] * normal(i);
    dbeta[i % channels] += dx[i];
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % channels;
    dx[i] += (dbeta[c] + normal(i) * dgamma[c]) / rows;
    dx[i] *= std::abs(gamma[c]) * inverse[c];
  }
  return {dx, dgamma, dbeta};
}

void gradient(GradientRule& rule) {
  const bool active = activation_of(rule.call()) != Activation::none;
  std::vector<TensorId> inputs = {rule.output_gradient(), rule.input(0), rule.input(1),
                                  rule.output(1), rule.output(2)};
  if (active) inputs.push_back(rule.output(0));
  const auto added =
      rule.add("batch_norm_backward", "backward", inputs,
               {{"activation", rule.call().text("activation")}}, Phase::backward_data);
  for (const std::size_t i : {0, 1, 2}) {
    if (rule.wanted(i)) rule.set(i, added[i]);
  }
}

const std::vector<Shape> shapes = {{1, 1, 1, 1},    {5, 3},         {2, 3, 5, 7},  {1, 7, 7, 16},
                                   {3, 4, 4, 24},   {700, 33},      {2, 9, 9, 96}, {4, 3, 3, 130},
                                   {16, 64, 64, 8}, {2, 2, 2, 4100}};

std::vector<Example> examples(std::size_t images, std::size_t tables, bool backward) {
  std::vector<Example> all;
  const char* const activations[] = {"none", "relu", "relu6"};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::string activation = activations[i % 3];
    Example one{{{"activation", activation}}, {}};
    for (std::size_t k = 0; k < images; ++k) one.inputs.push_back({shapes[i]});
    for (std::size_t k = 0; k < tables; ++k) one.inputs.push_back({{shapes[i].back()}});
    if (backward && activation != "none") one.inputs.push_back({shapes[i]});
    all.push_back(std::move(one));
  }
  return all;
}

Content between(double low, double high) {
  return {Content::Kind::uniform, low, high};
}

/// gamma wide enough for relu6 to matter; deviations and variances positive.
Content content(const Call&, std::size_t input) {
  if (input == 0) return between(-0.5, 1.5);
  return input == 1 ? between(-5, 5) : input == 4 ? between(0.5, 2) : between(-1, 1);
}

OperatorKind kind_with(const std::string& name, double flops) {
  OperatorKind kind;
  kind.name = name;
  kind.attributes = {activation_rule()};
  kind.work = [flops](const Call& call) {
    return streaming_work(call, flops * double(call.inputs[0].elements()));
  };
  kind.content = content;
  return kind;
}

const AttributeRule epsilon_rule = {"epsilon", "added to the variance", 1e-5};

OperatorKind training() {
  OperatorKind kind = kind_with("batch_norm", 7);
  kind.summary = "y = activation(gamma (x - mean) / sqrt(variance + epsilon) + beta) of the batch";
  kind.attributes.push_back(epsilon_rule);
  kind.attributes.push_back({"momentum", "share of this batch in the running values", 0.1});
  kind.outputs = training_outputs;
  kind.in_place = {{3, 3}, {4, 4}};
  kind.reference = training_reference;
  kind.magnitudes = training_magnitudes;
  kind.gradient = gradient;
  kind.differentiable = {0, 1, 2};
  kind.examples = examples(1, 4, false);
  return kind;
}

OperatorKind inference() {
  OperatorKind kind = kind_with("batch_norm_inference", 2);
  kind.summary = "y = activation(gamma (x - mean) / sqrt(variance + epsilon) + beta), both given";
  kind.attributes.push_back(epsilon_rule);
  kind.outputs = inference_outputs;
  kind.reference = [](const Call& call, const RunScalars&, std::span<const Values> inputs,
                      std::span<Values> results) {
    apply(call, inputs, inputs[3], inputs[4], results[0]);
  };
  kind.examples = examples(1, 4, false);
  return kind;
}

OperatorKind backward() {
  OperatorKind kind = kind_with("batch_norm_backward", 10);
  kind.summary = "dx, dgamma and dbeta from dy, x and what batch_norm saved";
  kind.outputs = backward_outputs;
  kind.reference = backward_reference;
  kind.magnitudes = backward_magnitudes;
  kind.content = [](const Call&, std::size_t input) {
    return input == 4 ? between(0.5, 2) : input == 5 ? between(-4, 10) : between(-1, 1);
  };
  kind.examples = examples(2, 3, true);
  return kind;
}

const KindRegistration registration([] {
  return std::vector{training(), inference(), backward()};
});

}  // namespace
}  // namespace motley::workloads
