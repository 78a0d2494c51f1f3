// Would the check notice an update that did nothing, or half of it?
#include "workloads/graph/output_check.hpp"

#include <gtest/gtest.h>

namespace motley::workloads {
namespace {

TEST(OutputCheck, SeesAnUpdateThatIsMissing) {
  const OperatorKind& kind = operator_kind("sgd");
  const Call call = make_call(kind, {}, {{{64}}, {{64}}});
  const std::vector<Values> inputs = random_inputs(kind, call, 1);
  const RunScalars scalars = {{"learning_rate", 1e-5}};
  const OutputCheck check(kind, call, scalars, inputs, 1);
  Values right = inputs[0], half = inputs[0];
  for (std::size_t i = 0; i < right.size(); ++i) {
    right[i] -= 1e-5 * inputs[1][i];
    if (i < 32) half[i] = right[i];
  }
  EXPECT_LE(check.error(0, rounded(call.outputs[0], right)), kind.tolerance);
  EXPECT_GT(check.error(0, half), kind.tolerance);
  EXPECT_GT(check.error(0, inputs[0]), kind.tolerance);
}

TEST(OutputCheck, SeesExchangedColumnsOfAProjectedProduct) {
  const OperatorKind& kind = operator_kind("matmul");
  constexpr std::size_t rows = 8, inner = 1024, columns = 512;  // large enough to be projected
  const Call call = make_call(kind, {}, {{{rows, inner}}, {{inner, columns}}});
  const std::vector<Values> inputs = random_inputs(kind, call, 1);
  const OutputCheck check(kind, call, {}, inputs, 1);
  std::vector<Values> got = {Values(rows * columns)};
  kind.reference(call, {}, inputs, got);
  EXPECT_LE(check.error(0, got[0]), kind.tolerance);
  for (std::size_t column = 0; column < 4; ++column) {
    Values exchanged = got[0];
    for (std::size_t row = 0; row < rows; ++row) {
      std::swap(exchanged[row * columns + column], exchanged[row * columns + column + 1]);
    }
    EXPECT_GT(check.error(0, exchanged), kind.tolerance) << column;
  }
}

/// The mean of what cancels altogether is rounding, and so is the change of its running mean.
TEST(OutputCheck, TakesRoundingForWhatIsLeftOfTermsThatCancel) {
  const OperatorKind& kind = operator_kind("batch_norm");
  const Call call =
      make_call(kind, {{"momentum", 0.5}}, {{{4, 1, 1, 2}}, {{2}}, {{2}}, {{2}}, {{2}}});
  const auto error = [&](const Values& x, const Values& running_mean) {
    const std::vector<Values> inputs = {x, {1, 1}, {0, 0}, {0, 0}, {1, 1}};
    return OutputCheck(kind, call, {}, inputs, 1).error(3, running_mean);
  };
  const Values cancelling = {1, 2, -1, -2, 1, 2, -1 + 4e-9, -2},
               not_so = {1, 3, -1, 3, 1, 3, -1, 3};
  EXPECT_LE(error(cancelling, {1e-7, 0}), kind.tolerance);
  EXPECT_GT(error(cancelling, {0.01, 0}), kind.tolerance);
  EXPECT_LE(error(not_so, {1e-7, 1.5}), kind.tolerance);
  EXPECT_GT(error(not_so, {0, 0}), kind.tolerance) << "not updated";
}

}  // namespace
}  // namespace motley::workloads
