// Who shares the processors? A tenant is a network, when its queries arrive and until when they
// want to be answered. One that streams sends its next query when the last is answered; all others
// send theirs whatever happens.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "harness/scenarios/arrivals.hpp"
#include "harness/spec.hpp"

namespace motley::tenants {

struct Tenant {
  std::string name;   ///< as it was asked for: lenet5@poisson:rate=40
  Arrivals arrivals;  ///< empty: a stream, the next when the last is answered, dropped or failed
  double deadline_seconds = std::numeric_limits<double>::infinity();  ///< from its arrival
  double weight = 1;  ///< of its progress, what is fair: 2 ought to progress twice as fast as 1

  bool streams() const { return !arrivals; }
};

struct ArrivalKind {
  std::string name, summary;
  std::vector<SpecParameter> parameters;
  std::function<Arrivals(const Spec&, std::uint64_t seed)> make;  ///< gives none for a stream
};

/// stream, periodic, poisson, gamma, burst, trace.
const std::vector<ArrivalKind>& arrival_kinds();

/// `poisson:rate=40,deadline_seconds=0.05` with what its kind declares, and weight. Throws
/// BadArgument and UnknownName.
Spec arrival_spec(const std::string& text);
/// Random arrivals are a function of (seed, place among the tenants) and nothing else.
Tenant make_tenant(const std::string& name, const Spec& arrivals, std::uint64_t seed,
                   std::size_t place);

}  // namespace motley::tenants
