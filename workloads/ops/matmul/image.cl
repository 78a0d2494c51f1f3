// Last rung: both operands are packed into images of float4 texels, texel (k, j) with the elements
// 4j .. 4j + 3 of op(A)'s rows or op(B)'s columns at depth k. GPUs of phones read images through
// texture units, with a cache and address arithmetic of their own beside those of memory.
// Layers of a batch lie below each other; beyond an edge its texels come again, for sums that
// nobody stores.
__constant sampler_t texels =
    CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE | CLK_FILTER_NEAREST;

// A work-item packs one texel. Neighbours read neighbours in memory: along the depth if its stride
// is 1 (`depth_first`), else along the length.
__kernel void pack_image(__global const float* from, __write_only image2d_t to, int length,
                         int depth, int depth_first) {
  const int k = get_global_id(depth_first ? 0 : 1), j = get_global_id(depth_first ? 1 : 0);
  const int rows = (length + 3) / 4;
  if (k >= depth || j >= rows) return;
  const int batch = get_global_id(2), apart = depth_first ? depth : 1;
  from += (size_t)batch * length * depth + (size_t)(4 * j) * apart +
          (depth_first ? k : (size_t)k * length);
  const int valid = length - 4 * j;
  const float4 texel = (float4)(from[0], valid > 1 ? from[apart] : 0.0f,
                                valid > 2 ? from[2 * apart] : 0.0f,
                                valid > 3 ? from[3 * apart] : 0.0f);
  write_imagef(to, (int2)(k, batch * rows + j), texel);
}

#define FOUR_ROWS(t, i0, i1, i2, i3)                                     \
  const float4 rows##t = read_imagef(a, texels, (int2)(step, a_y + t));  \
  const float4 a##i0 = rows##t.x, a##i1 = rows##t.y, a##i2 = rows##t.z, a##i3 = rows##t.w;
#define LOAD_ROWS_4 FOUR_ROWS(0, 0, 1, 2, 3)
#define LOAD_ROWS_8 LOAD_ROWS_4 FOUR_ROWS(1, 4, 5, 6, 7)
#define LOAD_ROWS JOIN(LOAD_ROWS_, ROWS)

// VECTOR is 4. A work-item keeps ROWS rows of COLUMNS texels, which lie a group apart: neighbours
// read neighbours.
__kernel void multiply_images(__read_only image2d_t a, __read_only image2d_t b, __global float* c,
                              int m, int n, int k) {
  const int row = (int)get_global_id(1) * ROWS;
  const int texel = (int)get_group_id(0) * GROUP * COLUMNS + (int)get_local_id(0);
  const int batch = get_global_id(2);
  if (row >= m || 4 * texel >= n) return;
  const int a_y = batch * ((m + 3) / 4) + row / 4, b_y = batch * ((n + 3) / 4) + texel;
  DECLARE_TILE
#define LOAD_TEXEL(i, j) const V b##j = read_imagef(b, texels, (int2)(step, b_y + j * GROUP));
  for (int step = 0; step < k; ++step) {
    EACH_COLUMN(LOAD_TEXEL, 0)
    LOAD_ROWS
    MULTIPLY_TILE
  }
  KEEP_TILE
  for (int i = 0; i < min(ROWS, m - row); ++i) {
    for (int j = 0; j < COLUMNS; ++j) {
      const int column = 4 * (texel + j * GROUP);
      store_some(tile[i * COLUMNS + j], c + ((size_t)batch * m + row + i) * n + column, n - column);
    }
  }
}
