#include "microbench/random_content.hpp"

#include <algorithm>

#include "harness/random.hpp"

namespace motley::microbench {
namespace {

constexpr const char* source = R"(
__kernel void random_floats(__global uint* to, uint count, uint key) {
  const uint index = get_global_id(0);
  uint x = index + key;
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  x ^= x >> 16;
  if (index < count) to[index] = (x >> 9) | 0x3f800000u;
}
)";

void fill_share(const CpuTask& task) {
  auto* to = task.buffer<std::uint32_t>(0);
  const auto key = task.value<std::uint32_t>(2);
  const auto [begin, end] = task.share(task.value<std::uint32_t>(1), 1024);
  for (std::int64_t i = begin; i < end; ++i) {
    to[i] = random_float_bits(key, static_cast<std::uint32_t>(i));
  }
}

}  // namespace

std::uint32_t content_key(const Workbench& bench, std::uint64_t stream) {
  return static_cast<std::uint32_t>(random_bits(bench.seed(), stream, 0));
}

Buffer& random_array(Workbench& bench, std::int64_t count, std::uint32_t key,
                     const BufferOptions& options) {
  Buffer& array = bench.allocate(static_cast<std::size_t>(count) * sizeof(float), options);
  LoadedKernel& kernel =
      bench.load({"random_floats", fill_share, {source, "random_floats", ""}, 0});
  const std::size_t group = std::min<std::size_t>(64, kernel.maximum_work_group());
  const std::size_t items = (static_cast<std::size_t>(count) + group - 1) / group * group;
  bench.queue().launch(kernel, range(items, group),
                       {&array, scalar(static_cast<std::uint32_t>(count)), scalar(key)});
  bench.queue().finish();
  return array;
}

}  // namespace motley::microbench
