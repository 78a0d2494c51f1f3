// Choices survive a process, and only those that still mean something.
#include "workloads/tuning_file.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "devices/machine.hpp"
#include "results_schema/json_lines.hpp"
#include "workloads/tuner.hpp"

namespace motley::workloads {
namespace {

namespace fs = std::filesystem;

class Tuning : public testing::Test {
 protected:
  Tuning() { fs::remove(path); }
  ~Tuning() override { fs::remove(path); }

  std::string text() const {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& text) const { std::ofstream(path) << text; }
  void replace(const std::string& from, const std::string& to) const {
    std::string all = text();
    const std::size_t at = all.find(from);
    ASSERT_NE(at, all.npos) << all;
    write(all.replace(at, from.size(), to));
  }

  const fs::path path =
      fs::path(testing::TempDir()) /
      (std::string("tuning_") + testing::UnitTest::GetInstance()->current_test_info()->name());
  const StoredChoice choice{"cpu|matmul",
                            "simd",
                            {{"tile", std::int64_t{8}}, {"share", 0.5}, {"form", "wide"}},
                            1e-3,
                            {{{{"tile", std::int64_t{4}}}, 0, "failed", "a\nlog"}}};
};

TEST_F(Tuning, ReadsWhatItWrote) {
  TuningFile(path, "this").append(choice);
  TuningFile again(path, "this");
  const StoredChoice* found = again.find(choice.key);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->implementation, choice.implementation);
  EXPECT_EQ(found->tuning, choice.tuning);
  EXPECT_EQ(found->seconds, choice.seconds);
  EXPECT_EQ(found->tried, choice.tried);
  EXPECT_FALSE(again.find("cpu|conv2d"));
  EXPECT_EQ(again.appended(), 0u);
}

TEST_F(Tuning, AnotherProgramMeasuresAgain) {
  TuningFile(path, "this").append(choice);
  EXPECT_FALSE(TuningFile(path, "that").find(choice.key));
  EXPECT_TRUE(TuningFile(path, "this").find(choice.key));
}

TEST_F(Tuning, ACrashCostsOneLine) {
  TuningFile(path, "this").append(choice);
  const std::string whole = text();
  for (const std::size_t kept : {std::size_t{5}, whole.size() - 1}) {
    write(whole + whole.substr(0, kept));
    TuningFile file(path, "this");
    EXPECT_TRUE(file.find(choice.key));
    EXPECT_EQ(text(), whole);
  }
}

TEST_F(Tuning, RefusesOtherFilesAndLeavesThemAlone) {
  TuningFile(path, "this").append(choice);
  const std::string whole = text();
  for (const std::string& other :
       {std::string("notes\n"), std::string("notes"), whole + "{\"record\":\"run\"}\n",
        whole + "\n" + whole, std::string("[1]\n")}) {
    write(other);
    EXPECT_THROW(TuningFile(path, "this"), schema::BadRecord) << other;
    EXPECT_EQ(text(), other);
  }
  EXPECT_THROW(TuningFile(path.parent_path(), "this"), schema::BadRecord);
  EXPECT_THROW(TuningFile("/nowhere/tuning.jsonl", "this"), std::exception);
}

class StoredTuner : public Tuning {
 protected:
  Tuned tune(Tier tier = Tier::smoke) {
    TuningFile file(path, "this");
    Tuner tuner(steady_clock(), tier, 1, &file);
    const Tuned tuned = tuner.tune("matmul", call, *cpu);
    tuner.tune("matmul", call, *cpu);
    measured = file.appended();
    return tuned;
  }

  std::unique_ptr<Machine> machine = devices::real_machine();
  std::unique_ptr<Processor> cpu = machine->open("cpu:0");
  Call call = make_call(operator_kind("matmul"), {}, {{{8, 16}}, {{16, 24}}});
  std::size_t measured = 0;
};

TEST_F(StoredTuner, TheNextProcessDoesNotMeasure) {
  const Tuned first = tune();
  EXPECT_EQ(measured, 1u);
  EXPECT_EQ(tune().choice, first.choice);
  EXPECT_EQ(measured, 0u);
  EXPECT_EQ(tune().seconds, first.seconds);
}

TEST_F(StoredTuner, AWiderSearchServesANarrowerOneAndNoOtherWay) {
  const Tuned wide = tune(Tier::full);
  EXPECT_EQ(tune(Tier::smoke).choice, wide.choice);
  EXPECT_EQ(measured, 0u);
  replace("\"parameters\":{\"implementation\":\"" + wide.choice.implementation->name,
          "\"parameters\":{\"implementation\":\"other");
  tune(Tier::smoke);
  EXPECT_EQ(measured, 1u) << "not all that it would try was tried";
}

TEST_F(StoredTuner, WhatIsGoneIsMeasuredAgain) {
  const Tuned first = tune();
  replace("\"implementation\":\"" + first.choice.implementation->name, "\"implementation\":\"gone");
  EXPECT_EQ(tune().choice, first.choice);
  EXPECT_EQ(measured, 1u);
}

TEST_F(StoredTuner, AnUnknownTuningIsMeasuredAgain) {
  const Tuned first = tune();
  TuningFile file(path, "this");
  std::string key = text();
  key = key.substr(key.find("\"key\":\"") + 7);
  key = key.substr(0, key.find('"'));
  StoredChoice odd = *file.find(key);
  odd.tuning["gone"] = std::int64_t{1};
  file.append(odd);
  EXPECT_EQ(tune().choice.implementation, first.choice.implementation);
  EXPECT_EQ(measured, 1u);
}

}  // namespace
}  // namespace motley::workloads
