// The functors of operators that treat every element alike, on CPUs. Each has the name and the
// arithmetic of a kernel of elementwise.cl, so that both kinds of processors agree to rounding.
#include <string_view>

#include "harness/random.hpp"
#include "workloads/ops/elementwise.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/elementwise_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using F = hn::Vec<Floats>;

/// exp overflows silently beyond 88, and makes 0 of a NaN.
HWY_INLINE F bounded_exp(F x) {
  const F exponential = hn::Exp(Floats(), hn::IfThenElse(hn::Gt(x, all(88)), all(88), x));
  return hn::IfThenElse(hn::IsNaN(x), x, exponential);
}

HWY_INLINE F sigmoid_of(F x) {
  return hn::Div(all(1), hn::Add(all(1), bounded_exp(hn::Neg(x))));
}

// sqrt(2 / pi), and the cubic term of GELU's tanh form.
constexpr float gelu_scale = 0.7978845608f, gelu_cube = 0.044715f;

/// The distribution function of the normal distribution, its exponential given; by Abramowitz and
/// Stegun 7.1.26 with an error below 1e-7.
HWY_INLINE F normal_below(F x, F exponential) {
  const F t = hn::Div(all(1), hn::MulAdd(all(0.3275911f * 0.70710678f), hn::Abs(x), all(1)));
  F p = hn::MulAdd(all(1.061405429f), t, all(-1.453152027f));
  p = hn::MulAdd(p, t, all(1.421413741f));
  p = hn::MulAdd(p, t, all(-0.284496736f));
  p = hn::Mul(hn::MulAdd(p, t, all(0.254829592f)), t);
  const F tail = hn::Mul(hn::Mul(all(0.5f), p), exponential);
  return hn::IfThenElse(hn::Ge(x, all(0)), hn::Sub(all(1), tail), tail);
}

HWY_INLINE F normal_exponential(F x) {
  return hn::Exp(Floats(), hn::Mul(hn::Mul(all(-0.5f), x), x));
}

/// GELU's tanh form is x sigmoid(2 u): tanh(u) = 2 sigmoid(2 u) - 1.
HWY_INLINE F gelu_sigmoid(F x) {
  const F u =
      hn::Mul(hn::Mul(all(2 * gelu_scale), x), hn::MulAdd(hn::Mul(all(gelu_cube), x), x, all(1)));
  return sigmoid_of(u);
}

/// s + x s (1 - s) inner: the slope of x sigmoid(u) where u has the slope inner.
HWY_INLINE F gated_slope(F x, F s, F inner) {
  return hn::MulAdd(hn::Mul(hn::Mul(x, s), hn::Sub(all(1), s)), inner, s);
}

struct Relu {
  HWY_INLINE F operator()(F x) const { return activated(x, Activation::relu); }
};
struct Relu6 {
  HWY_INLINE F operator()(F x) const { return activated(x, Activation::relu6); }
};
struct Sigmoid {
  HWY_INLINE F operator()(F x) const { return sigmoid_of(x); }
};
struct Tanh {
  HWY_INLINE F operator()(F x) const {
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Tanh(Floats(), x));
  }
};
struct Silu {
  HWY_INLINE F operator()(F x) const { return hn::Mul(x, sigmoid_of(x)); }
};
struct GeluTanh {
  HWY_INLINE F operator()(F x) const { return hn::Mul(x, gelu_sigmoid(x)); }
};
struct GeluErf {
  HWY_INLINE F operator()(F x) const { return hn::Mul(x, normal_below(x, normal_exponential(x))); }
};

// b: the input or the output of the forward operator; a: the gradient of its output.
struct ReluBackward {
  HWY_INLINE F operator()(F a, F b) const { return hn::IfThenElseZero(hn::Gt(b, all(0)), a); }
};
struct Relu6Backward {
  HWY_INLINE F operator()(F a, F b) const {
    return hn::IfThenElseZero(hn::And(hn::Gt(b, all(0)), hn::Lt(b, all(6))), a);
  }
};
struct SigmoidBackward {
  HWY_INLINE F operator()(F a, F b) const { return hn::Mul(hn::Mul(a, b), hn::Sub(all(1), b)); }
};
struct TanhBackward {
  HWY_INLINE F operator()(F a, F b) const { return hn::Mul(a, hn::NegMulAdd(b, b, all(1))); }
};
struct SiluBackward {
  HWY_INLINE F operator()(F a, F b) const {
    return hn::Mul(a, gated_slope(b, sigmoid_of(b), all(1)));
  }
};
struct GeluTanhBackward {
  HWY_INLINE F operator()(F a, F b) const {
    const F inner =
        hn::Mul(all(2 * gelu_scale), hn::MulAdd(hn::Mul(all(3 * gelu_cube), b), b, all(1)));
    return hn::Mul(a, gated_slope(b, gelu_sigmoid(b), inner));
  }
};
struct GeluErfBackward {
  HWY_INLINE F operator()(F a, F b) const {
    const F e = normal_exponential(b);
    return hn::Mul(a, hn::MulAdd(hn::Mul(b, all(0.3989422804f)), e, normal_below(b, e)));
  }
};
struct Add {
  HWY_INLINE F operator()(F a, F b) const { return hn::Add(a, b); }
};
struct Multiply {
  HWY_INLINE F operator()(F a, F b) const { return hn::Mul(a, b); }
};

template <class Function>
void unary(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float* xs = task.buffer<const float>(0);
  float* ys = task.buffer<float>(1);
  for_each_vector(begin, end, [=](auto at) HWY_ATTR { at.store(Function()(at.load(xs)), ys); });
}

template <class Function>
void binary(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float *as = task.buffer<const float>(0), *bs = task.buffer<const float>(1);
  float* ys = task.buffer<float>(2);
  for_each_vector(begin, end,
                  [=](auto at) HWY_ATTR { at.store(Function()(at.load(as), at.load(bs)), ys); });
}

void scaled_difference(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float *as = task.buffer<const float>(0), *bs = task.buffer<const float>(1);
  float* ys = task.buffer<float>(2);
  const float scale = task.value<float>(3);
  for_each_vector(begin, end, [=](auto at) HWY_ATTR {
    at.store(hn::Mul(all(scale), hn::Sub(at.load(as), at.load(bs))), ys);
  });
}

/// Factor and bias of each channel of a convolution in front of a batch norm; `biased` 0: it has
/// none.
void fold_bias(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const auto table = [&](std::size_t i) { return task.buffer<const float>(i); };
  const float *biases = table(0), *gammas = table(1), *betas = table(2), *means = table(3),
              *variances = table(4);
  float *factors = task.buffer<float>(5), *folded = task.buffer<float>(6);
  const float biased = task.value<float>(7), epsilon = task.value<float>(8);
  for_each_vector(begin, end, [=](auto at) HWY_ATTR {
    const F deviation = hn::Sqrt(hn::Add(at.load(variances), all(epsilon)));
    const F factor = hn::Div(at.load(gammas), deviation);
    at.store(factor, factors);
    const F away = hn::MulSub(all(biased), at.load(biases), at.load(means));
    at.store(hn::MulAdd(away, factor, at.load(betas)), folded);
  });
}

using Numbers = hn::RebindToSigned<Floats>;

#if HWY_TARGET == HWY_SCALAR

HWY_INLINE hn::Vec<Numbers> random_numbers(std::uint64_t key, std::uint64_t i) {
  return hn::Set(Numbers(), static_cast<std::int32_t>(random_bits(key, 0, i) >> 40));
}

#else

using Bits = hn::Repartition<std::uint64_t, Floats>;
using Halves = hn::Repartition<std::uint32_t, Floats>;

/// The low 64 bits of each product, from those of 32-bit halves: few targets have more.
HWY_INLINE hn::Vec<Bits> times(hn::Vec<Bits> z, std::uint64_t factor) {
  const Bits d;
  const Halves halves;
  const auto z_halves = hn::BitCast(halves, z);
  const auto exchanged = hn::BitCast(halves, hn::Set(d, factor << 32 | factor >> 32));
  const auto across = hn::BitCast(d, hn::Mul(z_halves, exchanged));
  const auto high = hn::And(hn::Add(across, hn::ShiftLeft<32>(across)), hn::Set(d, ~0ull << 32));
  return hn::Add(hn::MulEven(z_halves, hn::BitCast(halves, hn::Set(d, factor))), high);
}

/// The last steps of random_bits(), and of its result the upper 24 bits.
HWY_INLINE hn::Vec<Halves> mixed(hn::Vec<Bits> z) {
  z = times(hn::Xor(z, hn::ShiftRight<30>(z)), 0xBF58476D1CE4E5B9u);
  z = times(hn::Xor(z, hn::ShiftRight<27>(z)), 0x94D049BB133111EBu);
  return hn::BitCast(Halves(), hn::ShiftRight<40>(hn::Xor(z, hn::ShiftRight<31>(z))));
}

/// Of the elements from i on, the upper 24 bits of random_bits(key, 0, element).
HWY_INLINE hn::Vec<Numbers> random_numbers(std::uint64_t key, std::uint64_t i) {
  constexpr std::uint64_t step = 0x9E3779B97F4A7C15u, stream = 0xD1B54A32D192ED03u;
  const Bits d;
  const auto from = [&](std::uint64_t element) HWY_ATTR {
    const auto first = hn::Set(d, key + step * (element + 1) + stream);
    return mixed(hn::Add(first, times(hn::Iota(d, 0), step)));
  };
  const auto low = from(i), high = from(i + hn::Lanes(d));
  return hn::BitCast(Numbers(), hn::ConcatEven(Halves(), high, low));
}

#endif

void dropout(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float* xs = task.buffer<const float>(0);
  float* ys = task.buffer<float>(1);
  const auto whole_number = [&](std::size_t i) { return task.value<std::uint32_t>(i); };
  const std::uint64_t key = random_bits(whole_number(2), whole_number(4), whole_number(3));
  const auto last_dropped = static_cast<std::int32_t>(whole_number(5)) - 1;
  const float scale = task.value<float>(6);
  for_each_vector(begin, end, [=](auto at) HWY_ATTR {
    const auto numbers = random_numbers(key, static_cast<std::uint64_t>(at.i));
    const auto stays = hn::RebindMask(Floats(), hn::Gt(numbers, hn::Set(Numbers(), last_dropped)));
    at.store(hn::Mul(at.load(xs), hn::IfThenElseZero(stays, all(scale))), ys);
  });
}

/// Every row of a meets the one row b.
template <class Function>
void with_row(const CpuTask& task, std::int64_t begin, std::int64_t end) {
  const float* bs = task.buffer<const float>(1);
  const std::int64_t columns = task.value<std::int32_t>(3);
  for (std::int64_t row = begin; row < end; ++row) {
    const float* as = task.buffer<const float>(0) + row * columns;
    float* ys = task.buffer<float>(2) + row * columns;
    for_each_vector(0, columns,
                    [=](auto at) HWY_ATTR { at.store(Function()(at.load(as), at.load(bs)), ys); });
  }
}

PieceForm find_piece(std::string_view entry) {
  static constexpr NamedPiece pieces[] = {{"relu", unary<Relu>},
                                          {"relu6", unary<Relu6>},
                                          {"sigmoid", unary<Sigmoid>},
                                          {"tanh_of", unary<Tanh>},
                                          {"silu", unary<Silu>},
                                          {"gelu_tanh", unary<GeluTanh>},
                                          {"gelu_erf", unary<GeluErf>},
                                          {"relu_backward", binary<ReluBackward>},
                                          {"relu6_backward", binary<Relu6Backward>},
                                          {"sigmoid_backward", binary<SigmoidBackward>},
                                          {"tanh_backward", binary<TanhBackward>},
                                          {"silu_backward", binary<SiluBackward>},
                                          {"gelu_tanh_backward", binary<GeluTanhBackward>},
                                          {"gelu_erf_backward", binary<GeluErfBackward>},
                                          {"add", binary<Add>},
                                          {"multiply", binary<Multiply>},
                                          {"dropout", dropout},
                                          {"scaled_difference", scaled_difference},
                                          {"fold_bias", fold_bias},
                                          {"add_row", with_row<Add>},
                                          {"multiply_row", with_row<Multiply>}};
  return form_of(entry, pieces);
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(find_piece);

PieceForm simd_piece(const std::string& entry) {
  return HWY_DYNAMIC_DISPATCH(find_piece)(entry);
}

}  // namespace motley::workloads
#endif
