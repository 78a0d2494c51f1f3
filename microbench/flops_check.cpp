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
  return x * std::exp(static_cast<double>(steps / 2) * std::log1p(-a * a));
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

float float_of_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const float fraction = static_cast<float>(bits & 1023) / 1024.0f;
  if (exponent == 31) return bits & 1023 ? std::nanf("") : INFINITY;
  const float magnitude =
      exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
  return bits & 0x8000 ? -magnitude : magnitude;
}

std::uint16_t half_of_float(float value) {
  int exponent = 0;
  const float fraction = std::frexp(std::abs(value), &exponent);  // [0.5, 1)
  const auto bits = static_cast<std::uint32_t>((fraction * 2 - 1) * 1024);
  return static_cast<std::uint16_t>((value < 0 ? 0x8000u : 0u) |
                                    static_cast<std::uint32_t>(exponent + 14) << 10 | bits);
}

PeakData::PeakData(const PeakLoop& loop, std::int64_t steps, std::uint64_t seed) {
  const std::string type = loop.type;
  const bool whole = type.find("int") != std::string::npos;
  kind_ = whole            ? Kind::int32
          : type == "fp64" ? Kind::fp64
          : type == "fp16" ? Kind::fp16
                           : Kind::fp32;
  double a = shrinking_factor(steps);
  if (loop.gain != 0) a = whole ? 3 : 0.25;  // exact in bf16 and int8
  if (kind_ == Kind::fp16) a = float_of_half(half_of_float(static_cast<float>(a)));
  if (kind_ == Kind::fp32) a = static_cast<float>(a);
  const std::uint32_t multiplier = 1664525;  // Numerical Recipes' generator: odd, well mixing
  const std::uint32_t factor_bits = loop.gain != 0 ? 3 : multiplier;
  for (int i = 0; i < loop.chains * loop.lanes; ++i) {
    const auto index = static_cast<std::uint64_t>(i);
    const double unit = random_unit(seed, 7, index);
    const int chain = i / loop.lanes;
    double x = 1 + unit;
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
      const std::uint16_t bits = half_of_float(static_cast<float>(x));
      append(start, bits);
      x = float_of_half(bits);
    } else if (kind_ == Kind::fp64) {
      append(start, x);
    } else {
      x = static_cast<float>(x);
      append(start, static_cast<float>(x));
    }
    const bool adds = loop.mix == Mix::fma_add && chain % 2 == 1;
    expected_.push_back(loop.gain != 0 ? x + loop.gain * a * static_cast<double>(steps)
                        : adds         ? x + a * static_cast<double>(steps)
                                       : after_shrinking(x, a, steps));
  }
  switch (kind_) {
    case Kind::int32:
      append(factor, factor_bits);
      tolerance = 0;
      break;
    case Kind::fp16:
      // 2048 steps that each round by up to 2^-12 of the value: a walk of 2^-12 * sqrt(2048) = 1 %,
      // five times that for its tail. Half the work is off by 65 %.
      append(factor, half_of_float(static_cast<float>(a)));
      tolerance = 0.06;
      break;
    case Kind::fp32:
      // The same walk with 2^-25 is 1e-6; dot products of bf16 may round sums twice a step.
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
    if (kind_ == Kind::fp16) got = float_of_half(value_at<std::uint16_t>(results, i));
    if (kind_ == Kind::fp32) got = value_at<float>(results, i);
    if (kind_ == Kind::fp64) got = value_at<double>(results, i);
    const double error = std::abs(got / wanted - 1);
    if (!(error <= worst)) worst = error;
    if (std::isnan(error)) return error;
  }
  return worst;
}

}  // namespace motley::microbench
