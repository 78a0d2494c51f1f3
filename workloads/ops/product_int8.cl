// Products of 8-bit integers: VECTOR output channels of eight output pixels for each work-item,
// summed in 32 bits. A matrix product is a convolution with one tap, its rows the pixels. Pixels are
// written out by macros: compilers that keep no array in registers need that.
#define AS_INTS JOIN(convert_int, VECTOR)
#define AS_FLOATS JOIN(convert_float, VECTOR)
#define EACH_PIXEL(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define PIXELS 8

VI load_weights(__global const char* from, int valid) {
  if (valid >= VECTOR) return AS_INTS(VLOAD(0, from));
  int some[VECTOR];
  for (int i = 0; i < VECTOR; ++i) some[i] = i < valid ? from[i] : 0;
  return VLOAD(0, some);
}

__kernel void multiply_int8(__global const char* xs, __global const char* weights,
                            __global const float* scales, __global float* ys, int height,
                            int width, int channels, int out_height, int out_width,
                            int out_channels, int kernel_height, int kernel_width, int stride,
                            int dilation, int pad_top, int pad_left, float x_scale, int pixels,
                            int items) {
  if ((int)get_global_id(0) >= items) return;
  const int vectors = (out_channels + VECTOR - 1) / VECTOR;
  const int o = (int)get_global_id(0) % vectors * VECTOR, valid = out_channels - o;
  const int first = (int)get_global_id(0) / vectors * PIXELS;
#define DECLARE(p) VI sum##p = 0;
  EACH_PIXEL(DECLARE)
  for (int tap = 0; tap < kernel_height * kernel_width; ++tap) {
    const int down = tap / kernel_width * dilation - pad_top;
    const int right = tap % kernel_width * dilation - pad_left;
    // Of a pixel outside, all bits are masked away.
#define MEET(p)                                                                             \
  const int pixel##p = min(first + p, pixels - 1), row##p = pixel##p / out_width;           \
  const int y##p = row##p % out_height * stride + down;                                     \
  const int x##p = pixel##p % out_width * stride + right;                                   \
  const int in##p = y##p >= 0 && y##p < height && x##p >= 0 && x##p < width ? -1 : 0;       \
  __global const char* from##p =                                                            \
      xs + ((((row##p / out_height * height + y##p) * width + x##p) * channels) & in##p);
    EACH_PIXEL(MEET)
    __global const char* w = weights + (size_t)tap * channels * out_channels + o;
    for (int c = 0; c < channels; ++c, w += out_channels) {
      const VI weight = load_weights(w, valid);
#define ADD(p) sum##p += weight * (from##p[c] & in##p);
      EACH_PIXEL(ADD)
    }
  }
  const V scale = load(scales, o, out_channels) * x_scale;
#define PUT(p)                                                                              \
  if (first + p < pixels) {                                                                 \
    __global float* const to = ys + (size_t)(first + p) * out_channels;                     \
    store(AS_FLOATS(sum##p) * scale, to, o, out_channels);                                  \
  }
  EACH_PIXEL(PUT)
}
