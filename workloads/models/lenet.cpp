// LeNet in the two forms that people mean by the name: the modern LeNet-5 (LeCun et al. 1998 with
// ReLU, max pooling and a dense C3) and Caffe's, which MNN's training demonstration uses too.
#include "workloads/models/model.hpp"

namespace motley::workloads {
namespace {

ModelBuilder::Convolution convolution(std::int64_t channels, std::int64_t padding,
                                      const char* activation) {
  ModelBuilder::Convolution settings;
  settings.channels = channels;
  settings.kernel_height = settings.kernel_width = 5;
  settings.padding = padding;
  settings.activation = activation;
  return settings;
}

void lenet5(ModelBuilder& model) {
  TensorId x = model.input({28, 28, 1});
  x = model.convolution("conv1", x, convolution(6, 2, "relu"));
  x = model.max_pool("pool1", x, 2, 2);
  x = model.convolution("conv2", x, convolution(16, 0, "relu"));
  x = model.flatten(model.max_pool("pool2", x, 2, 2));
  x = model.dense("dense1", x, 120, true, "relu");
  x = model.dense("dense2", x, 84, true, "relu");
  model.classify(model.dense("dense3", x, 10), "glyphs");
}

void caffe_lenet(ModelBuilder& model) {
  TensorId x = model.input({28, 28, 1});
  x = model.max_pool("pool1", model.convolution("conv1", x, convolution(20, 0, "none")), 2, 2);
  x = model.max_pool("pool2", model.convolution("conv2", x, convolution(50, 0, "none")), 2, 2);
  x = model.dense("dense1", model.flatten(x), 500, true, "relu");
  model.classify(model.dense("dense2", x, 10), "glyphs");
}

const ModelRegistration modern([] {
  return ModelFamily{
      "lenet5", "LeNet-5 with ReLU and max pooling on 28x28 images", {}, lenet5, Tier::smoke};
});
const ModelRegistration caffe([] {
  return ModelFamily{"caffe_lenet", "Caffe's LeNet: 20-50-500-10 on 28x28 images", {}, caffe_lenet};
});

}  // namespace
}  // namespace motley::workloads
