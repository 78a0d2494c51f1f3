// How much arithmetic can this processor do each second, by type? The CPU's loops come from
// flops_simd.cpp and the two files of instructions that Highway does not name; OpenCL kernels are
// written here for each shape, as no shape is the best everywhere: PoCL wants float16 and 12
// chains, GPUs less. Every value of every chain is compared with its closed form.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <set>

#include "harness/case.hpp"
#include "harness/error.hpp"
#include "harness/workbench.hpp"
#include "microbench/flops_check.hpp"
#include "microbench/flops_loops.hpp"
#include "microbench/flops_opencl.hpp"
#include "microbench/woven_clock.hpp"

namespace motley::microbench {
namespace {

using schema::Value;

/// Chunks of PeakData::steps that a run has for each member: members that are faster or less
/// disturbed take more. (In chunks of fewer steps cores were seen to wait for each other's
/// fetches.)
constexpr std::int64_t chunks_per_member = 16;

bool has_feature(const Processor& processor, const char* feature) {
  if (*feature == '\0') return true;
  const auto& facts = processor.description().facts;
  if (std::string(feature).starts_with("amx") && !facts.contains("amx_permitted")) return false;
  const auto isa = facts.find("isa");
  if (isa == facts.end()) return false;
  const auto& names = std::get<std::vector<std::string>>(isa->second);
  return std::find(names.begin(), names.end(), feature) != names.end();
}

/// Members that share a core (SMT) share its ceiling.
double physical_cores(const Processor& processor) {
  const auto& facts = processor.description().facts;
  const auto found = facts.find("physical_cores");
  const auto* cores = found == facts.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
  return cores && *cores > 0 ? static_cast<double>(*cores) : processor.members();
}

/// Loops of a type that this CPU can run, best first.
std::vector<const PeakLoop*> loops_of(const std::string& type, const Processor& processor) {
  std::vector<const PeakLoop*> found;
  for (const PeakLoop& loop : simd_peak_loops()) {
    if (type == loop.type) found.push_back(&loop);
  }
  for (const LoopTable& table : {x86_peak_loops(), arm_peak_loops()}) {
    for (int i = 0; i < table.count; ++i) {
      const PeakLoop& loop = table.first[i];
      if (type == loop.type && has_feature(processor, loop.feature)) found.push_back(&loop);
    }
  }
  return found;
}

std::string mix_name(Mix mix) {
  return mix == Mix::fma ? "fma" : mix == Mix::mul_add ? "mul_add" : "fma_add";
}

std::string implementation_name(const PeakLoop& loop) {
  return std::string("simd/") + loop.isa;
}

/// Every value that `name` takes among the loops, in their order.
template <class Name>
std::vector<Value> distinct(const std::vector<const PeakLoop*>& loops, Name name) {
  std::vector<Value> values;
  for (const PeakLoop* loop : loops) {
    const Value value = name(*loop);
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  }
  return values;
}

bool on_cpu(Processor& processor) {
  return processor.members() > 0;
}

std::vector<Value> implementations(const std::string& type, Processor& processor, Tier tier) {
  if (!on_cpu(processor)) return {"opencl"};
  std::vector<Value> all = distinct(loops_of(type, processor), implementation_name);
  // Narrower instruction sets tell what a program built without the widest one would reach: that
  // is asked of fp32 in standard runs, of every type in full ones.
  const bool all_sets = tier == Tier::full || (tier == Tier::standard && type == "fp32");
  if (!all_sets && all.size() > 1) all.resize(1);
  return all;
}

std::vector<Axis> axes_of(const std::string& type) {
  return {
      {"implementation", "simd/<instruction set or instruction> on a CPU, opencl elsewhere",
       [type](Processor& processor, Tier tier) { return implementations(type, processor, tier); }},
      {"chains", "Independent accumulators: too few wait for each other, too many spill",
       [type](Processor& processor, Tier) -> std::vector<Value> {
         if (!on_cpu(processor)) return opencl_chains(processor);
         return distinct(loops_of(type, processor),
                         [](const PeakLoop& loop) { return Value(std::int64_t{loop.chains}); });
       },
       true},
      {"form", "fma, mul_add or fma_add on a CPU; expression a*b+c, fma() or mad() in OpenCL",
       [type](Processor& processor, Tier) -> std::vector<Value> {
         if (!on_cpu(processor)) return opencl_forms(type);
         return distinct(loops_of(type, processor),
                         [](const PeakLoop& loop) { return Value(mix_name(loop.mix)); });
       },
       true},
      {"vector", "Elements of an OpenCL vector; native on a CPU",
       [type](Processor& processor, Tier) -> std::vector<Value> {
         if (!on_cpu(processor)) return opencl_vectors(type, processor);
         return {"native"};
       },
       true},
      {"work_group", "Work-items of an OpenCL work-group; 1 on a CPU",
       [](Processor& processor, Tier) -> std::vector<Value> {
         if (!on_cpu(processor)) return opencl_work_groups(processor);
         return {std::int64_t{1}};
       },
       true}};
}

const PeakLoop& chosen_loop(const std::string& type, Workbench& bench) {
  for (const PeakLoop* loop : loops_of(type, bench.processor())) {
    if (implementation_name(*loop) == bench.text("implementation") &&
        loop->chains == bench.integer("chains") && mix_name(loop->mix) == bench.text("form")) {
      return *loop;
    }
  }
  throw Unsupported(
      fmt::format("no {} loop of {} with {} chains as {} (not built). Leave these "
                  "axes to the search.",
                  type, bench.text("implementation"), bench.integer("chains"), bench.text("form")));
}

/// A launch of `loop` in chunks, each with its own results.
Kernel peak_kernel(const PeakLoop& loop, std::size_t result_bytes) {
  Kernel kernel;
  kernel.name = fmt::format("peak_{}_{}_{}", loop.type, loop.isa, loop.chains);
  kernel.cpu = [&loop, result_bytes](const CpuTask& task) {
    const auto* start = task.buffer<const std::byte>(0);
    auto* results = task.buffer<std::byte>(1);
    const auto* factor = task.buffer<const std::byte>(2);
    const auto chunks = task.value<std::int64_t>(3);
    const auto times = task.value<std::int64_t>(4);
    for (std::int64_t chunk; (chunk = task.next_chunk(chunks)) >= 0;) {
      std::byte* result = results + static_cast<std::size_t>(chunk) * result_bytes;
      for (std::int64_t i = 0; i < times; ++i) loop.run(start, result, factor, PeakData::steps);
    }
  };
  return kernel;
}

Trial prepare_cpu(const std::string& type, Workbench& bench) {
  const PeakLoop& loop = chosen_loop(type, bench);
  const PeakData data(loop, bench.seed());
  const std::int64_t chunks = chunks_per_member * bench.processor().members();
  Buffer& start = bench.upload(std::span<const std::byte>(data.start));
  Buffer& factor = bench.upload(std::span<const std::byte>(data.factor));
  const std::size_t result_bytes = data.start.size();
  Buffer& results = bench.allocate(result_bytes * static_cast<std::size_t>(chunks));
  LoadedKernel& kernel = bench.load(peak_kernel(loop, result_bytes));

  Trial trial;
  trial.work.flops = loop.flops_per_step * PeakData::steps * static_cast<double>(chunks);
  trial.ceiling_flops_per_cycle = loop.ceiling_per_cycle * physical_cores(bench.processor());
  const auto launch = [=, &kernel, &start, &results, &factor](Queue& queue, std::int64_t times) {
    queue.launch(kernel, range(1), {&start, &results, &factor, scalar(chunks), scalar(times)});
  };
  trial.run = [launch](Queue& queue) { launch(queue, 1); };
  trial.run_multiple = [launch](Queue& queue, unsigned n) { launch(queue, n); };
  trial.reset = [&results](Queue& queue) { queue.fill(results, 0xFFFFFFFFu); };
  trial.error = [&results, data](Queue& queue) {
    return data.worst_error(download<std::byte>(queue, results));
  };
  trial.tolerance = data.tolerance;
  trial.clock_hertz = chain_clock(bench, loop.woven_chain ? loop.woven_chain : run_woven_chain);
  trial.details["lanes"] = std::int64_t{loop.lanes};
  return trial;
}

Case peak_case(const std::string& type, const std::string& what) {
  Case one;
  one.name = "flops/" + type;
  one.summary = what;
  one.metric = schema::Metric::flops_per_second;
  one.axes = axes_of(type);
  one.prepare = [type](Workbench& bench) {
    return on_cpu(bench.processor()) ? prepare_cpu(type, bench) : prepare_opencl(type, bench);
  };
  one.unsupported = [type](Processor& processor) -> std::string {
    if (!on_cpu(processor)) return opencl_lacks(type, processor);
    if (!loops_of(type, processor).empty()) return "";
    return fmt::format(
        "no instructions for {} on this CPU, or no permission to use them, or none "
        "that this build knows",
        type);
  };
  return one;
}

const Registration registration([] {
  std::vector<Case> all{
      peak_case("fp32", "Single-precision multiply-adds a second, from registers"),
      peak_case("fp64", "Double-precision multiply-adds a second, from registers"),
      peak_case("fp16", "Half-precision multiply-adds a second, where they are native"),
      peak_case("bf16", "bfloat16 dot products with fp32 sums"),
      peak_case("int8_dot", "Dot products of four 8-bit pairs with 32-bit sums"),
      peak_case("int32", "32-bit integer multiply and add, wrapping around"),
      peak_case("matrix_bf16", "bfloat16 matrix instructions (AMX, BFMMLA) with fp32 sums"),
      peak_case("matrix_fp16", "Half-precision matrix instructions"),
      peak_case("matrix_int8", "8-bit matrix instructions (AMX, SMMLA) with 32-bit sums")};
  for (Case& one : all) {
    if (one.name == "flops/fp16" || one.name == "flops/int8_dot") {
      one.never_run_on_hardware = "its OpenCL kernel (no device of the tests has the extension)";
    }
  }
  return all;
});

}  // namespace
}  // namespace motley::microbench
