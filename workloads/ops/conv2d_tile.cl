// Convolution with a tile of the result in registers (registers.cl before this): ROWS pixels side
// by side of one row of outputs, times COLUMNS vectors of output channels. Images are read where
// they lie: what one channel of one pixel meets serves all vectors. Weights come in panels of
// TILE_COLUMNS output channels (panels.cl), zero beyond the last.
#define TILE_COLUMNS (COLUMNS * VECTOR * GROUP)

#define EACH_WEIGHT(i, j) const V b##j = VLOAD(j * GROUP, w);
#define PIXEL(i) const V a##i = from[i * apart];
#define AT(i)                                                    \
  const bool in##i = x + i * stride >= 0 && x + i * stride < width; \
  const int at##i = in##i ? (x + i * stride) * channels : 0;
#define PIXEL_OR_NONE(i) const V a##i = in##i ? line[at##i + c] : 0.0f;

// GROUP work-items beside each other have one tile of pixels and one panel of weights. Work goes
// through `all_tiles` of pixels with one panel: it stays in the cache meanwhile.
__kernel void direct_tile(__global const float* xs, __global const float* weights,
                          __global const float* biases, __global float* ys, int height, int width,
                          int channels, int out_height, int out_width, int out_channels,
                          int kernel_height, int kernel_width, int stride, int dilation,
                          int pad_top, int pad_left, int items, int all_tiles, int has_bias,
                          int activation) {
  const int item = get_global_id(0);
  if (item >= items) return;
  const int tiles = (out_width + ROWS - 1) / ROWS;
  const int lane = item % GROUP * VECTOR, tile_of_all = item / GROUP % all_tiles;
  const int panel = item / GROUP / all_tiles;
  const int ox = tile_of_all % tiles * ROWS, row = tile_of_all / tiles;
  const int x0 = ox * stride - pad_left, y0 = row % out_height * stride - pad_top;
  const int apart = stride * channels, run = kernel_width * channels;
  // Taps of one row of the kernel lie side by side in the image too, and none is outside.
  const bool whole =
      dilation == 1 && x0 >= 0 && x0 + (ROWS - 1) * stride + kernel_width <= width;
  weights += (size_t)panel * kernel_height * run * TILE_COLUMNS + lane;
  DECLARE_TILE
  for (int ky = 0; ky < kernel_height; ++ky) {
    const int y = y0 + ky * dilation;
    if (y < 0 || y >= height) continue;
    __global const float* line = xs + (row / out_height * height + y) * width * channels;
    __global const float* w = weights + (size_t)ky * run * TILE_COLUMNS;
    if (whole) {
      __global const float* from = line + x0 * channels;
      for (int step = 0; step < run; ++step, ++from, w += TILE_COLUMNS) {
        EACH_COLUMN(EACH_WEIGHT, 0)
        EACH_ROW(PIXEL)
        MULTIPLY_TILE
      }
      continue;
    }
    for (int kx = 0; kx < kernel_width; ++kx) {
      const int x = x0 + kx * dilation;
      EACH_ROW(AT)
      for (int c = 0; c < channels; ++c, w += TILE_COLUMNS) {
        EACH_COLUMN(EACH_WEIGHT, 0)
        EACH_ROW(PIXEL_OR_NONE)
        MULTIPLY_TILE
      }
    }
  }
  KEEP_TILE
  ys += (row * out_width + ox) * out_channels;
  for (int j = 0; j < COLUMNS; ++j) {
    const int column = panel * TILE_COLUMNS + j * GROUP * VECTOR + lane;
    const int valid = min(out_channels - column, VECTOR);
    if (valid <= 0) break;
    const V bias = has_bias ? load_some(biases + column, valid) : (V)(0.0f);
    for (int i = 0; i < min(ROWS, out_width - ox); ++i) {
      const V sum = activated(tile[i * COLUMNS + j] + bias, activation);
      store_some(sum, ys + i * out_channels + column, valid);
    }
  }
}
