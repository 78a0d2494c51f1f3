// What the OpenCL forms of convolution share: one source, one order of arguments.
#pragma once

#include "workloads/ops/conv2d.hpp"
#include "workloads/ops/elementwise.hpp"

namespace motley::workloads {

/// Launches kernel `entry` of conv2d.cl: `before`, then SHAPE for these sizes, then `behind`.
Launch convolution_launch(const std::string& entry, const ConvolutionSizes& sizes,
                          std::int64_t work_items, std::vector<Operand> before,
                          const std::vector<Operand>& behind, const schema::Parameters& tuning);
/// `guess` as in Implementation; `unsupported` says why not, where tensors themselves are no
/// obstacle; null: nothing is.
ImplementationRegistration convolution_registration(
    ConvolutionDirection direction, const std::string& name, const std::string& summary, int guess,
    std::function<std::string(const ConvolutionSizes&)> unsupported,
    std::function<std::vector<schema::Parameters>(const ConvolutionSizes&, Processor&, Tier)>
        tunings,
    std::function<Lowered(const Call&, const ConvolutionSizes&, Processor&,
                          const schema::Parameters&)>
        lower);

}  // namespace motley::workloads
