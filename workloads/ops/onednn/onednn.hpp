// What the operators that oneDNN computes have in common.
#pragma once

#include "devices/onednn/api.hpp"
#include "workloads/ops/fused_activation.hpp"

namespace motley::workloads {

onednn::Clip clip_of(const Call& call);
/// Rows of a matrix, or all of `sizes`, one behind the other.
onednn::Tensor row_major(std::vector<std::int64_t> sizes);

/// Who chooses the formats: tuning `format` is plain (tensors as they lie, but weights of
/// convolutions) or any (oneDNN reorders what it wants to).
std::vector<schema::Parameters> format_tunings(const Call& call, Processor& processor, Tier tier);
bool any_format(const schema::Parameters& tuning);

/// All inputs of the call in, output 0 out. Input 1 is packed once if the call says that it is
/// constant and `operation` wants it in a format of its own.
Lowered lowered_to(std::shared_ptr<onednn::Operation> operation, const Call& call,
                   const std::string& name);

/// Everything but `lower`.
Implementation onednn_implementation();

}  // namespace motley::workloads
