// Matrix products of one row, as one image's dense layers and one token's are: on a CPU whose
// memory is read best end to end. GPUs read what neighbours read: their form is register_vector.
#include <algorithm>

#include "workloads/ops/matmul/register_vector_opencl.hpp"

namespace motley::workloads {
namespace {

Lowered lower(const MatmulSizes& s, const Finish& finish, const schema::Parameters& tuning) {
  constexpr std::int64_t most_parts = 16, shortest = 64;
  const std::int64_t parts = std::clamp<std::int64_t>(s.k / shortest, 1, most_parts);
  Lowered lowered;
  lowered.workspaces = {std::size_t(s.batch * parts * s.n) * sizeof(float)};
  Launch launch;
  launch.kernel.name = "matrix_vector";
  launch.kernel.opencl = register_vector_form(launch.kernel.name, tuning);
  launch.range = groups_of(parts, s.batch, 1, 1, 1);
  launch.operands = {Input{0}, Input{1}, Workspace{0}, whole(s.n), whole(s.k), whole(parts)};
  lowered.launches = {std::move(launch), add_parts(s, parts, finish, tuning)};
  return lowered;
}

}  // namespace

Implementation matrix_vector_rung(std::function<MatmulSizes(const Call&)> sizes,
                                  std::function<Finish(const Call&)> finish) {
  Implementation one =
      matmul_rung("opencl/matrix_vector", "One row: whole rows of B are read from end to end", 1);
  one.unsupported = [sizes](const Call& call, Processor&) -> std::string {
    const std::string reason = needs_plain_f32(call, {});
    if (!reason.empty()) return reason;
    const MatmulSizes s = sizes(call);
    return s.m == 1 && !s.transpose_b
               ? ""
               : "it is for one row and a matrix as it lies. Use another implementation.";
  };
  one.contends = [](const Processor& on) { return on.kind() == ProcessorKind::cpu; };
  one.tunings = [](const Call&, Processor&, Tier) -> std::vector<schema::Parameters> {
    return {{{"rows", std::int64_t{8}},
             {"vector", std::int64_t{16}},
             {"columns", std::int64_t{1}},
             {"group", std::int64_t{1}}}};
  };
  one.lower = [=](const Call& call, Processor&, const schema::Parameters& tuning) {
    return lower(sizes(call), finish(call), tuning);
  };
  return one;
}

namespace {

const ImplementationRegistration registration("matmul", [] {
  return matrix_vector_rung(matmul_sizes, [](const Call&) { return Finish{}; });
});

}  // namespace
}  // namespace motley::workloads
