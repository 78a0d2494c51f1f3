// GoogLeNet (Szegedy et al. 2014): four branches side by side, their channels concatenated. The
// form is torchvision's: batch norm, 3x3 where the paper has 5x5, and none of the two classifiers
// that the paper trains on the way, so that both directions compute the same network.
#include "workloads/models/model.hpp"

namespace motley::workloads {
namespace {

struct Inception {
  const char* name;
  std::int64_t one, reduce3, three, reduce5, five, pooled;
};

TensorId layer(ModelBuilder& model, const std::string& name, TensorId x, std::int64_t channels,
               std::int64_t kernel, std::int64_t stride = 1) {
  auto settings = ModelBuilder::square(channels, kernel, stride);
  settings.bias = false;
  return model.batch_norm(name + ".norm", model.convolution(name, x, settings), "relu", 1e-3);
}

TensorId inception(ModelBuilder& model, TensorId x, const Inception& of) {
  const std::string name = of.name;
  const TensorId one = layer(model, name + "/one", x, of.one, 1);
  const TensorId three =
      layer(model, name + "/three", layer(model, name + "/reduce3", x, of.reduce3, 1), of.three, 3);
  const TensorId five =
      layer(model, name + "/five", layer(model, name + "/reduce5", x, of.reduce5, 1), of.five, 3);
  const TensorId pooled = layer(model, name + "/pooled",
                                model.max_pool(name + "/pool", x, 3, 1, 1, true), of.pooled, 1);
  return model.apply("concatenate", name, {one, three, five, pooled});
}

void build(ModelBuilder& model) {
  const std::int64_t resolution = model.integer("resolution", 32, 4096);
  TensorId x = model.input({resolution, resolution, 3});
  x = model.max_pool("pool1", layer(model, "conv1", x, 64, 7, 2), 3, 2, 0, true);
  x = layer(model, "conv3", layer(model, "conv2", x, 64, 1), 192, 3);
  x = model.max_pool("pool2", x, 3, 2, 0, true);
  for (const Inception& of :
       {Inception{"3a", 64, 96, 128, 16, 32, 32}, {"3b", 128, 128, 192, 32, 96, 64}}) {
    x = inception(model, x, of);
  }
  x = model.max_pool("pool3", x, 3, 2, 0, true);
  for (const Inception& of : {Inception{"4a", 192, 96, 208, 16, 48, 64},
                              {"4b", 160, 112, 224, 24, 64, 64},
                              {"4c", 128, 128, 256, 24, 64, 64},
                              {"4d", 112, 144, 288, 32, 64, 64},
                              {"4e", 256, 160, 320, 32, 128, 128}}) {
    x = inception(model, x, of);
  }
  x = model.max_pool("pool4", x, 2, 2, 0, true);
  for (const Inception& of :
       {Inception{"5a", 256, 160, 320, 32, 128, 128}, {"5b", 384, 192, 384, 48, 128, 128}}) {
    x = inception(model, x, of);
  }
  x = model.dropout("dropout", model.global_average_pool("pool", x), 0.2);
  model.classify(model.dense("dense", x, model.integer("classes", 1)), "");
}

const ModelRegistration registration([] {
  return ModelFamily{
      "googlenet",
      "GoogLeNet (Szegedy et al. 2014) with batch norm, without auxiliary heads",
      {{"resolution", "Pixels on a side", "224"}, {"classes", "To tell apart", "1000"}},
      build};
});

}  // namespace
}  // namespace motley::workloads
