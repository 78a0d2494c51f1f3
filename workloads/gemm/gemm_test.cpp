// Every form of a product at sizes around the edges of tiles and blocks, on each SIMD target of
// this machine, against sums in double precision. Operands are allocated exactly, so that
// AddressSanitizer sees a read beyond them; what must not be written is checked.
#include "workloads/gemm/gemm.hpp"

#include <atomic>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "devices/cpu/processor.hpp"
#include "devices/cpu/team.hpp"
#include "harness/random.hpp"

#include "hwy/aligned_allocator.h"
#include "hwy/targets.h"

namespace motley::workloads::gemm {
namespace {

using Floats = std::vector<float>;

Floats random_floats(std::int64_t count, std::uint64_t stream) {
  Floats values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(2 * random_unit(3, stream, i) - 1);
  }
  return values;
}

/// One member after the other: the first takes all chunks, as happens where others are late.
void run(const Product& product, unsigned members, float* packed = nullptr) {
  const auto workspace = hwy::AllocateAligned<float>(workspace_bytes(members) / sizeof(float));
  std::atomic<std::int64_t> next{0};
  for (unsigned member = 0; member < members; ++member) {
    const CpuTask task(member, members, {}, next);
    if (packed) {
      pack_b(task, product, packed);
    } else {
      multiply(task, product, workspace.get());
    }
  }
}

/// A product with its operands, and what it should give.
struct Example {
  std::int64_t m, n, k;
  bool transpose_a = false, transpose_b = false;
  std::int64_t gap = 0;  ///< floats between the rows of each operand
  bool accumulate = false, bias = false;
  Activation activation = Activation::none;
  std::int64_t batch = 1;
  bool packed = false;
};

/// Of `batch` matrices, without what the last one's last row leaves free.
std::int64_t stored_floats(std::int64_t batch, std::int64_t rows, std::int64_t columns,
                           std::int64_t gap) {
  return rows > 0 && columns > 0 ? batch * rows * (columns + gap) - gap : 0;
}

struct Operands {
  Floats a, b, c, bias;
  Product product;
};

Operands operands_of(const Example& e) {
  Operands o;
  const std::int64_t a_rows = e.transpose_a ? e.k : e.m, a_columns = e.m + e.k - a_rows;
  const std::int64_t b_rows = e.transpose_b ? e.n : e.k, b_columns = e.n + e.k - b_rows;
  const std::int64_t a_stride = a_columns + e.gap, b_stride = b_columns + e.gap;
  o.a = random_floats(stored_floats(e.batch, a_rows, a_columns, e.gap), 1);
  o.b = random_floats(stored_floats(e.batch, b_rows, b_columns, e.gap), 2);
  o.c = random_floats(stored_floats(e.batch, e.m, e.n, e.gap), 3);
  o.bias = random_floats(e.n, 4);
  Product& p = o.product;
  p.m = e.m;
  p.n = e.n;
  p.k = e.k;
  p.a = {o.a.data(), a_stride, e.transpose_a};
  p.b.matrix = {o.b.data(), b_stride, e.transpose_b};
  p.c = {o.c.data(), e.n + e.gap};
  p.accumulate = e.accumulate;
  p.bias = e.bias ? o.bias.data() : nullptr;
  p.activation = e.activation;
  p.batch = e.batch;
  p.a_batch_stride = a_rows * a_stride;
  p.b_batch_stride = b_rows * b_stride;
  p.c_batch_stride = e.m * (e.n + e.gap);
  return o;
}

double activated(double x, Activation activation) {
  if (activation != Activation::none) x = std::max(x, 0.0);
  return activation == Activation::relu6 ? std::min(x, 6.0) : x;
}

double at(const Matrix& m, std::int64_t batch_offset, std::int64_t row, std::int64_t column) {
  return m.data[batch_offset + (m.transposed ? column * m.stride + row : row * m.stride + column)];
}

/// Of element (i, j), and how far a sum of floats may be from it.
struct Expected {
  double value, tolerance;
};

Expected expected(const Product& p, const Floats& before, std::int64_t batch, std::int64_t i,
                  std::int64_t j) {
  double sum = 0, magnitude = 0;
  for (std::int64_t k = 0; k < p.k; ++k) {
    const double term =
        at(p.a, batch * p.a_batch_stride, i, k) * at(p.b.matrix, batch * p.b_batch_stride, k, j);
    sum += term;
    magnitude += std::abs(term);
  }
  if (p.accumulate) sum += before[std::size_t(batch * p.c_batch_stride + i * p.c.stride + j)];
  if (p.bias) sum += p.bias[j];
  return {activated(sum, p.activation), 4 * 0x1p-23 * (magnitude + 2)};
}

void check(const Example& e, unsigned members) {
  Operands o = operands_of(e);
  const Floats before = o.c;
  hwy::AlignedFreeUniquePtr<float[]> packed;
  if (e.packed) {
    packed = hwy::AllocateAligned<float>(packed_b_bytes(e.k, e.n) / sizeof(float) *
                                         std::size_t(e.batch));
    run(o.product, members, packed.get());
    o.product.packed_b = packed.get();
  }
  run(o.product, members);
  const auto label = testing::Message() << target() << ' ' << e.m << 'x' << e.n << 'x' << e.k
                                        << " ta " << e.transpose_a << " tb " << e.transpose_b
                                        << " gap " << e.gap << " members " << members;
  std::vector<bool> written(o.c.size());
  for (std::int64_t batch = 0; batch < e.batch; ++batch) {
    for (std::int64_t i = 0; i < e.m; ++i) {
      for (std::int64_t j = 0; j < e.n; ++j) {
        const auto place =
            std::size_t(batch * o.product.c_batch_stride + i * o.product.c.stride + j);
        const Expected want = expected(o.product, before, batch, i, j);
        written[place] = true;
        ASSERT_NEAR(o.c[place], want.value, want.tolerance) << label << " at " << i << ',' << j;
      }
    }
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!written[i]) {
      ASSERT_EQ(o.c[i], before[i]) << label << ": written beyond";
    }
  }
}

/// Runs `body` on each target that was compiled and that this machine has.
template <class Body>
void on_each_target(Body body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(Gemm, EachTransposeAtSizesAroundTheEdgesOfTiles) {
  on_each_target([] {
    for (const std::int64_t m : {1, 2, 3, 5, 6, 7, 12, 13, 14, 15, 29}) {
      for (const std::int64_t n : {1, 7, 8, 15, 16, 17, 31, 32, 33, 50}) {
        for (const bool ta : {false, true}) {
          for (const bool tb : {false, true}) {
            check({m, n, 5, ta, tb}, 1);
            check({m, n, 18, ta, tb, 3}, 2);
          }
        }
      }
    }
  });
}

TEST(Gemm, AllTileHeightsMeetAllColumnCounts) {
  for (std::int64_t m = 1; m <= 30; ++m) {
    for (std::int64_t n = 1; n <= 35; ++n) check({m, n, 3, (m + n) % 2 == 0, n % 3 == 0}, 1);
  }
}

TEST(Gemm, SeveralBlocksOfKAndOfColumns) {
  on_each_target([] {
    for (const std::int64_t k : {383, 384, 385, 801}) check({17, 20, k}, 1);
    for (const bool transposed : {false, true}) {
      check({9, 513, 400, transposed, transposed}, 1);
      check({9, 1000, 40, transposed, transposed}, 2);
      check({60, 40, 300, transposed, transposed}, 3);
    }
  });
}

TEST(Gemm, FewRowsOverMoreThanAWorkspaceHolds) {
  on_each_target([] {
    for (const bool transposed : {false, true}) {
      check({2, 5, 50001, false, transposed}, 1);
      check({8, 5, 12301, transposed, false}, 1);
    }
  });
}

TEST(Gemm, TallAndWideProductsAreCutDifferently) {
  on_each_target([] {
    check({301, 9, 20}, 2);
    check({301, 9, 20, true, true}, 3);
    check({9, 301, 20}, 2);
    check({101, 101, 7}, 4);
  });
}

TEST(Gemm, NothingToSumIsZeroAndNothingToWriteIsNothing) {
  on_each_target([] {
    check({5, 6, 0}, 1);
    Example e{5, 40, 0};
    e.accumulate = e.bias = true;
    check(e, 2);
    check({0, 6, 4}, 1);
    check({6, 0, 4}, 2);
  });
}

TEST(Gemm, AddsBiasAndActivationOnceWhateverTheBlocks) {
  on_each_target([] {
    for (const std::int64_t k : {4, 801}) {
      for (const Activation activation : {Activation::none, Activation::relu, Activation::relu6}) {
        for (const bool accumulate : {false, true}) {
          for (const std::int64_t m : {1, 3, 16}) {
            check({m, 37, k, false, false, 1, accumulate, true, activation}, 1);
            check({m, 37, k, false, true, 1, accumulate, false, activation}, 2);
          }
        }
      }
    }
  });
}

TEST(Gemm, BatchesAndPackedOperands) {
  on_each_target([] {
    for (const bool packed : {false, true}) {
      for (const bool transposed : {false, true}) {
        for (const std::int64_t m : {1, 4, 19}) {
          Example e{m, 35, 390, transposed, transposed, 2};
          e.packed = packed;
          check(e, 2);
          e.k = 17;
          e.batch = 3;
          check(e, 2);
        }
      }
    }
  });
}

/// As the product runs it.
TEST(Gemm, TeamsShareAProduct) {
  const auto processor =
      devices::cpu_processor("cpu", devices::cores_of_this_thread(), schema::Device{});
  processor->wake();
  const auto queue = processor->queue();
  const auto workspace = processor->allocate(workspace_bytes(processor->members()));
  for (const Example& e : {Example{200, 300, 100}, Example{7, 2000, 50}, Example{1, 900, 700},
                           Example{2, 700, 900, false, true}}) {
    Operands o = operands_of(e);
    const Floats before = o.c;
    Kernel kernel;
    kernel.name = "multiply";
    kernel.cpu = [&](const CpuTask& task) { multiply(task, o.product, task.buffer<float>(0)); };
    const auto loaded = processor->load(kernel);
    queue->launch(*loaded, range(1), {workspace.get()});
    queue->finish();
    for (std::int64_t i = 0; i < e.m; ++i) {
      for (std::int64_t j = 0; j < e.n; ++j) {
        const Expected want = expected(o.product, before, 0, i, j);
        ASSERT_NEAR(o.c[std::size_t(i * e.n + j)], want.value, want.tolerance);
      }
    }
  }
  processor->park();
}

TEST(Gemm, SmallProductsStayOnOneThread) {
  Product product;
  product.m = product.n = product.k = 16;
  EXPECT_EQ(members_worth_using(product, 8), 1u);
  product.m = product.n = product.k = 512;
  EXPECT_EQ(members_worth_using(product, 8), 8u);
}

}  // namespace
}  // namespace motley::workloads::gemm
