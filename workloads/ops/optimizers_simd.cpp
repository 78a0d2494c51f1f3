// The optimizers on CPUs. Each has the name and, operation by operation, the arithmetic of a kernel
// of elementwise.cl: momentum in one step and in three is the same to the bit.
#include <cmath>
#include <string_view>

#include "workloads/ops/elementwise.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/optimizers_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using F = hn::Vec<Floats>;

void decay(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float *gradients = task.buffer<const float>(0), *parameters = task.buffer<const float>(1);
  float* decayed = task.buffer<float>(2);
  const float weight_decay = task.value<float>(3);
  for_each_vector(begin, end, [=](auto at) HWY_ATTR {
    at.store(hn::MulAdd(all(weight_decay), at.load(parameters), at.load(gradients)), decayed);
  });
}

void sgd(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  float* parameters = task.buffer<float>(0);
  const float* gradients = task.buffer<const float>(1);
  const float learning_rate = task.value<float>(2), weight_decay = task.value<float>(3);
  for_each_vector(begin, end, [=](auto at) HWY_ATTR {
    const F p = at.load(parameters);
    const F g = hn::MulAdd(all(weight_decay), p, at.load(gradients));
    at.store(hn::MulAdd(all(-learning_rate), g, p), parameters);
  });
}

template <bool nesterov>
HWY_INLINE void momentum_of(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  float *parameters = task.buffer<float>(0), *velocities = task.buffer<float>(2);
  const float* gradients = task.buffer<const float>(1);
  const float learning_rate = task.value<float>(3), factor = task.value<float>(4),
              weight_decay = task.value<float>(5);
  for_each_vector(begin, end, [=](auto at) HWY_ATTR {
    const F p = at.load(parameters);
    const F g = hn::MulAdd(all(weight_decay), p, at.load(gradients));
    const F v = hn::MulAdd(all(factor), at.load(velocities), g);
    at.store(v, velocities);
    const F step = nesterov ? hn::MulAdd(all(factor), v, g) : v;
    at.store(hn::MulAdd(all(-learning_rate), step, p), parameters);
  });
}

void momentum(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  task.value<std::int32_t>(6) != 0 ? momentum_of<true>(task, begin, end)
                                   : momentum_of<false>(task, begin, end);
}

void momentum_velocity(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  float* velocities = task.buffer<float>(0);
  const float* decayed = task.buffer<const float>(1);
  const float factor = task.value<float>(2);
  for_each_vector(begin, end, [=](auto at) HWY_ATTR {
    at.store(hn::MulAdd(all(factor), at.load(velocities), at.load(decayed)), velocities);
  });
}

void apply_velocity(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  float* parameters = task.buffer<float>(0);
  const float* velocities = task.buffer<const float>(1);
  const float learning_rate = task.value<float>(2);
  for_each_vector(begin, end, [=](auto at) HWY_ATTR {
    at.store(hn::MulAdd(all(-learning_rate), at.load(velocities), at.load(parameters)), parameters);
  });
}

/// l2: weight decay as a part of the gradient (Adam); decoupled: beside it (AdamW).
void adam(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  float *parameters = task.buffer<float>(0), *firsts = task.buffer<float>(2),
        *seconds = task.buffer<float>(3);
  const float* gradients = task.buffer<const float>(1);
  const float learning_rate = task.value<float>(4), beta1 = task.value<float>(6),
              beta2 = task.value<float>(7), epsilon = task.value<float>(10),
              l2 = task.value<float>(11), decoupled = task.value<float>(12);
  const auto step = static_cast<float>(task.value<std::int32_t>(5));
  const float rate = learning_rate / -std::expm1(step * task.value<float>(8));
  const float correction = 1 / -std::expm1(step * task.value<float>(9));
  for_each_vector(begin, end, [=](auto at) HWY_ATTR {
    const F p = at.load(parameters);
    const F g = hn::MulAdd(all(l2), p, at.load(gradients));
    const F m = hn::MulAdd(all(beta1), at.load(firsts), hn::Mul(all(1 - beta1), g));
    const F v = hn::MulAdd(all(beta2), at.load(seconds), hn::Mul(hn::Mul(all(1 - beta2), g), g));
    at.store(m, firsts);
    at.store(v, seconds);
    const F kept = hn::MulAdd(all(-learning_rate * decoupled), p, p);
    const F deviation = hn::Add(hn::Sqrt(hn::Mul(v, all(correction))), all(epsilon));
    at.store(hn::Sub(kept, hn::Div(hn::Mul(all(rate), m), deviation)), parameters);
  });
}

void clip_by_norm(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  float* gradients = task.buffer<float>(0);
  const float norm = std::sqrt(*task.buffer<const float>(1)), limit = task.value<float>(2);
  const float factor = norm > limit ? limit / norm : 1;
  for_each_vector(begin, end, [=](auto at) HWY_ATTR {
    at.store(hn::Mul(all(factor), at.load(gradients)), gradients);
  });
}

PieceForm find_optimizer_piece(std::string_view entry) {
  static constexpr NamedPiece pieces[] = {{"decay", decay},
                                          {"sgd", sgd},
                                          {"momentum", momentum},
                                          {"momentum_velocity", momentum_velocity},
                                          {"apply_velocity", apply_velocity},
                                          {"adam", adam},
                                          {"clip_by_norm", clip_by_norm}};
  return form_of(entry, pieces);
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(find_optimizer_piece);

PieceForm simd_optimizer_piece(const std::string& entry) {
  return HWY_DYNAMIC_DISPATCH(find_optimizer_piece)(entry);
}

}  // namespace motley::workloads
#endif
