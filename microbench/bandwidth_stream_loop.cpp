// What does a plain loop reach? One vector a step, nothing unrolled or kept apart, as a compiler
// makes of STREAM's loops: the comparison that the loops of bandwidth_simd.cpp have to stand. Same
// instruction set (Highway, chosen at run time) and the same kind of store.
#include <cstddef>

#include "microbench/bandwidth_loops.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "microbench/bandwidth_stream_loop.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::microbench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;

template <class V>
HWY_INLINE void put_non_temporal(V v, Floats d, float* to) {
#if HWY_ARCH_ARM_A64 && HWY_TARGET == HWY_NEON
  // Highway's Stream is a plain store here; stnp takes a vector's halves as a pair.
  asm volatile("stnp %d0, %d1, [%2]" ::"w"(vget_low_f32(v.raw)), "w"(vget_high_f32(v.raw)), "r"(to)
               : "memory");
  static_cast<void>(d);
#else
  hn::Stream(v, d, to);
#endif
}

/// `vector(i)` is what goes to to[i].. of a whole vector, `scalar(i)` to to[i] alone.
template <StoreKind store, class Vector, class Scalar>
HWY_INLINE void plain_loop(const Stretch s, Vector vector, Scalar scalar) {
  const Floats d;
  const std::int64_t n = static_cast<std::int64_t>(hn::Lanes(d));
  float* HWY_RESTRICT a = s.to;
  std::int64_t i = 0;
  for (; i + n <= s.count; i += n) {
    if constexpr (store == StoreKind::non_temporal) {
      put_non_temporal(vector(i), d, a + i);
    } else {
      hn::Store(vector(i), d, a + i);
    }
  }
  for (; i < s.count; ++i) a[i] = scalar(i);
}

template <StoreKind store>
void pass_over(StreamOperation operation, const Stretch s, std::uint32_t pass) {
  const Floats d;
  const float factor = factor_of(pass);
  const float* HWY_RESTRICT b = s.from + offset_of(pass);
  const float* HWY_RESTRICT c = s.second;
  if (operation == StreamOperation::copy) {
    plain_loop<store>(
        s, [=](std::int64_t i) HWY_ATTR { return hn::Load(d, b + i); },
        [=](std::int64_t i) HWY_ATTR { return b[i]; });
  } else if (operation == StreamOperation::scale) {
    plain_loop<store>(
        s, [=](std::int64_t i) HWY_ATTR { return hn::Mul(hn::Set(d, factor), hn::Load(d, b + i)); },
        [=](std::int64_t i) HWY_ATTR { return factor * b[i]; });
  } else if (operation == StreamOperation::add) {
    plain_loop<store>(
        s, [=](std::int64_t i) HWY_ATTR { return hn::Add(hn::Load(d, b + i), hn::Load(d, c + i)); },
        [=](std::int64_t i) HWY_ATTR { return b[i] + c[i]; });
  } else {
    plain_loop<store>(
        s,
        [=](std::int64_t i) HWY_ATTR {
          return hn::MulAdd(hn::Set(d, factor), hn::Load(d, c + i), hn::Load(d, b + i));
        },
        [=](std::int64_t i) HWY_ATTR { return b[i] + factor * c[i]; });
  }
}

void run_plain(StreamOperation operation, StoreKind store, const Stretch s) {
  for (std::uint32_t pass = 0; pass < s.passes; ++pass) {
    if (store == StoreKind::cached) {
      pass_over<StoreKind::cached>(operation, s, pass);
    } else {
      pass_over<StoreKind::non_temporal>(operation, s, pass);
    }
    asm volatile("" ::: "memory");  // keeps the passes apart
  }
  if (store == StoreKind::non_temporal) hwy::FlushStream();
}

}  // namespace motley::microbench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::microbench {

HWY_EXPORT(run_plain);

void run_stream_loop(StreamOperation operation, StoreKind store, const Stretch& stretch) {
  HWY_DYNAMIC_DISPATCH(run_plain)(operation, store, stretch);
}

}  // namespace motley::microbench
#endif
