// First rung: an element for each work-item, straight from memory. Each element of A is read n
// times and each of B m times: two loads for every multiply-add.
__kernel void naive(MATRICES) {
  const int column = get_global_id(0), row = get_global_id(1);
  if (row >= m || column >= n) return;
  GO_TO_BATCH(get_global_id(2))
  float sum = 0.0f;
  for (int step = 0; step < k; ++step) {
    sum = fma(a[row * a_row + step * a_depth], b[step * b_depth + column * b_column], sum);
  }
  c[row * n + column] = sum;
}
