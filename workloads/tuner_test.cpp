// Does the faster of two implementations win where waiting costs more than either, and is it told
// why none was right?
#include "workloads/tuner.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "devices/machine.hpp"
#include "harness/error.hpp"

namespace motley::workloads {
namespace {

/// Each look at it costs what a device takes to wake up and to say that it is done; kernels move
/// it.
class SlowToAnswer : public Clock {
 public:
  double seconds() override { return now += 450e-6; }
  void wait_until(double) override {}
  double now = 0;
};

class TuningRace : public testing::Test {
 protected:
  /// A ReLU that takes so long by the clock.
  Implementation relu(const std::string& name, double seconds, float of_negative = 0) {
    Implementation one;
    one.name = name;
    one.lower = [this, seconds, of_negative](const Call& call, Processor&,
                                             const schema::Parameters& tuning) {
      Kernel kernel{name_of(tuning), {}, {}, 1};
      const auto elements = call.inputs[0].elements();
      const double factor = tuning.empty() ? 1 : std::get<double>(tuning.at("factor"));
      kernel.cpu = [this, time = seconds * factor, of_negative, elements](const CpuTask& task) {
        for (std::int64_t i = 0; i < elements; ++i) {
          const float x = task.buffer<float>(0)[i];
          task.buffer<float>(1)[i] = x > 0 ? x : of_negative;
        }
        clock_.now += time;
      };
      Lowered lowered;
      lowered.launches.push_back({kernel, range(1), {Input{0}, Output{0}}});
      return lowered;
    };
    return one;
  }
  static std::string name_of(const schema::Parameters& tuning) {
    return tuning.empty() ? "relu" : "relu_" + schema::to_string(tuning.at("factor"));
  }
  const Tuned& tune(const std::vector<const Implementation*>& among) {
    return tuner_.tune("relu", call_, *processor_, among);
  }

  SlowToAnswer clock_;
  Tuner tuner_{clock_, Tier::smoke, 1};
  std::unique_ptr<Machine> machine_ = devices::real_machine();
  std::unique_ptr<Processor> processor_ = machine_->open("cpu");
  const Call call_ = make_call(operator_kind("relu"), {}, {TensorType{{3, 5}}});
};

TEST_F(TuningRace, TheFasterWinsThoughARunAloneIsMostlyWaiting) {
  const Implementation slow = relu("slow", 1e-6), fast = relu("fast", 0.5e-6);
  EXPECT_EQ(tune({&slow, &fast}).choice.implementation, &fast);
  const Implementation slower = relu("slower", 100e-6), faster = relu("faster", 80e-6);
  const Tuned& tuned = tune({&slower, &faster});
  EXPECT_EQ(tuned.choice.implementation, &faster);
  EXPECT_LT(tuned.seconds, 160e-6) << "waiting is a small part of a batch";
}

TEST_F(TuningRace, ALoneImplementationIsTunedToo) {
  Implementation one = relu("one", 1e-3);
  one.tunings = [](const Call&, Processor&, Tier) {
    return std::vector<schema::Parameters>{{{"factor", 2.0}}, {{"factor", 1.0}}};
  };
  const Choice choice = tuner_.fastest_tuning(one, "relu", call_, *processor_);
  EXPECT_EQ(choice.tuning, (schema::Parameters{{"factor", 1.0}}));
}

TEST_F(TuningRace, TheProcessAsksEachSearchForWhatItWants) {
  Implementation one = relu("one", 1e-6);
  one.tunings = [](const Call&, Processor&, Tier tier) {
    return std::vector<schema::Parameters>{{{"factor", tier == Tier::full ? 2.0 : 1.0}}};
  };
  for (const auto& [tier, factor] : {std::pair(Tier::smoke, 1.0), {Tier::full, 2.0}}) {
    const Choice choice = fastest_tuning(one, "relu", call_, *processor_, tier, 1);
    EXPECT_EQ(choice.tuning, (schema::Parameters{{"factor", factor}}));
  }
}

TEST_F(TuningRace, WhyNoneWasRight) {
  const Implementation wrong = relu("wrong", 1e-6, 1);
  Implementation lacking = relu("lacking", 1e-6), broken = relu("broken", 1e-6);
  lacking.lower = [](const Call&, Processor&, const schema::Parameters&) -> Lowered {
    throw Unsupported("it lacks something (so it cannot). Try another.");
  };
  broken.lower = [](const Call&, Processor&, const schema::Parameters&) -> Lowered {
    throw DeviceError("clBuildProgram", "CL_BUILD_PROGRAM_FAILURE", "Look at the log.", "line 1");
  };
  EXPECT_THROW(tune({&lacking}), Unsupported);
  try {
    tune({&lacking, &wrong});
    FAIL();
  } catch (const Unsupported&) {
    FAIL() << "a wrong one is no lack";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("exceeds tolerance"), std::string::npos);
  }
  try {
    tune({&broken, &wrong});
    FAIL();
  } catch (const DeviceError& error) {
    EXPECT_EQ(error.log(), "line 1");
  }
}

TEST_F(TuningRace, NamesThatNobodyHasAreRefused) {
  EXPECT_THROW(chooser_named("simdd", *processor_, Tier::smoke, 1), UnknownName);
  EXPECT_THROW(chooser_named("opencl/naive", *processor_, Tier::smoke, 1), UnknownName);
  for (const char* name : {"auto", "first", "simd", "reference"}) {
    EXPECT_TRUE(chooser_named(name, *processor_, Tier::smoke, 1)) << name;
  }
}

TEST_F(TuningRace, ColdOperandsAreTwiceTheCachesOrSaidNotToBe) {
  const double cache = double(processor_->last_level_cache_bytes());
  if (cache == 0) GTEST_SKIP() << "not told here";
  const auto of = [&](double bytes, double most) {
    const TensorType type{{std::int64_t(bytes / 8)}};
    return cold_sets(make_call(operator_kind("relu"), {}, {type}), *processor_, most);
  };
  const OperandSets thirds = of(cache / 1.5, 100 * cache);
  if (double(processor_->available_bytes()) / 4 > 2 * cache) {
    EXPECT_EQ(thirds.sets, 3U);
    EXPECT_TRUE(thirds.cold);
  }
  EXPECT_EQ(of(cache / 1.5, cache).sets, 1U);
  EXPECT_FALSE(of(cache / 1.5, cache).cold);
  EXPECT_FALSE(of(64, 100 * cache).cold) << "so many sets take too long to make";
}

}  // namespace
}  // namespace motley::workloads
