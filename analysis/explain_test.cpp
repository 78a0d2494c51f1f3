#include "analysis/explain.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "analysis/explain_text.hpp"
#include "analysis/synthetic_step.hpp"

namespace motley::analysis {
namespace {

using Kind = Cause::Kind;

double seconds_of(const Explanation& one, Kind kind) {
  double all = 0;
  for (const Cause& cause : one.causes) all += cause.kind == kind ? cause.seconds : 0;
  return all;
}

Explanation explained(const SyntheticStep& step) {
  const schema::Log log = synthetic_steps({step});
  Explanation one = explain(log).networks.at(0);
  one.block = nullptr;  // the log is gone
  return one;
}

void expect_charged(const SyntheticStep& after, Kind kind) {
  const Explanation a = explained({}), b = explained(after);
  const double added = b.profiled_seconds - a.profiled_seconds;
  ASSERT_GT(added, 0);
  EXPECT_NEAR(seconds_of(b, kind) - seconds_of(a, kind), added, 1e-3 * added);
}

TEST(Explain, EachDelayIsChargedToItsCause) {
  SyntheticStep step;
  step.costs.launch = 80e-6;
  expect_charged(step, Kind::launch);
  step = {};
  step.costs.wait = 900e-6;
  expect_charged(step, Kind::wait);
  step = {};
  step.costs.bytes_per_second = 1e8;
  expect_charged(step, Kind::copy);
  step = {};
  step.kernel_seconds = 1e-3;
  expect_charged(step, Kind::compute);
  step = {};
  step.unattributed_seconds = 1e-4;
  expect_charged(step, Kind::unattributed);
}

TEST(Explain, CausesAddUpAndTheLargestIsFirst) {
  SyntheticStep step;
  step.conversions = 8;
  step.unattributed_seconds = 1e-5;
  const Explanation one = explained(step);
  double all = 0;
  for (const Cause& cause : one.causes) all += cause.seconds;
  EXPECT_NEAR(all, one.profiled_seconds, 1e-9);
  EXPECT_NEAR(seconds_of(one, Kind::convert), 8e-5, 1e-9);
  EXPECT_TRUE(std::is_sorted(one.causes.begin(), one.causes.end(),
                             [](const Cause& a, const Cause& b) { return a.seconds > b.seconds; }));
  double host = 0;
  for (const Cause& cause : one.host) host += cause.seconds;
  EXPECT_NEAR(host, one.profiled_seconds, 1e-9);
}

TEST(Explain, TheFirstSentenceSaysWhatCostsMostAndWhatWouldSaveIt) {
  SyntheticStep slow;
  slow.reads = 24;
  slow.writes = 24;
  slow.bytes = 256;
  slow.costs.wait = 100e-6;
  SyntheticStep resident = slow;
  resident.residency = "resident";
  resident.reads = 1;
  resident.writes = 2;
  const schema::Log log = synthetic_steps({slow, resident}, slow.costs);
  const Explanations all = explain(log);
  ASSERT_EQ(all.networks.size(), 2u);
  const std::string& first = all.networks[0].sentences.at(0);
  EXPECT_EQ(first.find("89 % of this step is latency of 24 blocking copies, 100 us each; keeping "
                       "parameters on the device would save 2.3 of 2.7 ms (residency=resident "
                       "takes 400 us in these records)."),
            0u)
      << first;
  ASSERT_EQ(all.networks[0].savings.size(), 1u);
  EXPECT_TRUE(all.networks[0].savings[0].measured);
  EXPECT_NEAR(all.networks[0].savings[0].seconds, slow.wall_seconds() - resident.wall_seconds(),
              1e-9);
  EXPECT_TRUE(std::none_of(all.networks[1].savings.begin(), all.networks[1].savings.end(),
                           [](const Saving& one) { return one.measured; }))
      << "the slower mode is no advice";
}

TEST(Explain, WithoutTheOtherModeASavingIsCountsTimesFits) {
  SyntheticStep slow;
  slow.reads = 24;
  slow.writes = 24;
  slow.bytes = 256;
  slow.costs.wait = 100e-6;
  const schema::Log log = synthetic_steps({slow}, slow.costs);
  const Saving saving = explain(log).networks.at(0).savings.at(0);
  EXPECT_FALSE(saving.measured);
  EXPECT_NE(saving.basis.find("24 copies x 100 us of transfer/read, bytes"), std::string::npos)
      << saving.basis;
  EXPECT_NEAR(saving.seconds, 23 * 100e-6, 10e-6);

  schema::Log alone = synthetic_steps({slow});
  std::erase_if(alone.blocks, [](const auto& one) { return one.operators.empty(); });
  const Explanations without = explain(alone);
  EXPECT_NEAR(without.networks.at(0).savings.at(0).seconds, 23 * 100e-6, 10e-6);
  EXPECT_EQ(without.networks[0].savings[0].basis, "by this profile's own waits");
  ASSERT_EQ(without.missing.size(), 1u);
  EXPECT_NE(without.missing[0].find("'^(flops|bandwidth|launch|transfer)/' --on opencl:0"),
            std::string::npos)
      << without.missing[0];
}

TEST(Explain, OnACpuTheTimeIsComputed) {
  schema::Log log = synthetic_log({{"cpu"}, 1, 1, 0});
  schema::Block step =
      synthetic_block("lenet5/training", "cpu", schema::Metric::seconds_per_operation, 1000);
  step.timeline = {
      {"host", {{"compute", 0.9}, {"other", 0.1}}},
      {"run", {{"profiled_seconds", 1.0}, {"whole_seconds", 0.95}, {"unattributed_seconds", 0.1}}}};
  step.operators = {{"conv1", "conv2d", "forward", "simd", 0.6, 0, 2e10, 1e8},
                    {"update1", "momentum", "update", "simd", 0.3, 0, 0, 2e9}};
  log.blocks.push_back(step);
  const Explanations all = explain(log);
  const Explanation& one = all.networks.at(0);
  EXPECT_FALSE(one.on_device);
  EXPECT_NEAR(seconds_of(one, Kind::compute), 0.9, 1e-9);
  EXPECT_NEAR(one.causes.at(0).seconds, 0.6, 1e-9);
  EXPECT_EQ(one.causes[0].name, "forward");
  EXPECT_TRUE(
      one.sentences.at(0).starts_with("90 % of this step is computing (forward 60 %, "
                                      "update 30 %)"))
      << one.sentences[0];
  EXPECT_NE(one.sentences[0].find("conv1 alone takes 60 %"), std::string::npos) << one.sentences[0];
  EXPECT_TRUE(one.sentences.at(1).starts_with("Nothing explains 10 %")) << one.sentences[1];
  EXPECT_TRUE(one.savings.empty());
}

TEST(Explain, TheCpuIsNamedWhereItHasTheSame) {
  schema::Log log = synthetic_steps({{}});
  schema::Block cpu = synthetic_step({.residency = "resident", .processor = "cpu"});
  cpu.timeline = {{"host", {{"compute", 1e-4}}},
                  {"run", {{"profiled_seconds", 1e-4}, {"whole_seconds", 1e-4}}}};
  log.blocks.push_back(cpu);
  const auto networks = explain(log).networks;
  const std::string expected = fmt::format("cpu takes 100 us for the same: opencl:0 takes {:.2g} ",
                                           SyntheticStep{}.wall_seconds() / 1e-4);
  EXPECT_TRUE(networks.at(0).sentences.back().starts_with(expected))
      << networks[0].sentences.back();
  EXPECT_FALSE(networks.at(1).sentences.back().starts_with("cpu takes"));
}

TEST(Explain, OfSeveralReadsTheLossIsOne) {
  SyntheticStep step;
  step.residency = "resident";
  step.reads = 4;
  step.costs.wait = 50e-6;
  schema::Log log = synthetic_steps({step});
  std::erase_if(log.blocks, [](const auto& one) { return one.operators.empty(); });
  EXPECT_NEAR(explain(log).networks.at(0).savings.at(0).seconds, step.costs.wait, 1e-9);
}

TEST(Explain, RecordsThatDoNotTellCallsApartAreExplainedByWhatTheHostDid) {
  schema::Log log = synthetic_steps({{}});
  log.blocks.back().timeline.erase("gap_calls");
  log.blocks.back().timeline.erase("host_calls");
  const Explanations all = explain(log);
  EXPECT_NEAR(seconds_of(all.networks.at(0), Kind::launch), 100e-6, 1e-9);
  EXPECT_NEAR(seconds_of(all.networks[0], Kind::wait), 40e-6, 1e-9);
}

TEST(Explain, TakesWhatIsWanted) {
  SyntheticStep cpu;
  cpu.processor = "opencl:1";
  const schema::Log log = synthetic_steps({{}, cpu});
  EXPECT_EQ(explain(log).networks.size(), 2u);
  EXPECT_EQ(explain(log, {"", "opencl:1"}).networks.size(), 1u);
  EXPECT_EQ(explain(log, {"mlp/training", ""}).networks.size(), 2u);
  EXPECT_EQ(explain(log, {"lenet5", ""}).networks.size(), 0u);
}

TEST(Explain, EmulatedDelaysAreSaid) {
  schema::Log log = synthetic_steps({{}});
  log.runs[0].emulated = true;
  EXPECT_TRUE(explain_text(explain(log), false).starts_with("Emulated delays"));
}

TEST(Explain, HostileProfilesAreSurvived) {
  schema::Log log = synthetic_steps({{}, {}, {}});
  const std::size_t first = log.blocks.size() - 3;
  for (std::size_t i = 0; i < 3; ++i)
    log.blocks[first + i].key.parameters["batch"] = std::int64_t(i);
  log.blocks[first].timeline["run"]["profiled_seconds"] = 0;
  log.blocks[first + 1].timeline["counts"].clear();
  log.blocks[first + 1].samples.host_seconds.clear();
  log.blocks[first + 2].timeline["run"]["whole_seconds"] = -1;
  log.blocks[first + 2].timeline["counts"]["copies_to_host"] = -5;
  log.blocks[first + 2].operators[0].flops = -1;
  const Explanations all = explain(log);
  EXPECT_EQ(all.networks.size(), 2u) << "no profile, no explanation";
  for (const Explanation& one : all.networks) {
    for (const Cause& cause : one.causes) EXPECT_TRUE(std::isfinite(cause.share));
    for (const Saving& saving : one.savings) EXPECT_TRUE(std::isfinite(saving.seconds));
  }
  EXPECT_NE(explain_text(explain({}), false).find("nothing to explain"), std::string::npos);
}

TEST(Explain, LinesFitATerminal) {
  const std::string text = explain_text(explain(synthetic_steps({{}})), true);
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    EXPECT_LE(end - begin, 80u) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

}  // namespace
}  // namespace motley::analysis
