// How do loads compute, read and write? Like the microbenchmarks' loops, but in short pieces that
// report nothing: what they compute is thrown away.
#include "harness/loads/loops.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "harness/loads/loops_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::loads::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// As if the value were used, at no cost.
HWY_INLINE void use(const void* value) {
  asm volatile("" : : "g"(value) : "memory");
}

/// Eight chains hide the latency of an FMA on cores that start two in a cycle.
double compute(std::int64_t steps) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, 0.75f), term = hn::Set(d, 0.25f);  // all stay near 1
  auto v0 = hn::Iota(d, 1), v1 = v0, v2 = v0, v3 = v0, v4 = v0, v5 = v0, v6 = v0, v7 = v0;
  for (std::int64_t i = 0; i < steps; ++i) {
    v0 = hn::MulAdd(v0, factor, term);
    v1 = hn::MulAdd(v1, factor, term);
    v2 = hn::MulAdd(v2, factor, term);
    v3 = hn::MulAdd(v3, factor, term);
    v4 = hn::MulAdd(v4, factor, term);
    v5 = hn::MulAdd(v5, factor, term);
    v6 = hn::MulAdd(v6, factor, term);
    v7 = hn::MulAdd(v7, factor, term);
    asm volatile("");  // equal chains stay eight, and all steps are done
  }
  const auto all =
      hn::Add(hn::Add(hn::Add(v0, v1), hn::Add(v2, v3)), hn::Add(hn::Add(v4, v5), hn::Add(v6, v7)));
  HWY_ALIGN float lanes[hn::MaxLanes(d)];
  hn::Store(all, d, lanes);
  use(lanes);
  return 16.0 * static_cast<double>(hn::Lanes(d)) * static_cast<double>(steps);
}

void read(const void* from, std::size_t bytes) {
  const hn::ScalableTag<std::uint32_t> d;
  const std::size_t n = hn::Lanes(d), count = bytes / sizeof(std::uint32_t);
  const auto* words = static_cast<const std::uint32_t*>(from);
  auto v0 = hn::Zero(d), v1 = v0, v2 = v0, v3 = v0;
  for (std::size_t i = 0; i + 4 * n <= count; i += 4 * n) {
    v0 = hn::Xor(v0, hn::Load(d, words + i));
    v1 = hn::Xor(v1, hn::Load(d, words + i + n));
    v2 = hn::Xor(v2, hn::Load(d, words + i + 2 * n));
    v3 = hn::Xor(v3, hn::Load(d, words + i + 3 * n));
  }
  HWY_ALIGN std::uint32_t lanes[hn::MaxLanes(d)];
  hn::Store(hn::Xor(hn::Xor(v0, v1), hn::Xor(v2, v3)), d, lanes);
  use(lanes);
}

void write(void* to, std::size_t bytes, std::uint32_t word) {
  const hn::ScalableTag<std::uint32_t> d;
  const std::size_t n = hn::Lanes(d), count = bytes / sizeof(std::uint32_t);
  auto* words = static_cast<std::uint32_t*>(to);
  const auto value = hn::Set(d, word);
  for (std::size_t i = 0; i + 4 * n <= count; i += 4 * n) {
    hn::Store(value, d, words + i);
    hn::Store(value, d, words + i + n);
    hn::Store(value, d, words + i + 2 * n);
    hn::Store(value, d, words + i + 3 * n);
  }
  use(to);
}

/// Four neighbouring vectors, around the caches.
template <class D, class V>
HWY_INLINE void stream_four(V value, D d, std::uint32_t* to) {
  const std::size_t n = hn::Lanes(d);
#if HWY_ARCH_ARM_A64 && HWY_TARGET == HWY_NEON
  // Highway's Stream is a plain store here; stnp is the hint that the architecture has.
  asm volatile("stnp %q0, %q0, [%1]" ::"w"(value.raw), "r"(to) : "memory");
  asm volatile("stnp %q0, %q0, [%1]" ::"w"(value.raw), "r"(to + 2 * n) : "memory");
#else
  for (std::size_t i = 0; i < 4; ++i) hn::Stream(value, d, to + i * n);
#endif
}

void stream(void* to, std::size_t bytes, std::uint32_t word) {
  const hn::ScalableTag<std::uint32_t> d;
  const std::size_t n = hn::Lanes(d), count = bytes / sizeof(std::uint32_t);
  auto* words = static_cast<std::uint32_t*>(to);
  const auto value = hn::Set(d, word);
  for (std::size_t i = 0; i + 4 * n <= count; i += 4 * n) stream_four(value, d, words + i);
  hwy::FlushStream();
  use(to);
}

}  // namespace motley::loads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::loads {

HWY_EXPORT(compute);
HWY_EXPORT(read);
HWY_EXPORT(write);
HWY_EXPORT(stream);

double multiply_and_add(std::int64_t steps) {
  return HWY_DYNAMIC_DISPATCH(compute)(steps);
}
void read_bytes(const void* from, std::size_t bytes) {
  HWY_DYNAMIC_DISPATCH(read)(from, bytes);
}
void write_bytes(void* to, std::size_t bytes, std::uint32_t word) {
  HWY_DYNAMIC_DISPATCH(write)(to, bytes, word);
}
void stream_bytes(void* to, std::size_t bytes, std::uint32_t word) {
  HWY_DYNAMIC_DISPATCH(stream)(to, bytes, word);
}

}  // namespace motley::loads
#endif
