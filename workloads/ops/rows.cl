// Operators over rows. Where a row is reduced, one work-group computes it: of one work-item on a
// CPU, of 64 on a GPU. `shared` has a float for each work-item.

float sum_of(V v) {
  float lanes[VECTOR];
  VSTORE(v, 0, lanes);
  float sum = 0.0f;
  for (int k = 0; k < VECTOR; ++k) sum += lanes[k];
  return sum;
}

// The sum over the work-group, to all its work-items.
float sum_of_group(float mine, __local float* shared) {
  const int me = get_local_id(0), all = get_local_size(0);
  if (all == 1) return mine;
  barrier(CLK_LOCAL_MEM_FENCE);  // others may still read the last result
  shared[me] = mine;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int other = all / 2; other > 0; other /= 2) {
    if (me < other) shared[me] += shared[me + other];
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  return shared[0];
}

float largest_of_group(float mine, __local float* shared) {
  const int me = get_local_id(0), all = get_local_size(0);
  if (all == 1) return mine;
  barrier(CLK_LOCAL_MEM_FENCE);
  shared[me] = mine;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int other = all / 2; other > 0; other /= 2) {
    if (me < other) shared[me] = fmax(shared[me], shared[me + other]);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  return shared[0];
}

// Sums over `chunk` rows each: a work-item sums VECTOR columns of one chunk.
__kernel void sum_rows(__global const float* xs, __global float* sums, int columns, int rows,
                       int chunk) {
  const int pieces = (columns + VECTOR - 1) / VECTOR;
  const int first = (int)get_global_id(0) / pieces * chunk;
  const int i = (int)get_global_id(0) % pieces * VECTOR;
  if (first >= rows) return;
  V sum = 0.0f;
  for (int row = first; row < min(first + chunk, rows); ++row) {
    sum += load(xs + row * columns, i, columns);
  }
  store(sum, sums + first / chunk * columns, i, columns);
}

// Scaled sums over `chunk` elements each; a work-group sums one chunk.
#define SUM(name, parameters, term)                                                             \
  __kernel void name(parameters, __global float* sums, int n, int chunk, float scale,           \
                     __local float* shared) {                                                   \
    const int piece = get_group_id(0), end = min((piece + 1) * chunk, n);                       \
    V sum = 0.0f;                                                                               \
    for (int i = piece * chunk + (int)get_local_id(0) * VECTOR; i < end;                        \
         i += (int)get_local_size(0) * VECTOR) {                                                \
      sum += term;                                                                              \
    }                                                                                           \
    const float total = sum_of_group(sum_of(sum), shared);                                      \
    if (get_local_id(0) == 0) sums[piece] = scale * total;                                      \
  }
#define ONE __global const float* xs
#define TWO __global const float *as, __global const float *bs
V square(V x) { return x * x; }
SUM(sum, ONE, load(xs, i, end))
SUM(sum_squares, ONE, square(load(xs, i, end)))
SUM(sum_squared_differences, TWO, square(load(as, i, end) - load(bs, i, end)))
