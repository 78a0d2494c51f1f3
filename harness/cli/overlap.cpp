#include "harness/cli/overlap.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/loads/cores.hpp"

namespace motley::cli {
namespace {

struct Device {
  std::string name;  ///< opencl:0
  std::string part;  ///< 1of2; empty: all of it
  std::string parts() const { return part.substr(std::min(part.size(), part.find("of"))); }
};

Device device_of(const std::string& id) {
  const std::size_t slash = id.find('/');
  return {id.substr(0, slash), slash == std::string::npos ? "" : id.substr(slash + 1)};
}

/// Parts of one device are apart where it was cut in the same way.
bool share_device(const std::string& a, const std::string& b) {
  if (!a.starts_with("opencl:")) return a == b;
  const Device first = device_of(a), second = device_of(b);
  if (first.name != second.name) return false;
  const bool apart = !first.part.empty() && first.part != second.part && !second.part.empty() &&
                     first.parts() == second.parts();
  return !apart;
}

bool share_cores(const std::vector<int>& a, const std::vector<int>& b) {
  return std::any_of(a.begin(), a.end(),
                     [&](int core) { return std::find(b.begin(), b.end(), core) != b.end(); });
}

}  // namespace

void refuse_overlap(Machine& machine, const std::vector<std::string>& processors) {
  std::vector<std::vector<int>> cores;
  for (const std::string& id : processors) cores.push_back(loads::cores_in_use(machine, id));
  for (std::size_t i = 0; i < processors.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!share_device(processors[j], processors[i]) && !share_cores(cores[j], cores[i])) continue;
      throw BadArgument(fmt::format(
          "--on {} and {} share cores (they would take each other's time). Name processors that "
          "are apart, as cpu:0 and cpu:1, or add --allow-overlap.",
          processors[j], processors[i]));
    }
  }
}

}  // namespace motley::cli
