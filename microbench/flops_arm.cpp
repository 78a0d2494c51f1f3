// Peak loops of AArch64 instructions beyond Highway's targets: fp16 FMA, int8 dot product, and the
// small matrix products BFMMLA and SMMLA. This file is built for cores that have them (see
// CMakeLists.txt) and so holds nothing that the linker could share with other files; callers look
// at the CPU first.
#include "microbench/flops_chains.hpp"
#include "microbench/flops_loops.hpp"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace motley::microbench {
namespace {

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

// No ceilings: 128-bit pipes are one in a Cortex-A55, two in A76 to A78, A710, Neoverse N1 and N2,
// four in Cortex-X and Neoverse V (their Software Optimization Guides), and a processor's facts do
// not tell which core it is. A share of the widest core's peak would blame the others for it.
constexpr Instruction fp16_fma{"fp16", "FMLA.8H", "asimdhp", 8, 2, 0, 0};
constexpr Instruction bf16_pairs{"bf16", "BFDOT", "bf16", 4, 4, 0, 2};
constexpr Instruction int8_fours{"int8_dot", "SDOT", "asimddp", 4, 8, 0, 4};
constexpr Instruction bf16_squares{"matrix_bf16", "BFMMLA", "bf16", 4, 8, 0, 4};
constexpr Instruction int8_squares{"matrix_int8", "SMMLA", "i8mm", 4, 16, 0, 8};
constexpr PeakLoop loops[] = {
    peak_loop(fp16_fma, 12, fp16<12>),      peak_loop(fp16_fma, 8, fp16<8>),
    peak_loop(fp16_fma, 24, fp16<24>),      peak_loop(bf16_pairs, 12, bfdot<12>),
    peak_loop(bf16_pairs, 8, bfdot<8>),     peak_loop(bf16_pairs, 24, bfdot<24>),
    peak_loop(int8_fours, 12, sdot<12>),    peak_loop(int8_fours, 8, sdot<8>),
    peak_loop(int8_fours, 24, sdot<24>),    peak_loop(bf16_squares, 12, bfmmla<12>),
    peak_loop(bf16_squares, 8, bfmmla<8>),  peak_loop(bf16_squares, 24, bfmmla<24>),
    peak_loop(int8_squares, 12, smmla<12>), peak_loop(int8_squares, 8, smmla<8>),
    peak_loop(int8_squares, 24, smmla<24>)};

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
