// Operators whose loops differ between SIMD targets, on each target that this machine has and not
// only on its best. operators_test.cpp sees the best one.
#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "workloads/graph/operator_trial.hpp"

#include "hwy/targets.h"

namespace motley::workloads {
namespace {

void check(Processor& cpu, const OperatorKind& kind, const std::string& name) {
  const auto queue = cpu.queue();
  for (const Example& example : kind.examples) {
    const Call call = make_call(kind, example.attributes, example.inputs);
    for (const Implementation* one : usable_implementations(kind.name, call, cpu)) {
      if (one->name != name) continue;
      std::vector<schema::Parameters> tunings;
      if (one->tunings) tunings = one->tunings(call, cpu, Tier::full);
      if (tunings.empty()) tunings.emplace_back();
      for (const schema::Parameters& tuning : tunings) {
        SCOPED_TRACE(kind.name + " " + name + " " + to_string(call.inputs[0]) + " " +
                     to_string(call.inputs.back()));
        OperatorTrial trial(cpu, *queue, kind, call, *one, tuning, 7);
        trial.reset(*queue);
        trial.give(*queue);
        EXPECT_LE(trial.error(*queue), trial.tolerance());
      }
    }
  }
}

TEST(EachSimdTarget, IsRight) {
  const std::pair<const char*, const char*> operators[] = {
      {"matmul", "simd"},
      {"conv2d", "simd"},
      {"conv2d", "simd/direct"},
      {"conv2d_backward_data", "simd"},
      {"conv2d_backward_data", "simd/direct"},
      {"conv2d_backward_weights", "simd"},
      {"conv2d_backward_weights", "simd/direct"},
      {"conv2d", "simd/winograd_2x3"},
      {"conv2d", "simd/winograd_4x3"},
      {"conv2d_backward_data", "simd/winograd_2x3"},
      {"conv2d_backward_data", "simd/winograd_4x3"},
      {"dropout", "simd"},
      {"transpose", "simd"},
      {"matmul_int8", "simd"},
      {"conv2d_int8", "simd"}};
  const auto cpu = devices::real_machine()->open("cpu");
  cpu->wake();
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    for (const auto& [kind, name] : operators) check(*cpu, operator_kind(kind), name);
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  cpu->park();
}

}  // namespace
}  // namespace motley::workloads
