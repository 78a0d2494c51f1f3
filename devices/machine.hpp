// The machine that the program runs on, as the harness sees it: its processors, instruments and the
// calling thread. CPU processors come from devices/cpu, OpenCL devices from devices/opencl; nothing
// else knows both.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "devices/description.hpp"
#include "devices/linux/files.hpp"
#include "harness/machine.hpp"

namespace motley::devices {

/// Machine with what `motley devices` shows beyond the port.
class LocalMachine : public Machine {
 public:
  virtual Inventory inventory() = 0;
};

/// Reads system files under `root`; processors and threads are always the real ones. The device is
/// described once, here: pinning a thread later must not change which cores count as usable.
std::unique_ptr<LocalMachine> real_machine(const std::filesystem::path& root = "/");

/// Conditions that change between runs: governor and frequency of each policy, boost, load average,
/// levels of all instruments that answer. Holds no command line, user or host name.
schema::Facts read_conditions(const Files& files, const Instruments& instruments);

inline std::string description_text(LocalMachine& machine) {
  return description_text(machine.inventory());
}
inline std::string description_json(LocalMachine& machine) {
  return description_json(machine.inventory());
}

}  // namespace motley::devices
