// Softmax and cross entropy in one: the loss of logits [..., classes] with whole-number labels
// [...], and the probabilities, from which the gradient follows without another exponential. A
// label that is no class makes the loss NaN; with ignore_unlabelled=1 rows of label -1 do not count
// (masked language models).
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

void check_inputs(const Call& call) {
  if (call.inputs.size() != 2) throw Error("takes two tensors. Give logits and labels.");
  const TensorType &logits = call.inputs[0], &labels = call.inputs[1];
  Shape rows = logits.shape;
  if (!rows.empty()) rows.pop_back();
  if (logits.shape.size() < 2 || labels.shape != rows || labels.dtype != DataType::i32) {
    throw Error(fmt::format(
        "logits {} and labels {} (labels must be {}: one for each row). Reshape "
        "or convert them.",
        to_string(logits), to_string(labels), to_string(TensorType{rows, DataType::i32})));
  }
}

/// Rows of label -1 do not count.
bool ignores(const Call& call) {
  return call.integer("ignore_unlabelled") != 0;
}

double labelled(const Call& call, const Values& labels) {
  const auto unlabelled = ignores(call) ? std::count(labels.begin(), labels.end(), -1.0) : 0;
  return std::max(1.0, double(labels.size()) - double(unlabelled));
}

double largest_of(std::span<const double> row) {
  return *std::max_element(row.begin(), row.end());
}

void reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
               std::span<Values> results) {
  const auto classes = std::size_t(columns_of(call.inputs[0]));
  const Values& labels = inputs[1];
  double loss = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const std::span<const double> x(&inputs[0][row * classes], classes);
    double* p = &results[1][row * classes];
    const double largest = largest_of(x);
    double sum = 0;
    for (std::size_t i = 0; i < classes; ++i) sum += p[i] = std::exp(x[i] - largest);
    for (std::size_t i = 0; i < classes; ++i) p[i] /= sum;
    if (labels[row] >= 0 && labels[row] < double(classes)) {
      loss += std::log(sum) + largest - x[std::size_t(labels[row])];
    } else if (labels[row] != -1 || !ignores(call)) {
      loss = std::numeric_limits<double>::quiet_NaN();
    }
  }
  results[0][0] = loss / labelled(call, labels);
}

void backward_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                        std::span<Values> results) {
  const auto classes = std::size_t(columns_of(call.inputs[0]));
  const Values& labels = inputs[1];
  const double count = labelled(call, labels);
  for (std::size_t i = 0; i < inputs[0].size(); ++i) {
    const double label = labels[i / classes];
    const double expected = label == double(i % classes) ? 1 : 0;
    const bool ignored = label == -1 && ignores(call);
    results[0][i] = ignored ? 0 : (inputs[0][i] - expected) / count;
  }
}

Content content(const Call& call, std::size_t input) {
  const bool ignore = call.integer("ignore_unlabelled") != 0;
  const auto classes = double(columns_of(call.inputs[0]));
  if (input == 0) return {Content::Kind::uniform, -4, 4};
  // Rounded to whole numbers when it is stored: -1 included.
  if (ignore) return {Content::Kind::uniform, -1.5, classes - 0.51};
  return {Content::Kind::index, 0, classes};
}

Example example(Shape logits, bool ignore = false) {
  Shape rows = logits;
  rows.pop_back();
  return {{{"ignore_unlabelled", std::int64_t{ignore}}},
          {{std::move(logits)}, {std::move(rows), DataType::i32}}};
}

OperatorKind make_kind(bool backward) {
  OperatorKind kind;
  kind.name = backward ? "cross_entropy_backward" : "cross_entropy";
  kind.summary = backward ? "(probabilities - one-hot labels) / rows"
                          : "loss = mean of -log(softmax(logits)[label]), and the probabilities";
  kind.attributes = {{"ignore_unlabelled", "1: rows of label -1 do not count", std::int64_t{0}}};
  kind.is_loss = !backward;
  kind.outputs = [backward](const Call& call) -> std::vector<TensorType> {
    check_inputs(call);
    if (backward) return {call.inputs[0]};
    return {{{1}, call.inputs[0].dtype}, call.inputs[0]};
  };
  kind.work = [backward](const Call& call) {
    // An exponential counts as 10 operations.
    return streaming_work(call, (backward ? 2 : 14) * double(call.inputs[0].elements()));
  };
  kind.reference = backward ? backward_reference : reference;
  kind.content = content;
  if (backward) {
    kind.content = [](const Call& call, std::size_t input) {
      return input == 0 ? Content{Content::Kind::uniform, 0, 1} : content(call, input);
    };
  } else {
    kind.differentiable = {0};
    kind.gradient = [](GradientRule& rule) {
      if (!rule.wanted(0)) return;
      rule.set(0, rule.add("cross_entropy_backward", "backward", {rule.output(1), rule.input(1)},
                           rule.forward().attributes, Phase::backward_data)
                      .front());
    };
  }
  kind.examples = {example({1, 1}),          example({4, 10}),       example({3, 5, 17}),
                   example({64, 10}),        example({70, 7}, true), example({2, 6, 33}, true),
                   example({5, 1000}, true), example({300, 70})};
  return kind;
}

const KindRegistration registration([] { return std::vector{make_kind(false), make_kind(true)}; });

const BothRegistration forward(
    "cross_entropy",
    [](const Call& call, Processor& processor, const schema::Parameters& tuning) {
      const std::int64_t rows = rows_of(call.inputs[0]), classes = columns_of(call.inputs[0]);
      Lowered lowered;
      Reduction reduction(lowered, processor, tuning);
      const Operand losses = reduction.workspace(rows);
      reduction.launch({"cross_entropy",
                        {Input{0}, Input{1}, Output{1}, losses, whole(classes),
                         whole(call.integer("ignore_unlabelled") != 0)},
                        rows,
                        4 * rows * classes});
      reduction.launch({"mean_loss", {losses, Input{1}, Output{0}, whole(rows)}, 1, rows});
      return lowered;
    },
    {1});

const BothRegistration backward(
    "cross_entropy_backward",
    [](const Call& call, Processor& processor, const schema::Parameters& tuning) {
      const std::int64_t rows = rows_of(call.inputs[0]), classes = columns_of(call.inputs[0]);
      const bool ignore = call.integer("ignore_unlabelled") != 0;
      Lowered lowered;
      Reduction reduction(lowered, processor, tuning);
      Operand count = Input{0};  // not read
      if (ignore) {
        count = reduction.workspace(1);
        reduction.launch({"labelled_rows", {Input{1}, count, whole(rows)}, 1, 1});
      }
      reduction.launch(
          {"cross_entropy_backward",
           {Input{0}, Input{1}, count, Output{0}, whole(classes), whole(rows), whole(ignore)},
           rows,
           rows * classes,
           reduction.items(rows, classes)});
      return lowered;
    },
    {1});

}  // namespace
}  // namespace motley::workloads
