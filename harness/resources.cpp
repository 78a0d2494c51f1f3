#include "harness/resources.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/error.hpp"

namespace motley {

const std::vector<SpecParameter>& resource_parameters() {
  static const std::vector<SpecParameter> parameters = {
      {"threads", "the first so many cores of a CPU processor; 0: all", std::int64_t{0}, 0, 4096},
      {"priority", "nice value of the process; below 0 needs a privilege", std::int64_t{0}, -20,
       19},
      {"memory", "bytes of writable memory of its own that a worker may map; 0: no limit",
       std::int64_t{0}, 0},
      {"frequency_cap_mhz", "highest clock of all cores (root only); 0: as it is", std::int64_t{0},
       0, 20000},
      {"governor", "cpufreq governor of all cores (root only); empty: as it is", ""},
      {"awake", "1: cores never idle: on each spins a thread that gives way to all others",
       std::int64_t{0}, 0, 1},
  };
  return parameters;
}

Spec parse_resources(const std::string& text) {
  return Spec("resources", text, resource_parameters());
}

std::string resources_key(const Spec& resources) {
  std::string text;
  for (const SpecParameter& one : resource_parameters()) {
    if (one.name == "threads" || !resources.given(one.name)) continue;
    const schema::Value value = std::holds_alternative<std::string>(one.fallback)
                                    ? schema::Value(resources.text(one.name))
                                    : schema::Value(resources.integer(one.name));
    text += (text.empty() ? "" : ",") + one.name + "=" + schema::to_string(value);
  }
  return text;
}

std::string with_threads(Machine& machine, const std::string& id, std::int64_t threads) {
  if (threads == 0) return id;
  const auto processor = machine.open(id);
  const auto fact = processor->description().facts.find("cores");
  const auto* cores = fact == processor->description().facts.end()
                          ? nullptr
                          : std::get_if<std::vector<std::string>>(&fact->second);
  if (!cores) {
    throw Unsupported(fmt::format(
        "{} has no cores to choose (threads are a CPU's). Use a share of a device, such as "
        "opencl:0/0of2, or a CPU processor.",
        id));
  }
  if (threads > static_cast<std::int64_t>(cores->size())) {
    throw BadArgument(fmt::format("resources: {} threads do not fit on {} (it has {} cores).",
                                  threads, id, cores->size()));
  }
  const auto end = cores->begin() + threads;
  return machine.open(fmt::format("cpu:{}", fmt::join(cores->begin(), end, ",")))->description().id;
}

}  // namespace motley
