// Limited by memory: sums are read and written in the L1 cache while four rows at a time stream
// past; large results are stored past the caches, as no reader will find them there anyway. Sums
// of 64 rows are added up in double precision.
#include "workloads/ops/batch_norm_rows.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/batch_norm_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using F = hn::Vec<Floats>;

constexpr std::int64_t rows_each = 64;  ///< summed in single precision

/// The gradient before the activation, by its output.
HWY_INLINE F passed(F dy, F y, Activation activation) {
  dy = hn::IfThenElseZero(hn::Gt(y, all(0)), dy);
  return activation == Activation::relu6 ? hn::IfThenElseZero(hn::Lt(y, all(6)), dy) : dy;
}

/// Adds two terms of each element to sums[0] and sums[1]: term(at, offset of its row, s0, s1).
template <class Term>
HWY_INLINE void add_rows(const WideRows& rows, std::int64_t begin, std::int64_t end, float* part,
                         Term term) {
  float* const second = part + rows.width;
  const auto add = [=](std::int64_t row, std::int64_t count, std::int64_t columns) HWY_ATTR {
    for_each_vector(0, columns, [=](auto at) HWY_ATTR {
      F s0 = at.load(part), s1 = at.load(second);
      for (std::int64_t i = 0; i < count; ++i) term(at, row + i * rows.width, s0, s1);
      at.store(s0, part);
      at.store(s1, second);
    });
  };
  std::int64_t row = begin;
  for (; row + 4 * rows.width <= end; row += 4 * rows.width) add(row, 4, rows.width);
  for (; row + rows.width <= end; row += rows.width) add(row, 1, rows.width);
  if (row < end) add(row, 1, end - row);
}

template <class Term>
HWY_INLINE void add_sums(const WideRows& rows, float* part, double* sums, Term term) {
  const std::int64_t step = rows_each * rows.width;
  for (std::int64_t begin = 0; begin < rows.count; begin += step) {
    const std::int64_t end = begin + step < rows.count ? begin + step : rows.count;
    for (std::int64_t i = 0; i < 2 * rows.width; ++i) part[i] = 0;
    add_rows(rows, begin, end, part, term);
    for (std::int64_t i = 0; i < 2 * rows.width; ++i) sums[i] += double{part[i]};
  }
}

void add_moments_simd(const WideRows& rows, const float* x, const float* shift, float* part,
                      double* sums) {
  add_sums(rows, part, sums, [=](auto at, std::int64_t row, F& s0, F& s1) HWY_ATTR {
    const F away = hn::Sub(at.load(x + row), at.load(shift));
    s0 = hn::Add(s0, away);
    s1 = hn::MulAdd(away, away, s1);
  });
}

template <Activation activation>
void add_gradient_sums_of(const WideRows& rows, const float* dy, const float* x, const float* y,
                          const float* mean, float* part, double* sums) {
  add_sums(rows, part, sums, [=](auto at, std::int64_t row, F& s0, F& s1) HWY_ATTR {
    F d = at.load(dy + row);
    if (activation != Activation::none) d = passed(d, at.load(y + row), activation);
    s0 = hn::Add(s0, d);
    s1 = hn::MulAdd(d, hn::Sub(at.load(x + row), at.load(mean)), s1);
  });
}

void add_gradient_sums_simd(const WideRows& rows, const float* dy, const float* x, const float* y,
                            const float* mean, float* part, double* sums) {
  switch (rows.activation) {
    case Activation::none:
      return add_gradient_sums_of<Activation::none>(rows, dy, x, y, mean, part, sums);
    case Activation::relu:
      return add_gradient_sums_of<Activation::relu>(rows, dy, x, y, mean, part, sums);
    case Activation::relu6:
      return add_gradient_sums_of<Activation::relu6>(rows, dy, x, y, mean, part, sums);
  }
}

HWY_INLINE void put(const Whole& at, F v, float* to, bool streamed) {
  if (streamed) {
    hn::Stream(v, Floats(), to + at.i);
  } else {
    at.store(v, to);
  }
}
HWY_INLINE void put(const Part& at, F v, float* to, bool) {
  at.store(v, to);
}

/// to = map(at, offset of its row) for all elements.
template <class Map>
HWY_INLINE void map_rows(const WideRows& rows, float* to, Map map) {
  const bool aligned = reinterpret_cast<std::uintptr_t>(to) % HWY_MAX_BYTES == 0 &&
                       rows.width * sizeof(float) % HWY_MAX_BYTES == 0;
  const bool streamed = rows.streamed && aligned;
  for (std::int64_t row = 0; row < rows.count; row += rows.width) {
    const std::int64_t columns = rows.count - row < rows.width ? rows.count - row : rows.width;
    for_each_vector(0, columns,
                    [=](auto at) HWY_ATTR { put(at, map(at, row), to + row, streamed); });
  }
  if (streamed) hwy::FlushStream();
}

template <Activation activation>
void scale_rows_of(const WideRows& rows, const float* x, const float* tables, float* y) {
  const float *scale = tables, *shift = scale + rows.width, *origin = shift + rows.width;
  map_rows(rows, y, [=](auto at, std::int64_t row) HWY_ATTR {
    const F away = hn::Sub(at.load(x + row), at.load(origin));
    return activated(hn::MulAdd(at.load(scale), away, at.load(shift)), activation);
  });
}

void scale_rows_simd(const WideRows& rows, const float* x, const float* tables, float* y) {
  switch (rows.activation) {
    case Activation::none:
      return scale_rows_of<Activation::none>(rows, x, tables, y);
    case Activation::relu:
      return scale_rows_of<Activation::relu>(rows, x, tables, y);
    case Activation::relu6:
      return scale_rows_of<Activation::relu6>(rows, x, tables, y);
  }
}

template <Activation activation>
void gradient_rows_of(const WideRows& rows, const float* dy, const float* x, const float* y,
                      const float* tables, float* dx) {
  const float *mean = tables, *a = mean + rows.width, *b = a + rows.width, *c = b + rows.width;
  map_rows(rows, dx, [=](auto at, std::int64_t row) HWY_ATTR {
    F d = at.load(dy + row);
    if (activation != Activation::none) d = passed(d, at.load(y + row), activation);
    const F away = hn::Sub(at.load(x + row), at.load(mean));
    return hn::MulAdd(at.load(a), d, hn::MulAdd(at.load(b), away, at.load(c)));
  });
}

void gradient_rows_simd(const WideRows& rows, const float* dy, const float* x, const float* y,
                        const float* tables, float* dx) {
  switch (rows.activation) {
    case Activation::none:
      return gradient_rows_of<Activation::none>(rows, dy, x, y, tables, dx);
    case Activation::relu:
      return gradient_rows_of<Activation::relu>(rows, dy, x, y, tables, dx);
    case Activation::relu6:
      return gradient_rows_of<Activation::relu6>(rows, dy, x, y, tables, dx);
  }
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(add_moments_simd);
HWY_EXPORT(add_gradient_sums_simd);
HWY_EXPORT(scale_rows_simd);
HWY_EXPORT(gradient_rows_simd);

void add_moments(const WideRows& rows, const float* x, const float* shift, float* part,
                 double* sums) {
  HWY_DYNAMIC_DISPATCH(add_moments_simd)(rows, x, shift, part, sums);
}
void add_gradient_sums(const WideRows& rows, const float* dy, const float* x, const float* y,
                       const float* mean, float* part, double* sums) {
  HWY_DYNAMIC_DISPATCH(add_gradient_sums_simd)(rows, dy, x, y, mean, part, sums);
}
void scale_rows(const WideRows& rows, const float* x, const float* tables, float* y) {
  HWY_DYNAMIC_DISPATCH(scale_rows_simd)(rows, x, tables, y);
}
void gradient_rows(const WideRows& rows, const float* dy, const float* x, const float* y,
                   const float* tables, float* dx) {
  HWY_DYNAMIC_DISPATCH(gradient_rows_simd)(rows, dy, x, y, tables, dx);
}

}  // namespace motley::workloads
#endif
