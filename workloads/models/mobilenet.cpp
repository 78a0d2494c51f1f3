// MobileNets: a depthwise and a 1x1 convolution instead of a full one (Howard et al. 2017), and
// with shortcuts between narrow layers (Sandler et al. 2018). `width` multiplies all channels.
#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/models/model.hpp"

namespace motley::workloads {
namespace {

double width_of(const ModelBuilder& model) {
  const double width = model.number("width");
  if (width <= 8) return width;
  throw BadArgument(fmt::format("width={} (channels are multiplied with it; 8 is the most). Try 1.",
                                model.text("width")));
}

ModelBuilder::Convolution depthwise(std::int64_t channels, std::int64_t stride) {
  ModelBuilder::Convolution settings = ModelBuilder::square(channels, 3, stride);
  settings.groups = channels;
  return settings;
}

/// Padded as TensorFlow does, where MobileNetV1 comes from.
ModelBuilder::Convolution same(ModelBuilder::Convolution settings) {
  settings.padding = ModelBuilder::same_padding;
  return settings;
}

void mobilenet_v1(ModelBuilder& model) {
  const double width = width_of(model);
  const std::int64_t resolution = model.integer("resolution", 32, 4096);
  const std::int64_t classes = model.integer_or("classes", resolution == 32 ? 10 : 1000, 1);
  const bool wake_words = width == 0.25 && resolution == 96 && classes == 2;
  const bool bias = model.integer_or("bias", wake_words, 0, 1) != 0;
  const auto scaled = [&](int channels) {
    return std::max<std::int64_t>(8, static_cast<std::int64_t>(channels * width));
  };
  const auto layer = [&](const std::string& name, TensorId x,
                         const ModelBuilder::Convolution& settings) {
    return model.convolution_norm(name, x, same(settings), "relu6", bias);
  };
  struct Block {
    int channels;
    std::int64_t stride;
  };
  const Block blocks[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                          {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  TensorId x = model.input({resolution, resolution, 3});
  x = layer("conv1", x, ModelBuilder::square(scaled(32), 3, 2));
  int number = 0;
  for (const Block& block : blocks) {
    const std::string name = fmt::format("block{}", ++number);
    x = layer(name + "/depthwise", x, depthwise(model.type(x).shape[3], block.stride));
    x = layer(name + "/pointwise", x, ModelBuilder::square(scaled(block.channels), 1));
  }
  x = model.global_average_pool("pool", x);
  model.classify(model.dense("dense", x, classes),
                 resolution == 32 && classes >= 10 ? "shapes" : "");
}

/// To a multiple of 8, but not by more than a tenth down.
std::int64_t rounded(double channels) {
  const std::int64_t near = std::max<std::int64_t>(8, std::int64_t(channels + 4) / 8 * 8);
  return double(near) < 0.9 * channels ? near + 8 : near;
}

TensorId inverted_residual(ModelBuilder& model, const std::string& name, TensorId x,
                           std::int64_t expansion, std::int64_t channels, std::int64_t stride) {
  const std::int64_t in = model.type(x).shape[3];
  TensorId y = x;
  if (expansion > 1) {
    y = model.convolution_norm(name + "/expand", y, ModelBuilder::square(in * expansion, 1),
                               "relu6");
  }
  y = model.convolution_norm(name + "/depthwise", y, depthwise(in * expansion, stride), "relu6");
  y = model.convolution_norm(name + "/project", y, ModelBuilder::square(channels, 1), "none");
  return stride == 1 && in == channels ? model.apply("add", name + "/add", {y, x}) : y;
}

void mobilenet_v2(ModelBuilder& model) {
  const double width = width_of(model);
  const std::int64_t resolution = model.integer("resolution", 32, 4096);
  const bool small = resolution == 32;
  const std::int64_t classes = model.integer_or("classes", small ? 10 : 1000, 1);
  struct Stage {
    std::int64_t expansion;
    int channels, blocks;
    std::int64_t stride;
  };
  const Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, small ? 1 : 2},
                          {6, 32, 3, 2}, {6, 64, 4, 2},
                          {6, 96, 3, 1}, {6, 160, 3, 2},
                          {6, 320, 1, 1}};
  TensorId x = model.input({resolution, resolution, 3});
  x = model.convolution_norm("conv1", x,
                             ModelBuilder::square(rounded(32 * width), 3, small ? 1 : 2), "relu6");
  int number = 0;
  for (const Stage& stage : stages) {
    for (int i = 0; i < stage.blocks; ++i) {
      x = inverted_residual(model, fmt::format("block{}", ++number), x, stage.expansion,
                            rounded(stage.channels * width), i == 0 ? stage.stride : 1);
    }
  }
  const std::int64_t last = rounded(1280 * std::max(1.0, width));
  x = model.convolution_norm("conv2", x, ModelBuilder::square(last, 1), "relu6");
  x = model.global_average_pool("pool", x);
  model.classify(model.dense("dense", model.dropout("dropout", x, 0.2), classes),
                 small && classes >= 10 ? "shapes" : "");
}

FamilyParameter width() {
  return {"width", "All channels are multiplied with it", "1.0"};
}
FamilyParameter resolution() {
  return {"resolution", "Pixels on a side", "224"};
}
FamilyParameter classes() {
  return {"classes", "auto: 1000, of 32x32 images 10", "auto"};
}

const ModelRegistration first([] {
  return ModelFamily{
      "mobilenet_v1",
      "MobileNetV1 (Howard et al. 2017)",
      {width(),
       resolution(),
       classes(),
       {"bias",
        "1: convolutions add a bias before batch norm; auto: in MLPerf Tiny's visual wake words "
        "(0.25, 96, 2 classes) alone",
        "auto"}},
      mobilenet_v1};
});
const ModelRegistration second([] {
  return ModelFamily{"mobilenet_v2",
                     "MobileNetV2 (Sandler et al. 2018); 32x32: two strides fewer",
                     {width(), resolution(), classes()},
                     mobilenet_v2};
});

}  // namespace
}  // namespace motley::workloads
