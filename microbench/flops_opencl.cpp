// Kernels are unrolled in the source and keep named variables only: compilers of phones neither
// unroll nor keep private arrays in registers (CLBlast issue 128). Each work-item stores the sum of
// its chains, so that none of them is dead.
#include "microbench/flops_opencl.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <numeric>

#include "harness/clock.hpp"
#include "harness/error.hpp"
#include "microbench/flops_check.hpp"

namespace motley::microbench {
namespace {

using schema::Value;

constexpr std::int64_t most_item_steps = 2048;
/// fp16 must shrink by several units in the last place each step.
std::int64_t steps_of(const std::string& type) {
  return type == "fp16" ? 512 : most_item_steps;
}
constexpr std::int64_t unrolled_steps = 4;
constexpr std::uint32_t int_factor = 1664525;
constexpr std::uint32_t dot_factor = 0x01030201;  ///< four signed bytes

bool fact(Processor& processor, const char* name) {
  const auto& facts = processor.description().facts;
  const auto found = facts.find(name);
  if (found == facts.end()) return false;
  const auto* value = std::get_if<bool>(&found->second);
  return value && *value;
}

std::int64_t compute_units(Processor& processor) {
  const auto found = processor.description().facts.find("compute_units");
  if (found == processor.description().facts.end()) return 1;
  return std::max<std::int64_t>(1, std::get<std::int64_t>(found->second));
}

bool is_cpu(Processor& processor) {
  return processor.kind() == ProcessorKind::cpu;
}

std::string scalar_type(const std::string& type) {
  if (type == "fp64") return "double";
  if (type == "fp16") return "half";
  return type == "fp32" ? "float" : "uint";
}

std::string step(const std::string& type, const std::string& form, const char* x, const char* a) {
  if (type == "int8_dot") return fmt::format("{0} += as_uint(dot_4x8packed_ss_int({0}, a));", x);
  if (type == "int32") return fmt::format("{0} = {0} * a + a;", x);
  if (form == "fma") return fmt::format("{0} = fma({0}, {1}, {0});", x, a);
  if (form == "mad") return fmt::format("{0} = mad({0}, {1}, {0});", x, a);
  return fmt::format("{0} = {0} * {1} + {0};", x, a);
}

bool is_whole(const std::string& type) {
  return type.starts_with("int");
}

/// Start value of a lane, before its chain and work-item are added: distinct for each.
double float_start(std::int64_t lane, std::int64_t chain, std::int64_t item) {
  return 1 + static_cast<double>(lane) / 64 + static_cast<double>(chain) / 32 +
         static_cast<double>(item % 64) / 1024;
}
std::uint32_t whole_start(std::int64_t lane, std::int64_t chain, std::int64_t item) {
  return static_cast<std::uint32_t>(1 + lane * 7919 + chain * 104729 + (item % 64) * 1299709);
}

std::uint32_t after_dots(std::uint32_t x, std::int64_t steps) {
  for (std::int64_t i = 0; i < steps; ++i) {
    std::int32_t sum = 0;
    for (int byte = 0; byte < 4; ++byte) {
      sum += static_cast<std::int8_t>(x >> (8 * byte)) *
             static_cast<std::int8_t>(dot_factor >> (8 * byte));
    }
    x += static_cast<std::uint32_t>(sum);
  }
  return x;
}

/// What each lane of the first 64 work-items must store; later ones repeat them.
class Expected {
 public:
  Expected(const std::string& type, std::int64_t vector, std::int64_t chains, double a)
      : type_(type) {
    const std::int64_t steps = steps_of(type);
    const ShrinkingHalf half(a);
    for (std::int64_t item = 0; item < 64; ++item) {
      for (std::int64_t lane = 0; lane < vector; ++lane) {
        double sum = 0;
        std::uint32_t bits = 0;
        for (std::int64_t chain = 0; chain < chains; ++chain) {
          if (type == "int32") {
            bits += after_congruential(whole_start(lane, chain, item), int_factor, steps);
          } else if (type == "int8_dot") {
            bits += after_dots(whole_start(lane, chain, item), steps);
          } else {
            const double x = float_start(lane, chain, item);
            sum += type == "fp16" ? half.after(x, steps) : after_shrinking(x, a, steps);
          }
        }
        values_.push_back(is_whole(type) ? static_cast<double>(bits) : sum);
      }
    }
  }
  double worst_error(const std::vector<std::byte>& results) const {
    const std::size_t size = type_ == "fp64" ? 8 : type_ == "fp16" ? 2 : 4;
    double worst = 0;
    for (std::size_t i = 0; i < results.size() / size; ++i) {
      const double wanted = values_[i % values_.size()];
      const double got = value_at(results, i);
      const double error = is_whole(type_) ? (got == wanted ? 0 : 1) : std::abs(got / wanted - 1);
      if (std::isnan(error)) return error;
      worst = std::max(worst, error);
    }
    return worst;
  }

 private:
  double value_at(const std::vector<std::byte>& results, std::size_t i) const {
    const auto as = [&](auto value) {
      std::memcpy(&value, results.data() + i * sizeof value, sizeof value);
      return value;
    };
    if (type_ == "fp64") return as(0.0);
    if (type_ == "fp32") return as(0.0f);
    if (type_ == "fp16") return value_of_half(as(std::uint16_t{0}));
    return as(std::uint32_t{0});
  }
  std::string type_;
  std::vector<double> values_;
};

Argument factor_argument(const std::string& type, double a) {
  if (type == "fp64") return scalar(a);
  if (type == "fp16") return scalar(nearest_half(a));
  if (type == "fp32") return scalar(static_cast<float>(a));
  return scalar(type == "int32" ? int_factor : dot_factor);
}

double factor_of(const std::string& type) {
  const double a = shrinking_factor(steps_of(type));
  if (type == "fp16") return value_of_half(nearest_half(a));
  return type == "fp32" ? static_cast<float>(a) : a;
}

}  // namespace

std::vector<Value> opencl_chains(Processor& processor) {
  if (is_cpu(processor))
    return {std::int64_t{12}, std::int64_t{8}, std::int64_t{16}, std::int64_t{4}};
  return {std::int64_t{4}, std::int64_t{8}, std::int64_t{2}, std::int64_t{1}, std::int64_t{16}};
}

std::vector<Value> opencl_forms(const std::string& type) {
  if (is_whole(type)) return {"expression"};
  return {"expression", "fma", "mad"};
}

std::vector<Value> opencl_vectors(const std::string& type, Processor& processor) {
  if (type == "int8_dot") return {std::int64_t{1}};
  if (is_cpu(processor)) {
    return {std::int64_t{16}, std::int64_t{8}, std::int64_t{4}, std::int64_t{1}};
  }
  return {std::int64_t{4}, std::int64_t{1}, std::int64_t{2}, std::int64_t{8}, std::int64_t{16}};
}

std::vector<Value> opencl_work_groups(Processor& processor) {
  if (is_cpu(processor)) return {std::int64_t{1}, std::int64_t{16}, std::int64_t{64}};
  return {std::int64_t{128}, std::int64_t{64}, std::int64_t{256}};
}

std::string opencl_lacks(const std::string& type, Processor& processor) {
  if (type == "fp64" && !fact(processor, "fp64")) return "the device has no fp64 (cl_khr_fp64)";
  if (type == "fp16" && !fact(processor, "fp16")) return "the device has no fp16 (cl_khr_fp16)";
  if (type == "int8_dot" && !fact(processor, "integer_dot_product")) {
    return "the device has no integer dot product (cl_khr_integer_dot_product, OpenCL C 3.0)";
  }
  if (type == "bf16") return "OpenCL C has no bf16 arithmetic";
  if (type.starts_with("matrix")) return "OpenCL C has no portable matrix instructions";
  return "";
}

std::string peak_source(const std::string& type, const std::string& form, std::int64_t vector,
                        std::int64_t chains) {
  const std::string scalar_name = scalar_type(type);
  const std::string name = vector == 1 ? scalar_name : fmt::format("{}{}", scalar_name, vector);
  std::string lanes;
  for (std::int64_t lane = 0; lane < vector; ++lane) {
    const std::string value = is_whole(type) ? fmt::format("{}u", whole_start(lane, 0, 0))
                                             : fmt::format("{:.10f}", float_start(lane, 0, 0));
    lanes += (lanes.empty() ? "" : ", ") + fmt::format("({}){}", scalar_name, value);
  }
  std::string source;
  if (type == "fp64") source += "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n";
  if (type == "fp16") source += "#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n";
  const char* item = is_whole(type) ? "item * 1299709u" : "item / 1024";
  source += fmt::format(
      "__kernel void peak(__global {0}* out, {1} factor, int steps) {{\n"
      "  const {0} a = ({0})(factor);\n  const {0} n = -a;\n"
      "  const {1} item = ({1})(get_global_id(0) % 64);\n"
      "  const {0} first = ({0})({2}) + ({0})({3});\n",
      name, scalar_name, lanes, item);
  for (std::int64_t k = 0; k < chains; ++k) {
    source += is_whole(type)
                  ? fmt::format("  {0} x{1} = first + ({0})({2}u);\n", name, k, k * 104729)
                  : fmt::format("  {0} x{1} = first + ({0})(({2}){3:.10f});\n", name, k,
                                scalar_name, static_cast<double>(k) / 32);
  }
  source += fmt::format("  for (int i = 0; i < steps; i += {}) {{\n", unrolled_steps);
  for (std::int64_t u = 0; u < unrolled_steps; ++u) {
    for (std::int64_t k = 0; k < chains; ++k) {
      source +=
          "    " + step(type, form, fmt::format("x{}", k).c_str(), u % 2 == 0 ? "a" : "n") + "\n";
    }
  }
  source += "  }\n  out[get_global_id(0)] = x0";
  for (std::int64_t k = 1; k < chains; ++k) source += fmt::format(" + x{}", k);
  return source + ";\n}\n";
}

Trial prepare_opencl(const std::string& type, Workbench& bench) {
  const std::int64_t vector = bench.integer("vector"), chains = bench.integer("chains");
  const std::int64_t group = bench.integer("work_group");
  const std::int64_t item_steps = steps_of(type);
  Kernel kernel;
  kernel.name = "peak_" + type;
  kernel.opencl = {peak_source(type, bench.text("form"), vector, chains), "peak",
                   type == "int8_dot" ? "-cl-std=CL3.0" : "-cl-mad-enable"};
  LoadedKernel& loaded = bench.load(kernel);
  if (static_cast<std::size_t>(group) > loaded.maximum_work_group()) {
    throw Unsupported(fmt::format("work-groups of {} (this kernel runs with {} at most). Use less.",
                                  group, loaded.maximum_work_group()));
  }
  const std::size_t value_bytes = type == "fp64" ? 8 : type == "fp16" ? 2 : 4;
  const Argument factor = factor_argument(type, factor_of(type));

  // Groups a unit: doubled until one launch dwarfs what a launch costs. 64 work-items share a
  // result.
  const bool cpu = is_cpu(bench.processor());
  const double wanted_seconds = cpu ? 1e-3 : 3e-3;
  const std::int64_t unit_items =
      compute_units(bench.processor()) * std::lcm(group, std::int64_t{64});
  std::int64_t items = unit_items * (cpu ? 1 : 8);
  Buffer* out = nullptr;
  for (int doubling = 0;; ++doubling) {
    const std::size_t bytes = static_cast<std::size_t>(items * vector) * value_bytes;
    out = &bench.allocate(bytes);
    const Range shape = range(static_cast<std::size_t>(items), static_cast<std::size_t>(group));
    const Argument steps = scalar(static_cast<std::int32_t>(item_steps));
    bench.queue().launch(loaded, shape, {out, factor, steps});
    bench.queue().finish();
    const double started = steady_clock().seconds();
    bench.queue().launch(loaded, shape, {out, factor, steps});
    bench.queue().finish();
    constexpr int most_doublings = 12;
    if (steady_clock().seconds() - started >= wanted_seconds || doubling == most_doublings) break;
    items *= 2;
  }
  bench.queue().take_intervals();

  Trial trial;
  const double flops = type == "int8_dot" ? 8 : 2;
  trial.work.flops = flops * static_cast<double>(item_steps * items * vector * chains);
  const auto launch = [=, &loaded](Queue& queue, std::int64_t n) {
    queue.launch(loaded, range(static_cast<std::size_t>(items), static_cast<std::size_t>(group)),
                 {out, factor, scalar(static_cast<std::int32_t>(item_steps * n))});
  };
  trial.run = [launch](Queue& queue) { launch(queue, 1); };
  trial.run_multiple = [launch](Queue& queue, unsigned n) { launch(queue, n); };
  trial.reset = [out](Queue& queue) { queue.fill(*out, 0xFFFFFFFFu); };
  trial.error = [out, expected = Expected(type, vector, chains, factor_of(type))](Queue& queue) {
    return expected.worst_error(download<std::byte>(queue, *out));
  };
  // As for the CPU's loops (flops_check.cpp): a walk of rounding errors over 2048 steps.
  // fp16: the sum of the chains rounds besides.
  trial.tolerance = is_whole(type) ? 0 : type == "fp16" ? 0.02 : type == "fp32" ? 1e-4 : 1e-11;
  trial.details["build_options"] = kernel.opencl.options;
  trial.details["work_items"] = items;
  return trial;
}

}  // namespace motley::microbench
