// The networks of MLPerf Tiny (Banbury et al. 2021) that no paper's family covers: DS-CNN, which
// spots keywords in 49 frames of 10 cepstral coefficients, and the autoencoder that finds anomalies
// in five frames of 128 mel bands. Its convolutions and dense layers add a bias before batch norm.
#include <fmt/format.h>

#include "workloads/models/model.hpp"

namespace motley::workloads {
namespace {

void ds_cnn(ModelBuilder& model) {
  ModelBuilder::Convolution stem;
  stem.channels = 64;
  stem.kernel_height = 10;
  stem.kernel_width = 4;
  stem.stride = 2;
  stem.padding = ModelBuilder::same_padding;
  auto depthwise = ModelBuilder::square(64, 3);
  depthwise.groups = 64;
  TensorId x = model.convolution_norm("conv1", model.input({49, 10, 1}), stem, "relu", true);
  for (int block = 1; block <= 4; ++block) {
    const std::string name = fmt::format("block{}", block);
    x = model.convolution_norm(name + "/depthwise", x, depthwise, "relu", true);
    x = model.convolution_norm(name + "/pointwise", x, ModelBuilder::square(64, 1), "relu", true);
  }
  model.classify(model.dense("dense", model.global_average_pool("pool", x), 12), "");
}

void autoencoder(ModelBuilder& model) {
  TensorId x = model.input({640});
  int number = 0;
  for (const std::int64_t width : {128, 128, 128, 128, 8, 128, 128, 128, 128}) {
    const std::string name = fmt::format("dense{}", ++number);
    x = model.batch_norm(name + ".norm", model.dense(name, x, width), "relu");
  }
  model.reconstruct(model.dense("dense10", x, 640), "");
}

const ModelRegistration keywords([] {
  return ModelFamily{"ds_cnn",
                     "DS-CNN for keywords: depthwise separable convolutions (Zhang et al. 2017)",
                     {},
                     ds_cnn};
});
const ModelRegistration anomalies([] {
  return ModelFamily{"autoencoder",
                     "MLPerf Tiny's fully connected autoencoder, 640 to 8 and back",
                     {},
                     autoencoder};
});

}  // namespace
}  // namespace motley::workloads
