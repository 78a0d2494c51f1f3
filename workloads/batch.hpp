// Does a data set fit a network, and how do its samples become a batch? A network may take no
// labels (an autoencoder), but a data set gives them with every batch.
#pragma once

#include <cstddef>
#include <span>

#include "workloads/data/data_set.hpp"
#include "workloads/models/model.hpp"

namespace motley::workloads {

/// Throws BadArgument where the data's samples, labels or classes are not those that the model
/// takes, or a split is empty.
void refuse_other_shapes(const Model& model, const DataSet& data);

std::size_t input_bytes(const Model& model);
/// Of what the data set gives for a batch of the model, whether the model looks at it or not.
std::size_t label_bytes(const Model& model, const DataSet& data);
/// As many `indices` as the model's batch has samples.
void make_batch(const Model& model, const DataSet& data, Split split,
                std::span<const std::uint64_t> indices, std::byte* inputs, std::byte* labels);

}  // namespace motley::workloads
