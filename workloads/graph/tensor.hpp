// What a tensor is: shape, element type, and how its elements lie in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace motley::workloads {

enum class DataType { f32, f16, bf16, i8, i32 };
std::string to_string(DataType type);
std::size_t bytes_of(DataType type);  ///< of one element

/// Images have the shape [batch, height, width, channels] in every layout.
/// plain: row-major in the order of the shape (NHWC for images). nchw: channels before rows.
/// nc4hw4: channels in groups of four, [batch, channels/4, height, width, 4], the last group filled
/// up with zeros. image2d: the same groups as RGBA texels of an image that is channels/4 * width
/// wide and batch * height high (Adreno's and Mali's preferred form).
enum class Layout { plain, nchw, nc4hw4, image2d };
std::string to_string(Layout layout);

using Shape = std::vector<std::int64_t>;

struct TensorType {
  Shape shape;
  DataType dtype = DataType::f32;
  Layout layout = Layout::plain;

  std::int64_t elements() const;  ///< product of the shape; 1 for a scalar
  std::size_t bytes() const;      ///< with the layout's filling
  friend bool operator==(const TensorType&, const TensorType&) = default;
};
/// f32[32,28,28,1], the layout behind it unless plain.
std::string to_string(const TensorType& type);

}  // namespace motley::workloads
