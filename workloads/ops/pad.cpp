// pad puts zeros around a tensor, slice cuts its margins off: with the same margins each is the
// other's inverse, and its gradient. Margins are "before,after" of each axis: "0,0;1,1;1,1;0,0".
#include "workloads/ops/pad.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/number_list.hpp"
#include "workloads/ops/strided_copy.hpp"

namespace motley::workloads {
namespace {

struct Margin {
  std::int64_t before, after;
};

std::vector<Margin> margins_of(const Call& call) {
  if (call.inputs.size() != 1) throw Error("takes one tensor. Give one.");
  std::string text = call.text("margins");
  std::replace(text.begin(), text.end(), ';', ',');
  const Shape numbers = numbers_of(text, ',');
  const std::size_t rank = call.inputs[0].shape.size();
  const bool negative = std::any_of(numbers.begin(), numbers.end(), [](auto n) { return n < 0; });
  if (numbers.size() != 2 * rank || negative) {
    throw Error(
        fmt::format("margins {} of {} (two numbers from 0 for each of {} axes, not {}). "
                    "Write before,after;before,after.",
                    call.text("margins"), to_string(call.inputs[0]), rank, numbers.size()));
  }
  std::vector<Margin> margins;
  for (std::size_t k = 0; k < rank; ++k) margins.push_back({numbers[2 * k], numbers[2 * k + 1]});
  return margins;
}

std::vector<TensorType> outputs(const Call& call, bool pad) {
  const auto margins = margins_of(call);
  TensorType result = call.inputs[0];
  for (std::size_t k = 0; k < margins.size(); ++k) {
    const std::int64_t more = margins[k].before + margins[k].after;
    if (!pad && more >= result.shape[k]) {
      throw Error(
          fmt::format("margins of {} cut from the {} of axis {} (nothing is left). Cut less.", more,
                      result.shape[k], k));
    }
    result.shape[k] += pad ? more : -more;
  }
  return {result};
}

void reference(const Call& call, std::span<const Values> inputs, std::span<Values> results,
               bool pad) {
  const auto margins = margins_of(call);
  std::fill(results[0].begin(), results[0].end(), 0);
  const Shape &in = call.inputs[0].shape, &out = call.outputs[0].shape;
  for_each_index(pad ? in : out, [&](const Shape& inner) {
    Shape outer = inner;
    for (std::size_t k = 0; k < outer.size(); ++k) outer[k] += margins[k].before;
    results[0][place_of(out, pad ? outer : inner)] = inputs[0][place_of(in, pad ? inner : outer)];
  });
}

OperatorKind make_kind(bool pad) {
  OperatorKind kind;
  kind.name = pad ? "pad" : "slice";
  kind.summary = pad ? "x with margins of zeros around it" : "x without its margins";
  kind.attributes = {
      {"margins", "elements before and after, of each axis: 0,0;1,1", std::string("0,0")}};
  kind.outputs = [pad](const Call& call) { return outputs(call, pad); };
  kind.work = [](const Call& call) {
    schema::Work work;  // what is cut off is not read
    work.bytes_written = double(call.outputs[0].bytes());
    work.bytes_read = double(std::min(call.inputs[0].bytes(), call.outputs[0].bytes()));
    return work;
  };
  kind.reference = [pad](const Call& call, const RunScalars&, std::span<const Values> inputs,
                         std::span<Values> results) { reference(call, inputs, results, pad); };
  kind.gradient = [pad](GradientRule& rule) {
    if (!rule.wanted(0)) return;
    rule.set(0, rule.add(pad ? "slice" : "pad", "backward", {rule.output_gradient()},
                         rule.forward().attributes, Phase::backward_data)
                    .front());
  };
  kind.differentiable = {0};
  const auto example = [](Shape shape, const char* margins) {
    return Example{{{"margins", std::string(margins)}}, {{std::move(shape)}}};
  };
  kind.examples = {example({4}, "1,2"),
                   example({5, 7}, "0,0;0,0"),
                   example({5, 20}, "1,2;3,0"),
                   example({2, 5, 6, 16}, "0,0;0,0;0,0;7,8"),
                   example({2, 9, 8, 3}, "0,0;1,1;2,1;0,0"),
                   example({3, 40, 33}, "1,1;0,7;0,0")};
  return kind;
}

const KindRegistration registration([] { return std::vector{make_kind(true), make_kind(false)}; });

StridedCopy copy_of(const Call& call, bool pad) {
  const Shape &in = call.inputs[0].shape, &out = call.outputs[0].shape;
  StridedCopy copy{pad ? in : out, strides_of(in), strides_of(out)};
  const auto margins = margins_of(call);
  const Shape& strides = pad ? copy.to_strides : copy.from_strides;
  std::int64_t& offset = pad ? copy.to_offset : copy.from_offset;
  for (std::size_t k = 0; k < margins.size(); ++k) offset += margins[k].before * strides[k];
  return copy;
}

BothRegistration both(const char* kind, bool pad) {
  return BothRegistration(
      kind,
      [pad](const Call& call, Processor& processor, const schema::Parameters& tuning) {
        Lowered lowered;
        if (pad) fill_zero(lowered, processor, tuning, Output{0}, call.outputs[0].elements());
        copy_strided(lowered, processor, tuning, Input{0}, Output{0}, copy_of(call, pad));
        return lowered;
      },
      {}, [pad](const Call& call) { return too_many_axes(copy_of(call, pad)); });
}

const BothRegistration pad = both("pad", true), slice = both("slice", false);

}  // namespace

std::string margins_text(const std::vector<std::pair<std::int64_t, std::int64_t>>& margins) {
  std::string text;
  for (const auto& [before, after] : margins) {
    text += fmt::format("{}{},{}", text.empty() ? "" : ";", before, after);
  }
  return text;
}

std::int64_t first_element_of_slice(const Call& call) {
  return copy_of(call, false).from_offset;
}

}  // namespace motley::workloads
