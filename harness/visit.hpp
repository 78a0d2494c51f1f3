// One visit to one trial: prepare, check, warm up, sample, check again. The one place where a
// trial's errors become a status and a reason: it never throws for what a case, driver or device
// does.
#pragma once

#include "harness/case.hpp"
#include "harness/clock.hpp"
#include "harness/machine.hpp"
#include "results_schema/record.hpp"

namespace motley {

struct VisitOptions {
  Tier tier = Tier::standard;
  std::uint64_t seed = 0;
  double block_seconds = 0.15;
};

/// What stays the same over all visits of one process.
struct Surroundings {
  Machine& machine;
  Clock& clock;
  Instruments& instruments;
  std::string governor;  ///< of the processor's cores, empty where there is none
};

/// `key.parameters` hold every axis that is fixed; searched ones are found and added. The processor
/// must be awake. round, process and order are the caller's.
schema::Block visit(const Surroundings& surroundings, Processor& processor, const Case& subject,
                    const schema::Key& key, const VisitOptions& options);

/// A block that was not measured, with everything that names it.
schema::Block unmeasured(const schema::Key& key, schema::Metric metric, schema::Status status,
                         std::string reason);

std::string to_string(Tier tier);
/// Throws UnknownName.
Tier tier_from(const std::string& name);

}  // namespace motley
