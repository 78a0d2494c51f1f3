#include "analysis/predict.hpp"

#include <gtest/gtest.h>

#include "analysis/operator_laws.hpp"
#include "analysis/synthetic_step.hpp"

namespace motley::analysis {
namespace {

using schema::Metric;

const Accuracy* accuracy(const Predictions& all, const std::string& family, Model model) {
  for (const Accuracy& one : all.accuracies) {
    if (one.family == family && one.model == model) return &one;
  }
  return nullptr;
}

TEST(Predict, AStepIsItsOperatorsAndItsCalls) {
  const Predictions all = predict(synthetic_steps({{}}));
  ASSERT_EQ(all.steps.size(), 1u);
  const StepPrediction& step = all.steps[0];
  const double flops = (2e6 + 1e3) / 2e11, roofline = 2e6 / 2e11 + 2e5 / 2e10;
  EXPECT_NEAR(step.predicted[Model::flops].value(), flops, 1e-12);
  EXPECT_NEAR(step.predicted[Model::roofline].value(), roofline, 1e-12);
  EXPECT_NEAR(step.launches_seconds.value(), 20 * 5e-6, 1e-9);
  EXPECT_NEAR(step.waits_seconds.value(), 0, 1e-9) << "the last read has waited";
  EXPECT_NEAR(step.copies_seconds.value(), 2 * (20e-6 + 1e-5) + 3 * 1e-5, 2e-6);
  EXPECT_NEAR(step.predicted[Model::calls].value(), roofline + 100e-6 + 90e-6, 2e-6);
  EXPECT_NEAR(step.measured_seconds, SyntheticStep{}.wall_seconds(), 1e-9);
}

TEST(Predict, WithoutBlockingCopiesTheEndIsWaitedFor) {
  SyntheticStep step;
  step.residency = "resident_async";
  schema::Log log = synthetic_steps({step});
  auto& counts = log.blocks.back().timeline["counts"];
  counts["blocking_copies"] = 0;
  counts["waits"] = 0.05;  // every 20 steps
  const StepPrediction one = predict(log).steps.at(0);
  EXPECT_NEAR(one.waits_seconds.value(), 0.05 * 20e-6, 1e-9);
  EXPECT_NEAR(one.copies_seconds.value(), 5 * 1e-5, 2e-6) << "bytes alone";
}

TEST(Predict, ConversionsReadAndWriteWhatIsCopied) {
  SyntheticStep step;
  const StepPrediction without = predict(synthetic_steps({step})).steps.at(0);
  step.conversions = 8;
  const StepPrediction with = predict(synthetic_steps({step})).steps.at(0);
  EXPECT_NEAR(*with.copies_seconds - *without.copies_seconds, 2 * 5 * 4e4 / 2e10, 1e-9);
  EXPECT_NEAR(*with.launches_seconds - *without.launches_seconds, 8 * 5e-6, 1e-9);
}

TEST(Predict, WhatIsNotMeasuredPredictsNothing) {
  schema::Log log = synthetic_steps({{}});
  std::erase_if(log.blocks,
                [](const auto& one) { return one.key.case_name.starts_with("launch"); });
  StepPrediction step = predict(log).steps.at(0);
  EXPECT_TRUE(step.predicted[Model::roofline]);
  EXPECT_FALSE(step.predicted[Model::calls]);
  EXPECT_FALSE(step.predicted[Model::calibrated]);
  std::erase_if(log.blocks,
                [](const auto& one) { return one.key.case_name.starts_with("bandwidth"); });
  step = predict(log).steps.at(0);
  EXPECT_TRUE(step.predicted[Model::flops]);
  EXPECT_FALSE(step.predicted[Model::roofline]);
}

TEST(Predict, OnACpuCallsAreFunctionCallsOrATeamsForkAndJoin) {
  schema::Log log = synthetic_log({{"cpu"}, 1, 1, 0});
  log.runs[0].processors.push_back({"cpu", "", "cpu", "", {}});
  log.runs[0].processors[0].facts["cores"] = std::vector<std::string>{"0", "1"};
  log.blocks.push_back(
      synthetic_block("launch/empty_100", "cpu", Metric::seconds_per_operation, 1e-4));
  log.blocks.push_back(
      synthetic_block("launch/fork_join", "cpu", Metric::seconds_per_operation, 1e-2));
  schema::Block step =
      synthetic_block("lenet5/inference", "cpu", Metric::seconds_per_operation, 1000);
  step.operators = {{"conv1", "conv2d", "forward", "simd", 0.5, 0, 2e10, 1e8},
                    {"relu1", "relu", "forward", "simd", 0.4, 0, 0, 2e9}};
  step.timeline["operator_members"] = {{"conv1", 2}, {"relu1", 1}};
  step.timeline["operator_launches"] = {{"conv1", 3}, {"relu1", 1}};
  step.timeline["operator_rows"] = {{"conv1", 10}, {"relu1", 10}};
  step.timeline["operator_columns"] = {{"conv1", 12}, {"relu1", 12}};
  log.blocks.push_back(step);
  for (schema::Block& one : log.blocks) {
    if (one.key.case_name == "flops/fp32") one.details["lanes"] = std::int64_t{16};
  }
  const StepPrediction all = predict(log).steps.at(0);
  EXPECT_NEAR(all.operators.at(0).predicted[Model::calls].value(), 0.1 + 3e-5, 1e-9);
  EXPECT_NEAR(all.operators.at(1).predicted[Model::calls].value(), 0.1 + 1e-7, 1e-9);
  EXPECT_NEAR(all.operators[0].predicted[Model::blocks].value(), 0.1 * 16 / 12 + 3e-5, 1e-9);
  EXPECT_NEAR(all.predicted[Model::calls].value(), 0.2 + 3.01e-5, 1e-9);
}

TEST(Predict, BlocksRoundUpToVectorsAndTiles) {
  ProfiledOperator op;
  op.kind = "dense";
  op.implementation = "opencl/register_vector rows=4 vector=16 columns=2";
  op.rows = 6;
  op.columns = 40;
  EXPECT_NEAR(padding(op, 1), 64.0 / 40 * 8 / 6, 1e-12);
  op.implementation = "simd";
  EXPECT_NEAR(padding(op, 16), 48.0 / 40, 1e-12);
  op.kind = "relu";
  EXPECT_NEAR(padding(op, 16), 1, 1e-12) << "240 elements in a row";
  op.rows.reset();
  EXPECT_EQ(padding(op, 16), 1);
  op.rows = op.columns = 0;
  EXPECT_EQ(padding(op, 16), 1);
}

TEST(Predict, WorkGroupsComeInRounds) {
  ProfiledOperator op;
  EXPECT_EQ(occupancy(op, 4), 1);
  op.launches = 1;
  op.work_groups = 5;
  EXPECT_NEAR(occupancy(op, 4), 5.0 / 8, 1e-12);
  op.work_groups = 1;
  EXPECT_NEAR(occupancy(op, 4), 0.25, 1e-12);
  EXPECT_EQ(occupancy(op, 0), 1);
  op.members = 1;
  EXPECT_NEAR(occupancy(op, 2), 0.5, 1e-12);
}

TEST(Predict, ALawHasAFixedPartAndASlopeNeitherNegative) {
  std::vector<Taken> points;
  for (const double x : {1e-6, 1e-5, 1e-4, 1e-3}) points.push_back({x, 5e-6 + 2 * x});
  EXPECT_NEAR(fit_law(points).fixed, 5e-6, 1e-9);
  EXPECT_NEAR(fit_law(points).slope, 2, 1e-6);
  for (Taken& one : points) one.measured = one.predicted * one.predicted;  // convex
  EXPECT_GE(fit_law(points).fixed, 0);
  EXPECT_GE(fit_law(points).slope, 0);
  EXPECT_NEAR(fit_law({{1e-6, 3e-6}}).slope, 3, 1e-9);
  EXPECT_EQ(fit_law({{1e-6, 3e-6}}).fixed, 0);
  EXPECT_EQ(fit_law({}).slope, 0);
}

TEST(Predict, CalibrationComesFromOtherNetworksAlone) {
  SyntheticStep slow;
  schema::Log log = synthetic_steps({slow, slow});
  schema::Block& other = log.blocks.back();
  other.key.case_name = "lenet5/training";
  const Predictions both = predict(log);
  const auto& first = both.steps.at(0).operators.at(0);
  EXPECT_NEAR(first.predicted[Model::calibrated].value(), first.measured_seconds, 1e-12)
      << "the other network's operator took as much of its prediction";
  EXPECT_NEAR(accuracy(both, "dense", Model::calibrated)->median_error, 0, 1e-9);
  EXPECT_EQ(accuracy(both, "dense", Model::calibrated)->within_tenth, 1);
  EXPECT_GT(accuracy(both, "dense", Model::blocks)->median_error, 0.5);
  EXPECT_LT(accuracy(both, "operators", Model::flops)->median_ratio, 1);
  EXPECT_EQ(accuracy(both, "steps", Model::calls)->count, 2u);

  other.key.case_name = "mlp/training";
  other.key.parameters["residency"] = "staged";
  const Predictions same = predict(log);
  EXPECT_FALSE(same.steps.at(0).operators.at(0).predicted[Model::calibrated])
      << "another residency mode is the same network";
}

}  // namespace
}  // namespace motley::analysis
