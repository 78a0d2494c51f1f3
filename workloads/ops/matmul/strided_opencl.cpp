// The first three rungs of the ladder: what local memory and registers are for. How fast they are
// on a PoCL is no measure of them: a CPU has no local memory, and barriers in loops cost it the
// registers.
#include "workloads/ops/matmul/strided_opencl.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace motley::embedded {
extern const std::string_view strided_cl, registers_cl, naive_cl, local_tile_cl, register_tile_cl;
}

namespace motley::workloads {

OpenclForm tuned_form(std::string_view source, const std::string& entry,
                      const schema::Parameters& tuning) {
  std::string options;
  for (const auto& [name, value] : tuning) {
    std::string capitals = name;
    for (char& letter : capitals) letter = char(std::toupper(letter));
    options +=
        fmt::format("{}-D{}={}", options.empty() ? "" : " ", capitals, schema::to_string(value));
  }
  return {std::string(source), entry, options};
}

std::int64_t tuned(const schema::Parameters& tuning, const std::string& name) {
  return std::get<std::int64_t>(tuning.at(name));
}

std::vector<Operand> strided_operands(const MatmulSizes& s, Operand c) {
  std::vector<Operand> operands = {Input{0}, Input{1}, c};
  for (const std::int64_t value : {s.m, s.n, s.k, s.transpose_a ? 1 : s.k, s.transpose_a ? s.m : 1,
                                   s.transpose_b ? 1 : s.n, s.transpose_b ? s.k : 1}) {
    operands.push_back(whole(value));
  }
  return operands;
}

Range groups_of(std::int64_t x, std::int64_t y, std::size_t group_x, std::size_t group_y,
                std::int64_t layers) {
  const auto up = [](std::int64_t items, std::size_t group) {
    return std::size_t(divide_up(items, std::int64_t(group))) * group;
  };
  return {{up(x, group_x), up(y, group_y), std::size_t(layers)}, {group_x, group_y, 1}, 3};
}

Implementation matmul_rung(std::string name, std::string summary, int above) {
  Implementation rung;
  rung.guess = above;
  rung.name = std::move(name);
  rung.summary = std::move(summary);
  rung.unsupported = [](const Call& call, Processor&) { return needs_plain_f32(call, {}); };
  return rung;
}

bool has_local_memory(const Processor& processor) {
  return processor.kind() != ProcessorKind::cpu;
}

namespace {

Launch launch_of(const OpenclForm& form, const MatmulSizes& sizes, const Range& range) {
  Launch launch;
  launch.kernel.name = form.entry;
  launch.kernel.opencl = form;
  launch.range = range;
  launch.operands = strided_operands(sizes);
  return launch;
}

std::string source_of(std::initializer_list<std::string_view> parts) {
  std::string source;
  for (const std::string_view part : parts) source += part;
  return source;
}

Implementation naive() {
  Implementation rung = matmul_rung("opencl/naive", "An element for each work-item", 5);
  rung.contends = [](const Processor&) { return false; };
  rung.lower = [](const Call& call, Processor&, const schema::Parameters& tuning) -> Lowered {
    const MatmulSizes s = matmul_sizes(call);
    const OpenclForm form =
        tuned_form(source_of({embedded::strided_cl, embedded::naive_cl}), "naive", tuning);
    return {{launch_of(form, s, groups_of(s.n, s.m, 16, 4, s.batch))}, {}, {}, {}};
  };
  return rung;
}

Implementation local_tile() {
  Implementation rung = matmul_rung("opencl/local_tile", "Square tiles in local memory", 4);
  rung.contends = has_local_memory;
  rung.tunings = [](const Call&, Processor&, Tier tier) {
    std::vector<schema::Parameters> tiles = {{{"tile", std::int64_t{16}}}};
    if (tier == Tier::full) tiles.push_back({{"tile", std::int64_t{8}}});
    return tiles;
  };
  rung.lower = [](const Call& call, Processor&, const schema::Parameters& tuning) -> Lowered {
    const MatmulSizes s = matmul_sizes(call);
    const OpenclForm form = tuned_form(source_of({embedded::strided_cl, embedded::local_tile_cl}),
                                       "local_tile", tuning);
    const std::int64_t tile = tuned(tuning, "tile");
    const Range range = groups_of(s.n, divide_up(s.m, tile) * tile / 2, std::size_t(tile),
                                  std::size_t(tile / 2), s.batch);
    return {{launch_of(form, s, range)}, {}, {}, {}};
  };
  return rung;
}

Implementation register_tile() {
  Implementation rung = matmul_rung("opencl/register_tile",
                                    "Tiles of sums in registers, operands in local memory", 3);
  rung.contends = has_local_memory;
  rung.tunings = [](const Call&, Processor&, Tier) {
    std::vector<schema::Parameters> all;
    for (const std::int64_t side : {4, 8}) {
      all.push_back({{"rows", side},
                     {"columns", side},
                     {"vector", std::int64_t{1}},
                     {"depth", std::int64_t{16}},
                     {"group", std::int64_t{8}}});
    }
    return all;
  };
  rung.lower = [](const Call& call, Processor&, const schema::Parameters& tuning) -> Lowered {
    const MatmulSizes s = matmul_sizes(call);
    const OpenclForm form = tuned_form(
        source_of({embedded::registers_cl, embedded::strided_cl, embedded::register_tile_cl}),
        "register_tile", tuning);
    const auto group = std::size_t(tuned(tuning, "group"));
    const Range range = groups_of(divide_up(s.n, tuned(tuning, "columns")),
                                  divide_up(s.m, tuned(tuning, "rows")), group, group, s.batch);
    return {{launch_of(form, s, range)}, {}, {}, {}};
  };
  return rung;
}

const ImplementationRegistration first("matmul", naive);
const ImplementationRegistration second("matmul", local_tile);
const ImplementationRegistration third("matmul", register_tile);

}  // namespace
}  // namespace motley::workloads
