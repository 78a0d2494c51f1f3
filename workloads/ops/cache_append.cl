// The row at `position` of each group of `context` rows: written, or read. A work-item copies
// VECTOR elements.
__kernel void cache_append(__global float* cache, __global const float* rows, int columns,
                           int count, int context, int position) {
  const int pieces = (columns + VECTOR - 1) / VECTOR;
  const int group = (int)get_global_id(0) / pieces;
  const int i = (int)get_global_id(0) % pieces * VECTOR;
  if (group >= count || position < 0 || position >= context) return;
  store(load(rows + group * columns, i, columns), cache + (group * context + position) * columns, i,
        columns);
}

__kernel void row_at_position(__global const float* xs, __global float* rows, int columns,
                              int count, int context, int position) {
  const int pieces = (columns + VECTOR - 1) / VECTOR;
  const int group = (int)get_global_id(0) / pieces;
  const int i = (int)get_global_id(0) % pieces * VECTOR;
  if (group >= count) return;
  V row = NAN;
  if (position >= 0 && position < context) {
    row = load(xs + (group * context + position) * columns, i, columns);
  }
  store(row, rows + group * columns, i, columns);
}
