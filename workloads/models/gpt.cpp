// GPT-2 (Radford et al. 2019) at any size: predicts the token behind each position, by the same
// table that tokens are embedded with. decode=1 is the same network one token at a time, at the run
// scalar `position`; keys and values of the positions before it lie in a cache.
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/data/grammar.hpp"
#include "workloads/models/transformer.hpp"

namespace motley::workloads {
namespace {

TransformerBuilder::Form form_of(const ModelBuilder& model) {
  TransformerBuilder::Form form;
  form.heads = model.integer("heads", 1, 1024);
  form.width = model.integer("width", 1, 65536);
  form.positions = model.integer("context", 1, 16384);
  form.bias = model.integer("bias", 0, 1) != 0;
  form.decode = model.integer("decode", 0, 1) != 0;
  form.causal = true;
  if (form.width % form.heads != 0) {
    throw BadArgument(fmt::format("width={} (it is shared by {} heads). Try {}.", form.width,
                                  form.heads, (form.width / form.heads + 1) * form.heads));
  }
  if (form.decode && model.training()) {
    throw BadArgument(
        "decode=1 in training (a token alone has nothing to learn from). Train with "
        "decode=0: the parameters are the same.");
  }
  return form;
}

void gpt(ModelBuilder& model) {
  const TransformerBuilder::Form form = form_of(model);
  const std::int64_t layers = model.integer("layers", 1, 200);
  const std::int64_t vocabulary = model.integer("vocabulary", 1);
  TransformerBuilder build(model, form);
  const TensorId tokens = model.input({form.decode ? 1 : form.positions}, DataType::i32);
  const TensorId words = build.table("words", vocabulary);
  TensorId x = build.embed(tokens, words, build.table("positions", form.positions));
  // Two sums in each layer: as many parts, each so much smaller (GPT-2, section 2.3).
  const double deviation = 0.02 / std::sqrt(2.0 * double(layers));
  for (std::int64_t i = 1; i <= layers; ++i) {
    const std::string name = fmt::format("layer{}", i);
    TensorId y = build.layer_norm(name + "/norm1", x);
    x = build.add(name + "/add1", x, build.attention(name, y, deviation));
    y = build.layer_norm(name + "/norm2", x);
    x = build.add(name + "/add2", x, build.feed_forward(name, y, deviation));
  }
  x = build.layer_norm("norm", x);
  const TensorId logits =
      model.apply("matmul", "head", {x, words}, {{"transpose_b", std::int64_t{1}}});
  const bool can_read = vocabulary >= std::int64_t(Grammar::alphabet().size());
  model.classify(logits, can_read ? "grammar" : "");
  model.model().trains = !form.decode;
  if (!form.decode) return;
  model.graph().scalars["position"] = 0;
  model.model().positions = form.positions;
}

const ModelRegistration registration([] {
  return ModelFamily{"gpt",
                     "GPT-2 (Radford et al. 2019), nano at first; decode=1: token by token with a "
                     "key-value cache",
                     {{"layers", "Of attention and feed-forward", "3"},
                      {"heads", "Of attention", "3"},
                      {"width", "A multiple of the heads", "48"},
                      {"vocabulary", "Tokens that there are", "65"},
                      {"context", "Tokens that it sees", "128"},
                      {"bias", "0 or 1: dense layers and layer norm add one", "1"},
                      {"decode", "1: one token in, the others in a cache; inference alone", "0"}},
                     gpt};
});

}  // namespace
}  // namespace motley::workloads
