// What did sharing cost each tenant, was it fair, and may one believe it? Of each tenant latency,
// deadlines and progress; of the whole (S. Eyerman and L. Eeckhout, "System-level performance
// metrics for multiprogram workloads", IEEE Micro 28(3), 2008; R. Jain et al., DEC TR-301, 1984):
//   T_i   = a query's time alone, on the worker that is fastest for it
//   M_i   = time that tenant i's queries were in the system / queries answered
//   A_i   = answered / (answered + dropped + refused + failed)
//   normalised progress  P_i = A_i T_i / M_i        slow-down  S_i = M_i / T_i
//   system throughput (STP) = sum of P_i            turnaround (ANTT) = mean of S_i
//   fairness = (sum of x_i)^2 / (n sum of x_i^2), x_i = P_i / weight_i: 1 is fair, 1 / n is not
// M_i is the mean latency and a little more: what still waits at the end counts with its age, so
// that a tenant that starves does not look fast. A_i is 1 in the paper, which loses nothing. A
// tenant without an answer has P_i = 0, and there is no ANTT then.
#pragma once

#include <vector>

#include "harness/tenants/mix.hpp"

namespace motley::tenants {

/// Of tenant i.
double alone_seconds(const ServiceTimes& alone, std::size_t tenant);
double slowdown(const TenantRun& run, double alone_seconds);  ///< 0: no answer
double progress(const TenantRun& run, double alone_seconds);
double fairness(const std::vector<double>& progress, const std::vector<double>& weights);

/// A block for each tenant: samples, figures of its own and (whole_...) of the whole, validity,
/// findings, stopped_by and phases["sample"].
std::vector<schema::Block> conclude(const std::vector<Tenant>& tenants, const MixLimits& limits,
                                    const MixRun& run, const ServiceTimes& alone);

}  // namespace motley::tenants
