// A row of a table for each whole number, and the table's gradient: rows that occur several times
// get the sum, always in the same order (no atomics). A number that is no row gives NaN.
#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

std::vector<TensorType> outputs(const Call& call) {
  if (call.inputs.size() != 2 || call.inputs[0].shape.size() != 2 ||
      call.inputs[1].dtype != DataType::i32) {
    throw Error("takes a table [rows, columns] and whole numbers (i32). Give those two.");
  }
  TensorType result = call.inputs[0];
  result.shape = call.inputs[1].shape;
  result.shape.push_back(call.inputs[0].shape[1]);
  return {result};
}

std::vector<TensorType> backward_outputs(const Call& call) {
  if (call.inputs.size() != 2 || call.inputs[1].dtype != DataType::i32 ||
      rows_of(call.inputs[0]) != call.inputs[1].elements()) {
    throw Error("takes the output's gradient and as many whole numbers (i32) as it has rows.");
  }
  if (call.integer("rows") < 1) {
    throw Error(fmt::format("rows {} (the table would be empty). Give those of the table.",
                            call.integer("rows")));
  }
  TensorType result = call.inputs[0];
  result.shape = {call.integer("rows"), columns_of(call.inputs[0])};
  return {result};
}

void reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
               std::span<Values> results) {
  const TensorType& table = call.inputs[0];
  const auto columns = std::size_t(columns_of(table));
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    const double id = inputs[1][i / columns];
    results[0][i] = id >= 0 && id < double(table.shape[0])
                        ? inputs[0][std::size_t(id) * columns + i % columns]
                        : std::numeric_limits<double>::quiet_NaN();
  }
}

void backward_reference(const Call& call, const RunScalars&, std::span<const Values> inputs,
                        std::span<Values> results) {
  const auto columns = std::size_t(columns_of(call.inputs[0]));
  std::fill(results[0].begin(), results[0].end(), 0);
  for (std::size_t i = 0; i < inputs[0].size(); ++i) {
    const double id = inputs[1][i / columns];
    if (id < 0 || id >= double(call.integer("rows"))) continue;
    results[0][std::size_t(id) * columns + i % columns] += inputs[0][i];
  }
}

OperatorKind forward_kind() {
  OperatorKind kind;
  kind.name = "embedding";
  kind.summary = "y[...] = table[ids[...]]";
  kind.outputs = outputs;
  kind.work = [](const Call& call) {
    schema::Work work;  // what is read of the table, not the table
    work.bytes_written = double(call.outputs[0].bytes());
    work.bytes_read = work.bytes_written + double(call.inputs[1].bytes());
    return work;
  };
  kind.reference = reference;
  kind.gradient = [](GradientRule& rule) {
    if (!rule.wanted(0)) return;
    rule.set(0, rule.add("embedding_backward", "backward", {rule.output_gradient(), rule.input(1)},
                         {{"rows", rule.call().inputs[0].shape[0]}}, Phase::backward_weights)
                    .front());
  };
  kind.differentiable = {0};
  kind.content = [](const Call& call, std::size_t input) {
    return input == 0 ? Content{}
                      : Content{Content::Kind::index, 0, double(call.inputs[0].shape[0])};
  };
  for (const Shape& table : {Shape{1, 1}, Shape{7, 5}, Shape{300, 40}, Shape{65, 33}}) {
    kind.examples.push_back({{}, {{table}, {{3}, DataType::i32}}});
    kind.examples.push_back({{}, {{table}, {{4, 21}, DataType::i32}}});
  }
  return kind;
}

OperatorKind backward_kind() {
  OperatorKind kind;
  kind.name = "embedding_backward";
  kind.summary = "table[ids[i]] += dy[i] from 0";
  kind.attributes = {{"rows", "of the table", std::int64_t{1}}};
  kind.outputs = backward_outputs;
  kind.work = [](const Call& call) {
    return streaming_work(call, double(call.inputs[0].elements()));
  };
  kind.reference = backward_reference;
  kind.content = [](const Call& call, std::size_t input) {
    return input == 0 ? Content{} : Content{Content::Kind::index, 0, double(call.integer("rows"))};
  };
  for (const std::int64_t rows : {1, 9, 700, 20000}) {
    kind.examples.push_back({{{"rows", rows}}, {{{3, 5}}, {{3}, DataType::i32}}});
    kind.examples.push_back({{{"rows", rows}}, {{{2, 60, 33}}, {{2, 60}, DataType::i32}}});
  }
  return kind;
}

const KindRegistration registration([] { return std::vector{forward_kind(), backward_kind()}; });

const BothRegistration forward(
    "embedding",
    [](const Call& call, Processor& processor, const schema::Parameters& tuning) {
      const std::int64_t rows = call.inputs[0].shape[0], columns = call.inputs[0].shape[1];
      const std::int64_t count = call.inputs[1].elements();
      Lowered lowered;
      Reduction launches(lowered, processor, tuning);
      launches.launch({"embedding",
                       {Input{0}, Input{1}, Output{0}, whole(columns), whole(rows), whole(count)},
                       count,
                       count * columns,
                       launches.items(count, columns)});
      return lowered;
    },
    {1});

const BothRegistration backward(
    "embedding_backward",
    [](const Call& call, Processor& processor, const schema::Parameters& tuning) {
      const std::int64_t rows = call.outputs[0].shape[0], columns = call.outputs[0].shape[1];
      const std::int64_t count = call.inputs[1].elements();
      // Rows of one work-item: few enough to share the work, many enough that reading all numbers
      // again for each costs little.
      const std::int64_t chunk = std::clamp<std::int64_t>(rows / 64, 1, 256);
      const std::int64_t chunks = divide_up(rows, chunk);
      Lowered lowered;
      Reduction launches(lowered, processor, tuning);
      launches.launch(
          {"embedding_backward",
           {Input{0}, Input{1}, Output{0}, whole(columns), whole(rows), whole(count), whole(chunk)},
           chunks,
           rows * columns,
           launches.items(chunks, columns)});
      return lowered;
    },
    {1});

}  // namespace
}  // namespace motley::workloads
