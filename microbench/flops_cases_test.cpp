// Do the peak cases of a CPU compute what they say, in every shape that this machine can run, and
// do their figures follow from what the processor says about itself?
#include <algorithm>
#include <gtest/gtest.h>

#include "devices/cpu/processor.hpp"
#include "harness/error.hpp"
#include "harness/workbench.hpp"
#include "microbench/described_processor.hpp"

namespace motley::microbench {
namespace {

/// A processor of one core, which may say what it is not.
class FlopsCases : public testing::Test {
 protected:
  FlopsCases() { real_->wake(); }
  ~FlopsCases() override { real_->park(); }

  std::vector<schema::Value> values(const Case& one, std::size_t axis) {
    return one.axes.at(axis).values(processor_, Tier::full);
  }
  Trial prepare(const Case& one, const schema::Parameters& parameters) {
    bench_ = std::make_unique<Workbench>(processor_, *queue_, parameters, Tier::standard, 7);
    return one.prepare(*bench_);
  }
  Trial first_shape(const std::string& name) {
    const Case& one = find_case(name);
    schema::Parameters parameters;
    for (const Axis& axis : one.axes) {
      parameters[axis.name] = axis.values(processor_, Tier::smoke).front();
    }
    return prepare(one, parameters);
  }
  void expect_right(const Trial& trial) {
    trial.reset(*queue_);
    EXPECT_FALSE(trial.error(*queue_) <= trial.tolerance) << "nothing was done";
    trial.run(*queue_);
    EXPECT_LE(trial.error(*queue_), trial.tolerance);
    trial.run_multiple(*queue_, 2);
    EXPECT_LE(trial.error(*queue_), trial.tolerance);
  }

  std::unique_ptr<Processor> real_ = devices::cpu_processor("cpu:0", {0}, {});
  std::unique_ptr<Queue> queue_ = real_->queue();
  DescribedProcessor processor_{*real_};
  std::unique_ptr<Workbench> bench_;
};

TEST_F(FlopsCases, EveryShapeIsRight) {
  for (const Case& one : cases()) {
    if (!one.name.starts_with("flops/") || !one.unsupported(processor_).empty()) continue;
    for (const schema::Value& implementation : values(one, 0)) {
      for (const schema::Value& chains : values(one, 1)) {
        SCOPED_TRACE(one.name + " " + schema::to_string(implementation) + " x" +
                     schema::to_string(chains));
        const schema::Parameters parameters{{"implementation", implementation},
                                            {"chains", chains},
                                            {"form", values(one, 2).front()},
                                            {"vector", "native"},
                                            {"work_group", std::int64_t{1}}};
        try {
          expect_right(prepare(one, parameters));
        } catch (const Unsupported&) {
          continue;  // not every instruction has every number of chains
        }
      }
    }
  }
}

TEST_F(FlopsCases, CeilingsAreThoseOfTheCoresNotOfTheirThreads) {
  processor_.team = 2;
  processor_.described.facts.erase("physical_cores");
  const double of_two = first_shape("flops/fp32").ceiling_flops_per_cycle;
  processor_.described.facts["physical_cores"] = std::int64_t{1};
  EXPECT_EQ(first_shape("flops/fp32").ceiling_flops_per_cycle, of_two / 2);
}

TEST_F(FlopsCases, NoTrialOffersAClockWhereNoneIsKnown) {
  for (const char* name : {"flops/fp32", "clock/chain", "clock/woven"}) {
    processor_.clock = 2e9;
    EXPECT_TRUE(first_shape(name).clock_hertz) << name;
    processor_.clock = 0;
    EXPECT_FALSE(first_shape(name).clock_hertz) << name;
  }
}

}  // namespace
}  // namespace motley::microbench
