// Peak loops of x86 instructions beyond Highway's targets: fp16 FMA, bf16 and int8 dot products,
// AMX tiles. Each function asks for its instructions by attribute; callers look at the CPU first.
#include "microbench/flops_loops.hpp"

#if defined(__x86_64__)
#include <cstring>
#include <immintrin.h>

namespace motley::microbench {
namespace {

#define MOTLEY_EACH_CHAIN(X)                                                                     \
  X(0)                                                                                           \
  X(1)                                                                                           \
  X(2)                                                                                           \
  X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) \
      X(20) X(21) X(22) X(23)

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
// (uops.info): two 512-bit fp16 FMAs; a bf16 dot product each cycle or, on AMD, two; two int8 dot
// products; an AMX product each 16 cycles.
#define MOTLEY_ROW(name, feature, function, lanes, flops_per_lane, per_cycle, gain)               \
  {name,      #function, feature,     Mix::fma, 12, lanes, 12.0 * lanes * flops_per_lane,         \
   per_cycle, gain,      function<12>},                                                           \
      {name,      #function, feature,    Mix::fma, 8, lanes, 8.0 * lanes * flops_per_lane,        \
       per_cycle, gain,      function<8>},                                                        \
  {                                                                                               \
    name, #function, feature, Mix::fma, 24, lanes, 24.0 * lanes *flops_per_lane, per_cycle, gain, \
        function<24>                                                                              \
  }
constexpr PeakLoop loops[] = {
    MOTLEY_ROW("fp16", "avx512_fp16", fp16, 32, 2, 128, 0),
    MOTLEY_ROW("bf16", "avx512_bf16", bf16_dot, 16, 4, 128, 2),
    MOTLEY_ROW("int8_dot", "avx512_vnni", int8_dot, 16, 8, 256, 4),
    {"matrix_bf16", "amx_bf16", "amx_bf16", Mix::fma, 4, 256, 4 * 16384.0, 1024, 32, matrix_bf16},
    {"matrix_int8", "amx_int8", "amx_int8", Mix::fma, 4, 256, 4 * 32768.0, 2048, 64, matrix_int8}};

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
