// The three transforms of a line, once for each Highway target, and of a square as lines both ways.
// They follow from interpolating a product of polynomials at as many points as it has coefficients
// (Toom and Cook; for convolution, Winograd 1980; as tiles of images, Lavin and Gray 2016,
// arXiv:1509.09308): 0, 1, -1 and infinity for 2 outputs of 3 weights, F(2,3), and 2 and -2 too for
// 4 outputs, F(4,3). Rows of points x and -x differ in the signs of odd powers only: their even and
// odd halves are computed once.
#include "workloads/gemm/packing.hpp"

#if defined(MOTLEY_WINOGRAD_TRANSFORMS) == defined(HWY_TARGET_TOGGLE)
#ifdef MOTLEY_WINOGRAD_TRANSFORMS
#undef MOTLEY_WINOGRAD_TRANSFORMS
#else
#define MOTLEY_WINOGRAD_TRANSFORMS
#endif

#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::winograd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using workloads::HWY_NAMESPACE::all;
using workloads::HWY_NAMESPACE::Floats;
using workloads::HWY_NAMESPACE::for_each_vector;
using F = hn::Vec<Floats>;

/// factor * x + y, and y - factor * x
HWY_INLINE F plus(float factor, F x, F y) {
  return hn::MulAdd(all(factor), x, y);
}
HWY_INLINE F minus(float factor, F x, F y) {
  return hn::NegMulAdd(all(factor), x, y);
}

/// Of `tile` outputs; edge = tile + 2.
template <int tile>
struct Line;

template <>
struct Line<2> {
  static HWY_INLINE void image(const F* d, F* v) {
    v[0] = hn::Sub(d[0], d[2]);
    v[1] = hn::Add(d[1], d[2]);
    v[2] = hn::Sub(d[2], d[1]);
    v[3] = hn::Sub(d[1], d[3]);
  }
  static HWY_INLINE void weights(const F* g, F* u) {
    const F even = hn::Mul(all(0.5f), hn::Add(g[0], g[2])), odd = hn::Mul(all(0.5f), g[1]);
    u[0] = g[0];
    u[1] = hn::Add(even, odd);
    u[2] = hn::Sub(even, odd);
    u[3] = g[2];
  }
  static HWY_INLINE void output(const F* m, F* y) {
    y[0] = hn::Add(hn::Add(m[0], m[1]), m[2]);
    y[1] = hn::Sub(hn::Sub(m[1], m[2]), m[3]);
  }
};

template <>
struct Line<4> {
  static HWY_INLINE void image(const F* d, F* v) {
    const F even1 = minus(4, d[2], d[4]), odd1 = minus(4, d[1], d[3]);
    const F even2 = hn::Sub(d[4], d[2]), odd2 = hn::Sub(d[3], d[1]);
    v[0] = plus(4, d[0], minus(5, d[2], d[4]));
    v[1] = hn::Add(even1, odd1);
    v[2] = hn::Sub(even1, odd1);
    v[3] = plus(2, odd2, even2);
    v[4] = minus(2, odd2, even2);
    v[5] = plus(4, d[1], minus(5, d[3], d[5]));
  }
  static HWY_INLINE void weights(const F* g, F* u) {
    const F even1 = hn::Mul(all(-1.0f / 6), hn::Add(g[0], g[2])),
            odd1 = hn::Mul(all(1.0f / 6), g[1]);
    const F even2 = plus(1.0f / 24, g[0], hn::Mul(all(1.0f / 6), g[2]));
    const F odd2 = hn::Mul(all(1.0f / 12), g[1]);
    u[0] = hn::Mul(all(0.25f), g[0]);
    u[1] = hn::Sub(even1, odd1);
    u[2] = hn::Add(even1, odd1);
    u[3] = hn::Add(even2, odd2);
    u[4] = hn::Sub(even2, odd2);
    u[5] = g[2];
  }
  static HWY_INLINE void output(const F* m, F* y) {
    const F even1 = hn::Add(m[1], m[2]), odd1 = hn::Sub(m[1], m[2]);
    const F even2 = hn::Add(m[3], m[4]), odd2 = hn::Sub(m[3], m[4]);
    y[0] = hn::Add(hn::Add(m[0], even1), even2);
    y[1] = plus(2, odd2, odd1);
    y[2] = plus(4, even2, even1);
    y[3] = hn::Add(plus(8, odd2, odd1), m[5]);
  }
};

/// from x from vectors become to x to: `line` turns `from` into `to` of them, load(y, x) gives one,
/// store(y, x, v) takes one.
template <int from, int to, class OfLine, class Load, class Store>
HWY_INLINE void transform_square(OfLine line, Load load, Store store) {
  F half[to][from];
#pragma GCC unroll 8
  for (int x = 0; x < from; ++x) {
    F column[from], made[to];
#pragma GCC unroll 8
    for (int y = 0; y < from; ++y) column[y] = load(y, x);
    line(column, made);
#pragma GCC unroll 8
    for (int y = 0; y < to; ++y) half[y][x] = made[y];
  }
#pragma GCC unroll 8
  for (int y = 0; y < to; ++y) {
    F made[to];
    line(half[y], made);
#pragma GCC unroll 8
    for (int x = 0; x < to; ++x) store(y, x, made[x]);
  }
}

}  // namespace motley::workloads::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
