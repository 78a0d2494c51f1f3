// motley claims as a user meets it.
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

class ClaimsCommand : public testing::Test, protected Workplace {
 protected:
  ClaimsCommand() : Workplace(fs::path(testing::TempDir()) / "motley claims") {}
  std::string records() const { return " '" + file.string() + "'"; }
};

TEST_F(ClaimsCommand, MeasuresWhatIsMissingAndSaysThatACpuIsNoGpu) {
  const std::string arguments =
      "claims --run --only C1 --tier smoke --on cpu:0 --cpu cpu:0 --out '" +
      (folder / "measured").string() + "'";
  const Outcome first = motley(arguments);  // cpu:0 is no OpenCL device: nothing can be decided
  EXPECT_EQ(first.code, 3) << first.output;
  EXPECT_TRUE(contains(first.output, "cannot be measured here")) << first.output;
  EXPECT_TRUE(contains(first.output, "(1 of 1)")) << first.output;
  EXPECT_TRUE(fs::exists(folder / "measured" / "01.jsonl"));
}

TEST_F(ClaimsCommand, JudgesRecordsAndRefusesWhatIsNone) {
  ASSERT_EQ(motley("run --tier smoke --filter '^clock/chain$' --on cpu:0" + out()).code, 0);
  const Outcome outcome = motley("claims --json" + records());
  EXPECT_EQ(outcome.code, 3);
  const auto json = nlohmann::json::parse(outcome.output);
  EXPECT_EQ(json.size(), 17u);
  EXPECT_EQ(json.at(0).at("verdict"), "cannot be measured here");
  EXPECT_EQ(motley("claims").code, 5);
  EXPECT_EQ(motley("claims --only C99" + records()).code, 5);
  std::ofstream(file, std::ios::app) << "nonsense\n";
  EXPECT_EQ(motley("claims" + records()).code, 4);
}

}  // namespace
}  // namespace motley
