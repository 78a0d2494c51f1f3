// What happens inside a worker process: describe the machine, plan one processor, or visit trials.
// Records go out through `emit`, one at a time; the supervisor is on the other side.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "harness/machine.hpp"
#include "harness/plan.hpp"
#include "harness/visit.hpp"
#include "results_schema/record.hpp"

namespace motley {

using Emit = std::function<void(const schema::Record&)>;

/// A Run record: the device, its conditions, and under `processors` what `ids` mean (default: what
/// the machine measures when nothing is asked for), by id only. Throws UnknownName.
void describe(Machine& machine, const std::vector<std::string>& ids, const Emit& emit);

/// A Run record whose one processor is described in full, then the plan's records. Where the
/// processor cannot be opened: one Block for each case that says why.
void plan_processor(Machine& machine, const std::string& id, const Selection& selection,
                    const Emit& emit);

/// Reads Begin lines until the end of `begins`; for each emits the Begin, then its Block.
void visit_all(Machine& machine, std::istream& begins, const VisitOptions& options,
               const Emit& emit);

}  // namespace motley
