#include "devices/cpu/processor.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "devices/control_groups.hpp"
#include "devices/cpu/clock.hpp"
#include "devices/cpu/instructions.hpp"
#include "devices/cpu/matrix_permission.hpp"
#include "devices/cpu/memory.hpp"
#include "devices/cpu/queue.hpp"
#include "devices/cpu/team.hpp"
#include "devices/processor_ids.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

std::string fact_text(const schema::Facts& facts, const char* name) {
  const auto found = facts.find(name);
  const auto* text = found == facts.end() ? nullptr : std::get_if<std::string>(&found->second);
  return text ? *text : "";
}

bool meet(const std::vector<int>& a, const std::vector<int>& b) {
  return std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

/// The sum of all caches of the highest level that `cores` have: an EPYC's L3 is one for each eight
/// cores. What fits into all of them together never reaches the memory.
std::size_t last_level_bytes(const std::vector<schema::Cache>& caches,
                             const std::vector<int>& cores) {
  int level = 0;
  std::int64_t bytes = 0;
  for (const schema::Cache& cache : caches) {
    if (cache.type == "instruction" || cache.level < level || !meet(cache.shared_by, cores)) {
      continue;
    }
    if (cache.level > level) bytes = 0;
    level = cache.level;
    bytes += cache.bytes;
  }
  return static_cast<std::size_t>(bytes);
}

class CpuProcessor final : public Processor {
 public:
  CpuProcessor(std::string id, std::vector<int> cores, const schema::Device& device)
      : team_(cores) {
    description_.id = std::move(id);
    description_.kind = "cpu";
    description_.name = fact_text(device.facts, "cpu_name");
    description_.stable_id = fmt::format("cpu|{}|{}", description_.name, fmt::join(cores, ","));
    std::vector<std::string> names;
    for (const int core : cores) names.push_back(std::to_string(core));
    description_.facts["cores"] = names;
    description_.facts["physical_cores"] =
        static_cast<std::int64_t>(one_thread_a_core(cores, device).size());
    const std::vector<std::string> instructions = instructions_of_this_process();
    if (!instructions.empty()) {
      description_.facts["isa"] = instructions;
    } else if (const auto isa = device.facts.find("isa"); isa != device.facts.end()) {
      description_.facts["isa"] = isa->second;
    }
    if (request_matrix_tiles()) description_.facts["amx_permitted"] = true;
    last_level_bytes_ = last_level_bytes(device.caches, cores);
  }
  ~CpuProcessor() override = default;

  const schema::Processor& description() const override { return description_; }
  ProcessorKind kind() const override { return ProcessorKind::cpu; }
  unsigned members() const override { return team_.size(); }

  std::unique_ptr<Buffer> allocate(std::size_t bytes, const BufferOptions& options) override {
    auto buffer = std::make_unique<CpuBuffer>(*this, bytes, options, live_bytes_);
    if (!options.untouched) fill_with_nan(*buffer);
    return buffer;
  }
  std::unique_ptr<LoadedKernel> load(const Kernel& kernel) override {
    if (!kernel.cpu) {
      throw Unsupported(
          fmt::format("kernel {} has no CPU form (it asks another kind of processor). "
                      "Choose another processor with --on.",
                      kernel.name));
    }
    return std::make_unique<CpuKernel>(*this, kernel.cpu, kernel.cpu_members);
  }
  std::unique_ptr<Queue> queue(const QueueOptions& options) override {
    if (options.out_of_order) {
      throw Unsupported(
          "CPU queues run in order (there is no driver to reorder). Use an OpenCL device.");
    }
    return options.asynchronous ? asynchronous_queue(*this, team_) : immediate_queue(*this, team_);
  }

  void wake() override { team_.wake(); }
  void park() override { team_.park(); }

  double clock_hertz() override {
    std::vector<double> clocks(team_.size());
    team_.run(team_.size(), [&](unsigned member) { clocks[member] = clock_hertz_of_this_core(); });
    return std::accumulate(clocks.begin(), clocks.end(), 0.0) / static_cast<double>(clocks.size());
  }
  std::size_t last_level_cache_bytes() const override { return last_level_bytes_; }
  std::size_t maximum_buffer_bytes() const override { return available_bytes(); }
  std::size_t available_bytes() const override { return available_memory_bytes(Files()); }
  std::size_t allocated_bytes() const override { return live_bytes_; }

 private:
  /// By the members that CpuTask::share gives each page to, so that pages lie near their users.
  void fill_with_nan(CpuBuffer& buffer) {
    std::atomic<std::int64_t> next{0};
    const unsigned members = team_.awake() ? team_.size() : 1;
    team_.run(members, [&](unsigned member) {
      const auto [begin, end] =
          CpuTask(member, members, {}, next).share(static_cast<std::int64_t>(buffer.bytes()), 4096);
      std::memset(buffer.data() + begin, 0xFF, static_cast<std::size_t>(end - begin));
    });
  }

  Team team_;
  schema::Processor description_;
  std::size_t last_level_bytes_ = 0;
  std::atomic<std::size_t> live_bytes_{0};
};

}  // namespace

std::unique_ptr<Processor> cpu_processor(std::string id, std::vector<int> cores,
                                         const schema::Device& device) {
  if (cores.empty())
    throw Error("processor '" + id + "' has no cores (nothing can run). Name some.");
  return std::make_unique<CpuProcessor>(std::move(id), std::move(cores), device);
}

}  // namespace motley::devices
