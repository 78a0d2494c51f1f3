#include "workloads/ops/strided_copy.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::embedded {
extern const std::string_view strided_copy_cl;
}

namespace motley::workloads {
namespace {

constexpr std::size_t axes = 5;

/// Leaves out axes of one element and merges those that follow one another on both sides.
StridedCopy merged(const StridedCopy& copy) {
  StridedCopy result{{}, {}, {}, copy.from_offset, copy.to_offset};
  for (std::size_t k = 0; k < copy.sizes.size(); ++k) {
    const std::int64_t size = copy.sizes[k];
    if (size == 1) continue;
    if (!result.sizes.empty() && result.from_strides.back() == size * copy.from_strides[k] &&
        result.to_strides.back() == size * copy.to_strides[k]) {
      result.sizes.back() *= size;
      result.from_strides.back() = copy.from_strides[k];
      result.to_strides.back() = copy.to_strides[k];
      continue;
    }
    result.sizes.push_back(size);
    result.from_strides.push_back(copy.from_strides[k]);
    result.to_strides.push_back(copy.to_strides[k]);
  }
  return result;
}

/// Merged, with as many axes as the kernel takes.
StridedCopy filled_up(const StridedCopy& copy) {
  const std::string refusal = too_many_axes(copy);
  if (!refusal.empty()) throw Unsupported(refusal);
  StridedCopy result = merged(copy);
  const std::size_t missing = axes - result.sizes.size();
  result.sizes.insert(result.sizes.begin(), missing, 1);
  // An axis of one element counts as contiguous.
  result.from_strides.insert(result.from_strides.begin(), missing, 1);
  result.to_strides.insert(result.to_strides.begin(), missing, 1);
  return result;
}

/// On a CPU: the axis along which the source is contiguous becomes the last but one, so that both
/// sides are walked in blocks of cache lines.
void block_transposition(StridedCopy& copy) {
  if (copy.from_strides[axes - 1] == 1) return;
  for (std::size_t k = 0; k + 1 < axes; ++k) {
    if (copy.sizes[k] == 1 || copy.from_strides[k] != 1) continue;
    for (Shape* one : {&copy.sizes, &copy.from_strides, &copy.to_strides}) {
      std::rotate(one->begin() + k, one->begin() + k + 1, one->end() - 1);
    }
    return;
  }
}

constexpr std::int64_t block = 16;

/// The first `rows` and `columns` of the last two axes.
void copy_rows(const StridedCopy& copy, const float* from, float* to, std::int64_t rows,
               std::int64_t columns) {
  const std::int64_t from_row = copy.from_strides[axes - 2],
                     from_column = copy.from_strides[axes - 1];
  const std::int64_t to_row = copy.to_strides[axes - 2], to_column = copy.to_strides[axes - 1];
  if (from_row == 1 && to_column == 1 && columns >= 4) {
    transpose_rows(from, from_column, to, to_row, rows, columns);
    return;
  }
  if (from_column == 1 && to_column == 1) {
    for (std::int64_t i = 0; i < rows; ++i) {
      const float* x = from + i * from_row;
      float* y = to + i * to_row;
      if (columns == 4) {  // channels of NC4HW4: a call each would cost more than the copy
        std::copy_n(x, 4, y);
      } else {
        std::copy_n(x, columns, y);
      }
    }
    return;
  }
  for (std::int64_t j0 = 0; j0 < columns; j0 += block) {
    const std::int64_t j1 = std::min(j0 + block, columns);
    for (std::int64_t i = 0; i < rows; ++i) {
      const float* x = from + i * from_row;
      float* y = to + i * to_row;
      for (std::int64_t j = j0; j < j1; ++j) y[j * to_column] = x[j * from_column];
    }
  }
}

/// What threads take at a time, of the last two axes: 64 KiB, of few rows, so that only a few pages
/// are touched.
struct Piece {
  std::int64_t rows, columns;
  std::int64_t down, across;  ///< so many pieces make both axes
};
Piece piece_of(const StridedCopy& copy) {
  const std::int64_t all_rows = copy.sizes[axes - 2], rows = std::min<std::int64_t>(64, all_rows);
  const std::int64_t columns = 16384 / rows / block * block;
  return {rows, columns, divide_up(all_rows, rows), divide_up(copy.sizes[axes - 1], columns)};
}

void copy_piece(const StridedCopy& copy, const CpuTask& task, const Piece& piece,
                std::int64_t index) {
  const std::int64_t column = index % piece.across * piece.columns;
  index /= piece.across;
  const std::int64_t row = index % piece.down * piece.rows;
  std::int64_t rest = index / piece.down;
  const auto start = [&](const Shape& strides) {
    return row * strides[axes - 2] + column * strides[axes - 1];
  };
  std::int64_t from = copy.from_offset + start(copy.from_strides),
               to = copy.to_offset + start(copy.to_strides);
  for (std::size_t k = axes - 2; k-- > 0;) {
    from += rest % copy.sizes[k] * copy.from_strides[k];
    to += rest % copy.sizes[k] * copy.to_strides[k];
    rest /= copy.sizes[k];
  }
  copy_rows(copy, task.buffer<const float>(0) + from, task.buffer<float>(1) + to,
            std::min(piece.rows, copy.sizes[axes - 2] - row),
            std::min(piece.columns, copy.sizes[axes - 1] - column));
}

struct Int8 {
  std::int32_t elements[8];
};
Int8 int8(const Shape& values, std::int64_t last) {
  Int8 result{};
  for (std::size_t k = 0; k < axes; ++k) {
    result.elements[k] = static_cast<std::int32_t>(values[k]);
  }
  result.elements[7] = static_cast<std::int32_t>(last);
  return result;
}

std::int64_t product(const Shape& sizes) {
  std::int64_t result = 1;
  for (const std::int64_t size : sizes) result *= size;
  return result;
}

}  // namespace

Shape strides_of(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t k = shape.size(); k-- > 1;) strides[k - 1] = strides[k] * shape[k];
  return strides;
}

std::string too_many_axes(const StridedCopy& copy) {
  const std::size_t different = merged(copy).sizes.size();
  if (different <= axes) return "";
  return fmt::format("{} axes in different orders (the kernel knows {}). Merge some.", different,
                     axes);
}

void copy_strided(Lowered& lowered, const Processor& processor, const schema::Parameters& tuning,
                  const Operand& from, const Operand& to, StridedCopy copy) {
  copy = filled_up(copy);
  const std::int64_t elements = product(copy.sizes);
  Launch launch;
  launch.kernel.name = "copy_strided";
  launch.operands = {from, to};
  if (processor.members() > 0) {
    block_transposition(copy);
    const Piece piece = piece_of(copy);
    const std::int64_t pieces =
        elements / copy.sizes[axes - 2] / copy.sizes[axes - 1] * piece.down * piece.across;
    launch.kernel.cpu_members = members_for(elements);
    launch.kernel.cpu = [copy, piece, pieces](const CpuTask& task) {
      const auto [begin, end] = task.share(pieces);
      for (std::int64_t i = begin; i < end; ++i) copy_piece(copy, task, piece, i);
    };
  } else {
    launch.kernel.opencl = vector_form(embedded::strided_copy_cl, "copy_strided", tuning);
    const std::int64_t columns = copy.sizes[axes - 1];
    launch.range = items(elements / columns * divide_up(columns, vector_width(tuning)));
    launch.operands.push_back(constant(int8(copy.sizes, 0)));
    launch.operands.push_back(constant(int8(copy.from_strides, copy.from_offset)));
    launch.operands.push_back(constant(int8(copy.to_strides, copy.to_offset)));
  }
  lowered.launches.push_back(std::move(launch));
}

void fill_zero(Lowered& lowered, const Processor& processor, const schema::Parameters& tuning,
               const Operand& to, std::int64_t elements) {
  Launch launch;
  launch.kernel.name = "fill_zero";
  launch.operands = {to, whole(elements)};
  if (processor.members() > 0) {
    launch.kernel.cpu_members = members_for(elements);
    launch.kernel.cpu = [elements](const CpuTask& task) {
      const auto [begin, end] = task.share(elements, 1024);
      std::fill(task.buffer<float>(0) + begin, task.buffer<float>(0) + end, 0.0f);
    };
  } else {
    launch.kernel.opencl = vector_form(embedded::strided_copy_cl, "fill_zero", tuning);
    launch.range = items(divide_up(elements, vector_width(tuning)));
  }
  lowered.launches.push_back(std::move(launch));
}

void for_each_index(const Shape& shape, const std::function<void(const Shape&)>& f) {
  Shape index(shape.size(), 0);
  for (std::int64_t left = product(shape); left > 0; --left) {
    f(index);
    for (std::size_t k = shape.size(); k-- > 0;) {
      if (++index[k] < shape[k]) break;
      index[k] = 0;
    }
  }
}

std::size_t place_of(const Shape& shape, const Shape& index) {
  std::int64_t place = 0;
  for (std::size_t k = 0; k < shape.size(); ++k) place = place * shape[k] + index[k];
  return static_cast<std::size_t>(place);
}

}  // namespace motley::workloads
