// Does a decoder go on by one token each run, and begin again behind its last position?
#include "workloads/inference.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>

#include "devices/machine.hpp"
#include "harness/error.hpp"
#include "workloads/graph/interpret.hpp"
#include "workloads/network_profile.hpp"

namespace motley::workloads {
namespace {

class Decoder : public testing::TestWithParam<const char*> {};

TEST_P(Decoder, SpeaksWhatTheReferenceDoesAndBeginsAgain) {
  constexpr int context = 6, vocabulary = 17;
  const auto machine = devices::real_machine();
  std::unique_ptr<Processor> processor;
  try {
    processor = machine->open(GetParam());
  } catch (const Unsupported& why) {
    GTEST_SKIP() << why.what();
  }
  const auto queue = processor->queue();
  InferenceOptions options;
  options.model = "gpt:layers=2,heads=2,width=8,vocabulary=17,context=6,decode=1";
  options.batch = 2;
  Inference inference(options, {*processor, *queue, nullptr, nullptr}, first_choice);
  ASSERT_TRUE(inference.decodes());
  Interpreter reference(inference.model().graph, options.seed);
  Values tokens = random_input(inference.model(), options.seed);
  for (int run = 0; run < 2 * context; ++run) {
    SCOPED_TRACE(run);
    reference.values(inference.model().input) = tokens;
    reference.run({{"position", double(run % context)}});
    const Values& expected = reference.values(inference.model().output);
    inference.run();
    inference.execution().finish();
    ASSERT_LE(normalised_error(inference.execution().values(inference.model().output), expected),
              1e-4);
    inference.feed_back();
    for (std::size_t text = 0; text < tokens.size(); ++text) {
      const auto row = expected.begin() + std::ptrdiff_t(text) * vocabulary;
      tokens[text] = double(std::max_element(row, row + vocabulary) - row);
    }
  }
  inference.run();
  inference.reset();
  EXPECT_EQ(inference.scalars().at("position"), 0);
}

TEST(NetworkCheck, ComparesWholeRunsWithWhatOperatorsGaveOneByOne) {
  const auto machine = devices::real_machine();
  const auto processor = machine->open("cpu");
  const auto queue = processor->queue();
  const Places places{*processor, *queue, nullptr, nullptr};
  InferenceOptions options;
  options.model = "gpt:layers=1,heads=2,width=8,vocabulary=17,context=6,decode=1";
  Inference inference(options, places, first_choice);
  const NetworkCheck check(inference);
  for (int times = 0; times < 2; ++times) {
    NetworkCheck::reset(inference);
    inference.run();
    EXPECT_LE(check.error(), 1);
    inference.feed_back();  // another token, another position
    inference.run();
    EXPECT_GT(check.error(), 1);
  }

  TrainingOptions wanted;
  wanted.model = "mlp:widths=6-4-3";
  Training training(wanted, places, first_choice);
  const NetworkCheck first_step(training);
  training.reset();
  EXPECT_GT(first_step.error(), 1) << "nothing was computed";
  training.step();
  EXPECT_LE(first_step.error(), 1);
  training.step();
  EXPECT_GT(first_step.error(), 1);
}

INSTANTIATE_TEST_SUITE_P(Networks, Decoder, testing::Values("cpu", "opencl:0"),
                         [](const auto& one) {
                           return std::string(one.param).substr(0,
                                                                std::string(one.param).find(':'));
                         });

}  // namespace
}  // namespace motley::workloads
