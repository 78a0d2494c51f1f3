// Winograd convolution: transforms of images, weights and sums (formulas: transforms.hpp). Kernels
// for tiles of 2x2 and of 4x4 outputs come from the same macros. Transformed tensors lie as
// [place][tile][channel], weights as [place] and then as they were.

// Lines in place: out of d[0], d[step] ... into the same.
void image_line_2(V* d, int step) {
  const V d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
  d[0] = d0 - d2;
  d[step] = d1 + d2;
  d[2 * step] = d2 - d1;
  d[3 * step] = d1 - d3;
}
void weights_line_2(V* g, int step) {
  const V even = 0.5f * (g[0] + g[2 * step]), odd = 0.5f * g[step];
  g[3 * step] = g[2 * step];
  g[step] = even + odd;
  g[2 * step] = even - odd;
}
void output_line_2(V* m, int step) {
  const V m1 = m[step], m2 = m[2 * step];
  m[0] = m[0] + m1 + m2;
  m[step] = m1 - m2 - m[3 * step];
}

void image_line_4(V* d, int step) {
  const V d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
  const V even1 = d4 - 4.0f * d2, odd1 = d3 - 4.0f * d1, even2 = d4 - d2, odd2 = d3 - d1;
  d[0] = 4.0f * d[0] - 5.0f * d2 + d4;
  d[step] = even1 + odd1;
  d[2 * step] = even1 - odd1;
  d[3 * step] = even2 + 2.0f * odd2;
  d[4 * step] = even2 - 2.0f * odd2;
  d[5 * step] = 4.0f * d1 - 5.0f * d3 + d[5 * step];
}
void weights_line_4(V* g, int step) {
  const V g0 = g[0], g1 = g[step], g2 = g[2 * step];
  const V even1 = (-1.0f / 6) * (g0 + g2), odd1 = (1.0f / 6) * g1;
  const V even2 = (1.0f / 24) * g0 + (1.0f / 6) * g2, odd2 = (1.0f / 12) * g1;
  g[0] = 0.25f * g0;
  g[step] = even1 - odd1;
  g[2 * step] = even1 + odd1;
  g[3 * step] = even2 + odd2;
  g[4 * step] = even2 - odd2;
  g[5 * step] = g2;
}
void output_line_4(V* m, int step) {
  const V even1 = m[step] + m[2 * step], odd1 = m[step] - m[2 * step];
  const V even2 = m[3 * step] + m[4 * step], odd2 = m[3 * step] - m[4 * step];
  m[0] = m[0] + even1 + even2;
  m[step] = odd1 + 2.0f * odd2;
  m[2 * step] = even1 + 4.0f * even2;
  m[3 * step] = odd1 + 8.0f * odd2 + m[5 * step];
}

// Columns, then rows, of a square of EDGE lines; `columns` and `rows` of them hold something.
#define BOTH_WAYS(line, EDGE, columns, rows)              \
  for (int i = 0; i < (columns); ++i) line(v + i, EDGE);  \
  for (int i = 0; i < (rows); ++i) line(v + i * EDGE, 1);

// Which vector of channels of which tile, and where its outputs begin.
#define MY_TILE(TILE, in_all)                                                            \
  if ((int)get_global_id(0) >= items) return;                                            \
  const int vectors = ((in_all) + VECTOR - 1) / VECTOR;                                  \
  const int c = (int)get_global_id(0) % vectors * VECTOR;                                \
  const int tile = (int)get_global_id(0) / vectors;                                      \
  const int image = tile / (down * across);                                              \
  const int top = tile / across % down * TILE, left = tile % across * TILE;

#define WINOGRAD(TILE, EDGE)                                                                      \
  __kernel void winograd_images_##TILE(__global const float* xs, __global float* to, int height, \
                                       int width, int channels, int down, int across,            \
                                       int pad_top, int pad_left, int tiles, int items) {         \
    MY_TILE(TILE, channels)                                                                       \
    V v[EDGE * EDGE];                                                                             \
    for (int i = 0; i < EDGE * EDGE; ++i) {                                                       \
      const int y = top - pad_top + i / EDGE, x = left - pad_left + i % EDGE;                     \
      v[i] = 0.0f;                                                                                \
      if (y >= 0 && y < height && x >= 0 && x < width)                                            \
        v[i] = load(xs + ((image * height + y) * width + x) * channels, c, channels);             \
    }                                                                                             \
    BOTH_WAYS(image_line_##TILE, EDGE, EDGE, EDGE)                                                \
    for (int i = 0; i < EDGE * EDGE; ++i) {                                                       \
      store(v[i], to + ((size_t)i * tiles + tile) * channels, c, channels);                       \
    }                                                                                             \
  }                                                                                               \
                                                                                                  \
  /* `size` weights for each tap, which are walked backwards where `turned`. */                   \
  __kernel void winograd_weights_##TILE(__global const float* weights, __global float* to,        \
                                        int size, int turned, int items) {                        \
    if ((int)get_global_id(0) >= items) return;                                                   \
    const int w = (int)get_global_id(0) * VECTOR;                                                 \
    V v[EDGE * EDGE];                                                                             \
    for (int tap = 0; tap < 9; ++tap) {                                                           \
      v[tap / 3 * EDGE + tap % 3] = load(weights + (turned ? 8 - tap : tap) * size, w, size);     \
    }                                                                                             \
    BOTH_WAYS(weights_line_##TILE, EDGE, 3, EDGE)                                                 \
    for (int i = 0; i < EDGE * EDGE; ++i) store(v[i], to + (size_t)i * size, w, size);            \
  }                                                                                               \
                                                                                                  \
  __kernel void winograd_outputs_##TILE(__global const float* sums, __global const float* bias,   \
                                        __global float* ys, int height, int width, int channels,  \
                                        int down, int across, int has_bias, int activation,       \
                                        int tiles, int items) {                                   \
    MY_TILE(TILE, channels)                                                                       \
    V v[EDGE * EDGE];                                                                             \
    for (int i = 0; i < EDGE * EDGE; ++i) {                                                       \
      v[i] = load(sums + ((size_t)i * tiles + tile) * channels, c, channels);                     \
    }                                                                                             \
    BOTH_WAYS(output_line_##TILE, EDGE, EDGE, TILE)                                               \
    V added = 0.0f;                                                                               \
    if (has_bias) added = load(bias, c, channels);                                                \
    for (int y = 0; y < min(TILE, height - top); ++y) {                                           \
      for (int x = 0; x < min(TILE, width - left); ++x) {                                         \
        const V value = activated(v[y * EDGE + x] + added, activation);                           \
        store(value, ys + ((image * height + top + y) * width + left + x) * channels, c,          \
              channels);                                                                          \
      }                                                                                           \
    }                                                                                             \
  }

WINOGRAD(2, 4)
WINOGRAD(4, 6)
