#include "workloads/graph/tensor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace motley::workloads {

std::string to_string(DataType type) {
  switch (type) {
    case DataType::f32:
      return "f32";
    case DataType::f16:
      return "f16";
    case DataType::bf16:
      return "bf16";
    case DataType::i8:
      return "i8";
    case DataType::i32:
      return "i32";
  }
  return "unknown";
}

std::size_t bytes_of(DataType type) {
  switch (type) {
    case DataType::f32:
    case DataType::i32:
      return 4;
    case DataType::f16:
    case DataType::bf16:
      return 2;
    case DataType::i8:
      return 1;
  }
  return 0;
}

std::string to_string(Layout layout) {
  switch (layout) {
    case Layout::plain:
      return "plain";
    case Layout::nchw:
      return "nchw";
    case Layout::nc4hw4:
      return "nc4hw4";
    case Layout::image2d:
      return "image2d";
  }
  return "unknown";
}

std::int64_t TensorType::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape) product *= extent;
  return product;
}

std::size_t TensorType::bytes() const {
  std::int64_t stored = elements();
  if (layout == Layout::nc4hw4 || layout == Layout::image2d) {
    const std::int64_t channels = shape.back();
    stored = stored / channels * ((channels + 3) / 4 * 4);
  }
  return static_cast<std::size_t>(stored) * bytes_of(dtype);
}

std::string to_string(const TensorType& type) {
  const std::string text = fmt::format("{}[{}]", to_string(type.dtype), fmt::join(type.shape, ","));
  return type.layout == Layout::plain ? text : text + " " + to_string(type.layout);
}

}  // namespace motley::workloads
