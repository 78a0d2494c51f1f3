#include "workloads/graph/values.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "harness/error.hpp"
#include "harness/random.hpp"

namespace motley::workloads {
namespace {

float from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const double mantissa = bits & 1023;
  double value =
      exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  if (exponent == 31) {
    value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  }
  return static_cast<float>(bits >> 15 != 0 ? -value : value);
}

/// Round to nearest, ties to even, as the hardware's conversions do.
std::uint16_t to_half(double value) {
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const double size = std::abs(value);
  if (std::isnan(value)) return 0x7E00;
  if (size >= 65520) return sign | 0x7C00;
  const int exponent = std::max(size > 0 ? std::ilogb(size) : -14, -14);
  const auto steps = static_cast<int>(std::nearbyint(std::ldexp(size, 10 - exponent)));
  return static_cast<std::uint16_t>(sign + ((exponent + 14) << 10) + steps);
}

float from_bfloat(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

std::uint16_t to_bfloat(double value) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return static_cast<std::uint16_t>(bits >> 16 | 0x40);
  return static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
template <class T>
void store(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

double element(DataType type, const std::byte* at) {
  switch (type) {
    case DataType::f32:
      return load<float>(at);
    case DataType::f16:
      return from_half(load<std::uint16_t>(at));
    case DataType::bf16:
      return from_bfloat(load<std::uint16_t>(at));
    case DataType::i8:
      return load<std::int8_t>(at);
    case DataType::i32:
      return load<std::int32_t>(at);
  }
  return 0;
}

void set_element(DataType type, std::byte* at, double value) {
  switch (type) {
    case DataType::f32:
      return store(at, static_cast<float>(value));
    case DataType::f16:
      return store(at, to_half(value));
    case DataType::bf16:
      return store(at, to_bfloat(value));
    case DataType::i8:
      return store(at, static_cast<std::int8_t>(std::clamp(std::nearbyint(value), -128.0, 127.0)));
    case DataType::i32:
      return store(at, static_cast<std::int32_t>(std::nearbyint(value)));
  }
}

/// Calls visit(place in the order of the shape, place in memory) for each element.
template <class F>
void for_each_place(const TensorType& type, F visit) {
  const std::int64_t elements = type.elements();
  if (type.layout == Layout::plain) {
    for (std::int64_t i = 0; i < elements; ++i) visit(i, i);
    return;
  }
  const std::int64_t channels = type.shape.at(3), columns = type.shape.at(2),
                     rows = type.shape.at(1);
  const std::int64_t pixels = rows * columns, groups = (channels + 3) / 4;
  for (std::int64_t i = 0; i < elements; ++i) {
    const std::int64_t c = i % channels, pixel = i / channels % pixels, n = i / channels / pixels;
    std::int64_t place = (n * channels + c) * pixels + pixel;
    if (type.layout == Layout::nc4hw4) place = ((n * groups + c / 4) * pixels + pixel) * 4 + c % 4;
    if (type.layout == Layout::image2d) {
      const std::int64_t row = pixel / columns, column = pixel % columns;
      place = (((n * rows + row) * groups + c / 4) * columns + column) * 4 + c % 4;
    }
    visit(i, place);
  }
}

}  // namespace

Values to_values(const TensorType& type, std::span<const std::byte> bytes) {
  Values values(static_cast<std::size_t>(type.elements()));
  const std::size_t size = bytes_of(type.dtype);
  for_each_place(type, [&](std::int64_t i, std::int64_t place) {
    values[std::size_t(i)] = element(type.dtype, bytes.data() + std::size_t(place) * size);
  });
  return values;
}

std::vector<std::byte> to_bytes(const TensorType& type, std::span<const double> values) {
  std::vector<std::byte> bytes(type.bytes());
  const std::size_t size = bytes_of(type.dtype);
  for_each_place(type, [&](std::int64_t i, std::int64_t place) {
    set_element(type.dtype, bytes.data() + std::size_t(place) * size, values[std::size_t(i)]);
  });
  return bytes;
}

Values rounded(const TensorType& type, std::span<const double> values) {
  Values result(values.begin(), values.end());
  std::byte stored[8];
  for (double& value : result) {
    set_element(type.dtype, stored, value);
    value = element(type.dtype, stored);
  }
  return result;
}

Values random_values(const TensorType& type, const Content& content, std::uint64_t seed,
                     std::uint64_t stream) {
  Values values(static_cast<std::size_t>(type.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double unit = random_unit(seed, stream, i);
    values[i] = content.kind == Content::Kind::index
                    ? std::floor(unit * content.high)
                    : content.low + unit * (content.high - content.low);
  }
  return rounded(type, values);
}

std::vector<Values> random_inputs(const OperatorKind& kind, const Call& call, std::uint64_t seed) {
  std::vector<Values> inputs;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const Content content = kind.content ? kind.content(call, i) : Content{};
    inputs.push_back(random_values(call.inputs[i], content, seed, i));
  }
  return inputs;
}

double normalised_error(std::span<const double> got, std::span<const double> reference,
                        std::span<const double> magnitudes) {
  if (got.size() != reference.size()) return std::numeric_limits<double>::infinity();
  double squares = 0;
  for (const double value : reference) squares += value * value;
  const double rms = std::sqrt(squares / double(std::max<std::size_t>(reference.size(), 1)));
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double difference = std::abs(got[i] - reference[i]);
    if (!std::isfinite(difference)) return std::numeric_limits<double>::infinity();
    const double terms = magnitudes.empty() ? 0 : magnitudes[i] / 100;
    const double size = std::abs(reference[i]) + rms + terms;
    if (difference > 0) worst = std::max(worst, difference / size);
  }
  return worst;
}

}  // namespace motley::workloads
