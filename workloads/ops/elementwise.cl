// Operators that treat every element alike: a work-item computes VECTOR elements from i. Each kernel
// has the name and the arithmetic of a functor of the CPU's.
#define AT(i, n)                              \
  const int i = get_global_id(0) * VECTOR;    \
  if (i >= n) return;
#define UNARY(name, y_of_x)                                                   \
  __kernel void name(__global const float* xs, __global float* ys, int n) {   \
    AT(i, n)                                                                  \
    const V x = load(xs, i, n);                                               \
    store(y_of_x, ys, i, n);                                                  \
  }
// b: an input or the output of the forward operator.
#define BINARY(name, y_of_ab)                                                                   \
  __kernel void name(__global const float* as, __global const float* bs, __global float* ys,    \
                     int n) {                                                                   \
    AT(i, n)                                                                                    \
    const V a = load(as, i, n), b = load(bs, i, n);                                             \
    store(y_of_ab, ys, i, n);                                                                   \
  }

V sigmoid_of(V x) { return 1.0f / (1.0f + exp(-x)); }

// sqrt(2 / pi), and the cubic term of GELU's tanh form.
#define GELU_SCALE 0.7978845608f
#define GELU_CUBE 0.044715f

// The distribution function of the normal distribution, its exponential given; by Abramowitz and
// Stegun 7.1.26 with an error below 1e-7.
V normal_below(V x, V exponential) {
  const V t = 1.0f / fma((V)(0.3275911f * 0.70710678f), fabs(x), (V)(1.0f));
  V p = fma((V)(1.061405429f), t, (V)(-1.453152027f));
  p = fma(p, t, (V)(1.421413741f));
  p = fma(p, t, (V)(-0.284496736f));
  p = fma(p, t, (V)(0.254829592f)) * t;
  const V tail = 0.5f * p * exponential;
  return select(tail, 1.0f - tail, x >= 0.0f);
}

V gelu_erf_slope(V x) {
  const V e = exp(-0.5f * x * x);
  return fma(x * 0.3989422804f, e, normal_below(x, e));
}

V gelu_tanh_slope(V x) {
  const V s = sigmoid_of(2.0f * GELU_SCALE * x * fma((V)(GELU_CUBE), x * x, (V)(1.0f)));
  const V inner = 2.0f * GELU_SCALE * fma((V)(3.0f * GELU_CUBE), x * x, (V)(1.0f));
  return fma(x * s * (1.0f - s), inner, s);
}

V silu_slope(V x) {
  const V s = sigmoid_of(x);
  return fma(x * s, 1.0f - s, s);
}

UNARY(relu, activated(x, 1))
UNARY(relu6, activated(x, 2))
UNARY(sigmoid, sigmoid_of(x))
UNARY(tanh_of, tanh(x))
UNARY(silu, x* sigmoid_of(x))
UNARY(gelu_tanh, x* sigmoid_of(2.0f * GELU_SCALE * x * fma((V)(GELU_CUBE), x* x, (V)(1.0f))))
UNARY(gelu_erf, x* normal_below(x, exp(-0.5f * x * x)))

BINARY(relu_backward, select((V)(0.0f), a, b > 0.0f))
BINARY(relu6_backward, select((V)(0.0f), a, (b > 0.0f) & (b < 6.0f)))
BINARY(sigmoid_backward, a* b*(1.0f - b))
BINARY(tanh_backward, a*(1.0f - b * b))
BINARY(silu_backward, a* silu_slope(b))
BINARY(gelu_tanh_backward, a* gelu_tanh_slope(b))
BINARY(gelu_erf_backward, a* gelu_erf_slope(b))
BINARY(add, a + b)
BINARY(multiply, a* b)

__kernel void scaled_difference(__global const float* as, __global const float* bs,
                                __global float* ys, float scale, int n) {
  AT(i, n)
  store(scale * (load(as, i, n) - load(bs, i, n)), ys, i, n);
}

// Factor and bias of each channel of a convolution in front of a batch norm; `biased` 0: it has none.
__kernel void fold_bias(__global const float* biases, __global const float* gammas,
                        __global const float* betas, __global const float* means,
                        __global const float* variances, __global float* factors,
                        __global float* folded, float biased, float epsilon, int n) {
  AT(i, n)
  const V factor = load(gammas, i, n) / sqrt(load(variances, i, n) + epsilon);
  const V away = fma((V)(biased), load(biases, i, n), -load(means, i, n));
  store(factor, factors, i, n);
  store(fma(away, factor, load(betas, i, n)), folded, i, n);
}

// Every row of a meets the one row b; a work-item computes VECTOR elements of one row.
#define WITH_ROW(name, y_of_ab)                                                                 \
  __kernel void name(__global const float* as, __global const float* bs, __global float* ys,    \
                     int columns, int rows) {                                                   \
    const int pieces = (columns + VECTOR - 1) / VECTOR;                                         \
    const int row = (int)get_global_id(0) / pieces;                                             \
    if (row >= rows) return;                                                                    \
    const int i = (int)get_global_id(0) % pieces * VECTOR;                                      \
    const V a = load(as + row * columns, i, columns), b = load(bs, i, columns);                 \
    store(y_of_ab, ys + row * columns, i, columns);                                             \
  }
WITH_ROW(add_row, a + b)
WITH_ROW(multiply_row, a* b)

// ---- Optimizers: in place, and momentum the same to the bit in one kernel and in three

__kernel void decay(__global const float* gradients, __global const float* parameters,
                    __global float* decayed, float weight_decay, int n) {
  AT(i, n)
  store(fma((V)(weight_decay), load(parameters, i, n), load(gradients, i, n)), decayed, i, n);
}

__kernel void sgd(__global float* parameters, __global const float* gradients, float learning_rate,
                  float weight_decay, int n) {
  AT(i, n)
  const V p = load(parameters, i, n);
  const V g = fma((V)(weight_decay), p, load(gradients, i, n));
  store(fma((V)(-learning_rate), g, p), parameters, i, n);
}

__kernel void momentum(__global float* parameters, __global const float* gradients,
                       __global float* velocities, float learning_rate, float factor,
                       float weight_decay, int nesterov, int n) {
  AT(i, n)
  const V p = load(parameters, i, n);
  const V g = fma((V)(weight_decay), p, load(gradients, i, n));
  const V v = fma((V)(factor), load(velocities, i, n), g);
  store(v, velocities, i, n);
  const V step = nesterov ? fma((V)(factor), v, g) : v;
  store(fma((V)(-learning_rate), step, p), parameters, i, n);
}

__kernel void momentum_velocity(__global float* velocities, __global const float* decayed,
                                float factor, int n) {
  AT(i, n)
  store(fma((V)(factor), load(velocities, i, n), load(decayed, i, n)), velocities, i, n);
}

__kernel void apply_velocity(__global float* parameters, __global const float* velocities,
                             float learning_rate, int n) {
  AT(i, n)
  store(fma((V)(-learning_rate), load(velocities, i, n), load(parameters, i, n)), parameters, i, n);
}

// l2: weight decay as a part of the gradient (Adam); decoupled: beside it (AdamW). A work-item may
// compute several vectors: its scalar exponentials are what costs on a CPU.
__kernel void adam(__global float* parameters, __global const float* gradients,
                   __global float* firsts, __global float* seconds, float learning_rate, int step,
                   float beta1, float beta2, float log_beta1, float log_beta2, float epsilon,
                   float l2, float decoupled, int n) {
  const float rate = learning_rate / -expm1(step * log_beta1);
  const float correction = 1.0f / -expm1(step * log_beta2);
  for (int i = get_global_id(0) * VECTOR; i < n; i += (int)get_global_size(0) * VECTOR) {
    const V p = load(parameters, i, n);
    const V g = fma((V)(l2), p, load(gradients, i, n));
    const V m = fma((V)(beta1), load(firsts, i, n), (1.0f - beta1) * g);
    const V v = fma((V)(beta2), load(seconds, i, n), (1.0f - beta2) * g * g);
    store(m, firsts, i, n);
    store(v, seconds, i, n);
    const V kept = fma((V)(-learning_rate * decoupled), p, p);
    store(kept - rate * m / (sqrt(v * correction) + epsilon), parameters, i, n);
  }
}

__kernel void clip_by_norm(__global float* gradients, __global const float* squared_norm,
                           float limit, int n) {
  AT(i, n)
  const float norm = sqrt(squared_norm[0]);
  const float factor = norm > limit ? limit / norm : 1.0f;
  store(factor * load(gradients, i, n), gradients, i, n);
}

// ---- Dropout: element i of run `step` falls or stays by (seed, stream, step, i) alone

// harness/random.hpp, the same bits.
ulong random_bits(ulong seed, ulong stream, ulong index) {
  ulong z = seed + 0x9E3779B97F4A7C15UL * (index + 1) + 0xD1B54A32D192ED03UL * (stream + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
  return z ^ (z >> 31);
}

// `drops`: of 2^24 elements.
__kernel void dropout(__global const float* xs, __global float* ys, int seed, int step, int stream,
                      int drops, float scale, int n) {
  AT(i, n)
  const ulong key = random_bits((uint)seed, (uint)stream, (uint)step);
  float kept[VECTOR];
  for (int k = 0; k < VECTOR; ++k) {
    kept[k] = (int)(random_bits(key, 0, i + k) >> 40) < drops ? 0.0f : scale;
  }
  store(load(xs, i, n) * VLOAD(0, kept), ys, i, n);
}
