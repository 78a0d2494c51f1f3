// Pooling on both kinds of processors: one launch each.
#include "workloads/ops/elementwise.hpp"
#include "workloads/ops/pooling.hpp"
#include "workloads/ops/pooling_windows.hpp"

namespace motley::embedded {
extern const std::string_view pooling_cl;
}

namespace motley::workloads {
namespace {

using Parameters = schema::Parameters;

/// On an OpenCL device: a work-item for each vector of channels of `pixels`; `sizes` and the number
/// of work-items follow the tensors.
Launch opencl_launch(const std::string& entry, const Call& call, std::vector<Operand> sizes,
                     std::int64_t pixels, std::int64_t channels, const Parameters& tuning) {
  const std::int64_t vectors = pixels * divide_up(channels, vector_width(tuning));
  Launch launch;
  launch.kernel.name = entry;
  launch.kernel.opencl = vector_form(embedded::pooling_cl, entry, tuning);
  launch.operands = all_tensors(call);
  for (const Operand& size : sizes) launch.operands.push_back(size);
  launch.operands.push_back(whole(vectors));
  launch.range = items(vectors);
  return launch;
}

Launch cpu_launch(const std::string& name, const Call& call, CpuForm form) {
  Launch launch;
  launch.kernel.name = name;
  launch.kernel.cpu = std::move(form);
  launch.kernel.cpu_members = members_for(call.inputs[0].elements() + call.outputs[0].elements());
  launch.operands = all_tensors(call);
  return launch;
}

using WindowForm = std::function<void(const CpuTask&, const PoolingSizes&)>;

BothRegistration windows(const std::string& kind, bool backward, const WindowForm& form) {
  return {
      kind, [=](const Call& call, Processor& processor, const Parameters& tuning) -> Lowered {
        const PoolingSizes s = pooling_sizes(call, backward);
        if (processor.members() > 0) {
          return {
              {cpu_launch(kind, call, [=](const CpuTask& task) { form(task, s); })}, {}, {}, {}};
        }
        std::vector<Operand> sizes;
        for (const std::int64_t size :
             {s.height, s.width, s.channels, s.out_height, s.out_width, s.window, s.stride,
              s.pad_top, s.pad_left, s.pad_bottom, s.pad_right, std::int64_t{s.count_pads}}) {
          sizes.push_back(whole(size));
        }
        const std::int64_t pixels = call.outputs[0].elements() / s.channels;
        return {{opencl_launch(kind, call, sizes, pixels, s.channels, tuning)}, {}, {}, {}};
      }};
}

using GlobalForm = void (*)(const CpuTask&, std::int64_t images, std::int64_t pixels,
                            std::int64_t channels, const float* from, float* to);

BothRegistration global(const std::string& kind, bool backward, GlobalForm form) {
  return {kind, [=](const Call& call, Processor& processor, const Parameters& tuning) -> Lowered {
            const Shape& x = (backward ? call.outputs : call.inputs)[0].shape;
            const std::int64_t images = x[0], pixels = x[1] * x[2], channels = x[3];
            if (processor.members() > 0) {
              return {{cpu_launch(kind, call,
                                  [=](const CpuTask& task) {
                                    form(task, images, pixels, channels,
                                         task.buffer<const float>(0), task.buffer<float>(1));
                                  })},
                      {},
                      {},
                      {}};
            }
            return {{opencl_launch(kind, call, {whole(pixels), whole(channels)},
                                   backward ? images * pixels : images, channels, tuning)},
                    {},
                    {},
                    {}};
          }};
}

const BothRegistration registrations[] = {
    windows("max_pool", false,
            [](const CpuTask& task, const PoolingSizes& s) {
              max_pool(task, s, task.buffer<const float>(0), task.buffer<float>(1));
            }),
    windows("max_pool_backward", true,
            [](const CpuTask& task, const PoolingSizes& s) {
              max_pool_backward(task, s, task.buffer<const float>(0), task.buffer<const float>(1),
                                task.buffer<const float>(2), task.buffer<float>(3));
            }),
    windows("average_pool", false,
            [](const CpuTask& task, const PoolingSizes& s) {
              average_pool(task, s, task.buffer<const float>(0), task.buffer<float>(1));
            }),
    windows("average_pool_backward", true,
            [](const CpuTask& task, const PoolingSizes& s) {
              average_pool_backward(task, s, task.buffer<const float>(0), task.buffer<float>(1));
            }),
    global("global_average_pool", false, global_average_pool),
    global("global_average_pool_backward", true, global_average_pool_backward)};

}  // namespace
}  // namespace motley::workloads
