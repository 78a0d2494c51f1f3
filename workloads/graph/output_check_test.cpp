// A sum whose terms cancel altogether: rounding is no error there, a term left out is one.
#include "workloads/graph/output_check.hpp"

#include <gtest/gtest.h>

namespace motley::workloads {
namespace {

TEST(OutputCheck, GrantsRoundingToWhatCancels) {
  const OperatorKind& kind = operator_kind("sum_rows");
  const Call call = make_call(kind, {}, {{{1000, 1}}});
  Values x(1000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 2 == 0 ? 1 : -1;
  const std::vector<Values> inputs = {x};
  const OutputCheck check(kind, call, {}, inputs, 1);
  EXPECT_LE(check.error(0, {3e-4}), kind.tolerance);
  EXPECT_GT(check.error(0, {1.0}), 100 * kind.tolerance);
}

}  // namespace
}  // namespace motley::workloads
