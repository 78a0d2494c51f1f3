// Softmax and cross entropy on CPUs. Each has the name and the arguments of a kernel of rows.cl.
#include <cmath>
#include <limits>
#include <string_view>

#include "workloads/ops/rows.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/softmax_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using F = hn::Vec<Floats>;

struct Exponentials {
  float largest, sum;
};

/// ys = softmax(scale xs) of the first `valid` elements of a row, the others 0. Gives the largest
/// scale xs, and the sum of exponentials below it.
HWY_INLINE Exponentials softmax_row(const float* xs, float* ys, std::int64_t valid,
                                    std::int64_t columns, float scale) {
  // No maximum and no sum of exponentials notices it.
  constexpr float nothing = -std::numeric_limits<float>::infinity();
  F most = all(nothing), sums = all(0);
  for_each_vector(0, valid, [&](auto at) HWY_ATTR {
    most = hn::Max(most, at.or_else(hn::Mul(all(scale), at.load(xs)), nothing));
  });
  const float largest = hn::GetLane(hn::MaxOfLanes(Floats(), most));
  for_each_vector(0, valid, [&](auto at) HWY_ATTR {
    const F below = hn::Sub(hn::Mul(all(scale), at.load(xs)), all(largest));
    const F exponent = at.or_else(below, nothing);  // Exp makes 0 of a NaN
    const F e = hn::IfThenElse(hn::IsNaN(exponent), exponent, hn::Exp(Floats(), exponent));
    sums = hn::Add(sums, e);
    at.store(e, ys);
  });
  const float sum = hn::GetLane(hn::SumOfLanes(Floats(), sums));
  for_each_vector(0, valid,
                  [=](auto at) HWY_ATTR { at.store(hn::Mul(at.load(ys), all(1 / sum)), ys); });
  for_each_vector(valid, columns, [=](auto at) HWY_ATTR { at.store(all(0), ys); });
  return {largest, sum};
}

void softmax(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const std::int64_t columns = task.value<std::int32_t>(2);
  const std::int64_t last = task.value<std::int32_t>(4);
  for (std::int64_t row = begin; row < end; ++row) {
    const std::int64_t seen = last < 0 ? row % columns : last;
    const std::int64_t valid = seen < columns ? seen + 1 : columns;
    softmax_row(task.buffer<const float>(0) + row * columns, task.buffer<float>(1) + row * columns,
                valid, columns, task.value<float>(3));
  }
}

void softmax_backward(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const std::int64_t columns = task.value<std::int32_t>(3);
  const float scale = task.value<float>(4);
  for (std::int64_t row = begin; row < end; ++row) {
    const float *dys = task.buffer<const float>(0) + row * columns,
                *ys = task.buffer<const float>(1) + row * columns;
    float* dxs = task.buffer<float>(2) + row * columns;
    F sums = all(0);
    for_each_vector(0, columns,
                    [&](auto at) HWY_ATTR { sums = hn::MulAdd(at.load(dys), at.load(ys), sums); });
    const float sum = hn::GetLane(hn::SumOfLanes(Floats(), sums));
    for_each_vector(0, columns, [=](auto at) HWY_ATTR {
      at.store(hn::Mul(hn::Mul(all(scale), at.load(ys)), hn::Sub(at.load(dys), all(sum))), dxs);
    });
  }
}

void cross_entropy(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const std::int64_t columns = task.value<std::int32_t>(4);
  const bool ignored = task.value<std::int32_t>(5) != 0;
  for (std::int64_t row = begin; row < end; ++row) {
    const std::int32_t label = task.buffer<const std::int32_t>(1)[row];
    const float* xs = task.buffer<const float>(0) + row * columns;
    const Exponentials of_row =
        softmax_row(xs, task.buffer<float>(2) + row * columns, columns, columns, 1);
    float loss = std::numeric_limits<float>::quiet_NaN();
    if (label >= 0 && label < columns) loss = std::log(of_row.sum) + of_row.largest - xs[label];
    if (label == -1 && ignored) loss = 0;
    task.buffer<float>(3)[row] = loss;
  }
}

float labelled(const std::int32_t* labels, std::int64_t rows) {
  std::int64_t count = 0;
  for (std::int64_t row = 0; row < rows; ++row) count += labels[row] != -1;
  return static_cast<float>(count > 0 ? count : 1);
}

void mean_loss(const CpuTask& task, std::int64_t, std::int64_t) {
  const std::int64_t rows = task.value<std::int32_t>(3);
  double sum = 0;
  for (std::int64_t row = 0; row < rows; ++row) sum += double(task.buffer<const float>(0)[row]);
  task.buffer<float>(2)[0] =
      static_cast<float>(sum / double(labelled(task.buffer<const std::int32_t>(1), rows)));
}

void labelled_rows(const CpuTask& task, std::int64_t, std::int64_t) {
  task.buffer<float>(1)[0] =
      labelled(task.buffer<const std::int32_t>(0), task.value<std::int32_t>(2));
}

void cross_entropy_backward(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const std::int64_t columns = task.value<std::int32_t>(4), rows = task.value<std::int32_t>(5);
  const bool ignored = task.value<std::int32_t>(6) != 0;
  const float mean = 1 / (ignored ? task.buffer<const float>(2)[0] : static_cast<float>(rows));
  for (std::int64_t row = begin; row < end; ++row) {
    const std::int32_t label = task.buffer<const std::int32_t>(1)[row];
    const float* probabilities = task.buffer<const float>(0) + row * columns;
    float* dxs = task.buffer<float>(3) + row * columns;
    const float scale = label == -1 && ignored ? 0 : mean;
    for_each_vector(0, columns, [=](auto at) HWY_ATTR {
      at.store(hn::Mul(all(scale), at.load(probabilities)), dxs);
    });
    if (label >= 0 && label < columns) dxs[label] = scale * (probabilities[label] - 1);
  }
}

PieceForm find_softmax_piece(std::string_view entry) {
  static constexpr NamedPiece pieces[] = {{"softmax", softmax},
                                          {"softmax_backward", softmax_backward},
                                          {"cross_entropy", cross_entropy},
                                          {"mean_loss", mean_loss},
                                          {"labelled_rows", labelled_rows},
                                          {"cross_entropy_backward", cross_entropy_backward}};
  return form_of(entry, pieces);
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(find_softmax_piece);

PieceForm simd_softmax_piece(const std::string& entry) {
  return HWY_DYNAMIC_DISPATCH(find_softmax_piece)(entry);
}

}  // namespace motley::workloads
#endif
