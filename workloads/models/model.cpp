#include "workloads/models/model.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

std::vector<std::function<ModelFamily()>>& registered() {
  static std::vector<std::function<ModelFamily()>> all;
  return all;
}

/// He et al. 2015 for layers in front of a ReLU; uniform as in most frameworks.
Initializer he_uniform(std::int64_t fan_in) {
  return {Initializer::Kind::uniform, std::sqrt(6.0 / double(fan_in))};
}

const ModelFamily& find_family(const std::string& name) {
  std::vector<std::string> known;
  for (const ModelFamily& family : model_families()) {
    if (family.name == name) return family;
    known.push_back(family.name);
  }
  throw UnknownName("model", name, known);
}

std::map<std::string, std::string> parse_parameters(const ModelFamily& family,
                                                    const std::string& text) {
  std::map<std::string, std::string> parameters;
  std::vector<std::string> known;
  for (const FamilyParameter& one : family.parameters) {
    parameters[one.name] = one.fallback;
    known.push_back(one.name);
  }
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) {
      throw BadArgument(
          fmt::format("'{}' in the model {}:{} (a parameter needs a value). Write "
                      "{}:parameter=value.",
                      part, family.name, text, family.name));
    }
    const std::string name = part.substr(0, equals);
    if (!parameters.contains(name)) {
      throw UnknownName("parameter of " + family.name, name, known);
    }
    parameters[name] = part.substr(equals + 1);
    begin = end + 1;
  }
  return parameters;
}

std::int64_t pads_for(std::int64_t size, std::int64_t kernel, std::int64_t stride) {
  return std::max<std::int64_t>(0, ((size + stride - 1) / stride - 1) * stride + kernel - size);
}

}  // namespace

ModelRegistration::ModelRegistration(std::function<ModelFamily()> make) {
  registered().push_back(std::move(make));
}

const std::vector<ModelFamily>& model_families() {
  static const std::vector<ModelFamily> all = [] {
    std::vector<ModelFamily> made;
    for (const auto& make : registered()) made.push_back(make());
    std::sort(made.begin(), made.end(),
              [](const ModelFamily& a, const ModelFamily& b) { return a.name < b.name; });
    return made;
  }();
  return all;
}

Model build_model(const std::string& spec, const BuildOptions& options) {
  const std::size_t colon = spec.find(':');
  const ModelFamily& family = find_family(spec.substr(0, colon));
  if (options.batch < 1 || options.batch > 1 << 20) {
    throw BadArgument(
        fmt::format("a batch of {} (it must be 1 to {}). Give another.", options.batch, 1 << 20));
  }
  ModelBuilder builder(
      parse_parameters(family, colon == std::string::npos ? "" : spec.substr(colon + 1)), options);
  builder.graph().name = spec;
  try {
    family.build(builder);
  } catch (const BadArgument&) {
    throw;
  } catch (const Error& error) {
    throw BadArgument("model " + spec + ": " + error.what());
  }
  return builder.take();
}

ModelBuilder::ModelBuilder(std::map<std::string, std::string> parameters,
                           const BuildOptions& options)
    : parameters_(std::move(parameters)), options_(options) {}

const std::string& ModelBuilder::text(const std::string& parameter) const {
  return parameters_.at(parameter);
}

std::int64_t ModelBuilder::integer(const std::string& parameter, std::int64_t least,
                                   std::int64_t most) const {
  const std::string& value = text(parameter);
  std::int64_t result = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
  if (error != std::errc{} || end != value.data() + value.size() || result < least ||
      result > most) {
    throw BadArgument(fmt::format("{}={} (a whole number from {} to {} is needed). Give one.",
                                  parameter, value, least, most));
  }
  return result;
}

std::int64_t ModelBuilder::integer_or(const std::string& parameter, std::int64_t automatic,
                                      std::int64_t least, std::int64_t most) const {
  return text(parameter) == "auto" ? automatic : integer(parameter, least, most);
}

double ModelBuilder::number(const std::string& parameter) const {
  const std::string& value = text(parameter);
  double result = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
  if (error != std::errc{} || end != value.data() + value.size() || !(result > 0) || result > 1e6) {
    throw BadArgument(
        fmt::format("{}={} (a positive number is needed). Give one.", parameter, value));
  }
  return result;
}

TensorId ModelBuilder::input(Shape shape_without_batch, DataType dtype) {
  Shape shape = std::move(shape_without_batch);
  shape.insert(shape.begin(), batch());
  model_.input = graph().add_tensor({"input", {shape, dtype}, Role::input, {}, no_tensor});
  return model_.input;
}

TensorId ModelBuilder::parameter(const std::string& name, Shape shape, Initializer initializer) {
  return graph().add_tensor({name, {std::move(shape)}, Role::parameter, initializer, no_tensor});
}

ModelBuilder::Convolution ModelBuilder::square(std::int64_t channels, std::int64_t kernel,
                                               std::int64_t stride) {
  Convolution settings;
  settings.channels = channels;
  settings.kernel_height = settings.kernel_width = kernel;
  settings.stride = stride;
  settings.padding = kernel / 2;
  return settings;
}

TensorId ModelBuilder::convolution(const std::string& name, TensorId x,
                                   const Convolution& settings) {
  const Shape shape = type(x).shape;  // a copy: parameters move the tensors
  const std::int64_t groups = settings.groups;
  const std::int64_t in_group = shape.at(3) / groups;
  const std::int64_t kh = settings.kernel_height, kw = settings.kernel_width;
  const TensorId weights = parameter(name + ".weights", {kh, kw, in_group, settings.channels},
                                     he_uniform(kh * kw * in_group));
  std::vector<TensorId> inputs = {x, weights};
  if (settings.bias) {
    inputs.push_back(parameter(name + ".bias", {settings.channels}, {}));
  }
  const bool same = settings.padding == same_padding;
  const std::int64_t rows = same ? pads_for(shape[1], kh, settings.stride) : 2 * settings.padding;
  const std::int64_t columns =
      same ? pads_for(shape[2], kw, settings.stride) : 2 * settings.padding;
  return graph()
      .add("conv2d", name, inputs,
           {{"stride", settings.stride},
            {"dilation", settings.dilation},
            {"groups", groups},
            {"pad_top", rows / 2},
            {"pad_bottom", rows - rows / 2},
            {"pad_left", columns / 2},
            {"pad_right", columns - columns / 2},
            {"activation", settings.activation}})
      .front();
}

TensorId ModelBuilder::convolution_norm(const std::string& name, TensorId x, Convolution settings,
                                        const std::string& activation, bool bias) {
  settings.bias = bias;
  return batch_norm(name + ".norm", convolution(name, x, settings), activation);
}

TensorId ModelBuilder::dense(const std::string& name, TensorId x, std::int64_t features, bool bias,
                             const std::string& activation) {
  const std::int64_t in = type(x).shape.back();
  std::vector<TensorId> inputs = {x, parameter(name + ".weights", {in, features}, he_uniform(in))};
  if (bias) inputs.push_back(parameter(name + ".bias", {features}, {}));
  return graph().add("dense", name, inputs, {{"activation", activation}}).front();
}

TensorId ModelBuilder::batch_norm(const std::string& name, TensorId x,
                                  const std::string& activation, double epsilon) {
  const std::int64_t channels = type(x).shape.back();
  const auto statistic = [&](const char* suffix, Initializer::Kind kind) {
    return graph().add_tensor({name + suffix, {{channels}}, Role::statistic, {kind, 0}, no_tensor});
  };
  const std::vector<TensorId> inputs = {
      x, parameter(name + ".gamma", {channels}, {Initializer::Kind::one, 0}),
      parameter(name + ".beta", {channels}, {}), statistic(".mean", Initializer::Kind::zero),
      statistic(".variance", Initializer::Kind::one)};
  return graph()
      .add(training() ? "batch_norm" : "batch_norm_inference", name, inputs,
           {{"activation", activation}, {"epsilon", epsilon}})
      .front();
}

TensorId ModelBuilder::apply(const std::string& kind, const std::string& name,
                             std::vector<TensorId> inputs, Attributes attributes) {
  return graph().add(kind, name, std::move(inputs), std::move(attributes)).front();
}

TensorId ModelBuilder::max_pool(const std::string& name, TensorId x, std::int64_t window,
                                std::int64_t stride, std::int64_t padding, bool ceil) {
  return apply("max_pool", name, {x},
               {{"window", window},
                {"stride", stride},
                {"pad_top", padding},
                {"pad_bottom", padding},
                {"pad_left", padding},
                {"pad_right", padding},
                {"ceil", std::int64_t{ceil}}});
}

TensorId ModelBuilder::global_average_pool(const std::string& name, TensorId x) {
  return apply("global_average_pool", name, {x});
}

TensorId ModelBuilder::dropout(const std::string& name, TensorId x, double rate) {
  if (!training()) return x;
  graph().scalars.insert({{"seed", 1}, {"step", 1}});
  return apply("dropout", name, {x}, {{"rate", rate}, {"stream", dropouts_++}});
}

TensorId ModelBuilder::flatten(TensorId x) {
  return graph().view(x, {batch(), type(x).elements() / batch()});
}

void ModelBuilder::classify(TensorId logits, const std::string& data_set) {
  model_.output = logits;
  model_.data_set = data_set;
  graph().tensor(graph().root(logits)).role = Role::output;
  if (!training()) return;
  Shape shape = type(logits).shape;
  shape.pop_back();
  model_.label = graph().add_tensor({"label", {shape, DataType::i32}, Role::label, {}, no_tensor});
  model_.loss = graph().add("cross_entropy", "loss", {logits, model_.label}).front();
  graph().tensor(graph().root(logits)).role = Role::activation;
  graph().tensor(model_.loss).role = Role::output;
}

void ModelBuilder::reconstruct(TensorId output, const std::string& data_set) {
  model_.output = output;
  model_.data_set = data_set;
  graph().tensor(output).role = training() ? Role::activation : Role::output;
  if (!training()) return;
  model_.loss = graph().add("mean_squared_error", "loss", {output, model_.input}).front();
  graph().tensor(model_.loss).role = Role::output;
}

}  // namespace motley::workloads
