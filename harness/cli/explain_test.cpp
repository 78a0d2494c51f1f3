// motley explain and motley roofline as a user meets them. Delays are far above what a driver's
// calls cost, so that they are most of a step however busy this machine is.
#include <algorithm>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

class Explain : public testing::Test {
 protected:
  Outcome measure(const std::string& processor, const std::string& emulated = "",
                  const std::string& residency = "resident") {
    fs::remove(place.file);
    return motley(
        "run --filter '^mlp/training$' --set widths=16-16 batch=4 implementation=first "
        "optimizer=momentum residency=" +
            residency + " --processes 1 --rounds 1 --block-seconds 0.05 --on " + processor +
            place.out(),
        emulated.empty() ? "" : "MOTLEY_EMULATE=" + emulated);
  }
  std::string file() const { return " '" + place.file.string() + "'"; }
  bool is_measured() const { return place.count(schema::Status::ok) > 0; }

  /// Of the only network of the records.
  nlohmann::json explained() const {
    const Outcome outcome = motley("explain --json" + file());
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    return nlohmann::json::parse(outcome.output).at("networks").at(0);
  }
  static double share(const nlohmann::json& network, const std::string& kind) {
    double all = 0;
    for (const auto& cause : network.at("causes")) {
      if (cause.at("kind") == kind) all += cause.at("share").get<double>();
    }
    return all;
  }

  Workplace place{fs::path(testing::TempDir()) / "explained"};
};

TEST_F(Explain, EmulatedDelaysAreTheCauses) {
  const std::pair<const char*, const char*> delays[] = {
      {"launch_us=500", "launch"}, {"sync_us=1000", "wait"}, {"write_gbps=0.0002", "copy"}};
  for (const auto& [delay, kind] : delays) {
    SCOPED_TRACE(delay);
    const Outcome outcome = measure("opencl:0", delay, "framework");
    if (!is_measured()) GTEST_SKIP() << outcome.output;
    const nlohmann::json network = explained();
    EXPECT_GT(share(network, kind), 0.5) << network.at("causes").dump(1);
    EXPECT_LT(share(network, "unattributed"), 0.2);
    double all = 0;
    for (const auto& cause : network.at("causes")) all += cause.at("share").get<double>();
    EXPECT_NEAR(all, 1, 0.05);
  }
  const Outcome text = motley("explain" + file());
  EXPECT_EQ(text.code, 0);
  EXPECT_TRUE(text.output.starts_with("Emulated delays are among these records")) << text.output;
  EXPECT_EQ(motley("roofline" + file()).code, 4);
}

TEST_F(Explain, TheAnswerComesFirstAndWhatIsMissingNamesItsCommand) {
  measure("cpu");
  const Outcome outcome = motley("explain" + file());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "% of this step is ")) << outcome.output;
  EXPECT_TRUE(contains(outcome.output, "motley run --filter")) << outcome.output;
  const Outcome none = motley("explain --case lenet5" + file());
  EXPECT_EQ(none.code, 3);
  EXPECT_TRUE(contains(none.output, "nothing to explain")) << none.output;
  EXPECT_EQ(motley("explain /no/such/file").code, 4);
}

TEST_F(Explain, ARooflineSaysWhatItLacks) {
  measure("cpu");
  const Outcome text = motley("roofline" + file());
  EXPECT_EQ(text.code, 0) << text.output;
  EXPECT_TRUE(contains(text.output, "no flops/fp32 and bandwidth/*")) << text.output;
  const Outcome json = motley("roofline --json" + file());
  const nlohmann::json all = nlohmann::json::parse(json.output);
  EXPECT_GT(all.at("points").size(), 5u);
  EXPECT_FALSE(all.at("points").at(0).contains("share"));
  EXPECT_TRUE(contains(motley("roofline --format csv" + file()).output, "processor,what,"));
  EXPECT_TRUE(contains(motley("roofline --format md" + file()).output, "|---"));
}

}  // namespace
}  // namespace motley
