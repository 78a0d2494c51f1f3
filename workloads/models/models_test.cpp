// Every family: builds at small and large parameters, in both directions; refuses what cannot be;
// and, where a small form is quick in double precision, computes the gradient of its own loss:
// along random directions through all parameters the loss changes as the gradient says.
#include <cmath>
#include <gtest/gtest.h>
#include <set>

#include "harness/error.hpp"
#include "harness/random.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/graph/interpret.hpp"
#include "workloads/models/model.hpp"
#include "workloads/training.hpp"

namespace motley::workloads {
namespace {

constexpr std::uint64_t seed = 3;

TEST(Models, BuildAndDifferentiateInEachFamily) {
  const std::vector<std::string> more = {"resnet_cifar:depth=8,shortcut=B",
                                         "resnet18:resolution=32,classes=3",
                                         "resnet18:resolution=64",
                                         "mobilenet_v1:width=0.1,resolution=33,classes=1,bias=1",
                                         "mobilenet_v2:width=0.35,resolution=96",
                                         "mobilenet_v2:width=0.1,resolution=32,classes=2",
                                         "squeezenet:version=1.0,resolution=64,classes=5",
                                         "googlenet:resolution=64,classes=5",
                                         "vgg16:resolution=32,classes=5",
                                         "alexnet:resolution=63,classes=5",
                                         "bert:layers=1,hidden=64,sequence=1",
                                         "bert:layers=1,hidden=64,sequence=512,classes=3",
                                         "gpt:layers=1,heads=1,width=1,vocabulary=1,context=1",
                                         "gpt:layers=2,heads=4,width=8,vocabulary=9,bias=0"};
  std::vector<std::string> specs = more;
  for (const ModelFamily& family : model_families()) specs.push_back(family.name);
  std::set<std::string> families;
  for (const std::string& spec : specs) {
    SCOPED_TRACE(spec);
    families.insert(spec.substr(0, spec.find(':')));
    const Model inference = build_model(spec, {2, false});
    EXPECT_EQ(inference.graph.tensor(inference.graph.root(inference.output)).role, Role::output);
    for (const Operator& op : inference.graph.operators()) EXPECT_NE(op.kind, "dropout");
    Model training = build_model(spec, {2, true});
    EXPECT_NO_THROW(differentiate(training.graph, training.loss));
  }
  EXPECT_EQ(families.size(), model_families().size());
}

TEST(Models, NamesOfOperatorsAndParametersAreUnique) {
  for (const ModelFamily& family : model_families()) {
    SCOPED_TRACE(family.name);
    const Model model = training_model({family.name, 1, {}, 0.1, Residency::resident, seed});
    std::set<std::string> names, parameters;
    for (const Operator& op : model.graph.operators()) {
      EXPECT_TRUE(names.insert(op.name).second) << op.name;
    }
    for (const Tensor& tensor : model.graph.tensors()) {
      if (tensor.role != Role::parameter || tensor.view_of != no_tensor) continue;
      EXPECT_TRUE(parameters.insert(tensor.name).second) << tensor.name;
    }
  }
}

void expect_refusal(const std::string& spec, const std::string& word) {
  try {
    build_model(spec, {1, true});
    ADD_FAILURE() << spec << " was built";
  } catch (const BadArgument& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find(word), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(Models, RefuseWhatCannotBe) {
  expect_refusal("resnet_cifar:depth=21", "depth=21");
  expect_refusal("resnet_cifar:depth=2", "depth=2");
  expect_refusal("resnet_cifar:shortcut=C", "C");
  expect_refusal("resnet18:resolution=16", "resolution=16");
  expect_refusal("resnet18:classes=0", "classes=0");
  expect_refusal("mobilenet_v1:width=0", "width=0");
  expect_refusal("mobilenet_v2:width=-1", "width=-1");
  expect_refusal("mobilenet_v2:width=100", "width=100");
  expect_refusal("mobilenet_v1:resolution=x", "resolution=x");
  expect_refusal("squeezenet:version=2", "2");
  expect_refusal("alexnet:resolution=62", "resolution=62");
  expect_refusal("vgg16:resolution=31", "resolution=31");
  expect_refusal("bert:hidden=100", "hidden=100");
  expect_refusal("bert:sequence=513", "sequence=513");
  expect_refusal("bert:layers=0", "layers=0");
  expect_refusal("mlp:bias=2", "bias=2");
  expect_refusal("gpt:heads=5", "width=48");
  expect_refusal("gpt:width=0", "width=0");
  expect_refusal("gpt:vocabulary=0", "vocabulary=0");
  expect_refusal("gpt:decode=1", "decode=1");
  expect_refusal("gpt:depth=2", "depth");
}

/// A direction for each parameter: each element of it a random number in [-1, 1).
Values direction(const Tensor& parameter, TensorId id, std::uint64_t which) {
  return random_values(parameter.type, {}, seed + which, id);
}

class EachNetwork : public testing::TestWithParam<const char*> {
 protected:
  EachNetwork() : model_(build_model(GetParam(), {4, true})) {
    operators_ = model_.graph.operators().size();
    gradients_ = differentiate(model_.graph, model_.loss);
  }

  Interpreter start() const {
    Interpreter run(model_.graph, seed);
    run.values(model_.input) = random_input(model_, seed);
    if (model_.label != no_tensor) run.values(model_.label) = random_labels(model_, seed);
    return run;
  }

  double loss_moved(std::uint64_t which, double by) const {
    Interpreter run = start();
    for (const auto& [parameter, gradient] : gradients_) {
      const Values way = direction(model_.graph.tensor(parameter), parameter, which);
      Values& values = run.values(parameter);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += by * way[i];
    }
    run.run(model_.graph.scalars, operators_);
    return run.values(model_.loss)[0];
  }

  Model model_;
  std::size_t operators_ = 0;
  std::map<TensorId, TensorId> gradients_;
};

TEST_P(EachNetwork, HasTheGradientThatTheLossShows) {
  Interpreter run = start();
  run.run(model_.graph.scalars);
  ASSERT_TRUE(std::isfinite(run.values(model_.loss)[0]));
  for (const std::uint64_t which : {0, 1}) {
    double expected = 0, sizes = 0;
    for (const auto& [parameter, gradient] : gradients_) {
      const Values way = direction(model_.graph.tensor(parameter), parameter, which);
      for (std::size_t i = 0; i < way.size(); ++i) {
        expected += way[i] * run.values(gradient)[i];
        sizes += std::abs(way[i] * run.values(gradient)[i]);
      }
    }
    // Small: every ReLU on whose other side a step ends makes an error, and networks have many.
    const double step = 1e-9;
    const double found = (loss_moved(which, step) - loss_moved(which, -step)) / (2 * step);
    EXPECT_NEAR(found, expected, 1e-4 * std::abs(expected) + 1e-7 * sizes);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, EachNetwork,
    testing::Values("mlp:widths=12-9-7", "mlp:widths=12-9-7,bias=0", "lenet5", "caffe_lenet",
                    "resnet8", "ds_cnn", "autoencoder", "mobilenet_v1:width=0.1,resolution=32",
                    "googlenet:resolution=32,classes=4", "resnet_cifar:depth=8,shortcut=A",
                    "mobilenet_v2:width=0.1,resolution=32", "squeezenet:resolution=32,classes=4",
                    "bert:layers=2,hidden=64,sequence=8,classes=3", "gpt:context=16",
                    "gpt:context=8,bias=0"),
    [](const auto& one) {
      std::string name = one.param;
      for (char& c : name) {
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      }
      return name;
    });

/// Token by token, each position's logits are those that the whole context gives.
TEST(Models, DecodingGivesTheLogitsOfTheWholeContext) {
  const std::string spec = "gpt:layers=2,heads=3,width=12,vocabulary=17,context=6";
  const Model whole = build_model(spec, {2, false});
  const Model single = build_model(spec + ",decode=1", {2, false});
  Interpreter all(whole.graph, seed), one(single.graph, seed);
  const Values tokens = random_input(whole, seed);
  all.values(whole.input) = tokens;
  all.run(whole.graph.scalars);
  const Values& logits = all.values(whole.output);
  for (std::size_t position = 0; position < 6; ++position) {
    one.values(single.input) = {tokens[position], tokens[6 + position]};
    one.run({{"position", double(position)}});
    const Values& now = one.values(single.output);
    for (std::size_t i = 0; i < now.size(); ++i) {
      const std::size_t text = i / 17, column = i % 17;
      EXPECT_NEAR(now[i], logits[(text * 6 + position) * 17 + column], 1e-12);
    }
  }
}

}  // namespace
}  // namespace motley::workloads
