// Convolution with a tile of the result in registers (registers.cl before this): ROWS pixels side
// by side of one row of outputs, times COLUMNS vectors of output channels. Images are read where
// they lie: what one channel of one pixel meets serves all vectors. Weights come in panels of
// TILE_COLUMNS output channels (panels.cl), zero beyond the last; taps and panels of them may lie
// anyhow, so that the gradient by the images, where stride is 1, is the same with the taps turned.
#define TILE_COLUMNS (COLUMNS * VECTOR * GROUP)

#define EACH_WEIGHT(i, j) const V b##j = VLOAD(j * GROUP, w);
#define PIXEL(i) const V a##i = from[i * apart];
// All pixels from `x` on that the tile needs with so many taps are in the image, and those that it
// only reads are in memory.
#define INSIDE(x, taps)                                              \
  ((x) >= 0 && (x) + (needed - 1) * stride + (taps)-1 < width &&     \
   first + (x) + (ROWS - 1) * stride + (taps)-1 < pixels)
// Outside the image all bits are masked away: a branch for each pixel would cost ten times that.
#define AT(i)                                                                               \
  const int in##i = x + i * stride >= 0 && x + i * stride < width, mask##i = -in##i;        \
  const int at##i = in##i ? (x + i * stride) * channels : 0;
#define PIXEL_OR_NONE(i) const V a##i = as_float(as_int(line[at##i + c]) & mask##i);

// GROUP work-items beside each other have one tile of pixels and one panel of weights. Work goes
// through `all_tiles` of pixels with one panel: it stays in the cache meanwhile.
__kernel void direct_tile(__global const float* xs, __global const float* weights,
                          __global const float* biases, __global float* ys, int height, int width,
                          int channels, int out_height, int out_width, int out_channels,
                          int kernel_height, int kernel_width, int stride, int dilation,
                          int pad_top, int pad_left, int items, int all_tiles, int pixels,
                          int first_tap, int tap_apart, int panel_apart, int has_bias,
                          int activation) {
  const int item = get_global_id(0);
  if (item >= items) return;
  const int tiles = (out_width + ROWS - 1) / ROWS;
  const int lane = item % GROUP * VECTOR, tile_of_all = item / GROUP % all_tiles;
  const int panel = item / GROUP / all_tiles;
  const int ox = tile_of_all % tiles * ROWS, row = tile_of_all / tiles;
  const int x0 = ox * stride - pad_left, y0 = row % out_height * stride - pad_top;
  const int apart = stride * channels, needed = min(ROWS, out_width - ox);
  // A row of the kernel lies side by side in the image and among the weights.
  const bool joined = dilation == 1 && tap_apart == channels * TILE_COLUMNS;
  weights += first_tap + panel * panel_apart + lane;
  DECLARE_TILE
  for (int ky = 0; ky < kernel_height; ++ky) {
    const int y = y0 + ky * dilation;
    if (y < 0 || y >= height) continue;
    const int first = (row / out_height * height + y) * width;
    __global const float* line = xs + first * channels;
    const int taps = joined && INSIDE(x0, kernel_width) ? kernel_width : 1;
    for (int kx = 0; kx < kernel_width; kx += taps) {
      const int x = x0 + kx * dilation;
      __global const float* w = weights + (ky * kernel_width + kx) * tap_apart;
      if (INSIDE(x, taps)) {
        __global const float* from = line + x * channels;
        for (int step = 0; step < taps * channels; ++step, ++from, w += TILE_COLUMNS) {
          EACH_COLUMN(EACH_WEIGHT, 0)
          EACH_ROW(PIXEL)
          MULTIPLY_TILE
        }
      } else {
        EACH_ROW(AT)
        for (int c = 0; c < channels; ++c, w += TILE_COLUMNS) {
          EACH_COLUMN(EACH_WEIGHT, 0)
          EACH_ROW(PIXEL_OR_NONE)
          MULTIPLY_TILE
        }
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
    for (int i = 0; i < needed; ++i) {
      const V sum = activated(tile[i * COLUMNS + j] + bias, activation);
      store_some(sum, ys + i * out_channels + column, valid);
    }
  }
}
