// What a gate must never let pass, and what it must not stop.
#include "analysis/gate.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

#include "analysis/alternate.hpp"
#include "analysis/synthetic_log.hpp"

namespace motley::analysis {
namespace {

using schema::Status;

/// Runs of one device whose rows are known; 10 processes 0.3 % apart.
class Measured {
 public:
  explicit Measured(const std::string& id) : random_(std::hash<std::string>{}(id)) {
    schema::Run run;
    run.id = id;
    run.device.id = "device";
    run.processors = {{"cpu", "cpu|8", "cpu", "eight", {}}};
    reader_.begin_file(id + ".jsonl");
    reader_.take(run);
  }
  Measured& row(const std::string& name, double seconds, Status status = Status::ok,
                int processes = 10) {
    std::normal_distribution<double> noise(0, 0.003);
    for (int process = 0; process < processes; ++process) {
      schema::Block block = synthetic_block(name, "cpu", schema::Metric::seconds_per_operation,
                                            seconds * std::exp(noise(random_)));
      block.process = process;
      block.status = process == 3 || processes == 1 ? status : Status::ok;
      if (block.status != Status::ok) block.reason = "as the test says";
      reader_.take(block);
    }
    return *this;
  }
  RunFigures figures(const std::string& reason = "complete") {
    if (!reason.empty()) {
      schema::End end;
      end.reason = reason;
      reader_.take(schema::Record(end));
    }
    return reader_.figures();
  }

 private:
  FigureReader reader_;
  std::mt19937_64 random_;
};

Gate judge(const RunFigures& baseline, const RunFigures& now, const GateOptions& options = {}) {
  return gate(compare(baseline, now), {&baseline}, {&now}, options);
}

TEST(Gate, PassesWhatIsTheSameOrFaster) {
  const Gate one = judge(Measured("a").row("x", 1e-3).row("y", 1e-3).figures(),
                         Measured("b").row("x", 1e-3).row("y", 0.9e-3).figures());
  EXPECT_EQ(one.result, GateResult::pass);
  EXPECT_TRUE(one.reasons.empty()) << one.reasons[0];
}

TEST(Gate, StopsARegressionWhateverElseIsMissing) {
  const Gate one = judge(Measured("a").row("x", 1e-3).row("y", 1e-3).figures(),
                         Measured("b").row("x", 1.05e-3).figures());
  EXPECT_EQ(one.result, GateResult::regression);
  ASSERT_EQ(one.reasons.size(), 2u);
  EXPECT_NE(one.reasons[0].find("x on cpu: 0.95"), std::string::npos) << one.reasons[0];
}

TEST(Gate, NeverPassesWhatIsMissingFailedOrSuspectNow) {
  RunFigures baseline = Measured("a").row("x", 1e-3).row("y", 1e-3).figures();
  EXPECT_EQ(judge(baseline, Measured("b").row("x", 1e-3).figures()).result, GateResult::unusable);
  for (const Status status : {Status::suspect, Status::wrong, Status::failed, Status::skipped}) {
    const RunFigures now = Measured("c").row("x", 1e-3).row("y", 1e-3, status).figures();
    const Gate one = judge(baseline, now);
    EXPECT_EQ(one.result, GateResult::unusable) << to_string(status);
    EXPECT_NE(one.reasons.at(0).find("as the test says"), std::string::npos);
    EXPECT_EQ(judge(baseline, now, {"^y", {}}).result, GateResult::pass);
  }
}

TEST(Gate, NeverPassesARunThatDidNotFinish) {
  RunFigures baseline = Measured("a").row("x", 1e-3).figures();
  for (const char* reason : {"", "interrupted", "budget"}) {
    EXPECT_EQ(judge(baseline, Measured("b").row("x", 1e-3).figures(reason)).result,
              GateResult::unusable)
        << reason;
  }
  const RunFigures nothing = Measured("b").figures();
  EXPECT_EQ(judge(nothing, nothing).result, GateResult::unusable);
}

TEST(Gate, WhatTheBaselineLackedHoldsNobodyBack) {
  EXPECT_EQ(judge(Measured("a").row("x", 1e-3).row("y", 1e-3, Status::unsupported, 1).figures(),
                  Measured("b").row("x", 1e-3).figures())
                .result,
            GateResult::pass);
}

TEST(Gate, UndecidedRowsCountAsTold) {
  RunFigures baseline = Measured("a").row("x", 1e-3, Status::ok, 1).figures();
  RunFigures now = Measured("b").row("x", 1e-3, Status::ok, 1).figures();
  EXPECT_EQ(judge(baseline, now).result, GateResult::inconclusive);
  for (const GateResult as : {GateResult::pass, GateResult::regression}) {
    EXPECT_EQ(judge(baseline, now, {"", as}).result, as);
  }
}

TEST(Gate, ReportsBelowAMebibyteAndEscapesReasons) {
  Measured a("a"), b("b");
  for (int i = 0; i < 4000; ++i) {
    const std::string name = "<b>case|" + std::string(100, 'x') + std::to_string(i);
    a.row(name, 1e-3, Status::ok, 2);
    b.row(name, 1.2e-3, Status::ok, 2);
  }
  const RunFigures baseline = a.figures(), now = b.figures();
  const Comparison comparison = compare(baseline, now);
  const Gate one = gate(comparison, {&baseline}, {&now});
  const std::string text = gate_markdown(one, comparison);
  EXPECT_LT(text.size(), std::size_t{1} << 20);
  EXPECT_EQ(text.find("<b>"), std::string::npos);
}

TEST(Gate, GithubActionBenchmarkGetsSmallerAndBiggerApart) {
  Measured a("a");
  a.row("x", 1e-3);
  const RunFigures figures = a.figures();
  const std::string smaller = github_action_benchmark(figures, true);
  EXPECT_NE(smaller.find("\"unit\": \"seconds_per_operation\""), std::string::npos) << smaller;
  EXPECT_NE(smaller.find("\"range\": \"± "), std::string::npos) << smaller;
  EXPECT_EQ(github_action_benchmark(figures, false), "[]\n");
}

TEST(Alternate, MeasuresUndecidedRowsAgainAndKeepsVerdicts) {
  std::vector<std::vector<std::string>> asked;
  const auto measure = [&](std::size_t pair, const std::vector<std::string>& cases) {
    asked.push_back(cases);
    Measured a("a" + std::to_string(pair)), b("b" + std::to_string(pair));
    if (cases.empty()) a.row("quiet", 1e-3, Status::ok, 1);
    if (cases.empty()) b.row("quiet", 1.05e-3, Status::ok, 1);
    a.row("noisy", 1e-3, Status::ok, 1);
    b.row("noisy", pair % 2 == 0 ? 0.8e-3 : 1.2e-3, Status::ok, 1);
    return std::optional<RunPair>({a.figures(), b.figures()});
  };
  const Alternated result = alternate({4, 16}, {}, measure, [](const std::string&) {});
  EXPECT_EQ(looks({4, 16}), (std::vector<std::size_t>{4, 8, 16}));
  ASSERT_EQ(asked.size(), 16u);
  EXPECT_TRUE(asked[3].empty());
  EXPECT_EQ(asked[4], std::vector<std::string>{"noisy"});
  EXPECT_EQ(result.comparison.rows.at(0).change, Change::slower);
  EXPECT_EQ(result.comparison.rows.at(0).first.processes, 4u);
  EXPECT_EQ(result.comparison.rows.at(1).first.processes, 16u);
}

TEST(Alternate, EndsWithWhatThereIsWhenInterrupted) {
  const auto measure = [](std::size_t pair, const std::vector<std::string>&) {
    if (pair == 2) return std::optional<RunPair>();
    return std::optional<RunPair>({Measured("a" + std::to_string(pair)).row("x", 1e-3).figures(),
                                   Measured("b" + std::to_string(pair)).row("x", 1e-3).figures()});
  };
  const Alternated result = alternate({4, 16}, {}, measure, [](const std::string&) {});
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.pairs.size(), 2u);
  EXPECT_EQ(result.comparison.rows.size(), 1u);
}

}  // namespace
}  // namespace motley::analysis
