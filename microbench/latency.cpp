// How long does one load take whose address is the result of the last one, at every size from
// inside the first cache to main memory? And how many such loads can be under way at once, how much
// longer does one take while other cores move data, and what do OpenCL's constant and local memory
// answer?
#include <algorithm>
#include <atomic>

#include "harness/error.hpp"
#include "microbench/bandwidth_loops.hpp"
#include "microbench/latency_chase.hpp"
#include "microbench/random_content.hpp"
#include "microbench/working_sets.hpp"

namespace motley::microbench {
namespace {

using Values = std::vector<schema::Value>;
constexpr std::int64_t mebibyte = 1 << 20;

Trial chase_trial(Workbench& bench, ChaseOptions options) {
  return bench.keep(std::make_unique<Chase>(bench, std::move(options)))->trial();
}

Case latency_case(const char* name, const char* summary) {
  Case result;
  result.name = name;
  result.summary = summary;
  result.metric = schema::Metric::seconds_per_operation;
  return result;
}

/// Main memory: many chases walk a smaller set within milliseconds, so that a shared last-level
/// cache keeps it. Full runs take every size.
Values largest_set(Processor& processor, Tier tier) {
  if (tier == Tier::full) return working_sets(processor, tier);
  return {largest_working_set_bytes(processor, tier)};
}

Axis size_axis(std::function<Values(Processor&, Tier)> values) {
  return {"bytes", "Working set: all lines of the cycle together", std::move(values), false};
}

/// Page sizes are a matter of the host's memory; a driver chooses its own.
Values page_kinds(Processor& processor, Tier) {
  if (processor.members() > 0) return {"4k", "huge"};
  return {"driver"};
}

/// Inside the first caches the translation of every address is cached, too.
bool is_kept(const schema::Parameters& parameters, Tier tier) {
  const auto pages = parameters.find("pages");
  const auto bytes = parameters.find("bytes");
  if (tier == Tier::full || pages == parameters.end() || bytes == parameters.end()) return true;
  const auto* size = std::get_if<std::int64_t>(&bytes->second);
  return schema::to_string(pages->second) != "huge" || !size || *size >= mebibyte;
}

Case chase_case() {
  Case result = latency_case("latency/chase",
                             "Seconds of one dependent load: a pointer follows a random cycle "
                             "through every line of the set");
  result.axes = {size_axis(working_sets),
                 {"pages",
                  "4k: the system's base pages (16 KiB on some phones); huge: transparent "
                  "huge pages asked for; driver: as OpenCL allocates",
                  page_kinds, false},
                 {"line_bytes",
                  "Distance of the nodes: a cache line, or a pair that is fetched "
                  "together",
                  [](Processor&, Tier tier) {
                    return tier == Tier::full ? Values{64, 128} : Values{64};
                  },
                  false}};
  result.keep = is_kept;
  result.prepare = [](Workbench& bench) {
    ChaseOptions options;
    options.bytes = bench.integer("bytes");
    options.line_bytes = bench.integer("line_bytes");
    if (bench.text("pages") == "huge") options.huge_pages = HugePages::required;
    return chase_trial(bench, options);
  };
  return result;
}

Case parallel_case() {
  Case result = latency_case("latency/parallel",
                             "Seconds a load where several independent chases are under way: how "
                             "far they overlap is the memory-level parallelism of one thread");
  result.axes = {size_axis(largest_set),
                 {"chases", "Independent pointers that one thread follows",
                  [](Processor&, Tier tier) {
                    if (tier == Tier::full) return Values{1, 2, 4, 8, 16, 32};
                    return Values{2, 8, 32};
                  },
                  false}};
  result.prepare = [](Workbench& bench) {
    ChaseOptions options;
    options.bytes = bench.integer("bytes");
    options.chases =
        static_cast<unsigned>(std::clamp<std::int64_t>(bench.integer("chases"), 0, 64));
    // The caches' parallelism is asked for, not the page walkers'.
    options.huge_pages = HugePages::preferred;
    if (options.chases == 0) throw Unsupported("chases=0 loads nothing. Use 1 or more.");
    return chase_trial(bench, options);
  };
  return result;
}

/// Members 1.. move data from the moment the chase starts to its end.
class Traffic {
 public:
  Traffic(std::int64_t count, StreamOperation operation) : count_(count), operation_(operation) {}

  void operator()(const CpuTask& task, const std::function<void()>& chase) {
    if (task.member == 0) {
      while (running_.load(std::memory_order_acquire) + 1 < task.members) continue;
      chase();
      stop_.store(true, std::memory_order_release);
      // None may still look at the flag when it is taken back.
      while (running_.load(std::memory_order_acquire) > 0) continue;
      stop_.store(false, std::memory_order_release);
    } else {
      running_.fetch_add(1, std::memory_order_acq_rel);
      move_data(task);
      running_.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

 private:
  void move_data(const CpuTask& task) {
    constexpr std::int64_t slice = 4096;  // floats between two looks at the flag: about 1 us
    const auto [begin, end] = task.share(count_, slice);
    auto* array = task.buffer<float>(3);
    std::int64_t at = begin;
    while (!stop_.load(std::memory_order_acquire)) {
      const std::int64_t length = std::min(slice, end - at);
      run_simd_loop(operation_, StoreKind::cached,
                    {array + at, array + at, array + at, at, length, 1, 0});
      at = at + length < end ? at + length : begin;
    }
  }

  std::int64_t count_;
  StreamOperation operation_;
  std::atomic<unsigned> running_{0};
  std::atomic<bool> stop_{false};
};

Case loaded_case() {
  Case result = latency_case("latency/loaded",
                             "Seconds of one dependent load on one core while all others of the "
                             "processor move data through main memory");
  result.axes = {size_axis(largest_set),
                 axis("traffic", "What the other cores do", {"read", "write"})};
  result.unsupported = [](Processor& processor) -> std::string {
    if (processor.members() > 1) return "";
    return "a core chases while others move data: this needs a CPU processor of several cores";
  };
  result.prepare = [](Workbench& bench) {
    if (bench.processor().members() < 2) {
      throw Unsupported("this processor has no second core to move data. Use one with more.");
    }
    const bool reads = bench.text("traffic") == "read";
    const std::int64_t count = traffic_bytes(bench.processor()) / std::int64_t{sizeof(float)};
    auto* traffic = bench
                        .keep(std::make_unique<Traffic>(
                            count, reads ? StreamOperation::read : StreamOperation::write))
                        .get();
    ChaseOptions options;
    options.bytes = bench.integer("bytes");
    options.company = [traffic](const CpuTask& task, const std::function<void()>& chase) {
      (*traffic)(task, chase);
    };
    options.company_array = &random_array(bench, count, content_key(bench, 3));
    return chase_trial(bench, options);
  };
  return result;
}

std::string needs_opencl(Processor& processor) {
  if (processor.members() == 0) return "";
  return "a CPU has one kind of memory only: see latency/chase";
}

Case opencl_case(const char* name, const char* summary, ChaseSpace space,
                 std::vector<std::int64_t> sizes, std::vector<std::int64_t> all_sizes) {
  Case result = latency_case(name, summary);
  result.axes = {size_axis([sizes, all_sizes](Processor&, Tier tier) {
    const auto& wanted = tier == Tier::full ? all_sizes : sizes;
    return Values(wanted.begin(), wanted.end());
  })};
  result.unsupported = needs_opencl;
  result.prepare = [space](Workbench& bench) {
    if (const std::string reason = needs_opencl(bench.processor()); !reason.empty()) {
      throw Unsupported(reason + ".");
    }
    ChaseOptions options;
    options.bytes = bench.integer("bytes");
    options.space = space;
    return chase_trial(bench, options);
  };
  return result;
}

constexpr std::int64_t kibibyte = 1024;
const Registration registration([]() -> std::vector<Case> {
  return {
      chase_case(), parallel_case(), loaded_case(),
      opencl_case("latency/constant", "Seconds of one dependent load from OpenCL constant memory",
                  ChaseSpace::constant, {4 * kibibyte, 64 * kibibyte},
                  {1 * kibibyte, 2 * kibibyte, 4 * kibibyte, 8 * kibibyte, 16 * kibibyte,
                   32 * kibibyte, 64 * kibibyte}),
      opencl_case("latency/local", "Seconds of one dependent load from OpenCL local memory",
                  ChaseSpace::local, {16 * kibibyte},
                  {1 * kibibyte, 4 * kibibyte, 16 * kibibyte, 32 * kibibyte})};
});

}  // namespace
}  // namespace motley::microbench
