// The loop over elements on a CPU, once for each Highway target: included between
// HWY_BEFORE_NAMESPACE files' foreach_target.h and their own code. A functor says what happens to
// one vector; it loads and stores through `at`, which knows the place and whether a part of the
// vector is left over. Values that a functor loads beyond the end are 0.
#include <cstddef>
#include <cstdint>

#if defined(MOTLEY_ELEMENTWISE_LOOPS) == defined(HWY_TARGET_TOGGLE)
#ifdef MOTLEY_ELEMENTWISE_LOOPS
#undef MOTLEY_ELEMENTWISE_LOOPS
#else
#define MOTLEY_ELEMENTWISE_LOOPS
#endif

#include "workloads/gemm/product.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;

/// A whole vector of elements from `i`.
struct Whole {
  std::int64_t i;
  HWY_INLINE hn::Vec<Floats> load(const float* from) const { return hn::LoadU(Floats(), from + i); }
  HWY_INLINE hn::Vec<Floats> or_else(hn::Vec<Floats> v, float) const { return v; }
  HWY_INLINE void store(hn::Vec<Floats> v, float* to) const { hn::StoreU(v, Floats(), to + i); }
};

/// The first `count` of a vector, fewer than it has.
struct Part {
  std::int64_t i;
  std::size_t count;
  HWY_INLINE hn::Mask<Floats> mask() const { return hn::FirstN(Floats(), count); }
  /// v, but `other` beyond the end.
  HWY_INLINE hn::Vec<Floats> or_else(hn::Vec<Floats> v, float other) const {
    return hn::IfThenElse(mask(), v, hn::Set(Floats(), other));
  }
  HWY_INLINE hn::Vec<Floats> load(const float* from) const {
    const Floats d;
#if HWY_MEM_OPS_MIGHT_FAULT
    HWY_ALIGN float lanes[hn::MaxLanes(d)] = {};
    for (std::size_t k = 0; k < count; ++k) lanes[k] = from[i + std::int64_t(k)];
    return hn::Load(d, lanes);
#else
    return hn::MaskedLoad(mask(), d, from + i);
#endif
  }
  HWY_INLINE void store(hn::Vec<Floats> v, float* to) const {
    const Floats d;
#if HWY_MEM_OPS_MIGHT_FAULT
    HWY_ALIGN float lanes[hn::MaxLanes(d)];
    hn::Store(v, d, lanes);
    for (std::size_t k = 0; k < count; ++k) to[i + std::int64_t(k)] = lanes[k];
#else
    hn::BlendedStore(v, mask(), d, to + i);
#endif
  }
};

/// Calls f(at) for all of [begin, end).
template <class F>
HWY_INLINE void for_each_vector(std::int64_t begin, std::int64_t end, F&& f) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Floats()));
  std::int64_t i = begin;
  for (; i + lanes <= end; i += lanes) f(Whole{i});
  if (i < end) f(Part{i, static_cast<std::size_t>(end - i)});
}

HWY_INLINE hn::Vec<Floats> all(float value) {
  return hn::Set(Floats(), value);
}

/// By comparison: what Max and Min make of a NaN differs between targets, and a NaN must stay
/// visible.
HWY_INLINE hn::Vec<Floats> activated(hn::Vec<Floats> v, Activation activation) {
  if (activation != Activation::none) v = hn::IfThenElse(hn::Lt(v, all(0)), all(0), v);
  return activation == Activation::relu6 ? hn::IfThenElse(hn::Gt(v, all(6)), all(6), v) : v;
}

}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
