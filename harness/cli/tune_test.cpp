// motley tune, --tuning and list --weak as a user meets them. On OpenCL: on a CPU without oneDNN
// most calls have one implementation and nothing is measured.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

class Tune : public testing::Test, protected Workplace {
 protected:
  Tune()
      : Workplace(fs::path(testing::TempDir()) /
                  (std::string("motley tune ") +
                   testing::UnitTest::GetInstance()->current_test_info()->name())) {}
  std::ptrdiff_t choices() const {
    std::ifstream in(tuning);
    return std::count(std::istreambuf_iterator<char>(in), {}, '\n');
  }

  const fs::path tuning = folder / "tuning.jsonl";
  const std::string use = " --tuning '" + tuning.string() + "'";
  const std::string write = " --out '" + tuning.string() + "'";
};

TEST_F(Tune, AModelIsMeasuredOnce) {
  const std::string tune = "tune mlp:widths=64-32-10 --batch 4 --on opencl:0" + write;
  const Outcome first = motley(tune);
  if (first.code == 3) GTEST_SKIP() << first.output;
  EXPECT_EQ(first.code, 0) << first.output;
  const auto measured = choices();
  EXPECT_GT(measured, 0) << first.output;
  const Outcome second = motley(tune);
  EXPECT_TRUE(contains(second.output, "opencl:0: 0 choices measured")) << second.output;
  EXPECT_EQ(choices(), measured);
}

TEST_F(Tune, WhatWasTunedServesTrainingAndInference) {
  // The model behind --on; a training tests with inference of its batch.
  const Outcome tune = motley("tune --tier smoke --on opencl:0 mlp:widths=784-16-10" + write);
  if (tune.code == 3) GTEST_SKIP() << tune.output;
  EXPECT_EQ(tune.code, 0) << tune.output;
  const auto measured = choices();
  for (const char* command : {"train", "infer"}) {
    const Outcome used = motley(std::string(command) +
                                " mlp:widths=784-16-10 --steps 2 --on opencl:0" + use + out());
    EXPECT_EQ(used.code, 0) << used.output;
    EXPECT_EQ(choices(), measured) << command;
    fs::remove(file);
  }
}

TEST_F(Tune, ADecoderIsTunedForInferenceAlone) {
  const Outcome tune = motley("tune gpt:decode=1,layers=1,context=8 --on opencl:0" + write);
  if (tune.code == 3) GTEST_SKIP() << tune.output;
  EXPECT_EQ(tune.code, 0) << tune.output;
}

TEST_F(Tune, AFailedDeviceIsNotKnown) {
  const Outcome outcome = motley("tune mlp:widths=16-16 --on opencl:0" + write,
                                 "MOTLEY_FAULT=clCreateContext:fail=CL_OUT_OF_HOST_MEMORY");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_FALSE(contains(outcome.output, "known")) << outcome.output;
}

TEST_F(Tune, AnOperatorsImplementationsAreEachMeasuredOnce) {
  const std::string set = " --set direction=forward --on opencl:0";
  const Outcome first = motley("tune --tier smoke --filter '^op/matmul$'" + set + write);
  if (first.code == 3) GTEST_SKIP() << first.output;
  const auto measured = choices();
  EXPECT_GT(measured, 0) << first.output;
  const Outcome run = motley(
      "run --tier smoke --filter '^op/matmul$' --processes 1 --rounds 1 --block-seconds 0.01" +
      set + use + out());
  EXPECT_EQ(run.code, 0) << run.output;
  EXPECT_EQ(choices(), measured) << "a run knows what was tuned";
}

TEST_F(Tune, InferenceTakesAndAddsChoices) {
  const std::string infer = "infer lenet5 --steps 2 --on opencl:0" + use + out();
  const Outcome outcome = motley(infer);
  if (count(schema::Status::unsupported) == 1) GTEST_SKIP() << outcome.output;
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  const auto measured = choices();
  EXPECT_GT(measured, 0);
  const schema::Log first = log();
  EXPECT_EQ(first_defect(), "");
  fs::remove(file);
  EXPECT_EQ(motley(infer).code, 0);
  EXPECT_EQ(choices(), measured) << "the second process knows them all";
  const schema::Log second = log();
  EXPECT_EQ(second.blocks.at(0).selected_by, "auto");
  EXPECT_EQ(second.blocks.at(0).details.at("tuning"), first.blocks.at(0).details.at("tuning"));
}

TEST_F(Tune, WorkersOfARunShareChoices) {
  const std::string run =
      "run --tier smoke --filter lenet5/inference --on opencl:0 --processes 2 --rounds 1 "
      "--block-seconds 0.01" +
      use + out();
  const Outcome outcome = motley(run);
  if (count(schema::Status::ok) == 0) GTEST_SKIP() << outcome.output;
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(first_defect(), "");
  const schema::Log both = log();
  ASSERT_EQ(both.blocks.size(), 2u);
  EXPECT_EQ(both.blocks[0].selected_by, "auto");
  EXPECT_EQ(both.blocks[0].details.at("tuning"), both.blocks[1].details.at("tuning"));
  std::ifstream in(tuning);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line.substr(0, 1000));
  EXPECT_FALSE(lines.empty());
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(std::adjacent_find(lines.begin(), lines.end(),
                               [](const std::string& a, const std::string& b) {
                                 const auto key = [](const std::string& line) {
                                   return line.substr(0, line.find("\"implementation\""));
                                 };
                                 return key(a) == key(b);
                               }),
            lines.end())
      << "a call was measured twice";
}

TEST_F(Tune, RefusesWhatCannotBeMeant) {
  std::ofstream(tuning) << "notes\n";
  for (const std::string& command :
       {"infer lenet5 --steps 1" + use + out(), "run --filter lenet5/inference" + use + out(),
        "tune lenet5" + write, "train lenet5 --steps 1" + use + out()}) {
    const Outcome outcome = motley(command);
    EXPECT_EQ(outcome.code, 4) << command << ": " << outcome.output;
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
  }
  const std::string other = " --out '" + (folder / "other").string() + "'";
  for (const std::string& command :
       {"tune lenet6" + other, "tune lenet5 --filter op/matmul" + other,
        "tune --filter flops/fp32" + other, std::string("list --weak"),
        "list '" + tuning.string() + "'"}) {
    EXPECT_EQ(motley(command).code, 5) << command;
    EXPECT_FALSE(fs::exists(folder / "other"));
  }
}

TEST_F(Tune, WeakOperatorsAreListed) {
  const Outcome run = motley(
      "run --tier smoke --filter '^(op/matmul|flops/fp32)$' --on cpu:0 --set "
      "direction=forward --processes 1 --rounds 1 --block-seconds 0.01" +
      out());
  EXPECT_EQ(run.code, 0) << run.output;
  const Outcome weak = motley("list --weak '" + file.string() + "'");
  EXPECT_EQ(weak.code, 0) << weak.output;
  EXPECT_TRUE(contains(weak.output, "bandwidth/*")) << weak.output;  // what is missing
  const Outcome json = motley("list --weak --json '" + file.string() + "'");
  EXPECT_TRUE(contains(json.output, "\"judged\": 0")) << json.output;
}

}  // namespace
}  // namespace motley
