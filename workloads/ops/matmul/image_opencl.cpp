// The last rung of the ladder: what the texture units of a GPU gain. Their images end at some width
// and height, often 16384: larger operands are refused. A CPU has no such units; each texel costs
// PoCL a call.
#include <fmt/format.h>

#include "workloads/ops/matmul/strided_opencl.hpp"

namespace motley::embedded {
extern const std::string_view registers_cl, image_cl;
}

namespace motley::workloads {
namespace {

/// An operand as an image: `length` counts the rows of op(A) or the columns of op(B).
struct Packing {
  std::size_t input;
  std::int64_t batch, length, depth;
  bool depth_first;  ///< neighbours along the depth are neighbours in memory

  ImageSize size() const { return {std::size_t(depth), std::size_t(batch * divide_up(length, 4))}; }
};
Packing packing_of_a(const MatmulSizes& s) {
  return {0, s.batch, s.m, s.k, !s.transpose_a};
}
Packing packing_of_b(const MatmulSizes& s) {
  return {1, s.batch, s.n, s.k, s.transpose_b};
}

std::int64_t fact(const Processor& processor, const std::string& name) {
  const schema::Facts& facts = processor.description().facts;
  const auto found = facts.find(name);
  return found == facts.end() ? 0 : std::get<std::int64_t>(found->second);
}

std::string unsupported(const Call& call, Processor& processor) {
  const std::string reason = needs_plain_f32(call, {});
  if (!reason.empty()) return reason;
  const std::int64_t width = fact(processor, "image2d_maximum_width");
  const std::int64_t height = fact(processor, "image2d_maximum_height");
  if (width == 0 || height == 0) return "the device has no images. Use another implementation.";
  const MatmulSizes s = matmul_sizes(call);
  for (const Packing& packing : {packing_of_a(s), packing_of_b(s)}) {
    const ImageSize size = packing.size();
    if (size.width <= std::size_t(width) && size.height <= std::size_t(height)) continue;
    return fmt::format(
        "{} would be an image of {} x {} texels, and the device has at most {} x {}. Use another "
        "implementation.",
        packing.input == 0 ? "A" : "B", size.width, size.height, width, height);
  }
  return "";
}

OpenclForm image_form(const std::string& entry, const schema::Parameters& tuning) {
  return tuned_form(std::string(embedded::registers_cl).append(embedded::image_cl), entry, tuning);
}

Operand append_packing(Lowered& lowered, const Packing& packing, bool constant,
                       const schema::Parameters& tuning) {
  auto& memory = constant ? lowered.kept : lowered.workspaces;
  memory.emplace_back(packing.size());
  const Operand image =
      constant ? Operand(Kept{memory.size() - 1}) : Operand(Workspace{memory.size() - 1});
  Launch launch;
  launch.kernel.name = "pack_image";
  launch.kernel.opencl = image_form(launch.kernel.name, tuning);
  const std::int64_t rows = divide_up(packing.length, 4);
  launch.range = groups_of(packing.depth_first ? packing.depth : rows,
                           packing.depth_first ? rows : packing.depth, 16, 4, packing.batch);
  launch.operands = {Input{packing.input}, image, whole(packing.length), whole(packing.depth),
                     whole(packing.depth_first)};
  launch.once = constant;
  lowered.launches.push_back(std::move(launch));
  return image;
}

Lowered lower(const Call& call, Processor&, const schema::Parameters& tuning) {
  const MatmulSizes s = matmul_sizes(call);
  Lowered lowered;
  const Operand a = append_packing(lowered, packing_of_a(s), call.is_constant(0), tuning);
  const Operand b = append_packing(lowered, packing_of_b(s), call.is_constant(1), tuning);
  Launch launch;
  launch.kernel.name = "multiply_images";
  launch.kernel.opencl = image_form(launch.kernel.name, tuning);
  const auto group = std::size_t(tuned(tuning, "group"));
  launch.range = groups_of(divide_up(s.n, 4 * tuned(tuning, "columns")),
                           divide_up(s.m, tuned(tuning, "rows")), group, group, s.batch);
  launch.operands = {a, b, Output{0}, whole(s.m), whole(s.n), whole(s.k)};
  lowered.launches.push_back(std::move(launch));
  return lowered;
}

std::vector<schema::Parameters> tunings(const Call&, Processor&, Tier) {
  std::vector<schema::Parameters> all;
  for (const std::int64_t side : {8, 4}) {
    all.push_back({{"rows", side},
                   {"columns", side / 4},
                   {"vector", std::int64_t{4}},
                   {"group", std::int64_t{8}}});
  }
  return all;
}

const ImplementationRegistration registration("matmul", [] {
  Implementation rung =
      matmul_rung("opencl/image", "Operands packed into images, read as textures", 1);
  rung.unsupported = unsupported;
  rung.contends = [](const Processor& on) { return on.kind() != ProcessorKind::cpu; };
  rung.tunings = tunings;
  rung.lower = lower;
  return rung;
});

}  // namespace
}  // namespace motley::workloads
