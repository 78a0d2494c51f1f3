// The gradient of a table that no cache holds is cleared past the caches: also where the threads'
// shares begin and end within a vector?
#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "workloads/graph/operator_trial.hpp"

namespace motley::workloads {
namespace {

TEST(EmbeddingBackward, LargeTablesAreRight) {
  const auto cpu = devices::real_machine()->open("cpu");
  cpu->wake();
  const auto queue = cpu->queue();
  const OperatorKind& kind = operator_kind("embedding_backward");
  const Call call = make_call(kind, {{"rows", std::int64_t{70001}}},
                              {{{40, 123}}, {{40}, DataType::i32}});  // 33 MiB
  for (const Implementation* one : usable_implementations(kind.name, call, *cpu)) {
    if (one->name == "reference") continue;
    OperatorTrial trial(*cpu, *queue, kind, call, *one, {}, 7);
    trial.reset(*queue);
    trial.give(*queue);
    EXPECT_LE(trial.error(*queue), trial.tolerance()) << one->name;
  }
  cpu->park();
}

}  // namespace
}  // namespace motley::workloads
