// A tensor's bytes as numbers and back, in the order of its shape whatever its layout; random
// contents; and how far a result lies from a reference.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "workloads/graph/operator.hpp"

namespace motley::workloads {

/// `bytes` as the tensor lies in memory (image2d: its rows one after another).
Values to_values(const TensorType& type, std::span<const std::byte> bytes);
/// Rounds to the element type; fills up layouts with zeros.
std::vector<std::byte> to_bytes(const TensorType& type, std::span<const double> values);
/// What is left of values when they are stored in the type: the reference must start from these.
Values rounded(const TensorType& type, std::span<const double> values);

/// Random values of all inputs of a call, by the kind's rule; a multiple of 2^-24 of the range.
std::vector<Values> random_inputs(const OperatorKind& kind, const Call& call, std::uint64_t seed);
Values random_values(const TensorType& type, const Content& content, std::uint64_t seed,
                     std::uint64_t stream);

/// The largest |got - reference| / (|reference| + rms(reference)): relative where an element is
/// large, against the whole tensor where terms cancelled. Infinite where got is not finite.
/// `magnitudes`: of the terms that each element is the sum of; a hundredth of it is added to the
/// divisor, so that a tolerance of 1e-4 grants sixteen roundings of f32 to what cancels.
double normalised_error(std::span<const double> got, std::span<const double> reference,
                        std::span<const double> magnitudes = {});

}  // namespace motley::workloads
