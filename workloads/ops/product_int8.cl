// Products of 8-bit integers: VECTOR output channels of PIXELS output pixels for each work-item,
// summed in 32 bits. A matrix product is a convolution with one tap, its rows the pixels.
#define PIXELS 4
#define AS_INTS JOIN(convert_int, VECTOR)
#define AS_FLOATS JOIN(convert_float, VECTOR)

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
  VI sums[PIXELS];
  for (int p = 0; p < PIXELS; ++p) sums[p] = 0;
  for (int tap = 0; tap < kernel_height * kernel_width; ++tap) {
    int from[PIXELS], inside[PIXELS];  // of a pixel outside, all bits are masked away
    for (int p = 0; p < PIXELS; ++p) {
      const int pixel = min(first + p, pixels - 1), row = pixel / out_width;
      const int y = row % out_height * stride - pad_top + tap / kernel_width * dilation;
      const int x = pixel % out_width * stride - pad_left + tap % kernel_width * dilation;
      inside[p] = y >= 0 && y < height && x >= 0 && x < width ? -1 : 0;
      from[p] = (((row / out_height * height + y) * width + x) * channels) & inside[p];
    }
    __global const char* w = weights + (size_t)tap * channels * out_channels + o;
    for (int c = 0; c < channels; ++c, w += out_channels) {
      const VI weight = load_weights(w, valid);
      for (int p = 0; p < PIXELS; ++p) sums[p] += weight * (xs[from[p] + c] & inside[p]);
    }
  }
  const V scale = load(scales, o, out_channels) * x_scale;
  for (int p = 0; p < min(PIXELS, pixels - first); ++p) {
    store(AS_FLOATS(sums[p]) * scale, ys + (size_t)(first + p) * out_channels, o, out_channels);
  }
}
