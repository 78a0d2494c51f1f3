// How a matrix product and a convolution are described to oneDNN.
#include <charconv>

#include "devices/onednn/api.hpp"
#include "devices/onednn/primitive.hpp"
#include "devices/onednn/threads.hpp"

namespace motley::onednn {
namespace {

std::vector<int> cores_of(const Processor& processor) {
  std::vector<int> cores;
  const auto fact = processor.description().facts.find("cores");
  if (fact == processor.description().facts.end()) return cores;
  const auto* names = std::get_if<std::vector<std::string>>(&fact->second);
  if (names == nullptr) return cores;
  for (const std::string& name : *names) {
    int core = -1;
    std::from_chars(name.data(), name.data() + name.size(), core);
    cores.push_back(core);
  }
  return cores;
}

/// How many threads compute is settled when a primitive is made: `make` runs on the cores too.
template <class Make>
std::unique_ptr<Operation> prepared_on(const Processor& processor, Make make) {
  std::vector<int> cores = cores_of(processor);
  std::unique_ptr<Operation> result;
  run_on(library().openmp, cores, [&] { result = make(cores); });
  return result;
}

std::unique_ptr<Operation> prepared(const std::vector<int>& cores, const Product& p) {
  const Api& api = library().api;
  const Format a = format_of(p.a, p.any_format), b = format_of(p.b, p.any_format),
               c = format_of(p.c, p.any_format),
               bias = p.bias ? format_of(*p.bias, false) : Format{};
  dnnl_matmul_desc_t operation;
  api.check(api.dnnl_matmul_desc_init(&operation, &a, &b, p.bias ? &bias : nullptr, &c),
            "dnnl_matmul_desc_init");
  std::vector<Role> roles = {{DNNL_ARG_SRC, &p.a}, {DNNL_ARG_WEIGHTS, &p.b, p.constant_b}};
  if (p.bias) roles.push_back({DNNL_ARG_BIAS, &*p.bias});
  roles.push_back({DNNL_ARG_DST, &p.c});
  return prepared_operation(cores, description_of(&operation, attributes_with(p.clip), nullptr),
                            roles);
}

/// What all three directions of a convolution are described by.
struct ConvolutionFormats {
  explicit ConvolutionFormats(const Convolution& c)
      : x(format_of(c.x, c.any_format)),
        weights(format_of(c.weights, true)),
        y(format_of(c.y, c.any_format)),
        bias(c.bias ? format_of(*c.bias, false) : Format{}),
        strides{c.stride, c.stride},
        dilations{c.dilation - 1, c.dilation - 1},
        before{c.pad_before[0], c.pad_before[1]},
        after{c.pad_after[0], c.pad_after[1]} {}
  Format x, weights, y, bias;
  dnnl_dims_t strides, dilations, before, after;
};

Description forward(const Convolution& c, const ConvolutionFormats& f) {
  const Api& api = library().api;
  dnnl_convolution_desc_t operation;
  api.check(api.dnnl_dilated_convolution_forward_desc_init(
                &operation, dnnl_forward_training, dnnl_convolution_direct, &f.x, &f.weights,
                c.bias ? &f.bias : nullptr, &f.y, f.strides, f.dilations, f.before, f.after),
            "dnnl_dilated_convolution_forward_desc_init");
  return description_of(&operation, attributes_with(c.clip), nullptr);
}

Description backward(const Convolution& c, const ConvolutionFormats& f) {
  const Api& api = library().api;
  dnnl_convolution_desc_t operation;
  if (c.result == Convolution::Result::x) {
    api.check(api.dnnl_dilated_convolution_backward_data_desc_init(
                  &operation, dnnl_convolution_direct, &f.x, &f.weights, &f.y, f.strides,
                  f.dilations, f.before, f.after),
              "dnnl_dilated_convolution_backward_data_desc_init");
  } else {
    api.check(api.dnnl_dilated_convolution_backward_weights_desc_init(
                  &operation, dnnl_convolution_direct, &f.x, &f.weights, nullptr, &f.y, f.strides,
                  f.dilations, f.before, f.after),
              "dnnl_dilated_convolution_backward_weights_desc_init");
  }
  const Description hint = forward(c, f);
  return description_of(&operation, attributes_with(Clip::none), hint.get());
}

std::vector<Role> roles_of(const Convolution& c) {
  switch (c.result) {
    case Convolution::Result::x:
      return {{DNNL_ARG_DIFF_DST, &c.y},
              {DNNL_ARG_WEIGHTS, &c.weights, c.constant_weights},
              {DNNL_ARG_DIFF_SRC, &c.x}};
    case Convolution::Result::weights:
      return {{DNNL_ARG_SRC, &c.x}, {DNNL_ARG_DIFF_DST, &c.y}, {DNNL_ARG_DIFF_WEIGHTS, &c.weights}};
    default:
      std::vector<Role> roles = {{DNNL_ARG_SRC, &c.x},
                                 {DNNL_ARG_WEIGHTS, &c.weights, c.constant_weights}};
      if (c.bias) roles.push_back({DNNL_ARG_BIAS, &*c.bias});
      roles.push_back({DNNL_ARG_DST, &c.y});
      return roles;
  }
}

}  // namespace

std::string unavailable(const Processor& processor) {
  if (!library().reason.empty()) return library().reason;
  if (!cores_of(processor).empty()) return {};
  return processor.description().id +
         " does not tell its cores (oneDNN's threads could be anywhere). Use another processor.";
}

std::unique_ptr<Operation> prepare(const Processor& processor, const Product& product) {
  return prepared_on(processor,
                     [&](const std::vector<int>& cores) { return prepared(cores, product); });
}

std::unique_ptr<Operation> prepare(const Processor& processor, const Convolution& convolution) {
  return prepared_on(processor, [&](const std::vector<int>& cores) -> std::unique_ptr<Operation> {
    const ConvolutionFormats formats(convolution);
    const bool y = convolution.result == Convolution::Result::y;
    return prepared_operation(cores,
                              y ? forward(convolution, formats) : backward(convolution, formats),
                              roles_of(convolution));
  });
}

}  // namespace motley::onednn
