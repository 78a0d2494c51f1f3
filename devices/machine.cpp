#include "devices/machine.hpp"

#include <optional>

#include "devices/cpu/processor.hpp"
#include "devices/denormals.hpp"
#include "devices/instruments.hpp"
#include "devices/linux/process_memory.hpp"
#include "devices/linux/scratch_file.hpp"
#include "devices/linux/thread.hpp"
#include "devices/opencl/catalogue.hpp"
#include "devices/processor_ids.hpp"
#include "devices/topology.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

bool is_opencl(const std::string& id) {
  return id == "opencl" || id.starts_with("opencl:");
}

class RealMachine : public LocalMachine {
 public:
  explicit RealMachine(const std::filesystem::path& root)
      : files_(std::make_shared<Files>(root)),
        schedstat_((root / "proc/thread-self/schedstat").string()),
        device_(describe_device(*files_)),
        allowed_(allowed_cores(*files_)),
        online_(online_cores(*files_)) {}

  schema::Device device() override { return device_; }

  std::vector<std::string> processor_ids() override {
    std::vector<std::string> ids = cpu_processor_ids(device_);
    for (const auto& processor : catalogue().processors()) ids.push_back(processor.id);
    return ids;
  }
  std::vector<std::string> default_processor_ids() override {
    std::vector<std::string> ids = default_cpu_processor_ids(device_);
    const std::vector<std::string> opencl = catalogue().default_ids();
    ids.insert(ids.end(), opencl.begin(), opencl.end());
    return ids;
  }

  std::unique_ptr<Processor> open(const std::string& id) override {
    if (is_opencl(id)) return catalogue().open(id);
    if (id != "cpu" && !id.starts_with("cpu:")) {
      throw UnknownName("processor", id, processor_ids());
    }
    const CoreSet set = resolve_cpu_processor(id, device_);
    return cpu_processor(set.id, set.cores, device_);
  }

  Instruments instruments() override { return all_instruments(files_); }
  schema::Facts conditions() override { return read_conditions(*files_, instruments()); }
  ThreadState thread_state() override { return read_thread_state(schedstat_); }
  double thread_cpu_seconds() override { return read_thread_cpu_seconds(); }
  ProcessMemory process_memory() override { return read_process_memory(*files_); }
  bool restart_process_memory() override { return devices::restart_process_memory(); }
  double boot_seconds() override { return read_boot_seconds(); }
  bool flush_denormals() override { return flush_denormals_on_this_thread(); }

  void precise_timers() override { set_precise_timers(); }
  std::unique_ptr<ScratchFile> scratch_file() override {
    return scratch_file_in(scratch_folders());
  }

  Inventory inventory() override;

 private:
  /// Loaded when first asked for: a driver starts threads that a CPU measurement can do without.
  opencl::Catalogue& catalogue() {
    if (!catalogue_) catalogue_.emplace(allowed_, online_);
    return *catalogue_;
  }

  SharedFiles files_;
  std::string schedstat_;
  schema::Device device_;
  std::vector<int> allowed_, online_;
  std::optional<opencl::Catalogue> catalogue_;
};

Inventory RealMachine::inventory() {
  Inventory all;
  all.device = device_;
  for (const std::string& id : cpu_processor_ids(device_)) {
    try {
      all.processors.push_back(open(id)->description());
    } catch (const Error& error) {
      all.broken.push_back({id, "", error.what()});
    }
  }
  const auto& opencl = catalogue().processors();
  all.processors.insert(all.processors.end(), opencl.begin(), opencl.end());
  const auto& broken = catalogue().broken();
  all.broken.insert(all.broken.end(), broken.begin(), broken.end());
  if (opencl.empty() && broken.empty()) {
    all.broken.push_back({"opencl", "", catalogue().reason()});
  }
  all.instruments = read_all(instruments());
  return all;
}

}  // namespace

std::unique_ptr<LocalMachine> real_machine(const std::filesystem::path& root) {
  return std::make_unique<RealMachine>(root);
}

}  // namespace motley::devices
