// Products of 8-bit integers on OpenCL devices, in vectors of 32-bit integers: right everywhere.
#include <limits>

#include "workloads/ops/elementwise.hpp"
#include "workloads/ops/product_int8.hpp"

namespace motley::embedded {
extern const std::string_view product_int8_cl;
}

namespace motley::workloads::int8 {
namespace {

constexpr std::int64_t pixels_each = 8;  ///< PIXELS

Lowered lower(const Call& call, Processor&, const schema::Parameters& tuning) {
  const ConvolutionSizes s = sizes_of(call);
  const std::int64_t work_items =
      divide_up(s.out_pixels(), pixels_each) * divide_up(s.out_channels, vector_width(tuning));
  Launch launch;
  launch.kernel.name = "multiply_int8";
  launch.kernel.opencl = vector_form(embedded::product_int8_cl, launch.kernel.name, tuning);
  launch.range = items(work_items);
  launch.operands = {Input{0}, Input{1}, Input{2}, Output{0}};
  for (const std::int64_t size :
       {s.height, s.width, s.channels, s.out_height, s.out_width, s.out_channels, s.kernel_height,
        s.kernel_width, s.stride, s.dilation, s.pad_top, s.pad_left}) {
    launch.operands.push_back(whole(size));
  }
  launch.operands.push_back(single(call.number("a_scale")));
  launch.operands.push_back(whole(s.out_pixels()));
  launch.operands.push_back(whole(work_items));
  return {{launch}, {}, {}, {}};
}

std::string unsupported(const Call& call, Processor&) {
  const double most = std::numeric_limits<std::int32_t>::max();
  if (double(call.inputs[0].elements()) > most || double(call.outputs[0].elements()) > most) {
    return "it has more elements than 32-bit indices reach. Use a smaller batch.";
  }
  return needs_plain(call);
}

Implementation vectors() {
  Implementation one;
  one.name = "opencl";
  one.summary = "A vector of channels of eight pixels for each work-item";
  one.unsupported = unsupported;
  one.tunings = [](const Call&, Processor& processor, Tier tier) {
    return vector_widths(processor, tier);
  };
  one.lower = lower;
  return one;
}

const ImplementationRegistration registrations[] = {{"matmul_int8", vectors},
                                                    {"conv2d_int8", vectors}};

}  // namespace
}  // namespace motley::workloads::int8
