// Optimizers: parameters and state updated in place, element by element. SGD and momentum as
// Sutskever et al. 2013 and PyTorch write them (the learning rate outside the velocity); Adam of
// Kingma and Ba 2015 with bias correction; AdamW of Loshchilov and Hutter 2019 (decoupled decay).
// decay, momentum_velocity and apply_velocity are momentum in three steps, equal to the bit.
#include <cmath>

#include "workloads/ops/elementwise.hpp"

namespace motley::workloads {
namespace {

/// One element: `values` are those of the inputs; those that are updated in place are changed.
/// Gives what a kind without state puts out.
using Update = double (*)(const Call&, const RunScalars&, std::span<double> values);

struct Optimizer {
  std::string name, summary;
  std::vector<AttributeRule> attributes;
  std::vector<std::pair<std::size_t, std::size_t>> in_place;
  std::vector<std::string> run_scalars;
  std::size_t inputs;
  double flops;
  Update update;
};

const AttributeRule weight_decay_rule = {"weight_decay",
                                         "times the parameter, added to the gradient", 0.0};
const AttributeRule momentum_rule = {"momentum", "share of the velocity that stays", 0.9};

double decay(const Call& call, const RunScalars&, std::span<double> v) {
  return v[0] + call.number("weight_decay") * v[1];
}

double sgd(const Call& call, const RunScalars& scalars, std::span<double> v) {
  v[0] -= scalars.at("learning_rate") * (v[1] + call.number("weight_decay") * v[0]);
  return v[0];
}

double momentum(const Call& call, const RunScalars& scalars, std::span<double> v) {
  const double factor = call.number("momentum");
  const double gradient = v[1] + call.number("weight_decay") * v[0];
  v[2] = factor * v[2] + gradient;
  const double step = call.integer("nesterov") != 0 ? gradient + factor * v[2] : v[2];
  return v[0] -= scalars.at("learning_rate") * step;
}

double momentum_velocity(const Call& call, const RunScalars&, std::span<double> v) {
  return v[0] = call.number("momentum") * v[0] + v[1];
}

double apply_velocity(const Call&, const RunScalars& scalars, std::span<double> v) {
  return v[0] -= scalars.at("learning_rate") * v[1];
}

template <bool decoupled>
double adam(const Call& call, const RunScalars& scalars, std::span<double> v) {
  const double beta1 = call.number("beta1"), beta2 = call.number("beta2");
  const double rate = scalars.at("learning_rate"), step = scalars.at("step");
  const double weight_decay = call.number("weight_decay");
  const double gradient = decoupled ? v[1] : v[1] + weight_decay * v[0];
  v[2] = beta1 * v[2] + (1 - beta1) * gradient;
  v[3] = beta2 * v[3] + (1 - beta2) * gradient * gradient;
  const double first = v[2] / (1 - std::pow(beta1, step));
  const double second = v[3] / (1 - std::pow(beta2, step));
  if (decoupled) v[0] -= rate * weight_decay * v[0];
  return v[0] -= rate * first / (std::sqrt(second) + call.number("epsilon"));
}

std::vector<Optimizer> optimizers() {
  const std::vector<AttributeRule> adam_rules = {
      {"beta1", "share of the first moment that stays", 0.9},
      {"beta2", "share of the second moment that stays", 0.999},
      {"epsilon", "added to the deviation", 1e-8},
      weight_decay_rule};
  const std::vector<std::string> rate = {"learning_rate"},
                                 rate_and_step = {"learning_rate", "step"};
  return {{"sgd", "p -= rate (g + decay p)", {weight_decay_rule}, {{0, 0}}, rate, 2, 4, sgd},
          {"momentum",
           "v = momentum v + g + decay p; p -= rate v, of Nesterov's form rate (g + decay p + "
           "momentum v)",
           {momentum_rule, weight_decay_rule, {"nesterov", "1: Nesterov's form", std::int64_t{0}}},
           {{0, 0}, {1, 2}},
           rate,
           3,
           6,
           momentum},
          {"decay",
           "g + decay p: of the inputs gradient and parameter",
           {weight_decay_rule},
           {},
           {},
           2,
           2,
           decay},
          {"momentum_velocity",
           "v = momentum v + g",
           {momentum_rule},
           {{0, 0}},
           {},
           2,
           2,
           momentum_velocity},
          {"apply_velocity", "p -= rate v", {}, {{0, 0}}, rate, 2, 2, apply_velocity},
          {"adam",
           "p -= rate m' / (sqrt(v') + epsilon), m and v the moments of g + decay p",
           adam_rules,
           {{0, 0}, {1, 2}, {2, 3}},
           rate_and_step,
           4,
           15,
           adam<false>},
          {"adamw",
           "as adam with the moments of g, and p -= rate decay p",
           adam_rules,
           {{0, 0}, {1, 2}, {2, 3}},
           rate_and_step,
           4,
           15,
           adam<true>}};
}

std::vector<Example> examples(const Optimizer& optimizer) {
  std::vector<Example> result;
  for (const Shape& shape : {Shape{1}, Shape{3, 5}, Shape{3, 3, 4, 17}, Shape{64, 1031}}) {
    Example example{{}, std::vector<TensorType>(optimizer.inputs, TensorType{shape})};
    for (const AttributeRule& rule : optimizer.attributes) {
      if (rule.name == "weight_decay") example.attributes[rule.name] = 0.25;
      if (rule.name == "nesterov") example.attributes[rule.name] = std::int64_t{shape.size() > 2};
    }
    result.push_back(std::move(example));
  }
  return result;
}

OperatorKind make_kind(const Optimizer& optimizer) {
  OperatorKind kind;
  kind.name = optimizer.name;
  kind.summary = optimizer.summary;
  kind.attributes = optimizer.attributes;
  kind.in_place = optimizer.in_place;
  kind.run_scalars = optimizer.run_scalars;
  kind.outputs = [optimizer](const Call& call) {
    const TensorType type = same_as_inputs(call, optimizer.inputs).front();
    return std::vector<TensorType>(std::max<std::size_t>(optimizer.in_place.size(), 1), type);
  };
  kind.work = [flops = optimizer.flops](const Call& call) {
    return streaming_work(call, flops * double(call.inputs[0].elements()));
  };
  kind.reference = [optimizer](const Call& call, const RunScalars& scalars,
                               std::span<const Values> inputs, std::span<Values> results) {
    std::vector<double> values(inputs.size());
    for (std::size_t i = 0; i < inputs[0].size(); ++i) {
      for (std::size_t k = 0; k < values.size(); ++k) values[k] = inputs[k][i];
      results[0][i] = optimizer.update(call, scalars, values);
      for (const auto& [output, input] : optimizer.in_place) results[output][i] = values[input];
    }
  };
  kind.content = [](const Call&, std::size_t input) {
    // The second moment is a mean of squares.
    return Content{Content::Kind::uniform, input == 3 ? 0.0 : -1.0, 1};
  };
  kind.examples = examples(optimizer);
  return kind;
}

const KindRegistration registration([] {
  std::vector<OperatorKind> kinds;
  for (const Optimizer& optimizer : optimizers()) kinds.push_back(make_kind(optimizer));
  return kinds;
});

// ---- Implementations

/// The first `tensors` inputs, then `scalars`.
Elementwise with(const std::string& entry, std::size_t tensors,
                 std::initializer_list<Operand> scalars) {
  Elementwise what{entry, {}};
  for (std::size_t i = 0; i < tensors; ++i) what.operands.emplace_back(Input{i});
  what.operands.insert(what.operands.end(), scalars);
  return what;
}

const RunScalar learning_rate{"learning_rate"};

const ElementwiseRegistration sgd_forms("sgd", [](const Call& call) {
  return with("sgd", 2, {learning_rate, single(call.number("weight_decay"))});
});
const ElementwiseRegistration momentum_forms("momentum", [](const Call& call) {
  return with("momentum", 3,
              {learning_rate, single(call.number("momentum")), single(call.number("weight_decay")),
               whole(call.integer("nesterov") != 0)});
});
const ElementwiseRegistration decay_forms("decay", [](const Call& call) {
  return with("decay", 2, {Output{0}, single(call.number("weight_decay"))});
});
const ElementwiseRegistration velocity_forms("momentum_velocity", [](const Call& call) {
  return with("momentum_velocity", 2, {single(call.number("momentum"))});
});
const ElementwiseRegistration apply_forms("apply_velocity", [](const Call&) {
  return with("apply_velocity", 2, {learning_rate});
});

Elementwise adam_form(const Call& call, bool decoupled) {
  const double beta1 = call.number("beta1"), beta2 = call.number("beta2");
  const double weight_decay = call.number("weight_decay");
  Elementwise what =
      with("adam", 4,
           {learning_rate, RunScalar{"step", true}, single(beta1), single(beta2),
            single(std::log(beta1)), single(std::log(beta2)), single(call.number("epsilon")),
            single(decoupled ? 0 : weight_decay), single(decoupled ? weight_decay : 0)});
  what.vectors = 8;
  return what;
}
const ElementwiseRegistration adam_forms("adam",
                                         [](const Call& call) { return adam_form(call, false); });
const ElementwiseRegistration adamw_forms("adamw",
                                          [](const Call& call) { return adam_form(call, true); });

}  // namespace
}  // namespace motley::workloads
