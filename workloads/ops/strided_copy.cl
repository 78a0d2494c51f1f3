// A copy between two regular grids. Sizes and strides of five axes, outermost first; element 7 of
// `from` and `to` is the offset. A work-item copies VECTOR elements along the last axis.
__kernel void copy_strided(__global const float* xs, __global float* ys, int8 sizes, int8 from,
                           int8 to) {
  const int pieces = (sizes.s4 + VECTOR - 1) / VECTOR;
  int rest = (int)get_global_id(0) / pieces;
  const int first = (int)get_global_id(0) % pieces * VECTOR;
  const int i3 = rest % sizes.s3;
  rest /= sizes.s3;
  const int i2 = rest % sizes.s2;
  rest /= sizes.s2;
  const int i1 = rest % sizes.s1;
  const int i0 = rest / sizes.s1;
  if (i0 >= sizes.s0) return;
  xs += from.s7 + i0 * from.s0 + i1 * from.s1 + i2 * from.s2 + i3 * from.s3;
  ys += to.s7 + i0 * to.s0 + i1 * to.s1 + i2 * to.s2 + i3 * to.s3;
  if (from.s4 == 1 && to.s4 == 1) {
    store(load(xs, first, sizes.s4), ys, first, sizes.s4);
    return;
  }
  for (int i = first; i < min(first + VECTOR, sizes.s4); ++i) ys[i * to.s4] = xs[i * from.s4];
}

__kernel void fill_zero(__global float* ys, int n) {
  const int i = get_global_id(0) * VECTOR;
  if (i < n) store((V)(0.0f), ys, i, n);
}
