#include "microbench/flops_check.hpp"

#include <cmath>
#include <cstring>
#include <string>

#include "harness/random.hpp"

namespace motley::microbench {
namespace {

template <class T>
void append(std::vector<std::byte>& bytes, T value) {
  const auto* raw = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), raw, raw + sizeof value);
}

template <class T>
T value_at(const std::vector<std::byte>& bytes, std::size_t i) {
  T value;
  std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
  return value;
}

}  // namespace

double after_shrinking(double x, double a, std::int64_t steps) {
  const std::int64_t pairs = steps / 2;
  return x * std::exp(static_cast<double>(pairs) * std::log1p(-a * a));
}

double shrinking_factor(std::int64_t steps) {
  return std::sqrt(2.0 / static_cast<double>(steps));
}

/// The map composed with itself by squaring: x*m + c twice is x*m*m + (c*m + c).
std::uint32_t after_congruential(std::uint32_t x, std::uint32_t a, std::int64_t steps) {
  std::uint32_t m = a, c = a;
  for (; steps > 0; steps /= 2) {
    if (steps % 2 == 1) x = x * m + c;
    c = c * m + c;
    m = m * m;
  }
  return x;
}

double value_of_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const double fraction = (bits & 1023) / 1024.0;
  if (exponent == 31) return bits & 1023 ? std::nan("") : INFINITY;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
  return bits & 0x8000 ? -magnitude : magnitude;
}

std::uint16_t nearest_half(double value) {
  int exponent = 0;
  const double fraction = std::frexp(std::abs(value), &exponent);                        // [0.5, 1)
  const auto significand = static_cast<std::uint32_t>(std::nearbyint(fraction * 2048));  // to even
  // A significand that rounded up to 2048 carries into the exponent by itself.
  const auto bits = (static_cast<std::uint32_t>(exponent + 13) << 10) + significand;
  return static_cast<std::uint16_t>((value < 0 ? 0x8000u : 0u) | bits);
}

ShrinkingHalf::ShrinkingHalf(double a) {
  for (std::uint16_t fraction = 0; fraction < 1024; ++fraction) {
    const auto bits = static_cast<std::uint16_t>(nearest_half(2) + fraction);
    // Exact in double: 22 bits of product and 11 of addend, of like size.
    const double x = value_of_half(bits);
    units_[0][fraction] = nearest_half(x + x * a) - bits;
    units_[1][fraction] = nearest_half(x - x * a) - bits;
  }
}

double ShrinkingHalf::after(double x, std::int64_t steps) const {
  std::int32_t bits = nearest_half(x);
  for (std::int64_t i = 0; i < steps; ++i) bits += units_[i % 2][bits & 1023];
  return value_of_half(static_cast<std::uint16_t>(bits));
}

PeakData::PeakData(const PeakLoop& loop, std::uint64_t seed) {
  const std::string type = loop.type;
  const bool whole = type.find("int") != std::string::npos;
  kind_ = whole            ? Kind::int32
          : type == "fp64" ? Kind::fp64
          : type == "fp16" ? Kind::fp16
                           : Kind::fp32;
  // fp32 and fp64 shrink to e^-4. fp16 must shrink by several units in the last place each step: to
  // e^-16, from 2^14, so that it never overflows nor gets denormal.
  double a = shrinking_factor(kind_ == Kind::fp16 ? steps / 16 : steps / 4);
  const double largest = kind_ == Kind::fp16 ? 0x1p14 : 1;
  if (loop.gain != 0) a = whole ? 3 : 0.25;  // exact in bf16 and int8
  if (kind_ == Kind::fp16) a = value_of_half(nearest_half(a));
  if (kind_ == Kind::fp32) a = static_cast<float>(a);
  const std::uint32_t multiplier = 1664525;  // Numerical Recipes' generator: odd, well mixing
  const std::uint32_t factor_bits = loop.gain != 0 ? 3 : multiplier;
  const ShrinkingHalf half(a);
  for (int i = 0; i < loop.chains * loop.lanes; ++i) {
    const auto index = static_cast<std::uint64_t>(i);
    const double unit = random_unit(seed, 7, index);
    const int chain = i / loop.lanes;
    double x = largest * (1 + unit);
    if (kind_ == Kind::int32) {
      const auto bits = static_cast<std::uint32_t>(random_bits(seed, 7, index));
      append(start, bits);
      const auto gained =
          static_cast<std::uint32_t>(static_cast<std::int64_t>(loop.gain) * 3 * steps);
      expected_.push_back(loop.gain != 0 ? bits + gained
                                         : after_congruential(bits, factor_bits, steps));
      continue;
    }
    if (kind_ == Kind::fp16) {
      const std::uint16_t bits = nearest_half(x);
      append(start, bits);
      x = value_of_half(bits);
    } else if (kind_ == Kind::fp64) {
      append(start, x);
    } else {
      x = static_cast<float>(x);
      append(start, static_cast<float>(x));
    }
    const bool adds = loop.mix == Mix::fma_add && chain % 2 == 1;
    expected_.push_back(loop.gain != 0        ? x + loop.gain * a * static_cast<double>(steps)
                        : adds                ? x + a * static_cast<double>(steps)
                        : kind_ == Kind::fp16 ? half.after(x, steps)
                                              : after_shrinking(x, a, steps));
  }
  set_factor(a, factor_bits);
}

void PeakData::set_factor(double a, std::uint32_t bits) {
  switch (kind_) {
    case Kind::int32:
      append(factor, bits);
      tolerance = 0;
      break;
    case Kind::fp16:
      append(factor, nearest_half(a));
      tolerance = 0;  // rounded like the loop: rounding is not small against a step here
      break;
    case Kind::fp32:
      // 8192 roundings of up to 2^-24 each: a walk of up to 8e-6. Dot products of bf16 may round
      // sums twice a step.
      append(factor, static_cast<float>(a));
      tolerance = 1e-4;
      break;
    case Kind::fp64:
      append(factor, a);
      tolerance = 1e-11;
      break;
  }
}

double PeakData::worst_error(const std::vector<std::byte>& results) const {
  const std::size_t size = start.size() / expected_.size();
  double worst = 0;
  for (std::size_t i = 0; i < results.size() / size; ++i) {
    const double wanted = expected_[i % expected_.size()];
    double got = 0;
    if (kind_ == Kind::int32) {
      got = value_at<std::uint32_t>(results, i);
      if (got != wanted) worst = 1;
      continue;
    }
    if (kind_ == Kind::fp16) got = value_of_half(value_at<std::uint16_t>(results, i));
    if (kind_ == Kind::fp32) got = value_at<float>(results, i);
    if (kind_ == Kind::fp64) got = value_at<double>(results, i);
    const double error = std::abs(got / wanted - 1);
    if (!(error <= worst)) worst = error;
    if (std::isnan(error)) return error;
  }
  return worst;
}

}  // namespace motley::microbench
