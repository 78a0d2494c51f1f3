#include "workloads/models/transformer.hpp"

#include <cmath>
#include <fmt/format.h>

namespace motley::workloads {

TensorId TransformerBuilder::table(const std::string& name, std::int64_t rows) {
  return model_.parameter(name, {rows, form_.width}, {Initializer::Kind::normal, 0.02});
}

TensorId TransformerBuilder::embed(TensorId tokens, TensorId words, TensorId places) {
  const std::int64_t positions = form_.decode ? 1 : form_.positions;
  const std::int64_t rows = model_.type(places).shape[0];
  TensorId x = model_.apply("embedding", "embedding", {words, tokens});
  if (form_.decode) {
    places = model_.apply("row_at_position", "place", {places});
  } else if (rows > positions) {
    places = model_.apply("slice", "places", {places},
                          {{"margins", fmt::format("0,{};0,0", rows - positions)}});
  }
  // All positions of a text as one row: the same is added to each text.
  Graph& graph = model_.graph();
  x = graph.view(x, {model_.batch(), positions * form_.width});
  x = model_.apply("add", "placed", {x, graph.view(places, {positions * form_.width})});
  return graph.view(x, {model_.batch() * positions, form_.width});
}

TensorId TransformerBuilder::linear(const std::string& name, TensorId x, std::int64_t features,
                                    double deviation) {
  const std::int64_t in = model_.type(x).shape[1];
  std::vector<TensorId> inputs = {x, model_.parameter(name + ".weights", {in, features},
                                                      {Initializer::Kind::normal, deviation})};
  if (form_.bias) inputs.push_back(model_.parameter(name + ".bias", {features}, {}));
  return model_.apply("dense", name, inputs);
}

TensorId TransformerBuilder::layer_norm(const std::string& name, TensorId x) {
  const TensorId gamma =
      model_.parameter(name + ".gamma", {form_.width}, {Initializer::Kind::one, 0});
  // Without bias nothing trains beta, and it stays 0.
  const TensorId beta = model_.graph().add_tensor({name + ".beta",
                                                   {{form_.width}},
                                                   form_.bias ? Role::parameter : Role::statistic,
                                                   {},
                                                   no_tensor});
  return model_.apply("layer_norm", name, {x, gamma, beta}, {{"epsilon", form_.epsilon}});
}

TensorId TransformerBuilder::split_heads(const std::string& name, TensorId rows) {
  const std::int64_t depth = form_.width / form_.heads;
  Graph& graph = model_.graph();
  if (form_.decode) return graph.view(rows, {model_.batch(), form_.heads, 1, depth});
  rows = graph.view(rows, {model_.batch(), form_.positions, form_.heads, depth});
  return model_.apply("transpose", name, {rows}, {{"order", "0,2,1,3"}});
}

TensorId TransformerBuilder::merge_heads(const std::string& name, TensorId heads) {
  Graph& graph = model_.graph();
  if (form_.decode) return graph.view(heads, {model_.batch(), form_.width});
  heads = model_.apply("transpose", name, {heads}, {{"order", "0,2,1,3"}});
  return graph.view(heads, {model_.batch() * form_.positions, form_.width});
}

TensorId TransformerBuilder::remembered(const std::string& name, TensorId split) {
  if (!form_.decode) return split;
  Shape shape = model_.type(split).shape;
  shape[2] = form_.positions;
  const TensorId cache =
      model_.graph().add_tensor({name + "_cache", {shape}, Role::state, {}, no_tensor});
  return model_.apply("cache_append", name + "_append", {cache, split});
}

TensorId TransformerBuilder::attention(const std::string& name, TensorId x, double deviation) {
  const auto part = [&](const std::string& which) {
    return split_heads(name + "/" + which + "_heads", linear(name + "/" + which, x, form_.width));
  };
  const TensorId query = part("query");
  const TensorId keys = remembered(name + "/key", part("key"));
  const TensorId values = remembered(name + "/value", part("value"));
  const TensorId scores =
      model_.apply("matmul", name + "/scores", {query, keys}, {{"transpose_b", std::int64_t{1}}});
  const std::int64_t head_width = form_.width / form_.heads;
  Attributes softmax = {{"scale", 1 / std::sqrt(double(head_width))}};
  if (!form_.decode) softmax["causal"] = std::int64_t{form_.causal};
  const TensorId shares = model_.apply(form_.decode ? "softmax_to_position" : "softmax",
                                       name + "/shares", {scores}, softmax);
  x = merge_heads(name + "/merged", model_.apply("matmul", name + "/mix", {shares, values}));
  return linear(name + "/projection", x, form_.width, deviation);
}

TensorId TransformerBuilder::feed_forward(const std::string& name, TensorId x, double deviation) {
  x = linear(name + "/wide", x, 4 * form_.width);
  x = model_.apply("gelu", name + "/gelu", {x}, {{"form", form_.gelu}});
  return linear(name + "/narrow", x, form_.width, deviation);
}

TensorId TransformerBuilder::add(const std::string& name, TensorId a, TensorId b) {
  return model_.apply("add", name, {a, b});
}

}  // namespace motley::workloads
