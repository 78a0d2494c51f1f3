#include "analysis/claims/claims.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "analysis/claims/claim_rules.hpp"
#include "analysis/synthetic_log.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::analysis {
namespace {

using Judgement = ClaimVerdict::Judgement;
using schema::Metric;

/// A host and a device that is a GPU, or a CPU.
schema::Log log_of(std::vector<schema::Block> blocks, const std::string& kind = "gpu") {
  schema::Log log;
  log.runs.emplace_back();
  log.runs[0].processors = {{"cpu", "cpu|all", "cpu", "", {}}, {"opencl:0", "a", kind, "", {}}};
  log.blocks = std::move(blocks);
  return log;
}

ClaimVerdict verdict_of(const std::string& id, const schema::Log& log) {
  for (const ClaimVerdict& one : judge_claims(log)) {
    if (one.id == id) return one;
  }
  throw std::logic_error("no claim " + id);
}

void expect(Judgement judgement, const std::string& id, const schema::Log& log) {
  const ClaimVerdict verdict = verdict_of(id, log);
  EXPECT_EQ(verdict.judgement, judgement) << id << ": " << claims_text({verdict});
  EXPECT_EQ(judgement == Judgement::cannot_be_measured, !verdict.why.empty()) << verdict.why;
}

const std::vector<std::string> models{"16-16", "16-16-16-16", "256-256", "784-256-128-16"};

schema::Block step(const std::string& widths, const std::string& processor,
                   const std::string& residency, double seconds) {
  schema::Block one =
      synthetic_block("mlp/training", processor, Metric::seconds_per_operation, seconds,
                      {{"widths", widths},
                       {"batch", std::int64_t{32}},
                       {"optimizer", "momentum"},
                       {"residency", residency}});
  one.work.operations = 1;
  return one;
}

/// Steps of all models: on the host each takes 1 ms, on the device so many.
std::vector<schema::Block> steps(const std::vector<double>& milliseconds,
                                 const std::string& residency = "framework") {
  std::vector<schema::Block> all;
  for (std::size_t i = 0; i < models.size(); ++i) {
    all.push_back(step(models[i], "cpu", "resident", 1e-3));
    all.push_back(step(models[i], "opencl:0", residency, milliseconds[i] * 1e-3));
  }
  return all;
}

void append(std::vector<schema::Block> more, std::vector<schema::Block>& to) {
  to.insert(to.end(), more.begin(), more.end());
}

TEST(Claims, AreSeventeenEachWithItsRuleOrWhatItLacks) {
  ASSERT_EQ(claims().size(), 17u);
  for (std::size_t i = 0; i < claims().size(); ++i) {
    const Claim& claim = claims()[i];
    EXPECT_EQ(claim.id, fmt::format("C{}", i + 1));
    EXPECT_FALSE(claim.statement.empty() || claim.source.empty()) << claim.id;
    EXPECT_NE(claim.missing.empty(), claim.rule.empty()) << claim.id;
    if (!claim.rule.empty()) {
      EXPECT_TRUE(claim_rule(claim.rule)) << claim.id;
      EXPECT_FALSE(claim.commands.empty() || claim.cases.empty()) << claim.id;
    }
  }
  EXPECT_THROW(parse_claims("{}"), schema::BadRecord);
  EXPECT_THROW(parse_claims(R"({"claims":[{"id":1}]})"), schema::BadRecord);
}

TEST(Claims, WithoutRecordsNothingIsDecidedAndEverythingSaysWhy) {
  for (const schema::Log& log : {schema::Log{}, log_of({})}) {
    for (const ClaimVerdict& one : judge_claims(log)) {
      EXPECT_EQ(one.judgement, Judgement::cannot_be_measured) << one.id;
      EXPECT_FALSE(one.why.empty()) << one.id;
    }
  }
}

TEST(Claims, OfEmulatedRecordsNothingIsSaid) {
  schema::Log log = log_of(steps({9, 9, 5, 5}));
  expect(Judgement::holds, "C2", log);
  log.runs[0].emulated = true;
  expect(Judgement::cannot_be_measured, "C2", log);
  EXPECT_TRUE(verdict_of("C2", log).figures.empty());
}

TEST(Claims, OnADeviceThatIsNoGpuTheyAreARehearsal) {
  const ClaimVerdict verdict = verdict_of("C2", log_of(steps({9, 9, 5, 5}), "cpu"));
  EXPECT_EQ(verdict.judgement, Judgement::cannot_be_measured);
  EXPECT_EQ(verdict.rehearsal, true);
  EXPECT_EQ(verdict.figures.size(), 4u);
  EXPECT_NE(verdict.why.find("no GPU"), std::string::npos);
}

TEST(Claims, C1BestMatrixProductOfTheGpuAgainstTheCpus) {
  const auto product = [](const std::string& processor, const std::string& shape, double seconds) {
    return synthetic_block("op/matmul", processor, Metric::flops_per_second, seconds,
                           {{"shape", shape}, {"direction", "forward"}, {"cache", "cold"}});
  };
  std::vector<schema::Block> blocks{
      product("cpu", "square/128", 1), product("cpu", "square/512", 1),
      product("opencl:0", "square/128", 3), product("opencl:0", "square/512", 0.6)};
  expect(Judgement::does_not_hold, "C1", log_of(blocks));
  blocks.push_back(product("opencl:0", "square/512", 0.4));
  blocks.back().key.parameters["implementation"] = "opencl/packed";
  expect(Judgement::holds, "C1", log_of(blocks));
  blocks.push_back(product("cpu:0-3", "square/512", 0.3));  // the best CPU counts
  expect(Judgement::does_not_hold, "C1", log_of(blocks));
  blocks[3].status = blocks[4].status = schema::Status::suspect;
  blocks[2].key.parameters["shape"] = "square/64";
  expect(Judgement::cannot_be_measured, "C1", log_of(blocks));
}

TEST(Claims, C2TrainingIsSlowerInAllFour) {
  expect(Judgement::holds, "C2", log_of(steps({9, 9, 5, 1.1})));
  expect(Judgement::does_not_hold, "C2", log_of(steps({9, 9, 5, 0.9})));
  std::vector<schema::Block> three = steps({9, 9, 5, 5});
  three.pop_back();
  expect(Judgement::cannot_be_measured, "C2", log_of(three));
  expect(Judgement::cannot_be_measured, "C2", log_of(steps({9, 9, 5, 5}, "resident")));
}

TEST(Claims, C3ShareOfMovement) {
  const auto with_share = [](double share) {
    std::vector<schema::Block> blocks = steps({10, 10, 10, 10});
    for (schema::Block& one : blocks) {
      if (one.key.processor == "cpu") continue;
      one.timeline = {{"run", {{"profiled_seconds", 1e-2}}},
                      {"device", {{"forward", 1e-2 * (1 - share)}, {"convert", 1e-2 * share / 4}}},
                      {"gap", {{"copy", 1e-2 * share / 4}, {"blocked", 1e-2 * share / 2}}},
                      {"gap_calls", {{"read", 1e-2 * share / 2}}}};
    }
    return log_of(blocks);
  };
  expect(Judgement::holds, "C3", with_share(0.91));
  expect(Judgement::does_not_hold, "C3", with_share(0.5));
  expect(Judgement::does_not_hold, "C3", with_share(0.99));
  expect(Judgement::cannot_be_measured, "C3", log_of(steps({9, 9, 5, 5})));
}

TEST(Claims, C4RatioFallsWithWidth) {
  expect(Judgement::holds, "C4", log_of(steps({15, 20, 7, 5})));
  expect(Judgement::does_not_hold, "C4", log_of(steps({15, 20, 16, 5})));
  expect(Judgement::does_not_hold, "C4", log_of(steps({15, 20, 7, 21})));
  expect(Judgement::cannot_be_measured, "C4", log_of({}));
}

TEST(Claims, C5CostOfACallOrOfItsBytes) {
  const auto with = [](double alpha_seconds, double bytes) {
    std::vector<schema::Block> blocks = steps({9, 9, 5, 5});
    for (schema::Block& one : blocks) {
      one.timeline["counts"] = {
          {"copies", 24}, {"bytes_to_device", bytes}, {"bytes_to_host", bytes}};
    }
    for (const char* name : {"transfer/write", "transfer/read"}) {
      for (std::int64_t size = 4; size <= 1 << 26; size *= 4) {
        const double seconds = alpha_seconds + static_cast<double>(size) / 4e9;
        blocks.push_back(synthetic_block(name, "opencl:0", Metric::seconds_per_operation, seconds,
                                         {{"bytes", size}}));
        blocks.back().work = {0, static_cast<double>(size), 0, 1};
      }
    }
    return log_of(blocks);
  };
  expect(Judgement::does_not_hold, "C5", with(30e-6, 1e4));
  expect(Judgement::holds, "C5", with(1e-6, 1e6));
  expect(Judgement::cannot_be_measured, "C5", log_of(steps({9, 9, 5, 5})));
}

TEST(Claims, C6ResidencyRemovesTheCost) {
  std::vector<schema::Block> blocks = steps({9, 9, 9, 9});
  expect(Judgement::cannot_be_measured, "C6", log_of(blocks));
  append(steps({5, 5, 5, 5}, "resident_async"), blocks);
  expect(Judgement::does_not_hold, "C6", log_of(blocks));
  append(steps({2, 2, 2, 2}, "batched"), blocks);
  expect(Judgement::holds, "C6", log_of(blocks));
}

schema::Block division(const std::string& model, const std::string& axis, const std::string& value,
                       double gain) {
  schema::Block one = synthetic_block("x/inference", "cpu+opencl:0", Metric::seconds_per_operation,
                                      1, {{"model", model}, {axis, value}});
  one.figures["gain"] = gain;
  one.details["best_alone"] = "opencl:0";
  return one;
}

TEST(Claims, C7NoWinnerEverywhere) {
  std::vector<schema::Block> blocks{division("a", "placement", "branches", 1.3),
                                    division("a", "cut", "2", 1.1)};
  expect(Judgement::cannot_be_measured, "C7", log_of(blocks));
  blocks.push_back(division("b", "placement", "branches", 1.2));
  expect(Judgement::does_not_hold, "C7", log_of(blocks));
  blocks.push_back(division("c", "placement", "branches", 0.8));  // alone is better
  expect(Judgement::holds, "C7", log_of(blocks));
}

TEST(Claims, C8ASmallOperatorLosesByDivision) {
  const std::string model = "op/conv2d:shape=yolov2/1x1x256-128@52";
  std::vector<schema::Block> blocks{division(model, "split", "conv2d:ratio=0.5", 0.7),
                                    division(model, "split", "conv2d:ratio=0", 1.01)};
  expect(Judgement::holds, "C8", log_of(blocks));
  blocks.push_back(division(model, "split", "conv2d:ratio=0.3", 1.2));
  expect(Judgement::does_not_hold, "C8", log_of(blocks));
  expect(Judgement::cannot_be_measured, "C8", log_of({division("x", "split", "ratio=0.3", 1.2)}));
}

TEST(Claims, C9ImagesOrBuffersAlsoAmongCandidates) {
  const auto with = [](double image, double buffer) {
    schema::Block one = synthetic_block(
        "op/matmul", "opencl:0", Metric::flops_per_second, image,
        {{"shape", "square/512"}, {"direction", "forward"}, {"implementation", "opencl/image"}});
    one.search = {{{{"implementation", "opencl/register_tile"}}, buffer, "ok", ""},
                  {{{"implementation", "opencl/register_tile"}}, buffer / 100, "wrong", "bad"}};
    return log_of({one});
  };
  expect(Judgement::holds, "C9", with(1, 2));
  expect(Judgement::holds, "C9", with(2, 1));
  expect(Judgement::does_not_hold, "C9", with(1, 1.05));
  expect(Judgement::cannot_be_measured, "C9", with(1, 0));
}

/// Ten convolutions; `seconds` of their flops.
template <class Seconds>
schema::Log convolutions(Seconds seconds, int shapes = 10) {
  std::vector<schema::Block> blocks;
  for (int i = 1; i <= shapes; ++i) {
    blocks.push_back(synthetic_block("op/conv2d", "cpu", Metric::flops_per_second, seconds(i),
                                     {{"shape", fmt::format("s{}", i)}, {"direction", "forward"}}));
    blocks.back().work.flops = 1e9 * i;
  }
  return log_of(blocks);
}

TEST(Claims, C10TimeInProportionToArithmetic) {
  expect(Judgement::does_not_hold, "C10", convolutions([](int i) { return 0.01 * i; }));
  expect(Judgement::holds, "C10", convolutions([](int i) { return 0.01 * i * i; }));
  expect(Judgement::cannot_be_measured, "C10", convolutions([](int i) { return 0.01 * i; }, 5));
}

TEST(Claims, C12TokensOfTheCpu) {
  const auto decode = [](const std::string& processor, double seconds) {
    schema::Block one = synthetic_block("gpt/inference", processor, Metric::seconds_per_operation,
                                        seconds, {{"decode", std::int64_t{1}}, {"layers", "12"}});
    one.work.operations = 1;
    return one;
  };
  expect(Judgement::holds, "C12", log_of({decode("cpu", 0.02), decode("opencl:0", 0.03)}));
  expect(Judgement::does_not_hold, "C12", log_of({decode("cpu", 0.02), decode("opencl:0", 0.01)}));
  expect(Judgement::cannot_be_measured, "C12", log_of({decode("cpu", 0.02)}));
}

TEST(Claims, C17RanksByArithmetic) {
  expect(Judgement::does_not_hold, "C17", convolutions([](int i) { return 0.01 * i * i; }));
  expect(Judgement::holds, "C17", convolutions([](int i) { return 0.01 * (i * 7 % 11); }));
}

TEST(Claims, WhatExistsNotYetSaysSo) {
  for (const char* id : {"C11", "C13", "C14", "C15", "C16"}) {
    const ClaimVerdict verdict = verdict_of(id, log_of(steps({9, 9, 5, 5})));
    EXPECT_EQ(verdict.judgement, Judgement::cannot_be_measured) << id;
    EXPECT_NE(verdict.why.find("no "), std::string::npos) << id;
  }
}

TEST(Claims, TextFitsATerminalAndJsonIsJson) {
  const auto verdicts = judge_claims(log_of(steps({9, 9, 5, 5}), "cpu"));
  std::istringstream lines(claims_text(verdicts));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  for (const ClaimVerdict& one : verdicts) {
    for (const std::string& command : one.commands) {
      // Records of `infer` are a scenario's, which rules pass over.
      EXPECT_FALSE(command.starts_with("motley infer ")) << command;
      std::istringstream words(command);
      for (std::string word; words >> word;) EXPECT_LE(word.size(), 70u) << word;
    }
  }
  const auto json = nlohmann::json::parse(claims_json(verdicts));
  EXPECT_EQ(json.size(), 17u);
  EXPECT_EQ(json.at(1).at("rehearsal_would_hold"), true);
  EXPECT_EQ(verdict_of("C5", log_of({})).commands.at(1),
            "motley run --filter '^transfer/(write|read)$' --on opencl:0");
}

}  // namespace
}  // namespace motley::analysis
