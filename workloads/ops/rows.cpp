#include "workloads/ops/rows.hpp"

namespace motley::embedded {
extern const std::string_view rows_cl;
}

namespace motley::workloads {

std::int64_t columns_of(const TensorType& type) {
  return type.shape.empty() ? 1 : type.shape.back();
}
std::int64_t rows_of(const TensorType& type) {
  return type.elements() / columns_of(type);
}

namespace {

/// Work-items that reduce one piece: CPUs do best with one that computes in wide vectors.
std::size_t group_size(const schema::Parameters& tuning) {
  return vector_width(tuning) == 16 ? 1 : 64;
}

PieceForm find_piece(const std::string& entry) {
  for (const auto find : {simd_row_piece, simd_softmax_piece, simd_layer_norm_piece}) {
    if (const PieceForm form = find(entry)) return form;
  }
  return nullptr;
}

}  // namespace

Launch pieces_launch(const Pieces& what, const Processor& processor,
                     const schema::Parameters& tuning) {
  Launch launch;
  launch.kernel.name = what.entry;
  launch.operands = what.operands;
  if (processor.members() > 0) {
    launch.kernel.cpu_members = members_for(what.elements);
    launch.kernel.cpu = [piece = find_piece(what.entry),
                         pieces = what.pieces](const CpuTask& task) {
      const auto [begin, end] = task.share(pieces);
      piece(task, begin, end);
    };
    return launch;
  }
  launch.kernel.opencl = vector_form(embedded::rows_cl, what.entry, tuning);
  if (what.items > 0) {
    launch.range = items(what.items);
  } else {
    const std::size_t group = group_size(tuning);
    launch.range = range(static_cast<std::size_t>(what.pieces) * group, group);
    launch.operands.push_back(LocalMemory{group * sizeof(float)});
  }
  return launch;
}

Operand Reduction::workspace(std::int64_t floats) {
  lowered_.workspaces.push_back(static_cast<std::size_t>(floats) * sizeof(float));
  return Workspace{lowered_.workspaces.size() - 1};
}

void Reduction::launch(const Pieces& what) {
  lowered_.launches.push_back(pieces_launch(what, processor_, tuning_));
}

std::int64_t Reduction::items(std::int64_t rows, std::int64_t columns) const {
  return processor_.members() > 0 ? 0 : rows * divide_up(columns, vector_width(tuning_));
}

std::int64_t Reduction::chunk() const {
  return processor_.kind() == ProcessorKind::cpu ? 256 : 64;
}

void Reduction::sum_rows(Operand from, const Operand& to, std::int64_t rows, std::int64_t columns) {
  for (bool last = false; !last;) {
    last = rows <= 2 * chunk();
    const std::int64_t rows_each = last ? rows : chunk();
    const std::int64_t chunks = divide_up(rows, rows_each);
    const Operand sums = last ? to : workspace(chunks * columns);
    launch({"sum_rows",
            {from, sums, whole(columns), whole(rows), whole(rows_each)},
            chunks,
            rows * columns,
            items(chunks, columns)});
    from = sums;
    rows = chunks;
  }
}

void Reduction::sum_chunks(const std::string& entry, std::vector<Operand> of, const Operand& sums,
                           std::int64_t first, std::int64_t elements, std::int64_t chunk,
                           double scale) {
  of.push_back(sums);
  for (const std::int64_t value : {first, elements, chunk}) of.push_back(whole(value));
  of.push_back(single(scale));
  launch({entry, std::move(of), divide_up(elements, chunk), elements});
}

namespace {
constexpr std::int64_t sum_chunk = 8192;
}

void Reduction::sum(const std::string& entry, std::vector<Operand> of, const Operand& to,
                    std::int64_t elements, double scale) {
  const std::int64_t chunks = divide_up(elements, sum_chunk);
  if (chunks == 1) return sum_chunks(entry, std::move(of), to, 0, elements, sum_chunk, scale);
  const Operand sums = workspace(chunks);
  sum_chunks(entry, std::move(of), sums, 0, elements, sum_chunk, 1);
  sum_chunks("sum", {sums}, to, 0, chunks, chunks, scale);
}

void Reduction::sum_squares(const std::vector<TensorType>& inputs, const Operand& to) {
  std::int64_t chunks = 0;
  for (const TensorType& input : inputs) chunks += divide_up(input.elements(), sum_chunk);
  const Operand sums = workspace(chunks);
  std::int64_t first = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::int64_t elements = inputs[i].elements();
    sum_chunks("sum_squares", {Input{i}}, sums, first, elements, sum_chunk, 1);
    first += divide_up(elements, sum_chunk);
  }
  sum_chunks("sum", {sums}, to, 0, chunks, chunks, 1);
}

}  // namespace motley::workloads
