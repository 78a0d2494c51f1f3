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
  static double seconds(const nlohmann::json& network, const std::string& kind) {
    double all = 0;
    for (const auto& cause : network.at("causes")) {
      if (cause.at("kind") == kind) all += cause.at("seconds").get<double>();
    }
    return all;
  }
  /// Of the only block, in one step.
  double count(const char* name) const {
    for (const schema::Block& block : place.log().blocks) {
      if (block.status == schema::Status::ok) return block.timeline.at("counts").at(name);
    }
    return 0;
  }

  Workplace place{fs::path(testing::TempDir()) / "explained"};
};

TEST_F(Explain, EmulatedDelaysAreTheirCauses) {
  const struct {
    const char *delay, *kind, *count;
    double seconds;  ///< of each
  } delays[] = {{"launch_us=500", "launch", "launches", 500e-6},
                {"sync_us=1000", "wait", "blocking_copies", 1e-3},
                {"write_gbps=0.0002", "copy", "bytes_to_device", 1 / 2e5}};
  for (const auto& one : delays) {
    SCOPED_TRACE(one.delay);
    const Outcome outcome = measure("opencl:0", one.delay, "framework");
    if (!is_measured()) GTEST_SKIP() << outcome.output;
    const nlohmann::json network = explained();
    // Other programs only make a step longer, but a busy device needs fewer launches in time.
    EXPECT_GT(seconds(network, one.kind), 0.6 * count(one.count) * one.seconds)
        << network.at("causes").dump(1);
    double all = 0;
    for (const auto& cause : network.at("causes")) all += cause.at("share").get<double>();
    EXPECT_NEAR(all, 1, 0.1);
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
