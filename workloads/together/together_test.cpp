// Do several processors compute what one computes alone: every way to divide a network, every way
// to tell each other what is ready?
#include "workloads/together/together.hpp"

#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/training.hpp"

namespace motley::workloads {
namespace {

constexpr const char* lenet = "lenet5";
constexpr const char* resnet = "resnet8";
constexpr const char* mobilenet = "mobilenet_v2:resolution=32,width=0.25";
constexpr const char* squeezenet = "squeezenet:resolution=48,classes=10";
constexpr const char* googlenet = "googlenet:resolution=32,classes=10";

using Pair = std::vector<std::string>;

class OnPair : public testing::TestWithParam<Pair> {
 protected:
  void SetUp() override {
    machine_ = devices::real_machine();
    for (const std::string& id : GetParam()) {
      try {
        processors_.push_back(machine_->open(id));
      } catch (const Unsupported& why) {
        GTEST_SKIP() << why.what();
      }
    }
  }

  std::vector<Partner> partners(std::size_t count = 2) const {
    std::vector<Partner> result;
    for (std::size_t i = 0; i < count; ++i) result.push_back({*processors_[i], first_choice});
    return result;
  }

  const Values& alone(const std::string& model, std::int64_t batch) {
    Values& known = alone_[model + std::to_string(batch)];
    if (known.empty()) {
      TogetherOptions options;
      options.model = model;
      options.batch = batch;
      Together one(options, partners(1));
      one.run();
      known = one.output();
    }
    return known;
  }

  /// Twice, so that a second run does not find what the first left.
  void expect_same(const TogetherOptions& options) {
    SCOPED_TRACE(options.model + " " + options.placement);
    Together both(options, partners());
    for (int run = 0; run < 2; ++run) {
      both.run();
      EXPECT_LE(normalised_error(both.output(), alone(options.model, options.batch)), 1e-4);
    }
  }

  TogetherOptions options(const std::string& model, const std::string& placement = "fixed") {
    TogetherOptions result;
    result.model = model;
    result.placement = placement;
    return result;
  }

  std::unique_ptr<Machine> machine_;
  std::vector<std::unique_ptr<Processor>> processors_;
  std::map<std::string, Values> alone_;
};

TEST_P(OnPair, EveryPlacementComputesTheSame) {
  for (const char* model : {lenet, resnet, mobilenet, squeezenet}) {
    for (const char* placement : {"random:seed=1", "unsupported:share=0.5,layout=scattered",
                                  "unsupported:share=0.3,layout=clustered,seed=2"}) {
      expect_same(options(model, placement));
    }
  }
  expect_same(options("resnet18:resolution=32", "random:seed=2"));
  expect_same(options(lenet, "cost"));
  expect_same(options(squeezenet, "cost"));
}

TEST_P(OnPair, BranchesComputeTheSameSideBySide) {
  for (const char* model : {squeezenet, googlenet}) {
    expect_same(options(model, "branches"));
    expect_same(options(model, "branches:by=turn"));
    Together both(options(model, "branches:by=turn"), partners());
    EXPECT_GT(both.run_timed().crossings, 0);
  }
  for (const char* model : {lenet, mobilenet}) {
    EXPECT_THROW(Together(options(model, "branches"), partners()), Unsupported);
  }
}

TEST_P(OnPair, EverySplitComputesTheSame) {
  for (const char* model : {lenet, resnet, mobilenet, squeezenet}) {
    for (const SplitAxis axis : {SplitAxis::channels, SplitAxis::height, SplitAxis::batch}) {
      TogetherOptions wanted = options(model);
      wanted.batch = axis == SplitAxis::batch ? 3 : 1;
      wanted.splits = {{"conv2d", axis, 0.37, 1}};
      SCOPED_TRACE(to_string(axis));
      expect_same(wanted);
    }
  }
  for (const double ratio : {0.0, 1.0}) {
    TogetherOptions wanted = options(lenet);
    wanted.splits = {{"conv2d", SplitAxis::height, ratio, 1}};
    expect_same(wanted);
    EXPECT_EQ(Together(wanted, partners()).execution().plan().elided.size(), 0u) << "no parts";
  }
}

TEST_P(OnPair, ChainsOfSplitsComputeTheSame) {
  for (const char* model : {lenet, resnet, squeezenet}) {
    for (const SplitAxis axis : {SplitAxis::height, SplitAxis::batch}) {
      TogetherOptions wanted = options(model);
      wanted.batch = axis == SplitAxis::batch ? 2 : 1;
      wanted.splits = {{"conv2d", axis, 0.5, 4}};
      SCOPED_TRACE(to_string(axis));
      expect_same(wanted);
    }
  }
}

TEST_P(OnPair, EveryKindThatCanBeSplitComputesTheSame) {
  TogetherOptions wanted = options(resnet);
  wanted.splits = {{"add", SplitAxis::height, 0.5, 1},
                   {"relu", SplitAxis::channels, 0.25, 1},
                   {"dense", SplitAxis::channels, 0.4, 1},
                   {"global_average_pool", SplitAxis::channels, 0.5, 1}};
  expect_same(wanted);
  wanted = options(squeezenet);
  wanted.splits = {{"max_pool", SplitAxis::height, 0.5, 1},
                   {"conv10", SplitAxis::channels, 0.2, 1}};
  expect_same(wanted);
  wanted = options(googlenet);
  wanted.splits = {{"max_pool", SplitAxis::channels, 0.5, 1},
                   {"conv2d", SplitAxis::height, 0.5, 2}};
  expect_same(wanted);
}

TEST_P(OnPair, EveryWayToSynchroniseComputesTheSame) {
  for (const std::string& name : synchronisation_names()) {
    SCOPED_TRACE(name);
    TogetherOptions wanted = options(lenet, "random:seed=3");
    wanted.synchronisation = synchronisation_from(name);
    wanted.splits = {{"conv2d", SplitAxis::height, 0.5, 1}};
    Together both(wanted, partners());
    for (int run = 0; run < 20; ++run) {
      const Values input = random_values(both.model().graph.tensor(both.model().input).type, {},
                                         std::uint64_t(run), 0);
      both.execution().set_values(both.model().input, input);
      both.run();
      const Values got = both.output();
      if (run % 2 == 1) both.run_timed();
      Together one(options(lenet), partners(1));
      one.execution().set_values(one.model().input, input);
      one.run();
      ASSERT_LE(normalised_error(got, one.output()), 1e-4) << run;
    }
  }
}

/// Of what comes from outside each has but a piece, and it can be read back and set whole.
TEST_P(OnPair, AnInputInPiecesIsStillOne) {
  TogetherOptions wanted = options("op/conv2d:shape=yolov2/3x3x1024-1024@13");
  wanted.splits = {{"conv2d", SplitAxis::height, 0.5, 1}};
  Together both(wanted, partners());
  std::string worst;
  EXPECT_LE(both.execution().check({}, worst), 1) << worst;
  const TensorId input = both.model().input;
  const Values content = random_values(both.model().graph.tensor(input).type, {}, 7, 0);
  both.execution().set_values(input, content);
  EXPECT_EQ(both.execution().values(input), content);
  both.run();
  Together one(options(wanted.model), partners(1));
  one.execution().set_values(one.model().input, content);
  one.run();
  EXPECT_LE(normalised_error(both.output(), one.output()), 1e-4);
}

TEST_P(OnPair, RunsAgainAsLongAsWanted) {
  for (const std::size_t count : {1, 2}) {
    Together network(options(lenet), partners(count));
    int runs = 0;
    network.repeat([&](double seconds) {
      EXPECT_GT(seconds, 0);
      return ++runs < 3;
    });
    EXPECT_EQ(runs, 3);
  }
}

TEST_P(OnPair, TimesOfPlacesAddUp) {
  TogetherOptions wanted = options(squeezenet);
  wanted.splits = {{"conv2d", SplitAxis::height, 0.5, 1}};
  Together both(wanted, partners());
  both.run();
  const TogetherTimes times = both.run_timed();
  ASSERT_EQ(times.places.size(), 2u);
  EXPECT_GT(times.crossings, 0);
  EXPECT_GE(times.overlap_share, 0);
  EXPECT_LE(times.overlap_share, 1);
  for (const PlaceTimes& place : times.places) {
    EXPECT_GT(place.compute, 0);
    EXPECT_GE(place.synchronisation, 0);
    EXPECT_NEAR(
        place.compute + place.transfer + place.conversion + place.synchronisation + place.other,
        times.makespan, 1e-9);
  }
}

TEST_P(OnPair, RefusesWhatCannotBeMeant) {
  const auto refused = [&](const char* placement) {
    return Together(options(lenet, placement), partners());
  };
  EXPECT_THROW(refused("fixed:conv1=2"), BadArgument);
  EXPECT_THROW(refused("fixed:convl=1"), UnknownName);
  EXPECT_THROW(refused("fixed:conv1"), BadArgument);
  EXPECT_THROW(refused("anything"), UnknownName);
  EXPECT_THROW(refused("unsupported:layout=some"), UnknownName);
  EXPECT_THROW(split_wish_from("conv1:axis=width"), UnknownName);
  EXPECT_THROW(split_wish_from("conv1:ratio=1.5"), BadArgument);
  TogetherOptions wanted = options(lenet);
  wanted.splits = {{"conv9", SplitAxis::height, 0.5, 1}};
  EXPECT_THROW(Together(wanted, partners()), BadArgument);
  wanted.splits = {{"dense", SplitAxis::height, 0.5, 1}};
  EXPECT_THROW(Together(wanted, partners()), Unsupported);
}

/// Each waits for the two others, in turn: whoever blocks must have given all that came before.
class OnThree : public OnPair {};

TEST_P(OnThree, ChainsThatPassThroughAllOfThemEnd) {
  for (const std::string& name : synchronisation_names()) {
    SCOPED_TRACE(name);
    for (const char* placement : {"random:seed=1", "random:seed=2", "random:seed=3"}) {
      TogetherOptions wanted = options(resnet, placement);
      wanted.synchronisation = synchronisation_from(name);
      Together all(wanted, partners(3));
      for (int run = 0; run < 10; ++run) {
        run % 2 == 0 ? all.run() : void(all.run_timed());
        ASSERT_LE(normalised_error(all.output(), alone(resnet, 1)), 1e-4) << placement << run;
      }
    }
  }
}

/// What goes from one to the other passes through the host's own copy.
class OnTwoDevices : public OnPair {};

TEST_P(OnTwoDevices, NoCpuTakesPart) {
  for (const char* model : {lenet, mobilenet}) expect_same(options(model, "random:seed=1"));
  for (const SplitAxis axis : {SplitAxis::channels, SplitAxis::height}) {
    TogetherOptions wanted = options(squeezenet);
    wanted.splits = {{"conv2d", axis, 0.4, 2}};
    expect_same(wanted);
  }
  TogetherOptions wanted = options(lenet, "random:seed=3");
  for (const std::string& name : synchronisation_names()) {
    wanted.synchronisation = synchronisation_from(name);
    expect_same(wanted);
  }
  wanted = options("op/conv2d:shape=yolov2/3x3x1024-1024@13");
  wanted.splits = {{"conv2d", SplitAxis::height, 0.5, 1}};
  expect_same(wanted);
}

INSTANTIATE_TEST_SUITE_P(Networks, OnThree,
                         testing::Values(Pair{"cpu:0", "opencl:0/0of2", "cpu:1"},
                                         Pair{"opencl:0/0of2", "opencl:0/1of2", "cpu:1"}));

INSTANTIATE_TEST_SUITE_P(Networks, OnTwoDevices,
                         testing::Values(Pair{"opencl:0/0of2", "opencl:0/1of2"}));

INSTANTIATE_TEST_SUITE_P(Networks, OnPair,
                         testing::Values(Pair{"cpu:0", "cpu:1"}, Pair{"cpu:1", "opencl:0/0of2"},
                                         Pair{"opencl:0/0of2", "cpu:1"}),
                         [](const auto& one) {
                           std::string name;
                           for (const std::string& id : one.param) {
                             for (const char c : id) name += c == ':' || c == '/' ? '_' : c;
                             name += "_";
                           }
                           return name;
                         });

}  // namespace
}  // namespace motley::workloads
