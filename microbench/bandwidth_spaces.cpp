// How fast does OpenCL read its local memory (each group a copy of its own, neighbours beside each
// other) and its constant memory (every work-item the same address)? Where local memory is backed
// by the caches, as on CPUs and some GPUs, the figure is the cache's.
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <string_view>

#include "harness/error.hpp"
#include "harness/workbench.hpp"
#include "microbench/bandwidth_loops.hpp"
#include "microbench/random_content.hpp"
#include "microbench/run_length.hpp"
#include "microbench/working_sets.hpp"

namespace motley::embedded {
extern const std::string_view fold_cl;
}

namespace motley::microbench {
namespace {

// A work-item's result is what it read, folded as bandwidth_loops.hpp says. No barrier in the loop.
constexpr const char* source = R"(
#ifdef LOCAL
#define FROM mine
#define FIRST get_local_id(0)
#define STEP get_local_size(0)
__kernel void read_space(__global const UINTS* all, __global uint* results, uint vectors,
                         uint passes, __local UINTS* mine) {
  for (uint i = get_local_id(0); i < vectors; i += get_local_size(0)) mine[i] = all[i];
  barrier(CLK_LOCAL_MEM_FENCE);
#else
#define FROM all
#define FIRST 0
#define STEP 1
__kernel void read_space(__constant const UINTS* all, __global uint* results, uint vectors,
                         uint passes) {
#endif
  const size_t step = STEP;
  UINTS r0 = 0, r1 = 0;
  for (uint pass = 0; pass < passes; ++pass) {
    r0 = STEPPED(r0);
    r1 = STEPPED(r1);
    size_t i = FIRST;
    for (; i + 3 * step < vectors; i += 4 * step) {
      r0 ^= FROM[i] ^ FROM[i + step];
      r1 ^= FROM[i + 2 * step] ^ FROM[i + 3 * step];
    }
    for (; i < vectors; i += step) r0 ^= FROM[i];
  }
  results[get_global_id(0)] = xor_of_lanes(r0 ^ r1);
}
)";

/// A prepared trial. In local memory a group reads everything once a pass, in constant memory each
/// work-item does.
class SpaceRead {
 public:
  SpaceRead(Workbench& bench, bool local);
  Trial trial();

 private:
  void run(Queue& queue, std::uint32_t passes);
  double error(Queue& queue) const;

  bool local_;
  std::uint32_t vectors_, vector_bytes_, group_, items_, passes_ = 1, last_passes_ = 0;
  std::uint32_t all_words_ = 0;
  Buffer* content_ = nullptr;
  Buffer* results_ = nullptr;
  LoadedKernel* kernel_ = nullptr;
};

SpaceRead::SpaceRead(Workbench& bench, bool local) : local_(local) {
  const bool on_cpu_device = bench.processor().kind() == ProcessorKind::cpu;
  const std::uint32_t width = on_cpu_device ? 16 : 4;
  vector_bytes_ = width * 4;
  vectors_ = static_cast<std::uint32_t>(bench.integer("bytes") / vector_bytes_);
  if (vectors_ < 1) throw Unsupported("bytes hold no vector. Use more.");
  const std::uint32_t words = vectors_ * width, key = content_key(bench, 1);
  content_ = &random_array(bench, words, key);
  for (std::uint32_t i = 0; i < words; ++i) all_words_ ^= random_float_bits(key, i);
  kernel_ =
      &bench.load({"read_space",
                   nullptr,
                   {std::string(embedded::fold_cl) + source, "read_space",
                    fmt::format("-DWIDTH={0} -DUINTS=uint{0}{1}", width, local ? " -DLOCAL" : "")},
                   0});
  group_ = static_cast<std::uint32_t>(
      std::min<std::size_t>(on_cpu_device ? (local ? 4 : 1) : 128, kernel_->maximum_work_group()));
  items_ = group_ * parallel_units(bench.processor()) * (on_cpu_device ? 1 : 8);
  results_ = &bench.allocate(items_ * sizeof(std::uint32_t));
  passes_ = repeats_for(bench, [&](std::uint32_t passes) { run(bench.queue(), passes); });
}

void SpaceRead::run(Queue& queue, std::uint32_t passes) {
  last_passes_ = passes;
  const Range items = range(items_, group_);
  if (local_) {
    queue.launch(*kernel_, items,
                 {content_, results_, scalar(vectors_), scalar(passes),
                  LocalMemory{std::size_t{vectors_} * vector_bytes_}});
  } else {
    queue.launch(*kernel_, items, {content_, results_, scalar(vectors_), scalar(passes)});
  }
}

double SpaceRead::error(Queue& queue) const {
  const auto results = download<std::uint32_t>(queue, *results_);
  const std::uint32_t expected = folded(all_words_, last_passes_);
  const std::uint32_t sharing = local_ ? group_ : 1;
  double wrong = 0;
  for (std::uint32_t first = 0; first < items_; first += sharing) {
    std::uint32_t found = 0;
    for (std::uint32_t i = 0; i < sharing; ++i) found ^= results[first + i];
    wrong += found != expected;
  }
  return wrong;
}

Trial SpaceRead::trial() {
  Trial trial;
  const double readers = local_ ? items_ / group_ : items_;
  trial.work.bytes_read = readers * passes_ * vectors_ * vector_bytes_;
  trial.run = [this](Queue& queue) { run(queue, passes_); };
  trial.run_multiple = [this](Queue& queue, unsigned multiple) { run(queue, passes_ * multiple); };
  trial.reset = [this](Queue& queue) { queue.fill(*results_, 0xFFFFFFFFu); };
  trial.error = [this](Queue& queue) { return error(queue); };
  trial.tolerance = 0;  // groups (or work-items) that read something else
  trial.details["work_items"] = std::int64_t{items_};
  trial.details["work_group"] = std::int64_t{group_};
  trial.details["passes"] = std::int64_t{passes_};
  return trial;
}

std::string needs_opencl(Processor& processor) {
  return processor.members() > 0 ? "a CPU has one kind of memory only: see bandwidth/read" : "";
}

Case space_case(const char* name, const char* summary, bool local) {
  Case result;
  result.name = name;
  result.summary = summary;
  result.metric = schema::Metric::bytes_per_second;
  result.axes = {{"bytes", "Size of the memory that is read again and again",
                  [local](Processor&, Tier tier) {
                    using Values = std::vector<schema::Value>;
                    if (tier != Tier::full) return Values{std::int64_t{16 << 10}};
                    if (local) return Values{1 << 10, 4 << 10, 16 << 10, 32 << 10};
                    return Values{1 << 10, 4 << 10, 16 << 10, 64 << 10};
                  },
                  false}};
  result.unsupported = needs_opencl;
  result.prepare = [local](Workbench& bench) {
    const std::string reason = needs_opencl(bench.processor());
    if (!reason.empty()) throw Unsupported(reason + ".");
    return bench.keep(std::make_unique<SpaceRead>(bench, local))->trial();
  };
  return result;
}

const Registration registration([]() -> std::vector<Case> {
  return {
      space_case("bandwidth/local_read", "Bytes per second read from OpenCL local memory", true),
      space_case("bandwidth/constant_read",
                 "Bytes per second read from OpenCL constant memory, all work-items from one "
                 "address at a time",
                 false)};
});

}  // namespace
}  // namespace motley::microbench
