// Decoding one token at a time: cache_append writes a row into a cache at the run scalar
// `position`, row_at_position reads one there (of the table of positions). A position that no row
// has is not written, and read as NaN.
#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "harness/error.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::embedded {
extern const std::string_view cache_append_cl;
}

namespace motley::workloads {
namespace {

/// Groups of `context` rows.
struct Sizes {
  std::int64_t count, context, columns;
};

Sizes sizes_of(const TensorType& cache) {
  const std::int64_t context = cache.shape.end()[-2], columns = cache.shape.back();
  return {cache.elements() / (context * columns), context, columns};
}

/// What one position of it is.
TensorType one_position(const Call& call, std::size_t inputs) {
  if (call.inputs.size() != inputs || call.inputs[0].shape.size() < 2) {
    throw Error(fmt::format("takes {} of [..., context, columns], not {} tensors. Give {}.",
                            inputs == 2 ? "a cache and a row" : "a tensor", call.inputs.size(),
                            inputs));
  }
  TensorType row = call.inputs[0];
  row.shape.end()[-2] = 1;
  return row;
}

std::int64_t place(const Sizes& sizes, std::int64_t group, std::int64_t position) {
  return (group * sizes.context + position) * sizes.columns;
}

bool exists(const Sizes& sizes, std::int64_t position) {
  return position >= 0 && position < sizes.context;
}

std::int64_t position_of(const RunScalars& scalars) {
  return static_cast<std::int64_t>(scalars.at("position"));
}

void append_reference(const Call& call, const RunScalars& scalars, std::span<const Values> inputs,
                      std::span<Values> results) {
  const Sizes sizes = sizes_of(call.inputs[0]);
  results[0] = inputs[0];
  if (!exists(sizes, position_of(scalars))) return;
  for (std::int64_t group = 0; group < sizes.count; ++group) {
    std::copy_n(inputs[1].begin() + group * sizes.columns, sizes.columns,
                results[0].begin() + place(sizes, group, position_of(scalars)));
  }
}

void row_reference(const Call& call, const RunScalars& scalars, std::span<const Values> inputs,
                   std::span<Values> results) {
  const Sizes sizes = sizes_of(call.inputs[0]);
  std::fill(results[0].begin(), results[0].end(), std::numeric_limits<double>::quiet_NaN());
  if (!exists(sizes, position_of(scalars))) return;
  for (std::int64_t group = 0; group < sizes.count; ++group) {
    std::copy_n(inputs[0].begin() + place(sizes, group, position_of(scalars)), sizes.columns,
                results[0].begin() + group * sizes.columns);
  }
}

const Shape shapes[] = {{3, 1}, {7, 33}, {4, 3, 16}, {2, 3, 64, 20}};

OperatorKind append_kind() {
  OperatorKind kind;
  kind.name = "cache_append";
  kind.summary = "cache[..., position, :] = x[..., 0, :], in place";
  kind.run_scalars = {"position"};
  kind.in_place = {{0, 0}};
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    const TensorType row = one_position(call, 2);
    if (call.inputs[1].shape != row.shape) {
      throw Error(fmt::format("{} into a cache of {} (it takes {}). Reshape it.",
                              to_string(call.inputs[1]), to_string(call.inputs[0]),
                              to_string(row)));
    }
    return {call.inputs[0]};
  };
  kind.work = [](const Call& call) {
    schema::Work work;  // one position of the cache, not the cache
    work.bytes_read = work.bytes_written = double(call.inputs[1].bytes());
    return work;
  };
  kind.reference = append_reference;
  for (const Shape& shape : shapes) {
    Shape row = shape;
    row.end()[-2] = 1;
    kind.examples.push_back({{}, {{shape}, {row}}});
  }
  kind.examples.push_back({{}, {{{2, 2, 5}}, {{2, 1, 5}}}});  // no such position
  return kind;
}

OperatorKind row_kind() {
  OperatorKind kind;
  kind.name = "row_at_position";
  kind.summary = "y[..., 0, :] = x[..., position, :]";
  kind.run_scalars = {"position"};
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    return {one_position(call, 1)};
  };
  kind.work = [](const Call& call) {
    schema::Work work;  // what is read of it, not all of it
    work.bytes_read = work.bytes_written = double(call.outputs[0].bytes());
    return work;
  };
  kind.reference = row_reference;
  for (const Shape& shape : shapes) kind.examples.push_back({{}, {{shape}}});
  return kind;
}

const KindRegistration registration([] { return std::vector{append_kind(), row_kind()}; });

void append(const CpuTask& task, const Sizes& sizes, std::int64_t group, std::int64_t position) {
  if (!exists(sizes, position)) return;
  std::copy_n(task.buffer<const float>(1) + group * sizes.columns, sizes.columns,
              task.buffer<float>(0) + place(sizes, group, position));
}

void read_row(const CpuTask& task, const Sizes& sizes, std::int64_t group, std::int64_t position) {
  float* row = task.buffer<float>(1) + group * sizes.columns;
  if (exists(sizes, position)) {
    std::copy_n(task.buffer<const float>(0) + place(sizes, group, position), sizes.columns, row);
  } else {
    std::fill_n(row, sizes.columns, std::numeric_limits<float>::quiet_NaN());
  }
}

Lowered lower(const Call& call, const Processor& processor, const schema::Parameters& tuning,
              const std::string& entry) {
  const bool appends = entry == "cache_append";
  const Sizes sizes = sizes_of(call.inputs[0]);
  Launch launch;
  launch.kernel.name = entry;
  launch.operands = {Input{0},
                     appends ? Operand(Input{1}) : Operand(Output{0}),
                     whole(sizes.columns),
                     whole(sizes.count),
                     whole(sizes.context),
                     RunScalar{"position", true}};
  if (processor.members() > 0) {
    launch.kernel.cpu_members = members_for(sizes.count * sizes.columns);
    launch.kernel.cpu = [sizes, appends](const CpuTask& task) {
      const std::int64_t position = task.value<std::int32_t>(5);
      const auto [begin, end] = task.share(sizes.count);
      for (std::int64_t group = begin; group < end; ++group) {
        (appends ? append : read_row)(task, sizes, group, position);
      }
    };
  } else {
    launch.kernel.opencl = vector_form(embedded::cache_append_cl, entry, tuning);
    launch.range = items(sizes.count * divide_up(sizes.columns, vector_width(tuning)));
  }
  return {{launch}, {}, {}, {}};
}

BothRegistration::Lower lower_as(const std::string& entry) {
  return [entry](const Call& call, Processor& processor, const schema::Parameters& tuning) {
    return lower(call, processor, tuning, entry);
  };
}

const BothRegistration append_forms("cache_append", lower_as("cache_append"));
const BothRegistration row_forms("row_at_position", lower_as("row_at_position"));

}  // namespace
}  // namespace motley::workloads
