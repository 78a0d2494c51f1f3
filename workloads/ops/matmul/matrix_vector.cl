// One row times a matrix is as fast as memory: here B is read from end to end. Each of `parts` of
// the depth goes through ROWS whole rows of B at a time and adds to sums of its own, which stay in
// the cache. (A tile of columns would visit a page of memory for each row.) Behind
// register_vector.cl, whose add_parts comes next.
#define STEP_OF_A(i)                                                \
  const V a##i = step + i < last ? a[step + i] : 0.0f;              \
  __global const float* const row##i = b + (size_t)min(step + i, last - 1) * n;
#define ADD_ROW(i) sum = fma(a##i, VLOAD(0, row##i + column), sum);
#define ADD_SOME_OF_ROW(i) sum = fma(a##i, load_some(row##i + column, n - column), sum);

__kernel void matrix_vector(__global const float* a, __global const float* b,
                            __global float* sums, int n, int k, int parts) {
  const int part = get_global_id(0);
  const size_t batch = get_global_id(1);
  if (part >= parts) return;
  const int first = (int)((long)k * part / parts), last = (int)((long)k * (part + 1) / parts);
  a += batch * k;
  b += batch * k * n;
  sums += (batch * parts + part) * n;
  for (int step = first; step < last; step += ROWS) {
    EACH_ROW(STEP_OF_A)
    int column = 0;
    for (; column + VECTOR <= n; column += VECTOR) {
      V sum = step > first ? VLOAD(0, sums + column) : (V)(0.0f);
      EACH_ROW(ADD_ROW)
      VSTORE(sum, 0, sums + column);
    }
    if (column < n) {
      V sum = step > first ? load_some(sums + column, n - column) : (V)(0.0f);
      EACH_ROW(ADD_SOME_OF_ROW)
      store_some(sum, sums + column, n - column);
    }
  }
}
