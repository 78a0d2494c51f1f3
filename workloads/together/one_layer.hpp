// A network of one operator, or of several alike one behind another: what dividing that layer gains
// or costs by itself.
#pragma once

#include "workloads/models/model.hpp"

namespace motley::workloads {

/// `op/KIND:shape=NAME,count=1`, with a name from the files of shapes; count more than 1 where it
/// puts out what it takes in. Weights are random. Throws UnknownName, BadArgument.
Model layer_model(const std::string& spec);
bool is_layer_spec(const std::string& spec);
/// A layer, or a model of a family in its form for inference.
Model network(const std::string& spec, std::int64_t batch, std::uint64_t seed);

}  // namespace motley::workloads
