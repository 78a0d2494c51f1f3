// The parts of which BERT and GPT are made. Between them positions are rows: [batch * positions,
// width], as dense layers take them.
#pragma once

#include "workloads/models/model.hpp"

namespace motley::workloads {

class TransformerBuilder {
 public:
  struct Form {
    std::int64_t heads = 1, width = 0, positions = 0;
    bool bias = true;           ///< of dense layers and of layer norm
    double epsilon = 1e-5;      ///< of layer norm
    std::string gelu = "tanh";  ///< or erf
    bool causal = false;
    /// One position at a time, the run scalar `position`: keys and values of those before it come
    /// from a cache.
    bool decode = false;
  };
  TransformerBuilder(ModelBuilder& model, const Form& form) : model_(model), form_(form) {}

  /// Table [rows, width].
  TensorId table(const std::string& name, std::int64_t rows);
  /// The rows of `words` that the input's tokens name, plus a row of `places` for each position.
  TensorId embed(TensorId tokens, TensorId words, TensorId places);
  TensorId linear(const std::string& name, TensorId x, std::int64_t features,
                  double deviation = 0.02);
  TensorId layer_norm(const std::string& name, TensorId x);
  /// Self-attention with its projection behind it (Vaswani et al. 2017).
  TensorId attention(const std::string& name, TensorId x, double deviation = 0.02);
  /// Four times as wide inside.
  TensorId feed_forward(const std::string& name, TensorId x, double deviation = 0.02);
  TensorId add(const std::string& name, TensorId a, TensorId b);

 private:
  /// [batch, heads, positions, width / heads].
  TensorId split_heads(const std::string& name, TensorId rows);
  TensorId merge_heads(const std::string& name, TensorId heads);
  /// `split`, or the cache of all positions with it.
  TensorId remembered(const std::string& name, TensorId split);

  ModelBuilder& model_;
  Form form_;
};

}  // namespace motley::workloads
