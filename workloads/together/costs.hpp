// What an operator costs on each processor, and a transfer between them: measured, for rules that
// place by it.
#pragma once

#include "workloads/together/together.hpp"

namespace motley::workloads {

/// Of each operator of a run, by name, from whole runs on this processor alone; what it cannot
/// compute is left out. Wakes and parks the processor, which must be parked.
std::map<std::string, double> operator_seconds(const Model& model, Processor& processor,
                                               const Chooser& chooser, std::uint64_t seed);
/// Of the bytes of a transfer alone. Of a CPU nothing: its memory is the host's.
LinkCost link_cost(Processor& processor);
/// What is lost where one of these places waits for the other: of a small transfer where there is
/// one, and of noticing its end. Both must be parked.
double crossing_seconds(const Partner& one, const Partner& other, Synchronisation synchronisation);

}  // namespace motley::workloads
