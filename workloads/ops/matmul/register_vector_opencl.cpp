// The fourth rung of the ladder: tiles of vectors in registers, operands from memory. Which tile is
// best depends on how many rows there are: more rows than that are computed in vain.
#include "workloads/ops/matmul/register_vector_opencl.hpp"

#include <algorithm>

namespace motley::embedded {
extern const std::string_view strided_cl, registers_cl, register_vector_cl, matrix_vector_cl;
}

namespace motley::workloads {
namespace {

struct Tile {
  std::int64_t rows, vector, columns, group;
};

schema::Parameters parameters_of(const Tile& tile) {
  return {{"rows", tile.rows},
          {"vector", tile.vector},
          {"columns", tile.columns},
          {"group", tile.group}};
}

}  // namespace

std::vector<schema::Parameters> register_vector_tunings(std::int64_t m, const Processor& processor,
                                                        Tier tier) {
  const std::vector<Tile> cpu = {{4, 16, 4, 1}, {12, 16, 2, 1}, {8, 16, 3, 1}, {1, 16, 8, 1}};
  const std::vector<Tile> gpu = {{8, 4, 1, 8}, {4, 4, 1, 8}, {8, 4, 2, 8}, {1, 4, 1, 8}};
  const bool is_cpu = processor.kind() == ProcessorKind::cpu;
  std::vector<schema::Parameters> all;
  for (const Tile& tile : is_cpu ? cpu : gpu) {
    const bool fits =
        m == 1 ? tile.rows == 1 : tile.rows == 4 || (tile.rows > 4 && tile.rows < 2 * m);
    if (fits || tier == Tier::full) all.push_back(parameters_of(tile));
  }
  // Each must be right everywhere: the other kind's best is tried too.
  if (tier == Tier::full) all.insert(all.begin() + 1, parameters_of((is_cpu ? gpu : cpu)[0]));
  return all;
}

namespace {

/// Enough parts of the depth, but none short, that there are several tiles for each core.
std::int64_t parts_of(std::int64_t tiles, std::int64_t k) {
  constexpr std::int64_t enough_tiles = 16, shortest = 64;
  return std::clamp<std::int64_t>(enough_tiles / tiles, 1, std::max<std::int64_t>(1, k / shortest));
}

void append(std::vector<Operand>& operands, const Finish& finish) {
  operands.push_back(finish.bias.value_or(Output{0}));
  operands.push_back(whole(finish.bias.has_value()));
  operands.push_back(whole(std::int64_t(finish.activation)));
}

}  // namespace

OpenclForm register_vector_form(const std::string& entry, const schema::Parameters& tuning) {
  return tuned_form(std::string(embedded::registers_cl)
                        .append(embedded::strided_cl)
                        .append(embedded::register_vector_cl)
                        .append(embedded::matrix_vector_cl),
                    entry, tuning);
}

Launch add_parts(const MatmulSizes& s, std::int64_t parts, const Finish& finish,
                 const schema::Parameters& tuning) {
  const auto group = std::size_t(tuned(tuning, "group") * tuned(tuning, "group"));
  Launch launch;
  launch.kernel.name = "add_parts";
  launch.kernel.opencl = register_vector_form(launch.kernel.name, tuning);
  launch.range = groups_of(divide_up(s.n, tuned(tuning, "vector")), s.m, group, 1, s.batch);
  launch.operands = {Workspace{0}, Output{0}, whole(s.m), whole(s.n), whole(parts)};
  append(launch.operands, finish);
  return launch;
}

Lowered lower_register_vector(const MatmulSizes& s, const Finish& finish,
                              const schema::Parameters& tuning) {
  const std::int64_t columns = tuned(tuning, "columns"), rows = tuned(tuning, "rows");
  const std::int64_t x =
      divide_up(s.n, s.transpose_b ? columns : columns * tuned(tuning, "vector"));
  const std::int64_t y = divide_up(s.m, rows);
  const auto group = std::size_t(tuned(tuning, "group"));
  const std::int64_t parts = parts_of(x * y * s.batch, s.k);
  Lowered lowered;
  Operand sums = Output{0};
  if (parts > 1) {
    lowered.workspaces = {std::size_t(parts * s.batch * s.m * s.n) * sizeof(float)};
    sums = Workspace{0};
  }
  Launch launch;
  launch.kernel.name = s.transpose_b ? "register_dots" : "register_vector";
  launch.kernel.opencl = register_vector_form(launch.kernel.name, tuning);
  launch.range = groups_of(x, y, group, group, s.batch * parts);
  launch.operands = strided_operands(s, sums);
  launch.operands.push_back(whole(parts));
  if (!s.transpose_b) append(launch.operands, parts > 1 ? Finish{} : finish);
  lowered.launches.push_back(std::move(launch));
  if (parts > 1) lowered.launches.push_back(add_parts(s, parts, finish, tuning));
  return lowered;
}

namespace {

const ImplementationRegistration registration("matmul", [] {
  Implementation rung = matmul_rung("opencl/register_vector",
                                    "Tiles of vectors in registers, operands from memory", 2);
  rung.tunings = [](const Call& call, Processor& processor, Tier tier) {
    return register_vector_tunings(matmul_sizes(call).m, processor, tier);
  };
  rung.lower = [](const Call& call, Processor&, const schema::Parameters& tuning) {
    return lower_register_vector(matmul_sizes(call), {}, tuning);
  };
  return rung;
});

}  // namespace
}  // namespace motley::workloads
