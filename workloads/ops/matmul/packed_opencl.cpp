// The fifth rung of the ladder: what packing costs and gains. It reads and writes the operands once
// more, and then every load of the product is a whole vector from memory that is read end to end.
#include "workloads/ops/matmul/packed_opencl.hpp"

#include <algorithm>
#include <limits>

#include "harness/error.hpp"

namespace motley::embedded {
extern const std::string_view registers_cl, panels_cl;
}

namespace motley::workloads {
namespace {

/// About so many steps of the depth at once. Each part reads and writes C again, and its panels of
/// A do not lie side by side; with more steps a panel of B (48 columns: 290 KiB) and those of A no
/// longer fit into the second-level cache.
constexpr std::int64_t part_depth = 1536;
/// Of the panels of A that groups go through before the next panel of B: a second-level cache full.
constexpr std::int64_t block_bytes = 2 << 20;
/// Steps of the depth that a work-item packs. Pieces of more rows at once were seen to take longer.
constexpr std::int64_t pack_steps = 32;

OpenclForm panel_form(const std::string& entry, const schema::Parameters& tuning) {
  return tuned_form(std::string(embedded::registers_cl).append(embedded::panels_cl), entry, tuning);
}

std::size_t group_items(const schema::Parameters& tuning) {
  return std::size_t(tuned(tuning, "group") * tuned(tuning, "group"));
}

std::int64_t padded(std::int64_t length, std::int64_t width) {
  return divide_up(length, width) * width;
}

schema::Parameters parameters_of(std::int64_t rows, std::int64_t vector, std::int64_t columns,
                                 std::int64_t group) {
  return {{"rows", rows}, {"vector", vector}, {"columns", columns}, {"group", group}};
}

}  // namespace

std::vector<schema::Parameters> panel_tunings(std::int64_t rows, std::int64_t columns,
                                              const Processor& processor, Tier tier) {
  const std::vector<schema::Parameters> cpu = {parameters_of(8, 16, 3, 1),
                                               parameters_of(12, 16, 2, 1)};
  const std::vector<schema::Parameters> gpu = {parameters_of(8, 4, 1, 8), parameters_of(8, 4, 2, 8),
                                               parameters_of(4, 4, 1, 8)};
  const bool is_cpu = processor.kind() == ProcessorKind::cpu;
  std::vector<schema::Parameters> all = is_cpu ? cpu : gpu;
  const auto computed = [&](const schema::Parameters& tuning) {
    return padded(rows, panel_rows(tuning)) * padded(columns, panel_columns(tuning));
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const auto& a, const auto& b) { return computed(a) < computed(b); });
  // Each must be right everywhere: the other kind's best is tried too.
  if (tier == Tier::full) all.insert(all.begin() + 1, is_cpu ? gpu[0] : cpu[0]);
  return all;
}

std::int64_t panel_rows(const schema::Parameters& tuning) {
  return tuned(tuning, "rows") * tuned(tuning, "group");
}
std::int64_t panel_columns(const schema::Parameters& tuning) {
  return tuned(tuning, "vector") * tuned(tuning, "columns") * tuned(tuning, "group");
}

std::int64_t panel_elements(std::int64_t batch, std::int64_t length, std::int64_t depth,
                            std::int64_t width) {
  return batch * padded(length, width) * depth;
}

Operand append_packing(Lowered& lowered, const Unpacked& operand, std::int64_t width,
                       const schema::Parameters& tuning) {
  const auto bytes = sizeof(float) * std::size_t(panel_elements(operand.batch, operand.length,
                                                                operand.depth, width));
  auto& memory = operand.constant ? lowered.kept : lowered.workspaces;
  memory.push_back(bytes);
  const Operand panels =
      operand.constant ? Operand(Kept{memory.size() - 1}) : Operand(Workspace{memory.size() - 1});
  Launch launch;
  launch.kernel.name = operand.depth_last ? "pack_columns" : "pack_rows";
  launch.kernel.opencl = panel_form(launch.kernel.name, tuning);
  const std::int64_t steps = divide_up(operand.depth, pack_steps);
  const std::int64_t panels_each = divide_up(operand.length, width);
  launch.range =
      groups_of(operand.depth_last ? steps : panels_each, operand.depth_last ? panels_each : steps,
                group_items(tuning), 1, operand.batch);
  launch.operands = {operand.from, panels};
  for (const std::int64_t value : {operand.length, operand.depth, width, pack_steps}) {
    launch.operands.push_back(whole(value));
  }
  launch.once = operand.constant;
  lowered.launches.push_back(std::move(launch));
  return panels;
}

void append_panel_product(Lowered& lowered, const PanelProduct& product,
                          const schema::Parameters& tuning) {
  const std::int64_t rows = panel_rows(tuning), columns = panel_columns(tuning);
  const std::int64_t parts = std::max<std::int64_t>(1, (product.k + part_depth / 2) / part_depth);
  const std::int64_t depth = divide_up(product.k, parts);
  const std::int64_t block =
      std::max<std::int64_t>(1, block_bytes / (rows * depth * std::int64_t(sizeof(float))));
  const std::size_t groups =
      std::size_t(divide_up(product.m, rows) * divide_up(product.n, columns));
  for (std::int64_t first = 0; first < product.k; first += depth) {
    Launch launch;
    launch.kernel.name = "multiply_panels";
    launch.kernel.opencl = panel_form(launch.kernel.name, tuning);
    const std::size_t items = group_items(tuning);
    launch.range = {{groups * items, std::size_t(product.batch), 1}, {items, 1, 1}, 2};
    launch.operands = {product.a, product.b, product.c, product.bias.value_or(product.c)};
    for (const std::int64_t value :
         {product.m, product.n, product.k, first, std::min(depth, product.k - first), block,
          std::int64_t{product.bias.has_value()}, std::int64_t(product.activation)}) {
      launch.operands.push_back(whole(value));
    }
    lowered.launches.push_back(std::move(launch));
  }
}

namespace {

std::string unsupported(const Call& call, Processor&) {
  const std::string reason = needs_plain_f32(call, {});
  if (!reason.empty()) return reason;
  const MatmulSizes s = matmul_sizes(call);
  constexpr std::int64_t widest = 64;
  if (std::max(panel_elements(s.batch, s.m, s.k, widest),
               panel_elements(s.batch, s.n, s.k, widest)) >
      std::numeric_limits<std::int32_t>::max()) {
    return "its panels have more elements than 32-bit indices reach. Use another implementation.";
  }
  return "";
}

Lowered lower(const Call& call, Processor&, const schema::Parameters& tuning) {
  const MatmulSizes s = matmul_sizes(call);
  Lowered lowered;
  const Unpacked a = {Input{0}, s.batch, s.m, s.k, !s.transpose_a, call.is_constant(0)};
  const Unpacked b = {Input{1}, s.batch, s.n, s.k, s.transpose_b, call.is_constant(1)};
  PanelProduct product;
  product.batch = s.batch;
  product.m = s.m;
  product.n = s.n;
  product.k = s.k;
  product.a = append_packing(lowered, a, panel_rows(tuning), tuning);
  product.b = append_packing(lowered, b, panel_columns(tuning), tuning);
  product.c = Output{0};
  append_panel_product(lowered, product, tuning);
  return lowered;
}

const ImplementationRegistration registration("matmul", [] {
  Implementation rung =
      matmul_rung("opencl/packed", "Operands packed into panels, tiles of vectors in registers", 0);
  rung.unsupported = unsupported;
  rung.tunings = [](const Call& call, Processor& processor, Tier tier) {
    const MatmulSizes s = matmul_sizes(call);
    return panel_tunings(s.m, s.n, processor, tier);
  };
  rung.lower = lower;
  return rung;
});

}  // namespace
}  // namespace motley::workloads
