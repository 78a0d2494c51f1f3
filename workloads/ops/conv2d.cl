// Convolution. SHAPE describes it from images x [.., height, width, channels] to y [.., out_height,
// out_width, out_channels], whichever of the three directions is computed; a work-item beyond
// `items` has nothing to do.
#define SHAPE                                                                                   \
  int height, int width, int channels, int out_height, int out_width, int out_channels,         \
      int kernel_height, int kernel_width, int stride, int dilation, int groups, int pad_top,   \
      int pad_left, int items

// Row and column of x that tap (ky, kx) of output (oy, ox) meets; one outside is none.
#define MEETS(oy, ox, ky, kx)                                                                   \
  const int y = (oy) * stride - pad_top + (ky) * dilation;                                      \
  const int x = (ox) * stride - pad_left + (kx) * dilation;                                     \
  const bool meets = y >= 0 && y < height && x >= 0 && x < width;

// ---- As a matrix product: patches as its left operand, in panels of `panel` rows

// Four channels of four pixels, turned over.
void put_four(const float4 a, const float4 b, const float4 c, const float4 d, __global float* to,
              int panel) {
  vstore4((float4)(a.x, b.x, c.x, d.x), 0, to);
  vstore4((float4)(a.y, b.y, c.y, d.y), 0, to + panel);
  vstore4((float4)(a.z, b.z, c.z, d.z), 0, to + 2 * panel);
  vstore4((float4)(a.w, b.w, c.w, d.w), 0, to + 3 * panel);
}

// A walk over output pixels. Divisions are slow: only the first pixel costs some.
typedef struct {
  int image, oy, ox;
} Walk;

Walk walk_from(int pixel, int out_height, int out_width) {
  const int row = pixel / out_width;
  const Walk walk = {row / out_height, row % out_height, pixel % out_width};
  return walk;
}

void next_pixel(Walk* walk, int out_height, int out_width) {
  if (++walk->ox < out_width) return;
  walk->ox = 0;
  if (++walk->oy < out_height) return;
  walk->oy = 0;
  ++walk->image;
}

// Where the walk's pixel and tap (ky, kx) meet x: the first channel's element; -1 outside.
#define FROM(walk, ky, kx)                                                                      \
  MEETS((walk).oy, (walk).ox, ky, kx)                                                           \
  const int from = meets ? (((walk).image * height + y) * width + x) * channels : -1;

// to[panel of pixels][tap, channel][pixel]: a work-item copies one tap of one panel.
__kernel void pixels_to_panels(__global const float* xs, __global float* to, SHAPE, int pixels,
                               int panel) {
  if ((int)get_global_id(0) >= items) return;
  const int taps = kernel_height * kernel_width;
  const int first = (int)get_global_id(0) / taps * panel, tap = (int)get_global_id(0) % taps;
  const int ky = tap / kernel_width, kx = tap % kernel_width;
  to += (size_t)get_global_id(0) * channels * panel;
  Walk walk = walk_from(first, out_height, out_width);
  for (int r = 0; r < panel; r += 4) {
    const int count = min(4, panel - r);
    int froms[4];
    for (int i = 0; i < 4; ++i) {
      FROM(walk, ky, kx)
      froms[i] = i < count && first + r + i < pixels ? from : -1;
      if (i < count) next_pixel(&walk, out_height, out_width);
    }
    int c = 0;
    for (; count == 4 && c + 4 <= channels; c += 4) {
      const float4 none = 0.0f;
      put_four(froms[0] < 0 ? none : vload4(0, xs + froms[0] + c),
               froms[1] < 0 ? none : vload4(0, xs + froms[1] + c),
               froms[2] < 0 ? none : vload4(0, xs + froms[2] + c),
               froms[3] < 0 ? none : vload4(0, xs + froms[3] + c), to + c * panel + r, panel);
    }
    for (; c < channels; ++c) {
      for (int i = 0; i < count; ++i) {
        to[c * panel + r + i] = froms[i] < 0 ? 0.0f : xs[froms[i] + c];
      }
    }
  }
}

// A run of channels of one pixel, or zeros.
void put_run(__global const float* from, bool given, int run, __global float* to) {
  int i = 0;
  for (; i + 16 <= run; i += 16) vstore16(given ? vload16(0, from + i) : (float16)(0.0f), 0, to + i);
  for (; i + 4 <= run; i += 4) vstore4(given ? vload4(0, from + i) : (float4)(0.0f), 0, to + i);
  for (; i < run; ++i) to[i] = given ? from[i] : 0.0f;
}

// to[part of the pixels][panel of taps and channels][pixel][tap, channel]: a work-item copies
// `step` pixels of one panel.
__kernel void weights_to_panels(__global const float* xs, __global float* to, SHAPE, int pixels,
                                int panel, int panels, int step) {
  if ((int)get_global_id(0) >= items) return;
  const int steps = (pixels + step - 1) / step, rows = kernel_height * kernel_width * channels;
  const int which = (int)get_global_id(0) / steps, row = which % panels * panel;
  const int begin = (int)get_global_id(0) % steps * step, end = min(begin + step, pixels);
  to += ((size_t)which * pixels + begin) * panel;
  for (int r = 0; r < panel;) {
    const int tap = (row + r) / channels, c = (row + r) % channels;
    const int run = min(channels - c, panel - r), ky = tap / kernel_width, kx = tap % kernel_width;
    Walk walk = walk_from(which / panels * pixels + begin, out_height, out_width);
    __global float* into = to + r;
    for (int pixel = begin; pixel < end; ++pixel, into += panel) {
      FROM(walk, ky, kx)
      const bool given = row + r < rows && from >= 0;
      put_run(xs + (given ? from + c : 0), given, run, into);
      next_pixel(&walk, out_height, out_width);
    }
    r += run;
  }
}

// For VECTOR channels of one pixel of x: the outputs that it meets by tap (ky, kx), if any.
#define MET_BY(ky, kx)                                                                          \
  const int over_y = y + pad_top - (ky) * dilation, over_x = x + pad_left - (kx) * dilation;    \
  const int oy = over_y / stride, ox = over_x / stride;                                         \
  const bool met = over_y >= 0 && over_x >= 0 && oy * stride == over_y &&                       \
                   ox * stride == over_x && oy < out_height && ox < out_width;

#define MY_PIXEL(pixels_high, pixels_wide, in_all)                                              \
  if ((int)get_global_id(0) >= items) return;                                                   \
  const int vectors = ((in_all) + VECTOR - 1) / VECTOR;                                         \
  const int c = (int)get_global_id(0) % vectors * VECTOR;                                       \
  const int pixel = (int)get_global_id(0) / vectors;                                            \
  const int image = pixel / (pixels_wide) / (pixels_high);                                      \
  const int y = pixel / (pixels_wide) % (pixels_high), x = pixel % (pixels_wide);

// dx from products[output pixel][tap, channel]: each pixel gathers its own.
__kernel void gather_products(__global const float* products, __global float* dxs, SHAPE) {
  MY_PIXEL(height, width, channels)
  const int taps = kernel_height * kernel_width;
  V sum = 0.0f;
  for (int tap = 0; tap < taps; ++tap) {
    MET_BY(tap / kernel_width, tap % kernel_width)
    if (!met) continue;
    const int output = (image * out_height + oy) * out_width + ox;
    sum += load(products + (output * taps + tap) * channels, c, channels);
  }
  store(sum, dxs + pixel * channels, c, channels);
}

// ---- Each channel by itself

__kernel void depthwise(__global const float* xs, __global const float* weights,
                        __global const float* biases, __global float* ys, SHAPE, int has_bias,
                        int activation) {
  const int in_height = height, in_width = width;
  if ((int)get_global_id(0) >= items) return;
  const int vectors = (channels + VECTOR - 1) / VECTOR;
  const int c = (int)get_global_id(0) % vectors * VECTOR;
  const int pixel = (int)get_global_id(0) / vectors, row = pixel / out_width;
  xs += row / out_height * in_height * in_width * channels;
  V sum = 0.0f;
  if (has_bias) sum = load(biases, c, channels);
  for (int ky = 0; ky < kernel_height; ++ky) {
    for (int kx = 0; kx < kernel_width; ++kx) {
      MEETS(row % out_height, pixel % out_width, ky, kx)
      if (!meets) continue;
      sum = fma(load(xs + (y * width + x) * channels, c, channels),
                load(weights + (ky * kernel_width + kx) * channels, c, channels), sum);
    }
  }
  store(activated(sum, activation), ys + pixel * channels, c, channels);
}

__kernel void depthwise_data(__global const float* dys, __global const float* weights,
                             __global float* dxs, SHAPE) {
  MY_PIXEL(height, width, channels)
  V sum = 0.0f;
  for (int ky = 0; ky < kernel_height; ++ky) {
    for (int kx = 0; kx < kernel_width; ++kx) {
      MET_BY(ky, kx)
      if (!met) continue;
      const int output = (image * out_height + oy) * out_width + ox;
      sum = fma(load(dys + output * channels, c, channels),
                load(weights + (ky * kernel_width + kx) * channels, c, channels), sum);
    }
  }
  store(sum, dxs + pixel * channels, c, channels);
}

// sums[chunk][tap][channel]: a work-item sums VECTOR channels of one tap over `chunk` rows of
// outputs.
__kernel void depthwise_weights(__global const float* xs, __global const float* dys,
                                __global float* sums, SHAPE, int rows, int chunk) {
  if ((int)get_global_id(0) >= items) return;
  const int vectors = (channels + VECTOR - 1) / VECTOR, taps = kernel_height * kernel_width;
  const int c = (int)get_global_id(0) % vectors * VECTOR;
  const int tap = (int)get_global_id(0) / vectors % taps;
  const int piece = (int)get_global_id(0) / vectors / taps;
  V sum = 0.0f;
  for (int row = piece * chunk; row < min((piece + 1) * chunk, rows); ++row) {
    for (int ox = 0; ox < out_width; ++ox) {
      MEETS(row % out_height, ox, tap / kernel_width, tap % kernel_width)
      if (!meets) continue;
      sum = fma(load(xs + ((row / out_height * height + y) * width + x) * channels, c, channels),
                load(dys + (row * out_width + ox) * channels, c, channels), sum);
    }
  }
  store(sum, sums + (piece * taps + tap) * channels, c, channels);
}

// ---- Anything else, groups included: vectors of the result's channels inside one group

// Which group, which vector of its `in_group` channels, and which pixel this work-item computes.
#define MY_GROUP(in_group)                                                                      \
  if ((int)get_global_id(0) >= items) return;                                                   \
  const int vectors = ((in_group) + VECTOR - 1) / VECTOR;                                       \
  const int c = (int)get_global_id(0) % vectors * VECTOR;                                       \
  const int group = (int)get_global_id(0) / vectors % groups;                                   \
  const int pixel = (int)get_global_id(0) / vectors / groups;                                   \
  const int in = channels / groups, out = out_channels / groups;

__kernel void direct(__global const float* xs, __global const float* weights,
                     __global const float* biases, __global float* ys, SHAPE, int has_bias,
                     int activation) {
  MY_GROUP(out_channels / groups)
  const int row = pixel / out_width;
  V sum = 0.0f, odd = 0.0f;
  if (has_bias) sum = load(biases + group * out, c, out);
  for (int tap = 0; tap < kernel_height * kernel_width; ++tap) {
    MEETS(row % out_height, pixel % out_width, tap / kernel_width, tap % kernel_width)
    if (!meets) continue;
    __global const float* from =
        xs + ((row / out_height * height + y) * width + x) * channels + group * in;
    __global const float* w = weights + tap * in * out_channels + group * out;
    int i = 0;
    for (; i + 2 <= in; i += 2, w += 2 * out_channels) {
      sum = fma((V)(from[i]), load(w, c, out), sum);
      odd = fma((V)(from[i + 1]), load(w + out_channels, c, out), odd);
    }
    if (i < in) sum = fma((V)(from[i]), load(w, c, out), sum);
  }
  store(activated(sum + odd, activation), ys + pixel * out_channels + group * out, c, out);
}

// to[tap][output channel][channel of its group]
__kernel void turn_weights(__global const float* weights, __global float* to, SHAPE) {
  if ((int)get_global_id(0) >= items) return;
  const int in = channels / groups, i = (int)get_global_id(0) % in;
  const int o = (int)get_global_id(0) / in % out_channels;
  const int tap = (int)get_global_id(0) / in / out_channels;
  to[get_global_id(0)] = weights[(tap * in + i) * out_channels + o];
}

__kernel void direct_data(__global const float* dys, __global const float* turned,
                          __global float* dxs, SHAPE) {
  MY_GROUP(channels / groups)
  const int image = pixel / width / height, y = pixel / width % height, x = pixel % width;
  V sum = 0.0f;
  for (int tap = 0; tap < kernel_height * kernel_width; ++tap) {
    MET_BY(tap / kernel_width, tap % kernel_width)
    if (!met) continue;
    __global const float* from =
        dys + ((image * out_height + oy) * out_width + ox) * out_channels + group * out;
    __global const float* w = turned + (tap * out_channels + group * out) * in;
    for (int o = 0; o < out; ++o) sum = fma((V)(from[o]), load(w + o * in, c, in), sum);
  }
  store(sum, dxs + pixel * channels + group * in, c, in);
}

// sums[chunk][tap][channel][output channel], of `chunk` rows of outputs. `pixel` counts chunks,
// taps and channels here.
__kernel void direct_weights(__global const float* xs, __global const float* dys,
                             __global float* sums, SHAPE, int rows, int chunk) {
  MY_GROUP(out_channels / groups)
  const int i = pixel % in, tap = pixel / in % (kernel_height * kernel_width);
  const int piece = pixel / in / (kernel_height * kernel_width);
  V sum = 0.0f;
  for (int row = piece * chunk; row < min((piece + 1) * chunk, rows); ++row) {
    for (int ox = 0; ox < out_width; ++ox) {
      MEETS(row % out_height, ox, tap / kernel_width, tap % kernel_width)
      if (!meets) continue;
      const float value =
          xs[((row / out_height * height + y) * width + x) * channels + group * in + i];
      sum = fma((V)(value),
                load(dys + (row * out_width + ox) * out_channels + group * out, c, out), sum);
    }
  }
  store(sum, sums + pixel * out_channels + group * out, c, out);
}
