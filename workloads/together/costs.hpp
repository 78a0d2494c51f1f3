// What an operator costs on each processor, and a transfer between them: measured, for rules that
// place by it.
#pragma once

#include "workloads/graph/choice.hpp"
#include "workloads/models/model.hpp"
#include "workloads/together/placement_rules.hpp"

namespace motley::workloads {

/// Of each operator of a run, by name, from whole runs on this processor alone; what it cannot
/// compute is left out. Wakes and parks the processor, which must be parked.
std::map<std::string, double> operator_seconds(const Model& model, Processor& processor,
                                               const Chooser& chooser, std::uint64_t seed);
/// Of a CPU nothing: its memory is the host's.
LinkCost link_cost(Processor& processor);

}  // namespace motley::workloads
