// Second rung: a work-group copies TILE x TILE elements of A and of B to local memory, where all its
// work-items read them: memory is read TILE times less often. TILE x TILE/2 work-items compute two
// rows each, so that a tile of 16 fits into work-groups of 128.
#define HALF (TILE / 2)

__kernel void local_tile(MATRICES) {
  __local float a_tile[TILE][TILE + 1], b_tile[TILE][TILE + 1];
  const int x = get_local_id(0), y = get_local_id(1);
  const int first_row = get_group_id(1) * TILE, first_column = get_group_id(0) * TILE;
  GO_TO_BATCH(get_global_id(2))
  float upper = 0.0f, lower = 0.0f;
  for (int first = 0; first < k; first += TILE) {
    for (int i = y; i < TILE; i += HALF) {
      // Neighbours in x read neighbours in memory; the odd row length keeps their banks apart.
      const int a_x = a_depth == 1 ? x : i, a_y = a_depth == 1 ? i : x;
      const int b_x = b_column == 1 ? x : i, b_y = b_column == 1 ? i : x;
      const bool a_inside = first_row + a_y < m && first + a_x < k;
      const bool b_inside = first + b_y < k && first_column + b_x < n;
      a_tile[a_y][a_x] =
          a_inside ? a[(first_row + a_y) * a_row + (first + a_x) * a_depth] : 0.0f;
      b_tile[b_y][b_x] =
          b_inside ? b[(first + b_y) * b_depth + (first_column + b_x) * b_column] : 0.0f;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int step = 0; step < TILE; ++step) {
      upper = fma(a_tile[y][step], b_tile[step][x], upper);
      lower = fma(a_tile[y + HALF][step], b_tile[step][x], lower);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  const int row = first_row + y, column = first_column + x;
  if (row < m && column < n) c[row * n + column] = upper;
  if (row + HALF < m && column < n) c[(row + HALF) * n + column] = lower;
}
