// Windows over images: a work-item computes VECTOR channels of one pixel. Backward it gathers from
// all windows that its pixel lies in, so nothing is added to memory by two.

typedef struct {
  int height, width, channels, out_height, out_width, window, stride;
  int pad_top, pad_left, pad_bottom, pad_right, count_pads;
} Sizes;

#define SIZES                                                                                   \
  int height, int width, int channels, int out_height, int out_width, int window, int stride,   \
      int pad_top, int pad_left, int pad_bottom, int pad_right, int count_pads, int items
#define SIZES_GIVEN                                                                             \
  { height, width, channels, out_height, out_width, window, stride, pad_top, pad_left,          \
    pad_bottom, pad_right, count_pads }

// Where this work-item's pixel is, of images of width x height.
typedef struct {
  int image, y, x, c;
} Place;

Place place(int item, int height, int width, int channels) {
  const int vectors = (channels + VECTOR - 1) / VECTOR;
  const int pixel = item / vectors;
  const Place result = {pixel / width / height, pixel / width % height, pixel % width,
                        item % vectors * VECTOR};
  return result;
}

int covered(int first, int window, int n, int before, int after) {
  return min(first + window, n + after) - max(first, -before);
}

float divisor(const Sizes s, int y, int x) {
  return (float)(covered(y * s.stride - s.pad_top, s.window, s.height, s.count_pads * s.pad_top,
                         s.count_pads * s.pad_bottom) *
                 covered(x * s.stride - s.pad_left, s.window, s.width, s.count_pads * s.pad_left,
                         s.count_pads * s.pad_right));
}

__kernel void max_pool(__global const float* xs, __global float* ys, SIZES) {
  if (get_global_id(0) >= items) return;
  const Place p = place(get_global_id(0), out_height, out_width, channels);
  const int top = p.y * stride - pad_top, left = p.x * stride - pad_left;
  V largest = -INFINITY;
  for (int y = max(top, 0); y < min(top + window, height); ++y) {
    for (int x = max(left, 0); x < min(left + window, width); ++x) {
      const V v = load(xs + ((p.image * height + y) * width + x) * channels, p.c, channels);
      largest = select(largest, v, v > largest || isnan(v));  // a NaN is the largest
    }
  }
  store(largest, ys + ((p.image * out_height + p.y) * out_width + p.x) * channels, p.c, channels);
}

__kernel void average_pool(__global const float* xs, __global float* ys, SIZES) {
  if (get_global_id(0) >= items) return;
  const Sizes s = SIZES_GIVEN;
  const Place p = place(get_global_id(0), out_height, out_width, channels);
  const int top = p.y * stride - pad_top, left = p.x * stride - pad_left;
  V sum = 0.0f;
  for (int y = max(top, 0); y < min(top + window, height); ++y) {
    for (int x = max(left, 0); x < min(left + window, width); ++x) {
      sum += load(xs + ((p.image * height + y) * width + x) * channels, p.c, channels);
    }
  }
  store(sum / divisor(s, p.y, p.x),
        ys + ((p.image * out_height + p.y) * out_width + p.x) * channels, p.c, channels);
}

// The first window that pixel `at` lies in; `at` counts from the first row or column of padding.
int first_window(int at, int window, int stride) {
  return at < window ? 0 : (at - window) / stride + 1;
}

// Whether some pixel of the window above or left of (y, x) already holds `largest`: its lanes.
VI taken(__global const float* image, const Sizes s, int top, int left, int y, int x, int c,
         V largest) {
  VI result = 0;
  for (int row = max(top, 0); row <= y; ++row) {
    const int end = row < y ? min(left + s.window, s.width) : x;
    for (int column = max(left, 0); column < end; ++column) {
      result |= load(image + (row * s.width + column) * s.channels, c, s.channels) == largest;
    }
  }
  return result;
}

__kernel void max_pool_backward(__global const float* dys, __global const float* xs,
                                __global const float* ys, __global float* dxs, SIZES) {
  if (get_global_id(0) >= items) return;
  const Sizes s = SIZES_GIVEN;
  const Place p = place(get_global_id(0), height, width, channels);
  __global const float* image = xs + p.image * height * width * channels;
  const V mine = load(image + (p.y * width + p.x) * channels, p.c, channels);
  V sum = 0.0f;
  for (int oy = first_window(p.y + pad_top, window, stride);
       oy < min((p.y + pad_top) / stride + 1, out_height); ++oy) {
    for (int ox = first_window(p.x + pad_left, window, stride);
         ox < min((p.x + pad_left) / stride + 1, out_width); ++ox) {
      const int output = ((p.image * out_height + oy) * out_width + ox) * channels;
      const V largest = load(ys + output, p.c, channels);
      const VI first = (mine == largest) & ~taken(image, s, oy * stride - pad_top,
                                                  ox * stride - pad_left, p.y, p.x, p.c, largest);
      sum += select((V)0.0f, load(dys + output, p.c, channels), first);
    }
  }
  store(sum, dxs + ((p.image * height + p.y) * width + p.x) * channels, p.c, channels);
}

__kernel void average_pool_backward(__global const float* dys, __global float* dxs, SIZES) {
  if (get_global_id(0) >= items) return;
  const Sizes s = SIZES_GIVEN;
  const Place p = place(get_global_id(0), height, width, channels);
  V sum = 0.0f;
  for (int oy = first_window(p.y + pad_top, window, stride);
       oy < min((p.y + pad_top) / stride + 1, out_height); ++oy) {
    for (int ox = first_window(p.x + pad_left, window, stride);
         ox < min((p.x + pad_left) / stride + 1, out_width); ++ox) {
      const int output = ((p.image * out_height + oy) * out_width + ox) * channels;
      sum += load(dys + output, p.c, channels) / divisor(s, oy, ox);
    }
  }
  store(sum, dxs + ((p.image * height + p.y) * width + p.x) * channels, p.c, channels);
}

__kernel void global_average_pool(__global const float* xs, __global float* ys, int pixels,
                                  int channels, int items) {
  if (get_global_id(0) >= items) return;
  const Place p = place(get_global_id(0), 1, 1, channels);
  __global const float* image = xs + p.image * pixels * channels;
  V even = 0.0f, odd = 0.0f;
  for (int pixel = 0; pixel + 1 < pixels; pixel += 2) {
    even += load(image + pixel * channels, p.c, channels);
    odd += load(image + (pixel + 1) * channels, p.c, channels);
  }
  if (pixels % 2 != 0) even += load(image + (pixels - 1) * channels, p.c, channels);
  store((even + odd) / (float)pixels, ys + p.image * channels, p.c, channels);
}

__kernel void global_average_pool_backward(__global const float* dys, __global float* dxs,
                                           int pixels, int channels, int items) {
  if (get_global_id(0) >= items) return;
  const Place p = place(get_global_id(0), 1, pixels, channels);
  store(load(dys + p.image * channels, p.c, channels) / (float)pixels,
        dxs + (p.image * pixels + p.x) * channels, p.c, channels);
}
