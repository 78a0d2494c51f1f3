// BERT (Devlin et al. 2018): layers that see all positions, the first of which stands for the text.
// Vocabulary, 512 positions and two segments are those of the published models, of heads of 64; all
// tokens are of the first segment.
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/models/transformer.hpp"

namespace motley::workloads {
namespace {

constexpr std::int64_t vocabulary = 30522, most_positions = 512, head_width = 64;

/// Tanh of a dense layer on each text's first position.
TensorId pooled(ModelBuilder& model, TransformerBuilder& build, TensorId x, std::int64_t positions,
                std::int64_t width) {
  x = model.graph().view(x, {model.batch(), positions, width});
  x = model.apply("slice", "first", {x}, {{"margins", fmt::format("0,0;0,{};0,0", positions - 1)}});
  x = build.linear("pooler", model.graph().view(x, {model.batch(), width}), width);
  return model.apply("tanh", "pooled", {x});
}

void bert(ModelBuilder& model) {
  const std::int64_t width = model.integer("hidden", 1, 65536);
  const std::int64_t positions = model.integer("sequence", 1, most_positions);
  const std::int64_t layers = model.integer("layers", 1, 200);
  if (width % head_width != 0) {
    throw BadArgument(fmt::format("hidden={} (each head is {} wide). Try {}.", width, head_width,
                                  (width / head_width + 1) * head_width));
  }
  TransformerBuilder::Form form;
  form.heads = width / head_width;
  form.width = width;
  form.positions = positions;
  form.epsilon = 1e-12;
  form.gelu = "erf";
  TransformerBuilder build(model, form);
  const TensorId tokens = model.input({positions}, DataType::i32);
  const TensorId words = build.table("words", vocabulary);
  TensorId x = build.embed(tokens, words, build.table("positions", most_positions));
  const TensorId segment = model.apply("slice", "segment", {build.table("segments", 2)},
                                       {{"margins", std::string("0,1;0,0")}});
  x = build.add("embedded", x, model.graph().view(segment, {width}));
  x = build.layer_norm("norm", x);
  for (std::int64_t i = 1; i <= layers; ++i) {
    const std::string name = fmt::format("layer{}", i);
    x = build.add(name + "/add1", x, build.attention(name, x));
    x = build.layer_norm(name + "/norm1", x);
    x = build.add(name + "/add2", x, build.feed_forward(name, x));
    x = build.layer_norm(name + "/norm2", x);
  }
  x = pooled(model, build, x, positions, width);
  // Without a head the loss takes the pooled vector for logits.
  const std::int64_t classes = model.integer("classes");
  model.classify(classes > 0 ? build.linear("head", x, classes) : x, "");
}

const ModelRegistration registration([] {
  return ModelFamily{"bert",
                     "BERT (Devlin et al. 2018): 2/128 is tiny, 4/512 small, 8/512 medium, 12/768 "
                     "base",
                     {{"layers", "Of attention and feed-forward", "2"},
                      {"hidden", "Width: 64 for each head", "128"},
                      {"sequence", "Tokens of a text", "128"},
                      {"classes", "Of a head on the pooled vector; 0: none", "0"}},
                     bert};
});

}  // namespace
}  // namespace motley::workloads
