// What does a user of motley mix ask for? Tenants, workers, a scheduler: read from the options and
// refused where they cannot be meant, before a file is made.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/options.hpp"
#include "harness/machine.hpp"
#include "harness/tenants/mix.hpp"
#include "workloads/inference.hpp"

namespace motley::cli {

struct MixTenant {
  std::string model;
  Spec arrivals;
  std::string name() const { return model + "@" + arrivals.canonical(); }
};

struct MixRequest {
  std::vector<MixTenant> tenants;
  std::vector<schema::Processor> workers;
  Spec scheduler;
  tenants::MixLimits limits;
  std::vector<std::string> loads;

  std::string processors() const;  ///< cpu:0+cpu:1
  std::vector<tenants::Tenant> made_tenants(std::uint64_t seed) const;
  workloads::InferenceOptions inference(std::size_t tenant, const Options& options) const;
  /// A key for each tenant.
  std::vector<schema::Key> keys(const Options& options, const std::string& load) const;
};

/// Throws BadArgument and UnknownName.
MixRequest mix_request(const Options& options, Machine& machine);

}  // namespace motley::cli
