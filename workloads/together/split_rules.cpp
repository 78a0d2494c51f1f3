#include "workloads/together/split_rules.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

bool is_elementwise(const std::string& kind) {
  static const std::set<std::string> kinds = {"relu", "relu6", "sigmoid", "tanh",
                                              "silu", "gelu",  "add",     "multiply"};
  return kinds.contains(kind);
}
bool is_pool(const std::string& kind) {
  return kind == "max_pool" || kind == "average_pool";
}

[[noreturn]] void refuse(const std::string& kind, SplitAxis axis, const char* why) {
  throw Unsupported(fmt::format("{} cannot be split by {} ({}). Choose another axis or operator.",
                                kind, to_string(axis), why));
}

/// Rows of the input that windows see, and padding for those that lie beyond it.
void cut_windows(PartRule& rule, const Call& call, std::int64_t window, const Extent& wanted) {
  const std::int64_t stride = call.integer("stride"), height = call.inputs[0].shape[1];
  const std::int64_t begin = wanted.begin * stride - call.integer("pad_top");
  const std::int64_t end = (wanted.end - 1) * stride - call.integer("pad_top") + window;
  rule.inputs[0] = Cut{1, {std::max<std::int64_t>(0, begin), std::min(end, height)}};
  rule.attributes["pad_top"] = std::max<std::int64_t>(0, -begin);
  // A last window may hang over the padding (`ceil`).
  rule.attributes["pad_bottom"] =
      std::clamp<std::int64_t>(end - height, 0, call.integer("pad_bottom"));
}

void split_height(const std::string& kind, const Call& call, const Extent& wanted, PartRule& rule) {
  if (call.outputs[0].shape.size() != 4) refuse(kind, SplitAxis::height, "it has no rows");
  if (kind == "conv2d") {
    const std::int64_t taps = call.inputs[1].shape[0];
    return cut_windows(rule, call, call.integer("dilation") * (taps - 1) + 1, wanted);
  }
  if (is_pool(kind)) return cut_windows(rule, call, call.integer("window"), wanted);
  if (is_elementwise(kind) || kind == "batch_norm_inference") {
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      if (call.inputs[i].shape == call.outputs[0].shape) rule.inputs[i] = Cut{1, wanted};
    }
    return;
  }
  refuse(kind, SplitAxis::height, "rows depend on one another, or nobody wrote the rule");
}

void split_batch(const std::string& kind, const Call& call, const Extent& wanted, PartRule& rule) {
  const bool known = is_elementwise(kind) || is_pool(kind) || kind == "conv2d" || kind == "dense" ||
                     kind == "batch_norm_inference" || kind == "global_average_pool";
  if (!known) refuse(kind, SplitAxis::batch, "nobody wrote the rule");
  rule.inputs[0] = Cut{0, wanted};
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    const bool of_each = is_elementwise(kind) && call.inputs[i].shape == call.outputs[0].shape;
    if (of_each) rule.inputs[i] = Cut{0, wanted};
  }
}

void split_convolution(const Call& call, const Extent& wanted, PartRule& rule) {
  const std::int64_t groups = call.integer("groups");
  const bool depthwise = groups == call.inputs[0].shape[3] && groups == call.outputs[0].shape[3];
  if (groups > 1 && !depthwise) {
    refuse("conv2d", SplitAxis::channels, "its channels fall into groups");
  }
  if (depthwise && groups > 1) {
    rule.inputs[0] = Cut{3, wanted};
    rule.attributes["groups"] = wanted.size();
  }
  rule.inputs[1] = Cut{3, wanted};
  if (call.inputs.size() > 2) rule.inputs[2] = Cut{0, wanted};
}

/// Of the operators that keep channels apart: the last axis of all inputs.
void split_channels(const std::string& kind, const Call& call, const Extent& wanted,
                    PartRule& rule) {
  if (kind == "conv2d") return split_convolution(call, wanted, rule);
  if (kind == "dense") {
    rule.inputs[1] = Cut{1, wanted};
    if (call.inputs.size() > 2) rule.inputs[2] = Cut{0, wanted};
    return;
  }
  const bool known = is_elementwise(kind) || is_pool(kind) || kind == "batch_norm_inference" ||
                     kind == "global_average_pool";
  if (!known) refuse(kind, SplitAxis::channels, "nobody wrote the rule");
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    rule.inputs[i] = Cut{call.inputs[i].shape.size() - 1, wanted};
  }
}

}  // namespace

std::size_t axis_index(SplitAxis axis, const TensorType& output) {
  switch (axis) {
    case SplitAxis::batch:
      return 0;
    case SplitAxis::height:
      return 1;
    default:
      return output.shape.empty() ? 0 : output.shape.size() - 1;
  }
}

PartRule part_rule(const std::string& kind, const Call& call, SplitAxis axis,
                   const Extent& wanted) {
  PartRule rule;
  rule.attributes = call.attributes;
  rule.inputs.resize(call.inputs.size());
  switch (axis) {
    case SplitAxis::height:
      split_height(kind, call, wanted, rule);
      break;
    case SplitAxis::batch:
      split_batch(kind, call, wanted, rule);
      break;
    default:
      split_channels(kind, call, wanted, rule);
  }
  return rule;
}

}  // namespace motley::workloads
