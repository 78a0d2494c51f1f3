// What a matrix product multiplies and where it leaves the result: plain descriptions of memory.
// A convolution is a product too: its left matrix is read from images (Patches), its result may
// lie on every second pixel (Rows), and its weights may come in blocks (Right).
#pragma once

#include <cstdint>
#include <optional>

namespace motley::workloads {

/// What a product or a convolution may apply to its own result.
enum class Activation { none, relu, relu6 };

}  // namespace motley::workloads

namespace motley::workloads::gemm {

/// op(X): element (row, column) at data[row * stride + column] or, transposed, at
/// data[column * stride + row].
struct Matrix {
  const float* data = nullptr;
  std::int64_t stride = 0;
  bool transposed = false;
};

/// The patches of NHWC images that a convolution's kernel sees, as a matrix: a row for each output
/// pixel (image, y, x), a column for each weight (kernel y, kernel x, channel), 0 in the padding;
/// transposed, the other way round.
struct Patches {
  const float* data = nullptr;
  std::int64_t height = 0, width = 0;  ///< of an image
  std::int64_t channels = 0;
  std::int64_t pixel_stride = 0;  ///< floats from one pixel to the next: more than `channels` where
                                  ///< these are a group of a pixel's channels
  std::int64_t kernel_height = 1, kernel_width = 1;
  std::int64_t output_height = 0, output_width = 0;
  std::int64_t stride_y = 1, stride_x = 1, dilation_y = 1, dilation_x = 1;
  std::int64_t pad_top = 0, pad_left = 0;  ///< negative: the first patch begins inside the image
  bool transposed = false;
};

/// op(B). Where `block_rows` is not 0, only so many rows lie as `matrix` says; block i of them
/// begins block_stride * (i % blocks_per_line) + line_stride * (i / blocks_per_line) floats behind
/// matrix.data: the taps of a convolution whose kernel is walked backwards.
struct Right {
  Matrix matrix;
  std::int64_t block_rows = 0, blocks_per_line = 1;
  std::int64_t block_stride = 0, line_stride = 0;
  std::int64_t first = 0;  ///< floats from the weights to matrix.data
};

/// Where row r of the result begins. Plain: at data + r * stride. With a `width`, rows are pixels
/// (image, y, x) of a grid of width x height: data + x * stride + y * line_stride + image *
/// image_stride.
struct Rows {
  float* data = nullptr;
  std::int64_t stride = 0;
  std::int64_t width = 0, height = 1, line_stride = 0, image_stride = 0;
  std::int64_t first = 0;  ///< floats from the tensor to data
};

/// C[m, n] = activation(A[m, k] x B[k, n] (+ C) + bias[n]), `batch` times.
struct Product {
  std::int64_t m = 0, n = 0, k = 0;
  Matrix a;
  std::optional<Patches> patches;  ///< A, instead of `a`
  Right b;
  const float* packed_b = nullptr;  ///< B as pack_b() left it, instead of `b`
  Rows c;
  bool accumulate = false;
  const float* bias = nullptr;
  Activation activation = Activation::none;
  std::int64_t batch = 1;
  std::int64_t a_batch_stride = 0, b_batch_stride = 0, c_batch_stride = 0;  ///< floats
  std::int64_t bias_batch_stride = 0;
};

}  // namespace motley::workloads::gemm
