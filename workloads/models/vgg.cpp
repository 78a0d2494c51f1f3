// AlexNet (Krizhevsky 2014, the one-column form that torchvision has) and VGG-16 (Simonyan and
// Zisserman 2014): plain convolutions, and dense layers that hold nearly all parameters.
#include <fmt/format.h>

#include "workloads/models/model.hpp"

namespace motley::workloads {
namespace {

TensorId input(ModelBuilder& model, std::int64_t least) {
  const std::int64_t resolution = model.integer("resolution", least, 4096);
  return model.input({resolution, resolution, 3});
}

TensorId layer(ModelBuilder& model, const std::string& name, TensorId x,
               ModelBuilder::Convolution settings) {
  settings.activation = "relu";
  return model.convolution(name, x, settings);
}

void alexnet(ModelBuilder& model) {
  auto stem = ModelBuilder::square(64, 11, 4);
  stem.padding = 2;
  TensorId x = layer(model, "conv1", input(model, 63), stem);
  x = layer(model, "conv2", model.max_pool("pool1", x, 3, 2), ModelBuilder::square(192, 5));
  x = layer(model, "conv3", model.max_pool("pool2", x, 3, 2), ModelBuilder::square(384, 3));
  x = layer(model, "conv4", x, ModelBuilder::square(256, 3));
  x = layer(model, "conv5", x, ModelBuilder::square(256, 3));
  x = model.dropout("dropout1", model.flatten(model.max_pool("pool5", x, 3, 2)), 0.5);
  x = model.dropout("dropout2", model.dense("dense1", x, 4096, true, "relu"), 0.5);
  x = model.dense("dense2", x, 4096, true, "relu");
  model.classify(model.dense("dense3", x, model.integer("classes", 1)), "");
}

void vgg16(ModelBuilder& model) {
  TensorId x = input(model, 32);
  struct Stage {
    std::int64_t channels;
    int convolutions;
  };
  int stage = 0;
  for (const Stage& of : {Stage{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}) {
    ++stage;
    for (int i = 1; i <= of.convolutions; ++i) {
      x = layer(model, fmt::format("conv{}_{}", stage, i), x, ModelBuilder::square(of.channels, 3));
    }
    x = model.max_pool(fmt::format("pool{}", stage), x, 2, 2);
  }
  x = model.dense("dense1", model.flatten(x), 4096, true, "relu");
  x = model.dense("dense2", model.dropout("dropout1", x, 0.5), 4096, true, "relu");
  x = model.dropout("dropout2", x, 0.5);
  model.classify(model.dense("dense3", x, model.integer("classes", 1)), "");
}

std::vector<FamilyParameter> parameters() {
  return {{"resolution", "Pixels on a side: the dense layers grow with it", "224"},
          {"classes", "To tell apart", "1000"}};
}

const ModelRegistration alex([] {
  return ModelFamily{"alexnet", "AlexNet in one column (Krizhevsky 2014)", parameters(), alexnet};
});
const ModelRegistration vgg([] {
  return ModelFamily{"vgg16", "VGG-16 (Simonyan and Zisserman 2014)", parameters(), vgg16};
});

}  // namespace
}  // namespace motley::workloads
