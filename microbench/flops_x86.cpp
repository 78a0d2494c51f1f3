// Peak loops of x86 instructions beyond Highway's targets: fp16 FMA, bf16 and int8 dot products,
// AMX tiles. Each function asks for its instructions by attribute; callers look at the CPU first.
#include "microbench/flops_chains.hpp"
#include "microbench/flops_loops.hpp"

#if defined(__x86_64__)
#include <cstring>
#include <immintrin.h>

namespace motley::microbench {
namespace {
// NOLINTBEGIN(bugprone-macro-parentheses, bugprone-branch-clone): the macros' k is a digit

#define MOTLEY_FP16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512fp16")))
template <int chains>
MOTLEY_FP16 void fp16(const void* start, void* out, const void* factor, std::int64_t steps) {
  const auto* from = static_cast<const char*>(start);
  auto* to = static_cast<char*>(out);
  short bits;
  std::memcpy(&bits, factor, sizeof bits);
  const __m512h a = _mm512_castsi512_ph(_mm512_set1_epi16(bits));
#define MOTLEY_LOAD(k) \
  [[maybe_unused]] __m512h x##k = _mm512_loadu_ph(from + 64 * (k < chains ? k : 0));
  MOTLEY_EACH_CHAIN(MOTLEY_LOAD)
#undef MOTLEY_LOAD
  for (std::int64_t i = 0; i < steps; i += 2) {
#define MOTLEY_STEP(k) \
  if constexpr (k < chains) x##k = _mm512_fmadd_ph(x##k, a, x##k);
    MOTLEY_EACH_CHAIN(MOTLEY_STEP)
#undef MOTLEY_STEP
#define MOTLEY_STEP(k) \
  if constexpr (k < chains) x##k = _mm512_fnmadd_ph(x##k, a, x##k);
    MOTLEY_EACH_CHAIN(MOTLEY_STEP)
#undef MOTLEY_STEP
  }
#define MOTLEY_STORE(k) \
  if constexpr (k < chains) _mm512_storeu_ph(to + 64 * k, x##k);
  MOTLEY_EACH_CHAIN(MOTLEY_STORE)
#undef MOTLEY_STORE
}

#define MOTLEY_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
template <int chains>
MOTLEY_BF16 void bf16_dot(const void* start, void* out, const void* factor, std::int64_t steps) {
  const auto* from = static_cast<const char*>(start);
  auto* to = static_cast<char*>(out);
  float value;
  std::memcpy(&value, factor, sizeof value);
  const __m512bh a = _mm512_cvtne2ps_pbh(_mm512_set1_ps(value), _mm512_set1_ps(value));
  const __m512bh one = _mm512_cvtne2ps_pbh(_mm512_set1_ps(1), _mm512_set1_ps(1));
#define MOTLEY_LOAD(k) \
  [[maybe_unused]] __m512 x##k = _mm512_loadu_ps(from + 64 * (k < chains ? k : 0));
  MOTLEY_EACH_CHAIN(MOTLEY_LOAD)
#undef MOTLEY_LOAD
  for (std::int64_t i = 0; i < steps; ++i) {
#define MOTLEY_STEP(k) \
  if constexpr (k < chains) x##k = _mm512_dpbf16_ps(x##k, a, one);
    MOTLEY_EACH_CHAIN(MOTLEY_STEP)
#undef MOTLEY_STEP
  }
#define MOTLEY_STORE(k) \
  if constexpr (k < chains) _mm512_storeu_ps(to + 64 * k, x##k);
  MOTLEY_EACH_CHAIN(MOTLEY_STORE)
#undef MOTLEY_STORE
}

#define MOTLEY_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
template <int chains>
MOTLEY_VNNI void int8_dot(const void* start, void* out, const void* factor, std::int64_t steps) {
  const auto* from = static_cast<const char*>(start);
  auto* to = static_cast<char*>(out);
  std::int32_t value;
  std::memcpy(&value, factor, sizeof value);
  const __m512i a = _mm512_set1_epi8(static_cast<char>(value));
  const __m512i one = _mm512_set1_epi8(1);
#define MOTLEY_LOAD(k) \
  [[maybe_unused]] __m512i x##k = _mm512_loadu_si512(from + 64 * (k < chains ? k : 0));
  MOTLEY_EACH_CHAIN(MOTLEY_LOAD)
#undef MOTLEY_LOAD
  for (std::int64_t i = 0; i < steps; ++i) {
#define MOTLEY_STEP(k) \
  if constexpr (k < chains) x##k = _mm512_dpbusd_epi32(x##k, a, one);
    MOTLEY_EACH_CHAIN(MOTLEY_STEP)
#undef MOTLEY_STEP
  }
#define MOTLEY_STORE(k) \
  if constexpr (k < chains) _mm512_storeu_si512(to + 64 * k, x##k);
  MOTLEY_EACH_CHAIN(MOTLEY_STORE)
#undef MOTLEY_STORE
}

/// Palette 1: eight tiles of 16 rows of 64 bytes.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr int tile_bytes = 1024;

#define MOTLEY_AMX __attribute__((target("amx-tile,amx-int8,amx-bf16,avx512f,avx512bf16")))
template <bool floats>
MOTLEY_AMX void tiles(const void* start, const void* a, const void* b, void* out,
                      std::int64_t steps) {
  const TileConfiguration configuration;
  _tile_loadconfig(&configuration);
  const auto* from = static_cast<const char*>(start);
  auto* to = static_cast<char*>(out);
  _tile_loadd(0, from, 64);
  _tile_loadd(1, from + tile_bytes, 64);
  _tile_loadd(2, from + 2 * tile_bytes, 64);
  _tile_loadd(3, from + 3 * tile_bytes, 64);
  _tile_loadd(4, a, 64);
  _tile_loadd(5, b, 64);
  for (std::int64_t i = 0; i < steps; ++i) {
    if constexpr (floats) {
      _tile_dpbf16ps(0, 4, 5);
      _tile_dpbf16ps(1, 4, 5);
      _tile_dpbf16ps(2, 4, 5);
      _tile_dpbf16ps(3, 4, 5);
    } else {
      _tile_dpbssd(0, 4, 5);
      _tile_dpbssd(1, 4, 5);
      _tile_dpbssd(2, 4, 5);
      _tile_dpbssd(3, 4, 5);
    }
  }
  _tile_stored(0, to, 64);
  _tile_stored(1, to + tile_bytes, 64);
  _tile_stored(2, to + 2 * tile_bytes, 64);
  _tile_stored(3, to + 3 * tile_bytes, 64);
  _tile_release();
}

void matrix_bf16(const void* start, void* out, const void* factor, std::int64_t steps) {
  std::uint32_t bits;
  std::memcpy(&bits, factor, sizeof bits);
  alignas(64) std::uint16_t a[512], b[512];
  for (int i = 0; i < 512; ++i) {
    a[i] = static_cast<std::uint16_t>(bits >> 16);  // the factor has no lower bits
    b[i] = 0x3F80;                                  // 1
  }
  tiles<true>(start, a, b, out, steps);
}

void matrix_int8(const void* start, void* out, const void* factor, std::int64_t steps) {
  std::int32_t value;
  std::memcpy(&value, factor, sizeof value);
  alignas(64) std::int8_t a[1024], b[1024];
  for (int i = 0; i < 1024; ++i) {
    a[i] = static_cast<std::int8_t>(value);
    b[i] = 1;
  }
  tiles<false>(start, a, b, out, steps);
}

// Ceilings of a cycle, from the instructions' reciprocal throughput on the cores that have them
// (uops.info): two 512-bit fp16 FMAs; two int8 dot products; an AMX product each 16 cycles. A bf16
// dot product has none: AMD's cores start two a cycle, Sapphire Rapids one in two cycles
// (measured), so that a share of either's peak says nothing on the other.
constexpr Instruction fp16_fma{"fp16", "VFMADDPH", "avx512_fp16", 32, 2, 128, 0};
constexpr Instruction bf16_pairs{"bf16", "VDPBF16PS", "avx512_bf16", 16, 4, 0, 2};
constexpr Instruction int8_fours{"int8_dot", "VPDPBUSD", "avx512_vnni", 16, 8, 256, 4};
constexpr Instruction bf16_tiles{"matrix_bf16", "TDPBF16PS", "amx_bf16", 256, 64, 1024, 32};
constexpr Instruction int8_tiles{"matrix_int8", "TDPBSSD", "amx_int8", 256, 128, 2048, 64};
constexpr PeakLoop loops[] = {
    peak_loop(fp16_fma, 12, fp16<12>),       peak_loop(fp16_fma, 8, fp16<8>),
    peak_loop(fp16_fma, 24, fp16<24>),       peak_loop(bf16_pairs, 12, bf16_dot<12>),
    peak_loop(bf16_pairs, 8, bf16_dot<8>),   peak_loop(bf16_pairs, 24, bf16_dot<24>),
    peak_loop(int8_fours, 12, int8_dot<12>), peak_loop(int8_fours, 8, int8_dot<8>),
    peak_loop(int8_fours, 24, int8_dot<24>), peak_loop(bf16_tiles, 4, matrix_bf16),
    peak_loop(int8_tiles, 4, matrix_int8)};

}  // namespace

LoopTable x86_peak_loops() {
  return {loops, static_cast<int>(sizeof loops / sizeof loops[0])};
}

}  // namespace motley::microbench
#else
namespace motley::microbench {
LoopTable x86_peak_loops() {
  return {nullptr, 0};
}
}  // namespace motley::microbench
#endif
// NOLINTEND(bugprone-macro-parentheses, bugprone-branch-clone)
