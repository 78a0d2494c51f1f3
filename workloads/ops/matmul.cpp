// C = op(A) x op(B): the product of the last two axes, transposed or not, for each index of the
// axes before them. Its gradients are matrix products again.
#include "workloads/ops/matmul.hpp"

#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"

namespace motley::workloads {

MatmulSizes matmul_sizes(const Call& call) {
  const Shape &a = call.inputs.at(0).shape, &b = call.inputs.at(1).shape;
  MatmulSizes sizes;
  sizes.transpose_a = call.integer("transpose_a") != 0;
  sizes.transpose_b = call.integer("transpose_b") != 0;
  const std::size_t last = a.size() - 1;
  for (std::size_t i = 0; i + 1 < last; ++i) sizes.batch *= a[i];
  sizes.m = a[sizes.transpose_a ? last : last - 1];
  sizes.k = a[sizes.transpose_a ? last - 1 : last];
  sizes.n = b[sizes.transpose_b ? last - 1 : last];
  return sizes;
}

namespace {

std::vector<TensorType> outputs(const Call& call) {
  if (call.inputs.size() != 2) throw Error("takes two matrices. Give A and B.");
  const Shape &a = call.inputs[0].shape, &b = call.inputs[1].shape;
  if (a.size() < 2 || a.size() != b.size()) {
    throw Error(
        fmt::format("{} x {} (both need the same number of axes, at least two). Reshape one.",
                    to_string(call.inputs[0]), to_string(call.inputs[1])));
  }
  const MatmulSizes sizes = matmul_sizes(call);
  const std::size_t last = a.size() - 1;
  const std::int64_t k = b[sizes.transpose_b ? last : last - 1];
  if (!std::equal(a.begin(), a.end() - 2, b.begin()) || k != sizes.k) {
    throw Error(
        fmt::format("{} x {}: inner sizes {} and {} (they must be equal, as all axes before "
                    "the last two). Transpose or reshape one.",
                    to_string(call.inputs[0]), to_string(call.inputs[1]), sizes.k, k));
  }
  TensorType result = call.inputs[0];
  result.shape[last - 1] = sizes.m;
  result.shape[last] = sizes.n;
  return {result};
}

double macs(const Call& call) {
  const MatmulSizes sizes = matmul_sizes(call);
  return double(sizes.batch) * double(sizes.m) * double(sizes.n) * double(sizes.k);
}

double a_at(const MatmulSizes& s, const Values& a, std::int64_t batch, std::int64_t i,
            std::int64_t k) {
  return a[std::size_t(batch * s.m * s.k + (s.transpose_a ? k * s.m + i : i * s.k + k))];
}

/// B as [k][n], or contracted with weights as [k][1].
Values plain_b(const MatmulSizes& s, const Values& b, std::int64_t batch, const Values* weights) {
  const std::int64_t columns = weights ? 1 : s.n;
  Values result(std::size_t(s.k * columns));
  for (std::int64_t k = 0; k < s.k; ++k) {
    for (std::int64_t j = 0; j < s.n; ++j) {
      const double value =
          b[std::size_t(batch * s.k * s.n + (s.transpose_b ? j * s.k + k : k * s.n + j))];
      result[std::size_t(k * columns + (weights ? 0 : j))] +=
          weights ? value * (*weights)[std::size_t(j)] : value;
    }
  }
  return result;
}

Values product(const Call& call, std::span<const Values> inputs, const Values* weights) {
  const MatmulSizes s = matmul_sizes(call);
  const std::int64_t columns = weights ? 1 : s.n;
  Values result(std::size_t(s.batch * s.m * columns));
  for (std::int64_t batch = 0; batch < s.batch; ++batch) {
    const Values b = plain_b(s, inputs[1], batch, weights);
    for (std::int64_t i = 0; i < s.m; ++i) {
      double* row = &result[std::size_t((batch * s.m + i) * columns)];
      for (std::int64_t k = 0; k < s.k; ++k) {
        const double a = a_at(s, inputs[0], batch, i, k);
        for (std::int64_t j = 0; j < columns; ++j) row[j] += a * b[std::size_t(k * columns + j)];
      }
    }
  }
  return result;
}

/// With op(A) = A or its transpose, dA is dC x op(B)^T or op(B) x dC^T; dB likewise.
void gradient(GradientRule& rule) {
  const bool ta = rule.call().integer("transpose_a") != 0;
  const bool tb = rule.call().integer("transpose_b") != 0;
  const TensorId a = rule.input(0), b = rule.input(1), dc = rule.output_gradient();
  const auto product_of = [&](const char* suffix, TensorId left, TensorId right, bool tl, bool tr,
                              Phase phase) {
    return rule
        .add("matmul", suffix, {left, right},
             {{"transpose_a", std::int64_t{tl}}, {"transpose_b", std::int64_t{tr}}}, phase)
        .front();
  };
  if (rule.wanted(0)) {
    rule.set(0, ta ? product_of("backward_a", b, dc, tb, true, Phase::backward_data)
                   : product_of("backward_a", dc, b, false, !tb, Phase::backward_data));
  }
  if (rule.wanted(1)) {
    rule.set(1, tb ? product_of("backward_b", dc, a, true, ta, Phase::backward_weights)
                   : product_of("backward_b", a, dc, !ta, false, Phase::backward_weights));
  }
}

Example example(Shape a, Shape b, bool ta = false, bool tb = false) {
  return {{{"transpose_a", std::int64_t{ta}}, {"transpose_b", std::int64_t{tb}}},
          {{std::move(a)}, {std::move(b)}}};
}

OperatorKind matmul() {
  OperatorKind kind;
  kind.name = "matmul";
  kind.summary = "C = op(A) x op(B) over the last two axes, op: as it is or transposed";
  kind.attributes = {{"transpose_a", "1: A is given as [k, m]", std::int64_t{0}},
                     {"transpose_b", "1: B is given as [n, k]", std::int64_t{0}}};
  kind.outputs = outputs;
  kind.macs = macs;
  kind.work = [](const Call& call) { return streaming_work(call, 2 * macs(call)); };
  kind.reference = [](const Call& call, const RunScalars&, std::span<const Values> inputs,
                      std::span<Values> results) { results[0] = product(call, inputs, nullptr); };
  kind.projected = [](const Call& call, std::span<const Values> inputs, const Values& weights) {
    return product(call, inputs, &weights);
  };
  kind.gradient = gradient;
  kind.differentiable = {0, 1};
  kind.examples = {example({1, 1}, {1, 1}),
                   example({3, 5}, {5, 7}),
                   example({1, 37}, {37, 19}),
                   example({17, 33}, {33, 49}),
                   example({33, 17}, {33, 20}, true),
                   example({13, 31}, {35, 31}, false, true),
                   example({9, 14}, {16, 9}, true, true),
                   example({3, 6, 10}, {3, 10, 8}),
                   example({2, 2, 5, 4}, {2, 2, 7, 4}, false, true),
                   example({64, 300}, {300, 96}),
                   example({2, 3, 200}, {2, 10, 200}, false, true),
                   example({20, 2309}, {2309, 50})};
  return kind;
}

const KindRegistration registration([] { return std::vector{matmul()}; });

}  // namespace
}  // namespace motley::workloads
