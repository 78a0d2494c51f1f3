// Layer normalisation (Ba, Kiros, Hinton, 2016) over the last axis. Mean and inverse deviation of
// each row are put out too: the gradients start from them.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

TensorType of_rows(const TensorType& x) {
  TensorType result = x;
  result.shape.back() = 1;
  return result;
}

/// Throws unless inputs [first, end) are rows as long as x's, or one number for each of its rows.
void check(const Call& call, std::size_t inputs, std::size_t x,
           std::initializer_list<std::size_t> rows, std::initializer_list<std::size_t> numbers) {
  if (call.inputs.size() != inputs || call.inputs[x].shape.empty()) {
    throw Error(fmt::format("takes {} tensors, not {}. Give those of its summary.", inputs,
                            call.inputs.size()));
  }
  const auto refuse = [&](std::size_t i, const TensorType& wanted) {
    if (call.inputs[i].shape == wanted.shape) return;
    throw Error(fmt::format("input {} is {} ({} belongs to {}). Reshape it.", i,
                            to_string(call.inputs[i]), to_string(wanted),
                            to_string(call.inputs[x])));
  };
  for (const std::size_t i : rows) refuse(i, {{columns_of(call.inputs[x])}});
  for (const std::size_t i : numbers) refuse(i, of_rows(call.inputs[x]));
  if (x > 0) refuse(0, call.inputs[x]);
}

double mean_of(std::span<const double> row) {
  double sum = 0;
  for (const double value : row) sum += value;
  return sum / double(row.size());
}

void reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
               std::span<Values> results) {
  const auto columns = std::size_t(columns_of(call.inputs[0]));
  for (std::size_t row = 0; row < inputs[0].size() / columns; ++row) {
    const std::span<const double> x(&inputs[0][row * columns], columns);
    const double mean = mean_of(x);
    double squares = 0;
    for (const double value : x) squares += (value - mean) * (value - mean);
    const double inverse = 1 / std::sqrt(squares / double(columns) + call.number("epsilon"));
    for (std::size_t i = 0; i < columns; ++i) {
      results[0][row * columns + i] = (x[i] - mean) * inverse * inputs[1][i] + inputs[2][i];
    }
    results[1][row] = mean;
    results[2][row] = inverse;
  }
}

/// Of the mean, which is nothing but rounding where x was normalised before.
std::vector<Values> magnitudes(const Call& call, std::span<const Values> inputs) {
  const auto columns = std::size_t(columns_of(call.inputs[0]));
  Values means(inputs[0].size() / columns);
  for (std::size_t i = 0; i < inputs[0].size(); ++i) {
    means[i / columns] += std::abs(inputs[0][i]) / double(columns);
  }
  return {{}, means, {}};
}

void data_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                    std::span<Values> results) {
  const auto columns = std::size_t(columns_of(call.inputs[0]));
  Values g(columns), products(columns), normalised(columns);
  for (std::size_t row = 0; row < inputs[0].size() / columns; ++row) {
    const double mean = inputs[3][row], inverse = inputs[4][row];
    for (std::size_t i = 0; i < columns; ++i) {
      g[i] = inputs[0][row * columns + i] * inputs[2][i];
      normalised[i] = (inputs[1][row * columns + i] - mean) * inverse;
      products[i] = g[i] * normalised[i];
    }
    const double sum = mean_of(g), product = mean_of(products);
    for (std::size_t i = 0; i < columns; ++i) {
      results[0][row * columns + i] = inverse * (g[i] - sum - normalised[i] * product);
    }
  }
}

void weights_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                       std::span<Values> results) {
  const auto columns = std::size_t(columns_of(call.inputs[0]));
  for (Values& result : results) std::fill(result.begin(), result.end(), 0);
  for (std::size_t i = 0; i < inputs[0].size(); ++i) {
    const std::size_t row = i / columns;
    const double normalised = (inputs[1][i] - inputs[2][row]) * inputs[3][row];
    results[0][i % columns] += inputs[0][i] * normalised;
    results[1][i % columns] += inputs[0][i];
  }
}

void gradient(GradientRule& rule) {
  const TensorId dy = rule.output_gradient(), mean = rule.output(1), inverse = rule.output(2);
  if (rule.wanted(0)) {
    rule.set(0,
             rule.add("layer_norm_backward_data", "backward_data",
                      {dy, rule.input(0), rule.input(1), mean, inverse}, {}, Phase::backward_data)
                 .front());
  }
  if (!rule.wanted(1) && !rule.wanted(2)) return;
  const auto weights = rule.add("layer_norm_backward_weights", "backward_weights",
                                {dy, rule.input(0), mean, inverse}, {}, Phase::backward_weights);
  if (rule.wanted(1)) rule.set(1, weights[0]);
  if (rule.wanted(2)) rule.set(2, weights[1]);
}

const Shape shapes[] = {{1, 4}, {5}, {3, 17}, {2, 3, 64}, {600, 33}, {4, 1000}};

std::function<schema::Work(const Call&)> flops_for_each_element(double flops) {
  return [flops](const Call& call) {
    return streaming_work(call, flops * double(call.inputs[0].elements()));
  };
}

OperatorKind forward_kind() {
  OperatorKind kind;
  kind.name = "layer_norm";
  kind.summary =
      "y = (x - mean) inverse gamma + beta over the last axis of x, inverse = 1 / sqrt(variance + "
      "epsilon); puts out y, mean and inverse";
  kind.attributes = {{"epsilon", "added to the variance", 1e-5}};
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    check(call, 3, 0, {1, 2}, {});
    return {call.inputs[0], of_rows(call.inputs[0]), of_rows(call.inputs[0])};
  };
  kind.work = flops_for_each_element(8);
  kind.reference = reference;
  kind.magnitudes = magnitudes;
  kind.gradient = gradient;
  kind.differentiable = {0, 1, 2};
  for (const Shape& shape : shapes) {
    kind.examples.push_back({{}, {{shape}, {{shape.back()}}, {{shape.back()}}}});
  }
  return kind;
}

/// Of {dy, x, gamma, mean, inverse}, or without gamma.
OperatorKind backward_kind(bool data) {
  OperatorKind kind;
  kind.name = data ? "layer_norm_backward_data" : "layer_norm_backward_weights";
  kind.summary = data ? "the gradient of x from {dy, x, gamma, mean, inverse}"
                      : "the gradients of gamma and beta from {dy, x, mean, inverse}";
  kind.outputs = [data](const Call& call) -> std::vector<TensorType> {
    if (data) {
      check(call, 5, 1, {2}, {3, 4});
      return {call.inputs[1]};
    }
    check(call, 4, 1, {}, {2, 3});
    TensorType row = call.inputs[1];
    row.shape = {columns_of(row)};
    return {row, row};
  };
  kind.work = flops_for_each_element(data ? 11 : 5);
  kind.reference = data ? data_reference : weights_reference;
  kind.content = [data](const Call&, std::size_t input) {
    return input == (data ? 4u : 3u) ? Content{Content::Kind::uniform, 0.5, 2} : Content{};
  };
  for (const Shape& shape : shapes) {
    const TensorType x = {shape}, one = of_rows(x);
    kind.examples.push_back({{},
                             data ? std::vector{x, x, TensorType{{shape.back()}}, one, one}
                                  : std::vector{x, x, one, one}});
  }
  return kind;
}

const KindRegistration registration([] {
  return std::vector{forward_kind(), backward_kind(true), backward_kind(false)};
});

/// One piece for each row.
Lowered each_row(const Call& call, const Processor& processor, const schema::Parameters& tuning,
                 const std::string& entry, std::initializer_list<Operand> scalars) {
  Pieces what{entry, all_tensors(call), rows_of(call.inputs[0]), call.inputs[0].elements() * 4};
  what.operands.insert(what.operands.end(), scalars);
  Lowered lowered;
  Reduction(lowered, processor, tuning).launch(what);
  return lowered;
}

const BothRegistration forward("layer_norm", [](const Call& call, Processor& processor,
                                                const schema::Parameters& tuning) {
  return each_row(call, processor, tuning, "layer_norm",
                  {whole(columns_of(call.inputs[0])), single(call.number("epsilon"))});
});

const BothRegistration backward_data("layer_norm_backward_data",
                                     [](const Call& call, Processor& processor,
                                        const schema::Parameters& tuning) {
                                       return each_row(call, processor, tuning,
                                                       "layer_norm_backward_data",
                                                       {whole(columns_of(call.inputs[0]))});
                                     });

const BothRegistration backward_weights(
    "layer_norm_backward_weights",
    [](const Call& call, Processor& processor, const schema::Parameters& tuning) {
      const std::int64_t rows = rows_of(call.inputs[0]), columns = columns_of(call.inputs[0]);
      Lowered lowered;
      Reduction reduction(lowered, processor, tuning);
      // Threads take a chunk at a time, work-items of a CPU a vector of its columns.
      const std::int64_t chunk = processor.members() > 0 ? 64 : reduction.chunk();
      const std::int64_t chunks = divide_up(rows, chunk);
      const bool one = chunks == 1;
      const Operand gammas = one ? Operand(Output{0}) : reduction.workspace(chunks * columns);
      const Operand betas = one ? Operand(Output{1}) : reduction.workspace(chunks * columns);
      Pieces what{"layer_norm_backward_weights",
                  {Input{0}, Input{1}, Input{2}, Input{3}, gammas, betas, whole(columns),
                   whole(rows), whole(chunk)},
                  chunks,
                  rows * columns * 4,
                  reduction.items(chunks, columns)};
      reduction.launch(what);
      if (!one) {
        reduction.sum_rows(gammas, Output{0}, chunks, columns);
        reduction.sum_rows(betas, Output{1}, chunks, columns);
      }
      return lowered;
    });

}  // namespace
}  // namespace motley::workloads
