// Peak loops of AArch64 instructions beyond Highway's targets: fp16 FMA, int8 dot product, and the
// small matrix products BFMMLA and SMMLA. This file is built for cores that have them (see
// CMakeLists.txt) and so holds nothing that the linker could share with other files; callers look
// at the CPU first.
#include "microbench/flops_loops.hpp"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace motley::microbench {
namespace {

#define MOTLEY_EACH_CHAIN(X)                                                                     \
  X(0)                                                                                           \
  X(1)                                                                                           \
  X(2)                                                                                           \
  X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) \
      X(20) X(21) X(22) X(23)
#define MOTLEY_LOOP(load, store, type, value_type, first, second)  \
  const auto* from = static_cast<const value_type*>(start);        \
  auto* to = static_cast<value_type*>(out);                        \
  constexpr int lanes = 16 / static_cast<int>(sizeof(value_type)); \
  MOTLEY_EACH_CHAIN(load)                                          \
  for (std::int64_t i = 0; i < steps; i += 2) {                    \
    MOTLEY_EACH_CHAIN(first)                                       \
    MOTLEY_EACH_CHAIN(second)                                      \
  }                                                                \
  MOTLEY_EACH_CHAIN(store)

template <int chains>
void fp16(const void* start, void* out, const void* factor, std::int64_t steps) {
  const float16x8_t a = vdupq_n_f16(*static_cast<const float16_t*>(factor));
#define LOAD(k) [[maybe_unused]] float16x8_t x##k = vld1q_f16(from + lanes * (k < chains ? k : 0));
#define STORE(k) \
  if constexpr (k < chains) vst1q_f16(to + lanes * k, x##k);
#define FIRST(k) \
  if constexpr (k < chains) x##k = vfmaq_f16(x##k, x##k, a);
#define SECOND(k) \
  if constexpr (k < chains) x##k = vfmsq_f16(x##k, x##k, a);
  MOTLEY_LOOP(LOAD, STORE, float16x8_t, float16_t, FIRST, SECOND)
#undef FIRST
#undef SECOND
#undef LOAD
#undef STORE
}

template <int chains>
void sdot(const void* start, void* out, const void* factor, std::int64_t steps) {
  const int8x16_t a =
      vdupq_n_s8(static_cast<std::int8_t>(*static_cast<const std::int32_t*>(factor)));
  const int8x16_t one = vdupq_n_s8(1);
#define LOAD(k) [[maybe_unused]] int32x4_t x##k = vld1q_s32(from + lanes * (k < chains ? k : 0));
#define STORE(k) \
  if constexpr (k < chains) vst1q_s32(to + lanes * k, x##k);
#define STEP(k) \
  if constexpr (k < chains) x##k = vdotq_s32(x##k, a, one);
  MOTLEY_LOOP(LOAD, STORE, int32x4_t, std::int32_t, STEP, STEP)
#undef STEP
}

template <int chains>
void smmla(const void* start, void* out, const void* factor, std::int64_t steps) {
  const int8x16_t a =
      vdupq_n_s8(static_cast<std::int8_t>(*static_cast<const std::int32_t*>(factor)));
  const int8x16_t one = vdupq_n_s8(1);
#define STEP(k) \
  if constexpr (k < chains) x##k = vmmlaq_s32(x##k, a, one);
  MOTLEY_LOOP(LOAD, STORE, int32x4_t, std::int32_t, STEP, STEP)
#undef STEP
#undef LOAD
#undef STORE
}

#define LOAD(k) [[maybe_unused]] float32x4_t x##k = vld1q_f32(from + lanes * (k < chains ? k : 0));
#define STORE(k) \
  if constexpr (k < chains) vst1q_f32(to + lanes * k, x##k);
template <int chains>
void bfdot(const void* start, void* out, const void* factor, std::int64_t steps) {
  const bfloat16x8_t a =
      vcvtq_high_bf16_f32(vcvtq_low_bf16_f32(vdupq_n_f32(*static_cast<const float*>(factor))),
                          vdupq_n_f32(*static_cast<const float*>(factor)));
  const bfloat16x8_t one = vcvtq_high_bf16_f32(vcvtq_low_bf16_f32(vdupq_n_f32(1)), vdupq_n_f32(1));
#define STEP(k) \
  if constexpr (k < chains) x##k = vbfdotq_f32(x##k, a, one);
  MOTLEY_LOOP(LOAD, STORE, float32x4_t, float, STEP, STEP)
#undef STEP
}

template <int chains>
void bfmmla(const void* start, void* out, const void* factor, std::int64_t steps) {
  const bfloat16x8_t a =
      vcvtq_high_bf16_f32(vcvtq_low_bf16_f32(vdupq_n_f32(*static_cast<const float*>(factor))),
                          vdupq_n_f32(*static_cast<const float*>(factor)));
  const bfloat16x8_t one = vcvtq_high_bf16_f32(vcvtq_low_bf16_f32(vdupq_n_f32(1)), vdupq_n_f32(1));
#define STEP(k) \
  if constexpr (k < chains) x##k = vbfmmlaq_f32(x##k, a, one);
  MOTLEY_LOOP(LOAD, STORE, float32x4_t, float, STEP, STEP)
#undef STEP
}

// Ceilings of a cycle: four 128-bit pipes, the most of any core so far (Cortex-X series, Software
// Optimization Guides).
#define MOTLEY_ROW(name, feature, function, lanes, flops_per_lane, gain)         \
  {name,                                                                         \
   #function,                                                                    \
   feature,                                                                      \
   Mix::fma,                                                                     \
   12,                                                                           \
   lanes,                                                                        \
   12.0 * lanes * flops_per_lane,                                                \
   4.0 * lanes * flops_per_lane,                                                 \
   gain,                                                                         \
   function<12>},                                                                \
      {name,                                                                     \
       #function,                                                                \
       feature,                                                                  \
       Mix::fma,                                                                 \
       8,                                                                        \
       lanes,                                                                    \
       8.0 * lanes * flops_per_lane,                                             \
       4.0 * lanes * flops_per_lane,                                             \
       gain,                                                                     \
       function<8>},                                                             \
  {                                                                              \
    name, #function, feature, Mix::fma, 24, lanes, 24.0 * lanes *flops_per_lane, \
        4.0 * lanes *flops_per_lane, gain, function<24>                          \
  }
constexpr PeakLoop loops[] = {MOTLEY_ROW("fp16", "asimdhp", fp16, 8, 2, 0),
                              MOTLEY_ROW("bf16", "bf16", bfdot, 4, 4, 2),
                              MOTLEY_ROW("int8_dot", "asimddp", sdot, 4, 8, 4),
                              MOTLEY_ROW("matrix_bf16", "bf16", bfmmla, 4, 8, 4),
                              MOTLEY_ROW("matrix_int8", "i8mm", smmla, 4, 16, 8)};

}  // namespace

LoopTable arm_peak_loops() {
  return {loops, static_cast<int>(sizeof loops / sizeof loops[0])};
}

}  // namespace motley::microbench
#else
namespace motley::microbench {
LoopTable arm_peak_loops() {
  return {nullptr, 0};
}
}  // namespace motley::microbench
#endif
