// Activations, element by element: ReLU, ReLU6, sigmoid, tanh, SiLU and GELU in both forms in use.
// The gradient takes the output where that is enough (the input's memory is free then), GELU and
// SiLU the input.
#include <cmath>
#include <numbers>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/elementwise.hpp"

namespace motley::workloads {
namespace {

struct Activation {
  std::string kind, formula;
  double (*value)(double x);
  /// dy/dx from y or, where `of_input`, from x.
  double (*slope)(double of);
  double flops, backward_flops;
  bool of_input = false;
  double low = -6, high = 6;                    ///< of x
  double backward_low = -6, backward_high = 6;  ///< of what the slope takes
};

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
double normal_below(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}
/// Hendrycks and Gimpel, "Gaussian error linear units", 2016: x sigmoid(2 u) = x (1 + tanh(u)) / 2.
double gelu_argument(double x) {
  return std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
}
double gelu_tanh_slope(double x) {
  const double s = sigmoid(2 * gelu_argument(x));
  const double inner = std::sqrt(2 / std::numbers::pi) * (1 + 3 * 0.044715 * x * x);
  return s + x * s * (1 - s) * 2 * inner;
}
double gelu_erf_slope(double x) {
  return normal_below(x) + x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

// An exponential counts as 10 operations.
const Activation relu = {"relu",
                         "max(x, 0)",
                         [](double x) { return x < 0 ? 0 : x; },
                         [](double y) { return y > 0 ? 1.0 : 0.0; },
                         1,
                         1};
const Activation relu6 = {"relu6",
                          "min(max(x, 0), 6)",
                          [](double x) { return x > 6   ? 6
                                                : x < 0 ? 0
                                                        : x; },
                          [](double y) { return y > 0 && y < 6 ? 1.0 : 0.0; },
                          2,
                          2,
                          false,
                          -3,
                          9,
                          -3,
                          9};
const Activation sigmoid_kind = {"sigmoid", "1 / (1 + exp(-x))",
                                 sigmoid,   [](double y) { return y * (1 - y); },
                                 12,        3,
                                 false,     -20,
                                 20,        0,
                                 1};
const Activation tanh_kind = {"tanh",
                              "tanh(x)",
                              [](double x) { return std::tanh(x); },
                              [](double y) { return 1 - y * y; },
                              15,
                              3,
                              false,
                              -4,
                              4,
                              -1,
                              1};
const Activation silu = {"silu",
                         "x / (1 + exp(-x))",
                         [](double x) { return x * sigmoid(x); },
                         [](double x) {
                           const double s = sigmoid(x);
                           return s + x * s * (1 - s);
                         },
                         13,
                         17,
                         true};
const Activation gelu_tanh = {"gelu_tanh",
                              "x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2",
                              [](double x) { return x * sigmoid(2 * gelu_argument(x)); },
                              gelu_tanh_slope,
                              17,
                              25,
                              true};
const Activation gelu_erf = {"gelu_erf",
                             "x (1 + erf(x / sqrt(2))) / 2",
                             [](double x) { return x * normal_below(x); },
                             gelu_erf_slope,
                             24,
                             28,
                             true};

const AttributeRule form_rule = {"form", "erf (BERT) or tanh (GPT-2)", std::string("tanh")};

bool is_gelu(const std::string& kind) {
  return kind.starts_with("gelu");
}

/// Which one a call of the kind gelu means.
const Activation& gelu(const Call& call) {
  const std::string form = call.text("form");
  if (form != "tanh" && form != "erf") throw UnknownName("form of GELU", form, {"erf", "tanh"});
  return form == "tanh" ? gelu_tanh : gelu_erf;
}

using Find = const Activation& (*)(const Call&);

std::vector<Example> examples(bool is_gelu, std::size_t inputs) {
  std::vector<Example> result;
  for (const std::string form : {"tanh", "erf"}) {
    if (!is_gelu && form == "erf") break;
    for (const Shape& shape :
         {Shape{1}, Shape{3, 5}, Shape{16}, Shape{1, 3, 3, 7}, Shape{33, 1000}}) {
      Example example{{}, std::vector<TensorType>(inputs, TensorType{shape})};
      if (is_gelu) example.attributes["form"] = form;
      result.push_back(std::move(example));
    }
  }
  return result;
}

OperatorKind forward_kind(const std::string& name, const Activation& any, Find find) {
  OperatorKind kind;
  kind.name = name;
  kind.summary = "y = " + any.formula;
  if (is_gelu(name)) {
    kind.summary += ", or the exact form with erf";
    kind.attributes = {form_rule};
  }
  kind.outputs = [find](const Call& call) {
    find(call);
    return same_as_inputs(call, 1);
  };
  kind.work = [find](const Call& call) {
    return streaming_work(call, find(call).flops * double(call.inputs[0].elements()));
  };
  kind.reference = [find](const Call& call, const RunScalars&, std::span<const Values> inputs,
                          std::span<Values> results) {
    const auto value = find(call).value;
    for (std::size_t i = 0; i < inputs[0].size(); ++i) results[0][i] = value(inputs[0][i]);
  };
  kind.gradient = [name, of_input = any.of_input](GradientRule& rule) {
    if (!rule.wanted(0)) return;
    const TensorId of = of_input ? rule.input(0) : rule.output();
    rule.set(0, rule.add(name + "_backward", "backward", {rule.output_gradient(), of},
                         rule.forward().attributes, Phase::backward_data)
                    .front());
  };
  kind.differentiable = {0};
  kind.content = [low = any.low, high = any.high](const Call&, std::size_t) {
    return Content{Content::Kind::uniform, low, high};
  };
  kind.examples = examples(is_gelu(name), 1);
  return kind;
}

OperatorKind backward_kind(const std::string& name, const Activation& any, Find find) {
  OperatorKind kind = forward_kind(name, any, find);
  kind.name += "_backward";
  kind.summary = std::string("output gradient times the slope of y = ") + any.formula + " from " +
                 (any.of_input ? "x" : "y");
  kind.outputs = [find](const Call& call) {
    find(call);
    return same_as_inputs(call, 2);
  };
  kind.work = [find](const Call& call) {
    return streaming_work(call, find(call).backward_flops * double(call.inputs[0].elements()));
  };
  kind.reference = [find](const Call& call, const RunScalars&, std::span<const Values> inputs,
                          std::span<Values> results) {
    const auto slope = find(call).slope;
    for (std::size_t i = 0; i < inputs[0].size(); ++i) {
      results[0][i] = inputs[0][i] * slope(inputs[1][i]);
    }
  };
  kind.gradient = {};
  kind.differentiable = {};
  kind.content = [low = any.backward_low, high = any.backward_high](const Call&, std::size_t i) {
    return i == 0 ? Content{} : Content{Content::Kind::uniform, low, high};
  };
  kind.examples = examples(is_gelu(name), 2);
  return kind;
}

template <const Activation& activation>
const Activation& always(const Call&) {
  return activation;
}

template <const Activation& activation>
void add_kinds(std::vector<OperatorKind>& kinds) {
  kinds.push_back(forward_kind(activation.kind, activation, always<activation>));
  kinds.push_back(backward_kind(activation.kind, activation, always<activation>));
}

const KindRegistration registration([] {
  std::vector<OperatorKind> kinds = {forward_kind("gelu", gelu_tanh, gelu),
                                     backward_kind("gelu", gelu_tanh, gelu)};
  add_kinds<relu>(kinds);
  add_kinds<relu6>(kinds);
  add_kinds<sigmoid_kind>(kinds);
  add_kinds<tanh_kind>(kinds);
  add_kinds<silu>(kinds);
  return kinds;
});

const std::vector<ElementwiseRegistration> implementations_of_all = [] {
  std::vector<ElementwiseRegistration> all;
  for (const std::string kind : {"relu", "relu6", "sigmoid", "tanh", "silu", "gelu"}) {
    for (const std::string suffix : {"", "_backward"}) {
      all.emplace_back(kind + suffix, [kind, suffix](const Call& call) {
        std::string entry = kind + suffix;
        if (entry == "tanh") entry = "tanh_of";  // tanh is a function of OpenCL C
        if (is_gelu(kind)) entry = gelu(call).kind + suffix;
        return Elementwise{entry, all_tensors(call)};
      });
    }
  }
  return all;
}();

}  // namespace
}  // namespace motley::workloads
