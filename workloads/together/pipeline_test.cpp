// Does a stream through stages compute what one processor computes alone, wherever it is cut?
#include "workloads/together/pipeline.hpp"

#include <gtest/gtest.h>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/inference.hpp"
#include "workloads/training.hpp"

namespace motley::workloads {
namespace {

constexpr const char* models[] = {"lenet5", "resnet8", "mobilenet_v2:resolution=32,width=0.25",
                                  "squeezenet:resolution=48,classes=10"};

class InStages : public testing::TestWithParam<std::vector<std::string>> {
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
  std::vector<Partner> partners() const {
    std::vector<Partner> result;
    for (const auto& processor : processors_) result.push_back({*processor, first_choice});
    return result;
  }
  Values alone(const std::string& model) {
    TogetherOptions options;
    options.model = model;
    Together one(options, {{*processors_.front(), first_choice}});
    one.run();
    return one.output();
  }

  std::unique_ptr<Machine> machine_;
  std::vector<std::unique_ptr<Processor>> processors_;
};

TEST_P(InStages, EveryCutComputesTheSame) {
  for (const char* model : models) {
    const Values expected = alone(model);
    const std::vector<CutPoint> cuts = cut_points(inference_model({model, 1, 1, {}}));
    ASSERT_GT(cuts.size(), 3u);
    for (std::size_t i = 0; i < cuts.size(); i += 1 + cuts.size() / 4) {
      SCOPED_TRACE(std::string(model) + " behind " + cuts[i].name);
      EXPECT_GT(cuts[i].bytes, 0);
      PipelineOptions options;
      options.model = model;
      options.cuts = {cuts[i].name};
      Pipeline pipeline(options, partners());
      EXPECT_EQ(pipeline.bytes_between(), cuts[i].bytes);
      const PipelineTimes times = pipeline.run(5);
      EXPECT_LE(normalised_error(pipeline.output(), expected), 1e-4);
      EXPECT_EQ(times.latency.size(), 5u);
      EXPECT_GT(times.period, 0);
      EXPECT_LE(5 * times.period, times.makespan * 1.001);
      for (const StageTimes& stage : times.stages) EXPECT_GE(5 * times.period, stage.busy * 0.999);
    }
  }
}

TEST_P(InStages, AnInferenceNeverSeesAnothersTensors) {
  PipelineOptions options;
  options.model = "lenet5";
  options.cuts = {cut_points(inference_model({"lenet5", 1, 1, {}})).at(2).name};
  options.depth = 3;
  Pipeline pipeline(options, partners());
  TogetherOptions single;
  Together one(single, {{*processors_.front(), first_choice}});
  for (std::uint64_t stream = 0; stream < 8; ++stream) {
    const Values input =
        random_values(pipeline.model().graph.tensor(pipeline.model().input).type, {}, stream, 0);
    pipeline.set_input(input);
    pipeline.run(1 + stream % 3);
    one.execution().set_values(one.model().input, input);
    one.run();
    EXPECT_LE(normalised_error(pipeline.output(), one.output()), 1e-4);
  }
}

TEST_P(InStages, RefusesWhatCannotBeMeant) {
  PipelineOptions options;
  EXPECT_THROW(Pipeline(options, partners()), BadArgument);
  options.cuts = {"nowhere"};
  EXPECT_THROW(Pipeline(options, partners()), UnknownName);
  const Model model = inference_model({"lenet5", 1, 1, {}});
  const std::vector<CutPoint> cuts = cut_points(model);
  EXPECT_THROW(stages_of(model, {cuts[1].name, cuts[0].name}), BadArgument);
  EXPECT_THROW(stages_of(model, {cuts[1].name, cuts[1].name}), BadArgument);
  EXPECT_EQ(stages_of(model, {cuts[0].name, cuts[1].name}).size(), 3u);
  options.cuts = {cuts[0].name};
  options.depth = 0;
  EXPECT_THROW(Pipeline(options, partners()), BadArgument);
}

INSTANTIATE_TEST_SUITE_P(Networks, InStages,
                         testing::Values(std::vector<std::string>{"cpu:0", "cpu:1"},
                                         std::vector<std::string>{"cpu:1", "opencl:0/0of2"},
                                         std::vector<std::string>{"opencl:0/0of2", "cpu:1"}),
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
