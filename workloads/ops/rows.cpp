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
  for (const auto find : {simd_row_piece, simd_softmax_piece}) {
    if (const PieceForm form = find(entry)) return form;
  }
  return nullptr;
}

Operand whole(std::int64_t value) {
  return constant(static_cast<std::int32_t>(value));
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
  lowered_.workspace_bytes.push_back(static_cast<std::size_t>(floats) * sizeof(float));
  return Workspace{lowered_.workspace_bytes.size() - 1};
}

void Reduction::launch(const Pieces& what) {
  lowered_.launches.push_back(pieces_launch(what, processor_, tuning_));
}

std::int64_t Reduction::items(std::int64_t rows, std::int64_t columns) const {
  return processor_.members() > 0 ? 0 : rows * divide_up(columns, vector_width(tuning_));
}

void Reduction::sum_rows(Operand from, const Operand& to, std::int64_t rows, std::int64_t columns) {
  const bool cpu = processor_.kind() == ProcessorKind::cpu;
  for (bool last = false; !last;) {
    std::int64_t chunk = cpu ? 256 : 64;
    last = rows <= 2 * chunk;
    if (last) chunk = rows;
    const std::int64_t chunks = divide_up(rows, chunk);
    const Operand sums = last ? to : workspace(chunks * columns);
    launch({"sum_rows",
            {from, sums, whole(columns), whole(rows), whole(chunk)},
            chunks,
            rows * columns,
            items(chunks, columns)});
    from = sums;
    rows = chunks;
  }
}

void Reduction::sum(const std::string& entry, std::vector<Operand> of, const Operand& to,
                    std::int64_t elements, double scale) {
  constexpr std::int64_t chunk = 8192;
  const std::int64_t chunks = divide_up(elements, chunk);
  const Operand sums = chunks > 1 ? workspace(chunks) : to;
  of.insert(of.end(), {sums, whole(elements), whole(chunk),
                       constant(static_cast<float>(chunks > 1 ? 1 : scale))});
  launch({entry, std::move(of), chunks, elements});
  if (chunks > 1) {
    launch({"sum",
            {sums, to, whole(chunks), whole(chunks), constant(static_cast<float>(scale))},
            1,
            chunks});
  }
}

}  // namespace motley::workloads
