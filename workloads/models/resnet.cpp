// Residual networks: those for 32x32 images of 6n + 2 layers (He et al. 2015, section 4.2), MLPerf
// Tiny's ResNet-8, and ResNet-18. Where a block makes the image smaller its shortcut is either
// subsampled and filled up with zero channels (option A) or a 1x1 convolution (option B).
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/models/model.hpp"

namespace motley::workloads {
namespace {

enum class Shortcut { pad, projection, projection_without_norm };

struct Form {
  Shortcut shortcut = Shortcut::projection;
  bool bias = false;  ///< of the convolutions
};

TensorId shortcut(ModelBuilder& model, const std::string& name, TensorId x, std::int64_t channels,
                  std::int64_t stride, const Form& form) {
  const std::int64_t in = model.type(x).shape[3];
  if (stride == 1 && in == channels) return x;
  const auto settings = ModelBuilder::square(channels, 1, stride);
  switch (form.shortcut) {
    case Shortcut::projection:
      return model.convolution_norm(name, x, settings, "none", form.bias);
    case Shortcut::projection_without_norm:
      return model.convolution(name, x, settings);
    case Shortcut::pad:
      break;
  }
  const std::int64_t before = (channels - in) / 2;
  x = model.apply("subsample", name + ".subsample", {x}, {{"stride", stride}});
  return model.apply(
      "pad", name, {x},
      {{"margins", fmt::format("0,0;0,0;0,0;{},{}", before, channels - in - before)}});
}

TensorId block(ModelBuilder& model, const std::string& name, TensorId x, std::int64_t channels,
               std::int64_t stride, const Form& form) {
  TensorId y = model.convolution_norm(name + "/conv1", x, ModelBuilder::square(channels, 3, stride),
                                      "relu", form.bias);
  y = model.convolution_norm(name + "/conv2", y, ModelBuilder::square(channels, 3), "none",
                             form.bias);
  x = shortcut(model, name + "/shortcut", x, channels, stride, form);
  return model.apply("relu", name + "/relu", {model.apply("add", name + "/add", {y, x})});
}

/// Stages of `blocks` each; all but the first halve the image and double the channels.
TensorId stages(ModelBuilder& model, TensorId x, std::int64_t channels, int count,
                std::int64_t blocks, const Form& form) {
  for (int stage = 1; stage <= count; ++stage, channels *= 2) {
    for (std::int64_t i = 1; i <= blocks; ++i) {
      x = block(model, fmt::format("stage{}/block{}", stage, i), x, channels,
                stage > 1 && i == 1 ? 2 : 1, form);
    }
  }
  return model.global_average_pool("pool", x);
}

void for_small_images(ModelBuilder& model, std::int64_t blocks, const Form& form) {
  TensorId x = model.input({32, 32, 3});
  x = model.convolution_norm("conv1", x, ModelBuilder::square(16, 3), "relu", form.bias);
  model.classify(model.dense("dense", stages(model, x, 16, 3, blocks, form), 10), "shapes");
}

void resnet_cifar(ModelBuilder& model) {
  const std::int64_t depth = model.integer("depth", 8, 1202);
  if (depth % 6 != 2) {
    throw BadArgument(
        fmt::format("depth={} (three stages of blocks of two layers and two layers more make 6n + "
                    "2). Try {} or {}.",
                    depth, depth - (depth + 4) % 6, depth - (depth + 4) % 6 + 6));
  }
  const std::string& option = model.text("shortcut");
  if (option != "A" && option != "B") throw UnknownName("shortcut", option, {"A", "B"});
  Form form;
  form.shortcut = option == "A" ? Shortcut::pad : Shortcut::projection;
  for_small_images(model, (depth - 2) / 6, form);
}

void resnet8(ModelBuilder& model) {
  for_small_images(model, 1, {Shortcut::projection_without_norm, true});
}

void resnet18(ModelBuilder& model) {
  const std::int64_t resolution = model.integer("resolution", 32, 4096);
  const bool small = resolution == 32;
  TensorId x = model.input({resolution, resolution, 3});
  x = model.convolution_norm("conv1", x, ModelBuilder::square(64, small ? 3 : 7, small ? 1 : 2));
  if (!small) x = model.max_pool("pool1", x, 3, 2, 1);
  const std::int64_t classes = model.integer_or("classes", small ? 10 : 1000, 1);
  model.classify(model.dense("dense", stages(model, x, 64, 4, 2, {}), classes),
                 small ? "shapes" : "");
}

const ModelRegistration cifar([] {
  return ModelFamily{"resnet_cifar",
                     "Residual network for 32x32 images (He et al. 2015)",
                     {{"depth", "Layers: 6n + 2", "20"},
                      {"shortcut", "Where the size changes: A pads, B projects", "A"}},
                     resnet_cifar};
});
const ModelRegistration tiny([] {
  return ModelFamily{"resnet8", "MLPerf Tiny's ResNet-8 for 32x32 images", {}, resnet8};
});
const ModelRegistration eighteen([] {
  return ModelFamily{"resnet18",
                     "ResNet-18 (He et al. 2015); 32x32: with a 3x3 stem and no max pooling",
                     {{"resolution", "Pixels on a side", "224"},
                      {"classes", "auto: 1000, of 32x32 images 10", "auto"}},
                     resnet18};
});

}  // namespace
}  // namespace motley::workloads
