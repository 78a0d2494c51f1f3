// What becomes of a run when one of its processors fails in the middle? It says so at once, the
// others end, and the next run is right again.
#include <atomic>
#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/together/comparison.hpp"
#include "workloads/together/one_layer.hpp"
#include "workloads/together/pipeline.hpp"

namespace motley::workloads {
namespace {

std::atomic<bool> failing{false};

/// The first choice, but every CPU kernel throws while `failing`.
Choice faulty_choice(const std::string& kind, const Call& call, Processor& processor) {
  static std::map<const Implementation*, Implementation> wrapped;
  const Choice choice = first_choice(kind, call, processor);
  Implementation& one = wrapped[choice.implementation];
  one = *choice.implementation;
  one.lower = [of = choice.implementation](const Call& what, Processor& where,
                                           const schema::Parameters& tuning) {
    Lowered lowered = of->lower(what, where, tuning);
    for (Launch& launch : lowered.launches) {
      launch.kernel.cpu = [form = launch.kernel.cpu](const CpuTask& task) {
        if (failing) throw Error("the processor failed.");
        form(task);
      };
    }
    return lowered;
  };
  return {&one, choice.tuning};
}

class Faults : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    machine_ = devices::real_machine();
    sound_ = machine_->open("cpu:0");
    try {
      other_ = machine_->open(GetParam());
    } catch (const Unsupported& why) {
      GTEST_SKIP() << why.what();
    }
  }
  void TearDown() override { failing = false; }

  template <class F>
  static std::string message_of(F f) {
    failing = true;
    std::string message;
    try {
      f();
    } catch (const Error& error) {
      message = error.what();
    }
    failing = false;
    return message;
  }

  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Processor> sound_, other_;
};

TEST_P(Faults, OfOneProcessorEndTheRunOfAllAndTheNextIsRight) {
  for (const std::string& name : synchronisation_names()) {
    SCOPED_TRACE(name);
    TogetherOptions options;
    options.model = "squeezenet:resolution=48,classes=10";
    options.synchronisation = synchronisation_from(name);
    options.splits = {{"conv2d", SplitAxis::height, 0.5, 1}};
    Together both(options, {{*other_, first_choice}, {*sound_, faulty_choice}});
    both.run();
    const Values expected = both.output();
    EXPECT_EQ(message_of([&] { both.run(); }), "the processor failed.");
    both.run();
    EXPECT_EQ(both.output(), expected);
  }
}

TEST_P(Faults, OfOneStageEndTheStream) {
  PipelineOptions options;
  options.cuts = {cut_points(network("lenet5", 1, 1)).at(1).name};
  Pipeline pipeline(options, {{*other_, first_choice}, {*sound_, faulty_choice}});
  pipeline.run(3);
  const Values expected = pipeline.output();
  EXPECT_EQ(message_of([&] { pipeline.run(9); }), "the processor failed.");
  pipeline.run(3);
  EXPECT_EQ(pipeline.output(), expected);
}

TEST_P(Faults, NoneComparesWithTheBestAlone) {
  TogetherOptions options;
  Together first(options, {{*other_, first_choice}}), second(options, {{*sound_, first_choice}});
  options.placement = "unsupported:share=0.5,layout=clustered";
  Together both(options, {{*other_, first_choice}, {*sound_, first_choice}});
  const Comparison result = compare(both, {&first, &second}, 2, 3);
  EXPECT_EQ(result.together.size(), 6u);
  ASSERT_EQ(result.alone.size(), 2u);
  EXPECT_EQ(result.alone[1].size(), 6u);
  EXPECT_LE(result.error, 1e-4);
  EXPECT_GT(result.gain, 0);
  EXPECT_GT(result.share_of_sum, 0);
  EXPECT_EQ(result.times.places.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Networks, Faults, testing::Values("cpu:1", "opencl:0/1of2"),
                         [](const auto& one) {
                           std::string name;
                           for (const char c : std::string(one.param)) {
                             name += c == ':' || c == '/' ? '_' : c;
                           }
                           return name;
                         });

}  // namespace
}  // namespace motley::workloads
