// Are the networks those of the literature? Parameters and multiplications of each equal the golden
// rows exactly; those of a training step come from the differentiated graph, so that a gradient too
// many or too few shows.
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>

#include "workloads/description.hpp"

namespace motley::workloads {
namespace {

const std::map<std::string, std::string> specs = {
    {"linear_784_10", "mlp:widths=784-10"},
    {"linear_svm_a9a", "mlp:widths=123-1"},
    {"mlp_784_500_10", "mlp:widths=784-500-10"},
    {"mlp_784_256_128_10", "mlp:widths=784-256-128-10"},
    {"mlp_784_1024_1024_10", "mlp:widths=784-1024-1024-10"},
    {"lenet5_modern", "lenet5"},
    {"lenet_caffe", "caffe_lenet"},
    {"resnet8_tiny", "resnet8"},
    {"resnet20_cifar_a", "resnet_cifar:depth=20,shortcut=A"},
    {"resnet20_cifar_b", "resnet_cifar:depth=20,shortcut=B"},
    {"resnet18_224", "resnet18"},
    {"resnet18_cifar", "resnet18:resolution=32"},
    {"mobilenet_v1_100_224", "mobilenet_v1:width=1.0,resolution=224,classes=1000"},
    {"mobilenet_v1_025_96_vww", "mobilenet_v1:width=0.25,resolution=96,classes=2"},
    {"mobilenet_v1_100_32", "mobilenet_v1:width=1.0,resolution=32,classes=10"},
    {"mobilenet_v2_100_224", "mobilenet_v2:width=1.0,resolution=224"},
    {"mobilenet_v2_cifar", "mobilenet_v2:width=1.0,resolution=32"},
    {"squeezenet_10", "squeezenet:version=1.0"},
    {"squeezenet_11", "squeezenet:version=1.1"},
    {"alexnet_tv", "alexnet"},
    {"ds_cnn_kws", "ds_cnn"},
    {"fc_autoencoder", "autoencoder"},
    {"bert_tiny", "bert:layers=2,hidden=128,sequence=128"},
    {"bert_small", "bert:layers=4,hidden=512,sequence=128"},
    {"bert_medium", "bert:layers=8,hidden=512,sequence=128"},
    {"bert_base", "bert:layers=12,hidden=768,sequence=128"},
    {"gpt_nano", "gpt:layers=3,heads=3,width=48,vocabulary=65,context=128"},
    {"gpt_mini", "gpt:layers=6,heads=6,width=192,vocabulary=65,context=256"},
    {"nanogpt_char", "gpt:layers=6,heads=6,width=384,vocabulary=65,context=256,bias=0"},
    {"gpt2_small", "gpt:layers=12,heads=12,width=768,vocabulary=50257,context=1024"}};

TEST(GoldenModels, HaveExactlyTheseParametersAndMultiplications) {
  std::ifstream file(MOTLEY_SOURCE_FOLDER "/workloads/models/testdata/golden_models.json");
  const auto models = nlohmann::json::parse(file).at("models");
  EXPECT_EQ(models.size(), specs.size());
  for (const auto& golden : models) {
    const std::string& spec = specs.at(golden.at("id").get<std::string>());
    SCOPED_TRACE(spec);
    const ModelDescription found = describe_model(spec, 1);
    EXPECT_EQ(found.parameters, golden.at("params").get<double>());
    EXPECT_EQ(found.forward_macs, golden.at("forward_macs").get<double>());
    EXPECT_EQ(found.training_macs, golden.at("train_macs").get<double>());
  }
}

TEST(GoldenModels, CountsAreOfOneSampleWhateverTheBatch) {
  for (const char* spec : {"resnet8", "bert", "gpt", "squeezenet"}) {
    SCOPED_TRACE(spec);
    const ModelDescription one = describe_model(spec, 1), eight = describe_model(spec, 8);
    EXPECT_EQ(one.parameters, eight.parameters);
    EXPECT_EQ(one.forward_macs, eight.forward_macs);
    EXPECT_EQ(one.training_macs, eight.training_macs);
  }
}

/// num_params of torchvision's weights (googlenet: of the network without auxiliary heads), and
/// their _ops, which are thousands of millions of multiplications.
TEST(GoldenModels, MatchTorchvisionWhereThereIsNoGoldenRow) {
  struct Row {
    const char* spec;
    double parameters, thousand_million_macs;
  };
  for (const Row& row : {Row{"googlenet", 6'624'904, 1.498},
                         {"vgg16", 138'357'544, 15.47},
                         {"resnet18", 11'689'512, 1.814}}) {
    SCOPED_TRACE(row.spec);
    const ModelDescription found = describe_model(row.spec, 1);
    EXPECT_EQ(found.parameters, row.parameters);
    EXPECT_NEAR(found.forward_macs / 1e9, row.thousand_million_macs, 0.001);
  }
}

}  // namespace
}  // namespace motley::workloads
