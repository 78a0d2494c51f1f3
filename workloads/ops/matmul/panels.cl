// Fifth rung: both operands are first copied into panels: of A, TILE_ROWS rows; of B, TILE_COLUMNS
// columns; for each step of the depth their elements side by side, zero beyond the edge. A
// work-group multiplies a panel of A by one of B: it reads memory from end to end, and meets no edge
// until it stores.
#define TILE_ROWS (ROWS * GROUP)
#define TILE_COLUMNS (COLUMNS * VECTOR * GROUP)

// What one work-item packs: `steps` of the depth of a panel.
#define PACKED(step_axis, panel_axis, between_steps, between_columns)                  \
  const int k0 = (int)get_global_id(step_axis) * steps;                                \
  const int panel = get_global_id(panel_axis), x0 = panel * width;                     \
  if (k0 >= depth || x0 >= length) return;                                             \
  const int count = min(steps, depth - k0), valid = min(width, length - x0);           \
  const size_t batch = get_global_id(2);                                               \
  from += batch * depth * length + k0 * (between_steps) + x0 * (between_columns);      \
  to += ((batch * ((length + width - 1) / width) + panel) * depth + k0) * width;

// From [batch][depth][length]: pieces of rows are copied. Neighbours copy from the same rows.
__kernel void pack_rows(__global const float* from, __global float* to, int length, int depth,
                        int width, int steps) {
  PACKED(1, 0, length, 1)
  for (int k = 0; k < count; ++k, from += length, to += width) {
    int x = 0;
    for (; x + 16 <= valid; x += 16) vstore16(vload16(0, from + x), 0, to + x);
    for (; x + 4 <= valid; x += 4) vstore4(vload4(0, from + x), 0, to + x);
    for (; x < width; ++x) to[x] = x < valid ? from[x] : 0.0f;
  }
}

// Four steps of four columns, [depth] apart.
void transpose_four(__global const float* from, __global float* to, int depth, int width) {
  const float4 a = vload4(0, from), b = vload4(0, from + depth);
  const float4 c = vload4(0, from + 2 * depth), d = vload4(0, from + 3 * depth);
  vstore4((float4)(a.x, b.x, c.x, d.x), 0, to);
  vstore4((float4)(a.y, b.y, c.y, d.y), 0, to + width);
  vstore4((float4)(a.z, b.z, c.z, d.z), 0, to + 2 * width);
  vstore4((float4)(a.w, b.w, c.w, d.w), 0, to + 3 * width);
}

// From [batch][length][depth]: transposed.
__kernel void pack_columns(__global const float* from, __global float* to, int length, int depth,
                           int width, int steps) {
  PACKED(0, 1, 1, depth)
  const int fours = count / 4 * 4, whole = valid / 4 * 4;
  for (int x = 0; x < whole; x += 4, from += 4 * depth) {
    for (int k = 0; k < fours; k += 4) transpose_four(from + k, to + k * width + x, depth, width);
    for (int k = fours; k < count; ++k) {
      const float4 v = (float4)(from[k], from[depth + k], from[2 * depth + k], from[3 * depth + k]);
      vstore4(v, 0, to + k * width + x);
    }
  }
  for (int x = whole; x < width; ++x, from += depth) {
    for (int k = 0; k < count; ++k) to[k * width + x] = x < valid ? from[k] : 0.0f;
  }
}

// What happens to a sum when it is stored. Depth is cut into parts: all but the first add to what
// the one before stored, the last adds the bias of the column and applies the activation.
typedef struct {
  int add, finish, activation;
} Finish;

V finished(V sum, Finish finish, V bias) {
  if (!finish.finish) return sum;
  return activated(sum + bias, finish.activation);
}

void store_sum(V sum, __global float* to, int valid, Finish finish, V bias) {
  if (finish.add) sum += load_some(to, valid);
  store_some(finished(sum, finish, bias), to, valid);
}

#if defined(__clang__) && (defined(__x86_64__) || defined(__aarch64__))
// Compiled for a CPU. PoCL's own prefetch() does nothing. To the first- or second-level cache; of
// what lies beyond the memory nothing happens.
#define PREFETCH(p, level) __builtin_prefetch((const void*)(size_t)(p), 0, 4 - (level))
#else
#define PREFETCH(p, level)
#endif
#define LINE 16

// Before its products a work-item asks for what will not be in the cache: its tile of C, and the
// share `part` of `parts` of `next`, the panel of B that comes after this one.
void prefetch_ahead(__global const float* c, int rows, int n, __global const float* next, int size,
                    int part, int parts) {
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < TILE_COLUMNS; j += LINE) PREFETCH(c + i * n + j, 2);
  }
  const int lines = size / LINE, end = lines * (part + 1) / parts;
  for (int i = lines * part / parts; i < end; ++i) PREFETCH(next + i * LINE, 2);
}

// One step of the depth. An element of A is loaded where it is multiplied: all of a step at once
// would need registers that the tile takes.
#define LOAD_B(i, j) const V b##j = VLOAD(j * GROUP, step_b);
#define MULTIPLY_LOADED(i)  \
  const V a##i = step_a[i]; \
  MULTIPLY_ROW(i)
#define STEP(step)                                            \
  {                                                           \
    __global const float* step_a = a + (step) * TILE_ROWS;    \
    __global const float* step_b = b + (step) * TILE_COLUMNS; \
    EACH_COLUMN(LOAD_B, 0)                                    \
    EACH_ROW(MULTIPLY_LOADED)                                 \
  }
// A CPU's core computes a loop's own instructions instead of products: four steps for each turn.
#define STEPS 4
// A panel of A is read once, from the second-level cache, so far ahead of its use.
#define STEPS_AHEAD 64
#define PREFETCH_A(i) \
  if (i * STEPS % LINE == 0) PREFETCH(a + STEPS_AHEAD * TILE_ROWS + i * STEPS, 1);

// Depth [k0, k0 + steps) of k. Groups go down `block` panels of A, then to the next panel of B:
// those of A stay in the cache meanwhile.
__kernel void multiply_panels(__global const float* a, __global const float* b, __global float* c,
                              __global const float* bias, int m, int n, int k, int k0, int steps,
                              int block, int has_bias, int activation) {
  const int row_panels = (m + TILE_ROWS - 1) / TILE_ROWS;
  const int column_panels = (n + TILE_COLUMNS - 1) / TILE_COLUMNS;
  const int group = get_group_id(0), item = get_local_id(0);
  const int first = group / (block * column_panels) * block, rest = group - first * column_panels;
  const int here = min(block, row_panels - first);
  const int row_panel = first + rest % here, column_panel = rest / here;
  const int item_row = item / GROUP * ROWS, item_column = item % GROUP * VECTOR;
  const size_t batch = get_group_id(1);
  a += ((batch * row_panels + row_panel) * k + k0) * TILE_ROWS + item_row;
  b += ((batch * column_panels + column_panel) * k + k0) * TILE_COLUMNS + item_column;

  const int row = row_panel * TILE_ROWS + item_row;
  const int next_size = column_panel + 1 < column_panels ? steps * TILE_COLUMNS : 0;
  prefetch_ahead(c + (batch * m + row) * n + column_panel * TILE_COLUMNS, min(ROWS, m - row), n,
                 b + (size_t)k * TILE_COLUMNS, next_size, rest % here, here);

  DECLARE_TILE
  int step = 0;
  for (; step + STEPS <= steps; step += STEPS) {
    EACH_ROW(PREFETCH_A)
    STEP(0) STEP(1) STEP(2) STEP(3)
    a += STEPS * TILE_ROWS;
    b += STEPS * TILE_COLUMNS;
  }
  for (; step < steps; ++step, a += TILE_ROWS, b += TILE_COLUMNS) STEP(0)
  KEEP_TILE

  const Finish finish = {k0 > 0, k0 + steps == k, activation};
  for (int j = 0; j < COLUMNS; ++j) {
    const int column = column_panel * TILE_COLUMNS + item_column + j * GROUP * VECTOR;
    const int valid = min(n - column, VECTOR);
    if (valid <= 0) break;
    const V added = has_bias ? load_some(bias + column, valid) : (V)(0.0f);
    for (int i = 0; i < min(ROWS, m - row); ++i) {
      __global float* to = c + (batch * m + row + i) * n + column;
      store_sum(tile[i * COLUMNS + j], to, valid, finish, added);
    }
  }
}
