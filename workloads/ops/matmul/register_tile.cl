// Third rung: each of GROUP x GROUP work-items keeps ROWS x COLUMNS sums in registers. An element
// read from local memory now serves ROWS or COLUMNS multiply-adds, not one.
#define TILE_ROWS (ROWS * GROUP)
#define TILE_COLUMNS (COLUMNS * GROUP)

__kernel void register_tile(MATRICES) {
  // One element longer than they are: neighbours that write down a column use different banks.
  __local float a_tile[DEPTH][TILE_ROWS + 1], b_tile[DEPTH][TILE_COLUMNS + 1];
  const int x = get_local_id(0), y = get_local_id(1), item = y * GROUP + x;
  const int first_row = get_group_id(1) * TILE_ROWS;
  const int first_column = get_group_id(0) * TILE_COLUMNS;
  GO_TO_BATCH(get_global_id(2))
  DECLARE_TILE
  for (int first = 0; first < k; first += DEPTH) {
    for (int i = item; i < DEPTH * TILE_ROWS; i += GROUP * GROUP) {
      const int step = a_depth == 1 ? i % DEPTH : i / TILE_ROWS;
      const int row = a_depth == 1 ? i / DEPTH : i % TILE_ROWS;
      const bool inside = first_row + row < m && first + step < k;
      a_tile[step][row] = inside ? a[(first_row + row) * a_row + (first + step) * a_depth] : 0.0f;
    }
    for (int i = item; i < DEPTH * TILE_COLUMNS; i += GROUP * GROUP) {
      const int step = b_depth == 1 ? i % DEPTH : i / TILE_COLUMNS;
      const int column = b_depth == 1 ? i / DEPTH : i % TILE_COLUMNS;
      const bool inside = first_column + column < n && first + step < k;
      b_tile[step][column] =
          inside ? b[(first + step) * b_depth + (first_column + column) * b_column] : 0.0f;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int step = 0; step < DEPTH; ++step) {
#define LOAD_A(i) const V a##i = a_tile[step][y + i * GROUP];
#define LOAD_B(i, j) const V b##j = b_tile[step][x + j * GROUP];
      EACH_ROW(LOAD_A)
      EACH_COLUMN(LOAD_B, 0)
      MULTIPLY_TILE
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  KEEP_TILE
  for (int i = 0; i < ROWS; ++i) {
    for (int j = 0; j < COLUMNS; ++j) {
      const int row = first_row + y + i * GROUP, column = first_column + x + j * GROUP;
      if (row < m && column < n) c[row * n + column] = tile[i * COLUMNS + j];
    }
  }
}
