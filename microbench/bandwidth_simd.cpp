// How fast can one thread walk its share? Widest vectors of the machine (Highway, chosen at run
// time), several in flight. read folds two loads with one three-way XOR: an operation for each load
// was seen to reach 0.7 of what the load ports deliver, and a chain of floating-point additions
// would measure their latency.
#include <cstddef>

#include "microbench/bandwidth_loops.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "microbench/bandwidth_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::microbench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Keeps the compiler from merging one pass over memory with the next.
HWY_INLINE void next_pass() {
  asm volatile("" ::: "memory");
}

template <StoreKind store, class D, class V>
HWY_INLINE void put_one(V v, D d, hn::TFromD<D>* to) {
  if constexpr (store == StoreKind::non_temporal) {
    hn::Stream(v, d, to);
  } else {
    hn::Store(v, d, to);
  }
}

/// Four neighbouring vectors.
template <StoreKind store, class D, class V>
HWY_INLINE void put_four(V v0, V v1, V v2, V v3, D d, hn::TFromD<D>* to) {
  const std::size_t n = hn::Lanes(d);
#if HWY_ARCH_ARM_A64 && HWY_TARGET == HWY_NEON
  // Highway's Stream is a plain store here; stnp is the hint that the architecture has.
  if constexpr (store == StoreKind::non_temporal) {
    asm volatile("stnp %q0, %q1, [%2]" ::"w"(v0.raw), "w"(v1.raw), "r"(to) : "memory");
    asm volatile("stnp %q0, %q1, [%2]" ::"w"(v2.raw), "w"(v3.raw), "r"(to + 2 * n) : "memory");
    return;
  }
#endif
  put_one<store>(v0, d, to);
  put_one<store>(v1, d, to + n);
  put_one<store>(v2, d, to + 2 * n);
  put_one<store>(v3, d, to + 3 * n);
}

/// stepped() of each lane.
template <class V>
HWY_INLINE V stepped_lanes(V v) {
  const hn::ScalableTag<std::uint32_t> d;
  const hn::RebindToSigned<decltype(d)> signed_d;
  const auto highest = hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(signed_d, v)));
  return hn::Xor(hn::ShiftLeft<1>(v), hn::And(highest, hn::Set(d, 0x04C11DB7u)));
}

/// Stretches are passed by value: stores could alias a referenced one, which would be read again at
/// every step.
std::uint32_t read(const Stretch s) {
  const hn::ScalableTag<std::uint32_t> d;
  const std::int64_t n = static_cast<std::int64_t>(hn::Lanes(d));
  const auto* from = reinterpret_cast<const std::uint32_t*>(s.from);
  auto r0 = hn::Zero(d), r1 = r0, r2 = r0, r3 = r0;
  std::uint32_t rest = 0;
  for (std::uint32_t pass = 0; pass < s.passes; ++pass) {
    r0 = stepped_lanes(r0);
    r1 = stepped_lanes(r1);
    r2 = stepped_lanes(r2);
    r3 = stepped_lanes(r3);
    rest = stepped(rest);
    std::int64_t i = 0;
    for (; i + 8 * n <= s.count; i += 8 * n) {
      const std::uint32_t* p = from + i;
      r0 = hn::Xor3(r0, hn::Load(d, p), hn::Load(d, p + n));
      r1 = hn::Xor3(r1, hn::Load(d, p + 2 * n), hn::Load(d, p + 3 * n));
      r2 = hn::Xor3(r2, hn::Load(d, p + 4 * n), hn::Load(d, p + 5 * n));
      r3 = hn::Xor3(r3, hn::Load(d, p + 6 * n), hn::Load(d, p + 7 * n));
    }
    for (; i + n <= s.count; i += n) r0 = hn::Xor(r0, hn::Load(d, from + i));
    for (; i < s.count; ++i) rest ^= from[i];
    next_pass();
  }
  HWY_ALIGN std::uint32_t lanes[hn::MaxLanes(d)];
  hn::Store(hn::Xor(hn::Xor(r0, r1), hn::Xor(r2, r3)), d, lanes);
  for (std::int64_t lane = 0; lane < n; ++lane) rest ^= lanes[lane];
  return rest;
}

template <StoreKind store>
void write(const Stretch s) {
  const hn::ScalableTag<std::uint32_t> d;
  const std::int64_t n = static_cast<std::int64_t>(hn::Lanes(d));
  auto* to = reinterpret_cast<std::uint32_t*>(s.to);
  const auto first = static_cast<std::uint32_t>(s.first);
  const auto ramp = hn::Mul(hn::Iota(d, 0), hn::Set(d, weyl_step));
  const auto one = hn::Set(d, static_cast<std::uint32_t>(n) * weyl_step);
  const auto four = hn::ShiftLeft<2>(one);
  for (std::uint32_t pass = 0; pass < s.passes; ++pass) {
    auto v0 = hn::Add(ramp, hn::Set(d, written_word(s.pattern, pass, first)));
    auto v1 = hn::Add(v0, one), v2 = hn::Add(v1, one), v3 = hn::Add(v2, one);
    std::int64_t i = 0;
    for (; i + 4 * n <= s.count; i += 4 * n) {
      put_four<store>(v0, v1, v2, v3, d, to + i);
      v0 = hn::Add(v0, four);
      v1 = hn::Add(v1, four);
      v2 = hn::Add(v2, four);
      v3 = hn::Add(v3, four);
    }
    for (; i + n <= s.count; i += n) {
      put_one<store>(v0, d, to + i);
      v0 = hn::Add(v0, one);
    }
    for (; i < s.count; ++i) {
      to[i] = written_word(s.pattern, pass, first + static_cast<std::uint32_t>(i));
    }
    next_pass();
  }
}

/// copy, scale, add and triad: `element(i)` gives the vector at from[i], `scalar(i)` one element.
template <StoreKind store, class Vector, class Scalar>
HWY_INLINE void walk(const Stretch s, Vector vector, Scalar scalar) {
  const hn::ScalableTag<float> d;
  const std::int64_t n = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + 4 * n <= s.count; i += 4 * n) {
    const auto v0 = vector(i), v1 = vector(i + n), v2 = vector(i + 2 * n), v3 = vector(i + 3 * n);
    put_four<store>(v0, v1, v2, v3, d, s.to + i);
  }
  for (; i + n <= s.count; i += n) put_one<store>(vector(i), d, s.to + i);
  for (; i < s.count; ++i) s.to[i] = scalar(i);
}

template <StoreKind store>
void compute(StreamOperation operation, const Stretch s) {
  const hn::ScalableTag<float> d;
  const float* HWY_RESTRICT c = s.second;
  // The lambdas make their constant vectors anew (a compiler lifts that out of the loop): vectors
  // of unknown length cannot be captured.
  for (std::uint32_t pass = 0; pass < s.passes; ++pass) {
    const float factor = factor_of(pass);
    const float* HWY_RESTRICT b = s.from + offset_of(pass);
    if (operation == StreamOperation::copy) {
      walk<store>(
          s, [=](std::int64_t i) HWY_ATTR { return hn::Load(d, b + i); },
          [=](std::int64_t i) HWY_ATTR { return b[i]; });
    } else if (operation == StreamOperation::scale) {
      walk<store>(
          s,
          [=](std::int64_t i) HWY_ATTR { return hn::Mul(hn::Set(d, factor), hn::Load(d, b + i)); },
          [=](std::int64_t i) HWY_ATTR { return factor * b[i]; });
    } else if (operation == StreamOperation::add) {
      walk<store>(
          s,
          [=](std::int64_t i) HWY_ATTR { return hn::Add(hn::Load(d, b + i), hn::Load(d, c + i)); },
          [=](std::int64_t i) HWY_ATTR { return b[i] + c[i]; });
    } else {
      walk<store>(
          s,
          [=](std::int64_t i) HWY_ATTR {
            return hn::MulAdd(hn::Set(d, factor), hn::Load(d, c + i), hn::Load(d, b + i));
          },
          [=](std::int64_t i) HWY_ATTR { return b[i] + factor * c[i]; });
    }
    next_pass();
  }
}

template <StoreKind store>
std::uint32_t run(StreamOperation operation, const Stretch& s) {
  std::uint32_t words = 0;
  if (operation == StreamOperation::read) {
    words = read(s);
  } else if (operation == StreamOperation::write) {
    write<store>(s);
  } else {
    compute<store>(operation, s);
  }
  if (store == StoreKind::non_temporal) hwy::FlushStream();
  return words;
}

std::uint32_t run_loop(StreamOperation operation, StoreKind store, const Stretch& s) {
  return store == StoreKind::cached ? run<StoreKind::cached>(operation, s)
                                    : run<StoreKind::non_temporal>(operation, s);
}

const char* target_name() {
  return hwy::TargetName(HWY_TARGET);
}

}  // namespace motley::microbench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::microbench {

HWY_EXPORT(run_loop);
HWY_EXPORT(target_name);

std::uint32_t run_simd_loop(StreamOperation operation, StoreKind store, const Stretch& stretch) {
  return HWY_DYNAMIC_DISPATCH(run_loop)(operation, store, stretch);
}

const char* simd_target() {
  return HWY_DYNAMIC_DISPATCH(target_name)();
}

}  // namespace motley::microbench
#endif
