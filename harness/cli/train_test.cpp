// motley models, train and infer as a user meets them.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

class Train : public testing::Test {
 protected:
  Workplace place{fs::path(testing::TempDir()) / "train"};
};

TEST_F(Train, DescribesAModel) {
  const Outcome text = motley("models --describe lenet5");
  EXPECT_EQ(text.code, 0) << text.output;
  EXPECT_TRUE(contains(text.output, "61706")) << text.output;
  const Outcome json = motley("models --describe lenet5 --json");
  EXPECT_TRUE(contains(json.output, "\"forward_macs\": 416520,")) << json.output;
  EXPECT_TRUE(contains(json.output, "\"training_macs\": 1131960,")) << json.output;
  EXPECT_TRUE(contains(motley("models").output, "mobilenet_v2"));
  EXPECT_TRUE(contains(motley("models --json").output, "\"name\": \"mobilenet_v2\""));
  for (const char* format : {"", " --json"}) {
    const Outcome decoder =
        motley(std::string("models --describe gpt:decode=1,layers=1,context=8") + format);
    EXPECT_EQ(decoder.code, 0);
    EXPECT_FALSE(contains(decoder.output, "training")) << decoder.output;
  }
}

TEST_F(Train, WritesARecordOfASmallTraining) {
  const Outcome outcome =
      motley("train mlp:widths=784-32-10 --batch 8 --steps 12 --implementation first --on cpu" +
             place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(place.first_defect(), "");
  const schema::Log log = place.log();
  ASSERT_EQ(log.blocks.size(), 1u);
  const schema::Block& block = log.blocks[0];
  EXPECT_EQ(block.status, schema::Status::ok) << block.reason;
  EXPECT_EQ(block.samples.host_seconds.size(), 12u);
  EXPECT_EQ(block.series.at("loss").size(), 12u);
  EXPECT_EQ(block.series.at("accuracy").size(), 1u);
  EXPECT_GT(block.operators.size(), 8u);
  EXPECT_GT(block.timeline.at("host").at("compute"), 0);
  EXPECT_GT(block.memory.at("weights"), 4.0 * (784 * 32 + 32 * 10));
  EXPECT_EQ(log.ends.size(), 1u);
}

TEST_F(Train, ProcessorsLearnTheSame) {
  const Outcome outcome =
      motley("train lenet5 --batch 8 --steps 6 --implementation first --on cpu --on opencl:0" +
             place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  const schema::Log log = place.log();
  ASSERT_EQ(log.blocks.size(), 2u);
  if (log.blocks[1].status == schema::Status::unsupported) GTEST_SKIP() << log.blocks[1].reason;
  const auto& cpu = log.blocks[0].series.at("loss");
  const auto& device = log.blocks[1].series.at("loss");
  ASSERT_EQ(cpu.size(), device.size());
  for (std::size_t i = 0; i < cpu.size(); ++i) EXPECT_NEAR(cpu[i], device[i], 1e-4 * cpu[i]);
}

TEST_F(Train, ALossThatIsNoNumberNamesItsOperator) {
  const Outcome outcome = motley(
      "train mlp:widths=784-32-10 --steps 40 --learning-rate 1e30 --on cpu "
      "--implementation first" +
      place.out());
  EXPECT_EQ(outcome.code, 3) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "the first operator to give one was")) << outcome.output;
  EXPECT_EQ(place.count(schema::Status::failed), 1u);
  EXPECT_EQ(place.first_defect(), "");
}

TEST_F(Train, InfersAndShowsWhere) {
  const Outcome outcome =
      motley("infer lenet5 --steps 5 --implementation first --on cpu" + place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(place.count(schema::Status::ok), 1u);
  EXPECT_TRUE(contains(outcome.output, "conv2")) << outcome.output;
}

TEST_F(Train, RecordsWhatMemoryWasReallyThere) {
  const Outcome outcome = motley(
      "train mlp:widths=784-512-10 --batch 8 --steps 2 --implementation first --on cpu --on "
      "opencl:0" +
      place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "memory planned")) << outcome.output;
  for (const schema::Block& block : place.log().blocks) {
    if (block.status == schema::Status::unsupported) GTEST_SKIP() << block.reason;
    EXPECT_GT(block.memory.at("planned"), 3.0 * 4 * (784 * 512));  // and gradients and velocities
    EXPECT_NEAR(block.memory.at("live"), block.memory.at("planned"), 0.01 * 4 * 784 * 512);
    EXPECT_EQ(block.memory.contains("process"), block.key.processor == "cpu");
  }
  EXPECT_EQ(place.first_defect(), "");
}

TEST_F(Train, DecodesTokenByToken) {
  // More tokens than the cache holds: it begins again.
  const Outcome outcome =
      motley("infer gpt:decode=1,layers=1,context=8 --steps 20 --implementation first --on cpu" +
             place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "tokens/s")) << outcome.output;
  const schema::Log log = place.log();
  ASSERT_EQ(log.blocks.size(), 1u);
  EXPECT_EQ(log.blocks[0].samples.host_seconds.size(), 20u);
  // Keys and values of three heads of 16 at 8 positions; no optimizer.
  EXPECT_EQ(log.blocks[0].memory.at("state"), 2 * 3 * 16 * 8 * 4);
  EXPECT_FALSE(log.blocks[0].memory.contains("optimizer_state"));
}

TEST_F(Train, AKernelThatCannotBeBuiltNamesItsOperator) {
  const std::string training =
      "train lenet5 --batch 4 --steps 3 --implementation first --on opencl:0" + place.out();
  const char* const fault = "MOTLEY_FAULT=clBuildProgram:fail=CL_BUILD_PROGRAM_FAILURE:after=3";
  const Outcome refused = motley(training, fault);
  const schema::Log log = place.log();
  ASSERT_EQ(log.blocks.size(), 1u) << refused.output;
  if (log.blocks[0].status == schema::Status::unsupported) GTEST_SKIP() << log.blocks[0].reason;
  EXPECT_EQ(log.blocks[0].status, schema::Status::failed);
  for (const char* part : {"CL_BUILD_PROGRAM_FAILURE", "dense1 (dense)", "--fallback cpu"}) {
    EXPECT_TRUE(contains(log.blocks[0].reason, part)) << log.blocks[0].reason;
  }
}

TEST_F(Train, WhatTheDeviceCannotComputeIsComputedOnTheCpuOnRequest) {
  const std::string training = "train lenet5 --batch 4 --steps 3 --implementation first --on ";
  motley(training + "cpu" + place.out());
  const std::vector<double> expected = place.log().blocks.at(0).series.at("loss");
  for (const char* residency : {"resident", "staged", "batched"}) {
    SCOPED_TRACE(residency);
    fs::remove(place.file);
    const Outcome outcome =
        motley(training + "opencl:0 --fallback cpu --residency " + residency + place.out(),
               "MOTLEY_FAULT=clBuildProgram:fail=CL_BUILD_PROGRAM_FAILURE:after=3");
    schema::Log log = place.log();
    ASSERT_EQ(log.blocks.size(), 1u) << outcome.output;
    if (log.blocks[0].status == schema::Status::unsupported) GTEST_SKIP() << log.blocks[0].reason;
    EXPECT_EQ(log.blocks[0].status, schema::Status::ok) << log.blocks[0].reason;
    EXPECT_TRUE(contains(outcome.output, "computed on the CPU: dense1")) << outcome.output;
    const auto& placed = std::get<std::vector<std::string>>(log.blocks[0].details["placed_on_cpu"]);
    EXPECT_TRUE(contains(placed.front(), "CL_BUILD_PROGRAM_FAILURE")) << placed.front();
    EXPECT_GT(log.blocks[0].timeline["host"]["compute"], 0);
    EXPECT_NEAR(log.blocks[0].series["loss"].back(), expected.back(), 1e-4 * expected.back());
  }
}

TEST_F(Train, ADeviceThatIsLostLeavesAValidRecordOfTheStepsBefore) {
  const Outcome outcome = motley(
      "train mlp:widths=784-16-10 --batch 4 --steps 200 --implementation first --on opencl:0" +
          place.out(),
      "MOTLEY_FAULT=clEnqueueNDRangeKernel:fail=CL_OUT_OF_RESOURCES:after=1500");
  const schema::Log log = place.log();
  ASSERT_EQ(log.blocks.size(), 1u) << outcome.output;
  const schema::Block& block = log.blocks[0];
  if (block.status == schema::Status::unsupported) GTEST_SKIP() << block.reason;
  EXPECT_EQ(block.status, schema::Status::failed);
  EXPECT_EQ(place.first_defect(), "");
  const auto kept = std::get<std::int64_t>(block.details.at("kept_step"));
  EXPECT_GE(block.series.at("loss").size(), std::size_t(kept));
  EXPECT_TRUE(contains(block.reason, "the state after step " + std::to_string(kept)))
      << block.reason;
  EXPECT_EQ(log.ends.size(), 1u);
}

TEST_F(Train, BadDataIsOneClearLine) {
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                           "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
    std::ofstream(place.folder / name) << "cut";
  }
  const Outcome outcome = motley("train mlp:widths=784-16-10 --data-set mnist --data '" +
                                 place.folder.string() + "'" + place.out());
  EXPECT_EQ(outcome.code, 4) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "train-images-idx3-ubyte")) << outcome.output;
  EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
  EXPECT_FALSE(fs::exists(place.file));
}

TEST_F(Train, OperatorsAreComputedWhereTheUserPlacesThem) {
  const Outcome outcome =
      motley("infer lenet5 --steps 2 --implementation first --on opencl:0 --place conv2=cpu" +
             place.out());
  schema::Log log = place.log();
  ASSERT_EQ(log.blocks.size(), 1u) << outcome.output;
  if (log.blocks[0].status == schema::Status::unsupported) GTEST_SKIP() << log.blocks[0].reason;
  EXPECT_EQ(std::get<std::vector<std::string>>(log.blocks[0].details["placed_on_cpu"]),
            std::vector<std::string>{"conv2: as asked"});
  EXPECT_EQ(schema::to_string(log.blocks[0].key.parameters["place"]), "conv2=cpu");
  EXPECT_GT(log.blocks[0].timeline["gap"]["compute"], 0);
}

TEST_F(Train, RefusesWhatCannotBeMeant) {
  const std::pair<const char*, const char*> wrong[] = {
      {"train lenet6", "lenet5"},
      {"train mlp:widths=784-0", "'0' is no width"},
      {"train mlp:depth=3", "widths"},
      {"train lenet5 --optimizer momentun", "momentum"},
      {"train lenet5 --residency resistent", "resident"},
      {"train lenet5 --data-set shapes", "do not fit"},
      {"train lenet5 --batch 0", "batch"},
      {"train lenet5 --fallback gpu", "cpu"},
      {"train lenet5 --place conv1", "NAME=cpu"},
      {"infer lenet5 --place conv1=gpu", "NAME=cpu"},
      {"train lenet5 --fallback cpu --residency shared", "another mode"},
      {"train lenet5 --data-set mnist --data /nowhere", "/nowhere"},
      {"train lenet5 --place conv7=cpu", "conv1"},
      {"infer lenet5 --on opencl:0 --place conv7=cpu", "conv1"},
      {"train lenet5 --on cpux", "unknown"},
      {"infer lenet5 --on cpux", "unknown"},
      {"train lenet5 --implementation smid", "simd"},
      {"infer lenet5 --implementation opencl/naive --on cpu --on cpu:0", "reference"},
      {"train lenet5 --to-accuracy nan", "finite"},
      {"train lenet5 --learning-rate -0.1", "negative"},
      {"train lenet5 --weight-decay -1", "negative"},
      {"train lenet5 --clip-norm -1", "negative"},
      {"train lenet5 --most-epochs 0", "nothing to do"}};
  for (const auto& [arguments, part] : wrong) {
    const Outcome outcome = motley(std::string(arguments) + " --steps 1" + place.out());
    EXPECT_TRUE(outcome.code == 4 || outcome.code == 5) << arguments;
    EXPECT_TRUE(contains(outcome.output, part)) << arguments << ": " << outcome.output;
    EXPECT_FALSE(fs::exists(place.file)) << arguments;
    fs::remove(place.file);
  }
  for (const auto& [arguments, part] :
       {std::pair<std::string, const char*>{"train lenet5 --steps 0" + place.out(),
                                            "nothing to do"},
        {"models --describe resnet_cifar:depth=21", "depth"}}) {
    const Outcome outcome = motley(arguments);
    EXPECT_EQ(outcome.code, 5) << arguments;
    EXPECT_TRUE(contains(outcome.output, part)) << arguments << ": " << outcome.output;
    EXPECT_FALSE(fs::exists(place.file)) << arguments;
  }
}

TEST_F(Train, AMissedAccuracyIsSaid) {
  const Outcome outcome = motley(
      "train mlp:widths=784-16-10 --batch 8 --steps 2 --to-accuracy 1 --implementation first" +
      place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "accuracy 1 was not reached in 2 steps: "))
      << outcome.output;
}

TEST_F(Train, TheKeyHoldsWhatChangesTheWorkAndReproMeasuresItAgain) {
  // The model behind --on; a processor named twice is one.
  const Outcome outcome = motley(
      "train --on cpu --on cpu mlp:widths=784-16-10 --batch 8 --steps 2 --implementation first "
      "--clip-norm 1 --weight-decay 0.125 --learning-rate 0.01" +
      place.out());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  const schema::Log first = place.log();
  ASSERT_EQ(first.blocks.size(), 1u);
  const schema::Parameters& parameters = first.blocks[0].key.parameters;
  EXPECT_EQ(parameters.at("clip_norm"), schema::Value(1.0));
  EXPECT_EQ(parameters.at("weight_decay"), schema::Value(0.125));
  EXPECT_FALSE(parameters.contains("learning_rate")) << "as when not given";
  fs::remove(place.file);
  const std::string repro = first.blocks[0].repro;
  ASSERT_TRUE(repro.starts_with("motley train mlp")) << repro;
  EXPECT_EQ(motley(repro.substr(std::string("motley ").size()) + place.out()).code, 0) << repro;
  EXPECT_EQ(place.log().blocks.at(0).key, first.blocks[0].key);
}

TEST_F(Train, AFailedProcessorHasNoSpeed) {
  const Outcome outcome = motley(
      "train mlp:widths=784-32-10 --steps 40 --learning-rate 1e30 --implementation first --on cpu "
      "--on cpu:0" +
      place.out());
  EXPECT_EQ(place.count(schema::Status::failed), 2u);
  EXPECT_FALSE(contains(outcome.output, "samples/s")) << outcome.output;
  EXPECT_FALSE(contains(outcome.output, "times as long")) << outcome.output;
}

TEST_F(Train, ModesAreCasesOfRun) {
  const Outcome outcome = motley(
      "run --filter mlp/training --set widths=16-16 --set batch=4 --set implementation=first "
      "--set residency=framework --on opencl:0 --processes 1 --rounds 1 --block-seconds 0.01" +
      place.out());
  const schema::Log log = place.log();
  ASSERT_EQ(log.blocks.size(), 1u) << outcome.output;
  if (log.blocks[0].status == schema::Status::unsupported) GTEST_SKIP() << log.blocks[0].reason;
  EXPECT_EQ(log.blocks[0].status, schema::Status::ok) << log.blocks[0].reason;
  EXPECT_EQ(place.first_defect(), "");
  // Two parameters, four round trips each, and the loss.
  EXPECT_EQ(log.blocks[0].timeline.at("counts").at("conversions"), 16);
  EXPECT_TRUE(contains(outcome.output, "framework")) << outcome.output;
}

}  // namespace
}  // namespace motley
