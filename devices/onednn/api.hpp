// oneDNN as operators see it: a matrix product or a convolution of f32 tensors that lie anyhow,
// prepared for one processor. It chooses formats of its own where it may, and reorders tensors
// into and out of them within the run. No header of oneDNN is seen from here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/processor.hpp"

namespace motley::onednn {

/// Why it cannot compute on this processor; empty: it can.
std::string unavailable(const Processor& processor);

/// Axes in oneDNN's order: images batch, channels, height, width; weights (groups,) out, in,
/// height, width; matrices (batch,) rows, columns. Strides in elements.
struct Tensor {
  std::vector<std::int64_t> sizes, strides;
};

enum class Clip { none, below_zero, below_zero_and_above_six };

struct Product {  ///< c = clip(a x b + bias)
  Tensor a, b, c;
  std::optional<Tensor> bias = std::nullopt;
  Clip clip = Clip::none;
  bool any_format = false;  ///< oneDNN chooses those of a, b and c
  bool constant_b = false;  ///< reordered once, see Operation::pack
};

struct Convolution {  ///< y = clip(x * weights + bias), or one of its two gradients
  enum class Result { y, x, weights };
  Result result;
  Tensor x, weights, y;
  std::int64_t stride, dilation;
  std::array<std::int64_t, 2> pad_before, pad_after;  ///< vertical, horizontal
  std::optional<Tensor> bias = std::nullopt;
  Clip clip = Clip::none;
  bool any_format = false;        ///< of images too; of weights oneDNN always chooses it
  bool constant_weights = false;  ///< reordered once, see Operation::pack
};

class Operation {
 public:
  virtual ~Operation() = default;
  virtual std::size_t workspace_bytes() const = 0;
  /// Of the constant operand in oneDNN's format; 0: it is taken as it lies.
  virtual std::size_t kept_bytes() const = 0;
  virtual void pack(const float* constant, std::byte* kept) = 0;

  struct Memory {
    /// What is not computed of a, b, bias; of x, weights, y, bias: in the order in which
    /// the operators conv2d... take it.
    std::vector<const float*> inputs;
    float* output;
    std::byte* workspace;  ///< aligned to 64 bytes, as kept
    std::byte* kept;       ///< null where kept_bytes() is 0
  };
  /// On the processor's cores; neither by several threads at a time.
  virtual void run(const Memory& memory) = 0;
};

/// Throws Unsupported where it has no implementation.
std::unique_ptr<Operation> prepare(const Processor& processor, const Product& product);
std::unique_ptr<Operation> prepare(const Processor& processor, const Convolution& convolution);

}  // namespace motley::onednn
