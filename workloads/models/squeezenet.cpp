// SqueezeNet (Iandola et al. 2016): few parameters, many small convolutions, and no dense layer.
// Version 1.1 computes as much with a third of the multiplications: it pools earlier.
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/models/model.hpp"

namespace motley::workloads {
namespace {

TensorId relu(ModelBuilder& model, const std::string& name, TensorId x, std::int64_t channels,
              std::int64_t kernel) {
  auto settings = ModelBuilder::square(channels, kernel);
  settings.activation = "relu";
  return model.convolution(name, x, settings);
}

TensorId fire(ModelBuilder& model, const std::string& name, TensorId x, std::int64_t squeezed,
              std::int64_t expanded) {
  x = relu(model, name + "/squeeze", x, squeezed, 1);
  return model.apply("concatenate", name,
                     {relu(model, name + "/expand1", x, expanded, 1),
                      relu(model, name + "/expand3", x, expanded, 3)});
}

struct Fire {
  std::int64_t squeezed, expanded;
  bool pooled = false;  ///< before it
};

void build(ModelBuilder& model) {
  const std::string& version = model.text("version");
  if (version != "1.0" && version != "1.1") {
    throw UnknownName("version of squeezenet", version, {"1.0", "1.1"});
  }
  const bool first = version == "1.0";
  const std::int64_t resolution = model.integer("resolution", 32, 4096);
  auto stem = ModelBuilder::square(first ? 96 : 64, first ? 7 : 3, 2);
  stem.padding = 0;
  stem.activation = "relu";
  const std::vector<Fire> fires =
      first ? std::vector<Fire>{{16, 64, true}, {16, 64},  {32, 128}, {32, 128, true},
                                {48, 192},      {48, 192}, {64, 256}, {64, 256, true}}
            : std::vector<Fire>{{16, 64, true},  {16, 64},  {32, 128, true}, {32, 128},
                                {48, 192, true}, {48, 192}, {64, 256},       {64, 256}};
  TensorId x = model.convolution("conv1", model.input({resolution, resolution, 3}), stem);
  int number = 1, pools = 0;
  for (const Fire& one : fires) {
    if (one.pooled) x = model.max_pool(fmt::format("pool{}", ++pools), x, 3, 2, 0, true);
    x = fire(model, fmt::format("fire{}", ++number), x, one.squeezed, one.expanded);
  }
  x = model.dropout("dropout", x, 0.5);
  x = relu(model, "conv10", x, model.integer("classes", 1), 1);
  model.classify(model.global_average_pool("pool", x), "");
}

const ModelRegistration registration([] {
  return ModelFamily{"squeezenet",
                     "SqueezeNet (Iandola et al. 2016)",
                     {{"version", "1.0 or 1.1", "1.1"},
                      {"resolution", "Pixels on a side", "224"},
                      {"classes", "To tell apart", "1000"}},
                     build};
});

}  // namespace
}  // namespace motley::workloads
