// Networks built from code: a family with parameters becomes a graph. A family is one file that
// registers itself.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "workloads/graph/graph.hpp"

namespace motley::workloads {

struct BuildOptions {
  std::int64_t batch = 1;
  /// Batch norm by batch statistics, dropout, and a loss behind the logits.
  bool training = false;
};

struct Model {
  Graph graph;
  TensorId input = no_tensor;
  TensorId label = no_tensor;   ///< training only
  TensorId output = no_tensor;  ///< logits, or the reconstruction of an autoencoder
  TensorId loss = no_tensor;    ///< training only
  std::string data_set;         ///< glyphs, shapes, ... what it can learn; empty: random data
  std::int64_t positions = 0;   ///< tokens that a decoder's cache holds: one more each run
  bool trains = true;           ///< false: a form for inference alone, refused in training
};

/// What a family sees while it builds: its parameters and shorthands for layers. Activations are
/// named after the layer; `name` may contain '/' to group layers.
class ModelBuilder {
 public:
  ModelBuilder(std::map<std::string, std::string> parameters, const BuildOptions& options);

  std::int64_t batch() const { return options_.batch; }
  bool training() const { return options_.training; }
  /// Throw Error where the text is not what is asked for.
  std::int64_t integer(const std::string& parameter, std::int64_t least = 0,
                       std::int64_t most = 1 << 24) const;
  /// As integer; of the parameter's value `auto`, what the family takes then.
  std::int64_t integer_or(const std::string& parameter, std::int64_t automatic,
                          std::int64_t least = 0, std::int64_t most = 1 << 24) const;
  double number(const std::string& parameter) const;
  const std::string& text(const std::string& parameter) const;

  Graph& graph() { return model_.graph; }
  const TensorType& type(TensorId id) const { return model_.graph.tensor(id).type; }

  /// [batch, height, width, channels] or [batch, features].
  TensorId input(Shape shape_without_batch, DataType dtype = DataType::f32);
  TensorId parameter(const std::string& name, Shape shape, Initializer initializer);

  struct Convolution {
    std::int64_t channels = 0, kernel_height = 1, kernel_width = 1, stride = 1;
    std::int64_t groups = 1, dilation = 1;
    std::int64_t padding = 0;  ///< on all sides; same_padding: as much as keeps ceil(size / stride)
    bool bias = true;
    std::string activation = "none";
  };
  static constexpr std::int64_t same_padding = -1;
  /// A square kernel with half of it as padding: the stride alone makes the image smaller.
  static Convolution square(std::int64_t channels, std::int64_t kernel, std::int64_t stride = 1);
  TensorId convolution(const std::string& name, TensorId x, const Convolution& settings);
  /// Batch norm behind it, which makes a bias useless (some networks have one all the same), and
  /// behind that the activation.
  TensorId convolution_norm(const std::string& name, TensorId x, Convolution settings,
                            const std::string& activation = "relu", bool bias = false);
  TensorId dense(const std::string& name, TensorId x, std::int64_t features, bool bias = true,
                 const std::string& activation = "none");
  TensorId batch_norm(const std::string& name, TensorId x, const std::string& activation = "none",
                      double epsilon = 1e-5);
  /// kind: relu, relu6, gelu, ..., add, global_average_pool: any operator without parameters.
  TensorId apply(const std::string& kind, const std::string& name, std::vector<TensorId> inputs,
                 Attributes attributes = {});
  TensorId max_pool(const std::string& name, TensorId x, std::int64_t window, std::int64_t stride,
                    std::int64_t padding = 0, bool ceil = false);
  TensorId global_average_pool(const std::string& name, TensorId x);   ///< [batch, channels]
  TensorId dropout(const std::string& name, TensorId x, double rate);  ///< at inference x
  TensorId flatten(TensorId x);  ///< [batch, everything else], the same memory

  /// Ends the network: names the logits; in training adds labels [batch] and cross entropy.
  void classify(TensorId logits, const std::string& data_set);
  /// As classify, but the target is the input itself and the loss the mean squared error.
  void reconstruct(TensorId output, const std::string& data_set);
  Model take() { return std::move(model_); }
  Model& model() { return model_; }

 private:
  Model model_;
  std::map<std::string, std::string> parameters_;
  BuildOptions options_;
  std::int64_t dropouts_ = 0;
};

struct FamilyParameter {
  std::string name, summary, fallback;
  std::vector<std::string> studied = {};  ///< what cases measure by default; empty: the fallback
};

struct ModelFamily {
  std::string name;     ///< resnet_cifar
  std::string summary;  ///< one sentence, with the paper
  std::vector<FamilyParameter> parameters;
  std::function<void(ModelBuilder&)> build;
  Tier tier = Tier::full;  ///< the least tier whose runs measure it unasked
};

class ModelRegistration {
 public:
  explicit ModelRegistration(std::function<ModelFamily()> make);
};

/// Sorted by name.
const std::vector<ModelFamily>& model_families();

/// `spec`: family, or family:parameter=value,parameter=value. The graph's name is the spec. Throws
/// UnknownName for a family or parameter that does not exist, Error for impossible values.
Model build_model(const std::string& spec, const BuildOptions& options);

}  // namespace motley::workloads
