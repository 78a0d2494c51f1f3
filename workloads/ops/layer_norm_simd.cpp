// Layer normalisation and embedding on CPUs. Each has the name and the arguments of a kernel of
// rows.cl.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "workloads/ops/rows.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/layer_norm_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using F = hn::Vec<Floats>;

HWY_INLINE float sum_of(F v) {
  return hn::GetLane(hn::SumOfLanes(Floats(), v));
}

void layer_norm(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float *gammas = task.buffer<const float>(1), *betas = task.buffer<const float>(2);
  const std::int64_t columns = task.value<std::int32_t>(6);
  for (std::int64_t row = begin; row < end; ++row) {
    const float* xs = task.buffer<const float>(0) + row * columns;
    float* ys = task.buffer<float>(3) + row * columns;
    F sums = all(0), squares = all(0);
    for_each_vector(0, columns, [&](auto at) HWY_ATTR { sums = hn::Add(sums, at.load(xs)); });
    const float mean = sum_of(sums) / static_cast<float>(columns);
    for_each_vector(0, columns, [&](auto at) HWY_ATTR {
      const F difference = at.or_else(hn::Sub(at.load(xs), all(mean)), 0);
      squares = hn::MulAdd(difference, difference, squares);
    });
    const float variance = sum_of(squares) / static_cast<float>(columns);
    const float inverse = 1 / std::sqrt(variance + task.value<float>(7));
    for_each_vector(0, columns, [=](auto at) HWY_ATTR {
      const F normalised = hn::Mul(hn::Sub(at.load(xs), all(mean)), all(inverse));
      at.store(hn::MulAdd(normalised, at.load(gammas), at.load(betas)), ys);
    });
    task.buffer<float>(4)[row] = mean;
    task.buffer<float>(5)[row] = inverse;
  }
}

void layer_norm_backward_data(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float* gammas = task.buffer<const float>(2);
  const std::int64_t columns = task.value<std::int32_t>(6);
  for (std::int64_t row = begin; row < end; ++row) {
    const float *dys = task.buffer<const float>(0) + row * columns,
                *xs = task.buffer<const float>(1) + row * columns;
    float* dxs = task.buffer<float>(5) + row * columns;
    const float mean = task.buffer<const float>(3)[row], inverse = task.buffer<const float>(4)[row];
    F sums = all(0), products = all(0);
    for_each_vector(0, columns, [&](auto at) HWY_ATTR {
      const F g = hn::Mul(at.load(dys), at.load(gammas));
      sums = hn::Add(sums, g);
      products = hn::MulAdd(g, hn::Sub(at.load(xs), all(mean)), products);
    });
    const float sum = sum_of(sums) / static_cast<float>(columns);
    const float product = sum_of(products) / static_cast<float>(columns) * inverse;
    for_each_vector(0, columns, [=](auto at) HWY_ATTR {
      const F g = hn::Mul(at.load(dys), at.load(gammas));
      const F normalised = hn::Mul(hn::Sub(at.load(xs), all(mean)), all(inverse));
      const F rest = hn::NegMulAdd(normalised, all(product), hn::Sub(g, all(sum)));
      at.store(hn::Mul(all(inverse), rest), dxs);
    });
  }
}

/// Adds so many rows to the sums. Several at once: sums are loaded and stored as often as one row
/// is read, and still every row is read from its beginning to its end.
template <int rows>
HWY_INLINE void add_weight_gradients(const float* dys, const float* xs, const float* means,
                                     const float* inverses, float* gamma_sums, float* beta_sums,
                                     std::int64_t columns) {
  for_each_vector(0, columns, [=](auto at) HWY_ATTR {
    F gamma_sum = at.load(gamma_sums), beta_sum = at.load(beta_sums);
    for (int row = 0; row < rows; ++row) {
      const F dy = at.load(dys + row * columns), x = at.load(xs + row * columns);
      const F normalised = hn::Mul(hn::Sub(x, all(means[row])), all(inverses[row]));
      gamma_sum = hn::MulAdd(dy, normalised, gamma_sum);
      beta_sum = hn::Add(beta_sum, dy);
    }
    at.store(gamma_sum, gamma_sums);
    at.store(beta_sum, beta_sums);
  });
}

void layer_norm_backward_weights(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float *dys = task.buffer<const float>(0), *xs = task.buffer<const float>(1);
  const float *means = task.buffer<const float>(2), *inverses = task.buffer<const float>(3);
  const std::int64_t columns = task.value<std::int32_t>(6), rows = task.value<std::int32_t>(7),
                     chunk = task.value<std::int32_t>(8);
  for (std::int64_t piece = begin; piece < end; ++piece) {
    float *gamma_sums = task.buffer<float>(4) + piece * columns,
          *beta_sums = task.buffer<float>(5) + piece * columns;
    std::fill_n(gamma_sums, columns, 0.0f);
    std::fill_n(beta_sums, columns, 0.0f);
    const std::int64_t last = std::min((piece + 1) * chunk, rows);
    std::int64_t row = piece * chunk;
    for (; row + 4 <= last; row += 4) {
      add_weight_gradients<4>(dys + row * columns, xs + row * columns, means + row, inverses + row,
                              gamma_sums, beta_sums, columns);
    }
    for (; row < last; ++row) {
      add_weight_gradients<1>(dys + row * columns, xs + row * columns, means + row, inverses + row,
                              gamma_sums, beta_sums, columns);
    }
  }
}

void embedding(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const std::int64_t columns = task.value<std::int32_t>(3), rows = task.value<std::int32_t>(4);
  for (std::int64_t which = begin; which < end; ++which) {
    const std::int64_t id = task.buffer<const std::int32_t>(1)[which];
    float* to = task.buffer<float>(2) + which * columns;
    if (id >= 0 && id < rows) {
      std::copy_n(task.buffer<const float>(0) + id * columns, columns, to);
    } else {
      std::fill_n(to, columns, std::numeric_limits<float>::quiet_NaN());
    }
  }
}

/// Zeros for [begin, end) of a table. 32 MiB and more go past the caches, which would read each
/// line before they fill it.
void clear(float* table, std::int64_t begin, std::int64_t end, std::int64_t table_elements) {
  const Floats d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  constexpr std::int64_t most_cached = 8 << 20;  // elements
  const std::size_t bytes = hn::Lanes(d) * sizeof(float);
  const std::size_t beyond = reinterpret_cast<std::uintptr_t>(table + begin) % bytes;
  const auto to_aligned = static_cast<std::int64_t>((bytes - beyond) % bytes / sizeof(float));
  const std::int64_t first = std::min(end, begin + to_aligned);
  const std::int64_t last =
      first + (table_elements > most_cached ? (end - first) / lanes * lanes : 0);
  std::fill(table + begin, table + first, 0.0f);
  for (std::int64_t i = first; i < last; i += lanes) hn::Stream(hn::Zero(d), d, table + i);
  std::fill(table + last, table + end, 0.0f);
  hwy::FlushStream();
}

/// Each piece owns `chunk` rows of the table and looks for what concerns them among all numbers.
void embedding_backward(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const std::int32_t* ids = task.buffer<const std::int32_t>(1);
  const std::int64_t columns = task.value<std::int32_t>(3), rows = task.value<std::int32_t>(4),
                     count = task.value<std::int32_t>(5), chunk = task.value<std::int32_t>(6);
  const std::int64_t first = begin * chunk, last = std::min(end * chunk, rows);
  if (first >= last) return;
  clear(task.buffer<float>(2), first * columns, last * columns, rows * columns);
  for (std::int64_t which = 0; which < count; ++which) {
    if (ids[which] < first || ids[which] >= last) continue;
    const float* dys = task.buffer<const float>(0) + which * columns;
    float* sums = task.buffer<float>(2) + ids[which] * columns;
    for_each_vector(0, columns, [=](auto at) HWY_ATTR {
      at.store(hn::Add(at.load(sums), at.load(dys)), sums);
    });
  }
}

PieceForm find_layer_norm_piece(std::string_view entry) {
  static constexpr NamedPiece pieces[] = {
      {"layer_norm", layer_norm},
      {"layer_norm_backward_data", layer_norm_backward_data},
      {"layer_norm_backward_weights", layer_norm_backward_weights},
      {"embedding", embedding},
      {"embedding_backward", embedding_backward}};
  return form_of(entry, pieces);
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(find_layer_norm_piece);

PieceForm simd_layer_norm_piece(const std::string& entry) {
  return HWY_DYNAMIC_DISPATCH(find_layer_norm_piece)(entry);
}

}  // namespace motley::workloads
#endif
