#include <fmt/format.h>

#include "devices/description.hpp"
#include "devices/description_layout.hpp"
#include "devices/profile.hpp"

namespace motley::devices {
namespace {

using Strings = std::vector<std::string>;

/// `what yes`, `what no`, or nothing where the device does not say.
std::string yes_no(const schema::Facts& facts, const std::string& name, const std::string& what) {
  const auto* value = fact<bool>(facts, name);
  return value == nullptr ? "" : what + (*value ? " yes" : " no");
}

std::string size(const schema::Facts& facts, const std::string& name, const std::string& before) {
  const auto* bytes = fact<std::int64_t>(facts, name);
  return bytes == nullptr ? "" : before + bytes_text(*bytes);
}

std::string count(const schema::Facts& facts, const std::string& name, const std::string& before,
                  const std::string& behind) {
  const auto* value = fact<std::int64_t>(facts, name);
  return value == nullptr ? "" : fmt::format("{}{}{}", before, *value, behind);
}

std::string work_text(const schema::Facts& facts) {
  const auto* workers = fact<Strings>(facts, "worker_cores");
  const auto* vector = fact<std::int64_t>(facts, "native_vector_float");
  return join({count(facts, "compute_units", "", " compute units"),
               count(facts, "maximum_work_group", "work-groups up to ", ""),
               vector == nullptr || *vector == 0 ? "" : fmt::format("float{} natively", *vector),
               count(facts, "maximum_sub_devices", "at most ", " sub-devices"),
               workers == nullptr ? "" : "works on cores " + join(*workers, " ")});
}

std::string memory_text(const schema::Facts& facts) {
  const auto* unified = fact<bool>(facts, "unified_memory");
  const std::string kind = text_fact(facts, "local_memory_type");
  std::string local = size(facts, "local_memory_bytes", "local ");
  if (!local.empty() && !kind.empty()) local += " (in " + kind + " memory)";
  return join({size(facts, "global_memory_bytes", ""),
               size(facts, "maximum_buffer_bytes", "buffers up to "),
               unified == nullptr ? ""
               : *unified         ? "shared with the host"
                                  : "its own",
               size(facts, "global_cache_bytes", "cache "), local,
               size(facts, "constant_buffer_bytes", "constant ")});
}

std::string features_text(const schema::Facts& facts) {
  const auto* svm = fact<Strings>(facts, "svm");
  return join({yes_no(facts, "fp16", "fp16"), yes_no(facts, "fp64", "fp64"),
               yes_no(facts, "integer_dot_product", "integer dot product"),
               yes_no(facts, "images", "images"), yes_no(facts, "sub_groups", "sub-groups"),
               svm == nullptr ? ""
               : svm->empty() ? "SVM no"
                              : "SVM " + join(*svm, " + ")});
}

std::string clocks_text(const schema::Facts& facts) {
  const auto* timer = fact<double>(facts, "timer_resolution_seconds");
  const auto* clock = fact<double>(facts, "reported_clock_hertz");
  return join(
      {timer == nullptr ? "" : fmt::format("timer of {:g} ns", *timer * 1e9),
       clock == nullptr ? "" : "reports " + hertz_text(*clock) + ", which is no measurement"});
}

std::string details(const schema::Facts& facts) {
  const std::string label(17, ' ');
  std::string text;
  const auto row = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += wrapped(fmt::format("{}{:<11}", label, name), value);
  };
  const auto* extensions = fact<Strings>(facts, "extensions");
  row("platform", join({text_fact(facts, "platform"), text_fact(facts, "platform_version")}));
  row("device", join({text_fact(facts, "device_version"), text_fact(facts, "language_version")}));
  row("driver", join({text_fact(facts, "driver_version"), text_fact(facts, "library")}));
  row("work", work_text(facts));
  row("memory", memory_text(facts));
  row("features", features_text(facts));
  row("clocks", clocks_text(facts));
  if (extensions != nullptr) row("extensions", join(*extensions, " "));
  return text;
}

/// `2 physical cores` where several of the cores are threads of one.
std::string threads_text(const schema::Facts& facts) {
  const auto* cores = fact<Strings>(facts, "cores");
  const auto* physical = fact<std::int64_t>(facts, "physical_cores");
  if (cores == nullptr || physical == nullptr) return {};
  if (static_cast<std::int64_t>(cores->size()) == *physical) return {};
  return fmt::format("threads of {} physical core{}", *physical, *physical == 1 ? "" : "s");
}

std::string quirks_text(const schema::Processor& processor) {
  std::string text;
  for (const Quirk& quirk : quirks_of(processor)) {
    text += wrapped(std::string(17, ' ') + "quirk      ", quirk.means);
  }
  return text;
}

}  // namespace

std::string processors_text(const Inventory& inventory) {
  std::string text = "\nProcessors\n";
  for (const schema::Processor& processor : inventory.processors) {
    const auto* cores = fact<Strings>(processor.facts, "cores");
    const std::string which = cores == nullptr ? "" : "cores " + join(*cores, " ");
    text += wrapped(fmt::format("  {:<14} {:<11} ", processor.id, processor.kind),
                    join({processor.name, which, threads_text(processor.facts)}));
    // A share of a device differs from the whole in nothing that its line does not say.
    if (processor.facts.contains("share") || !processor.id.starts_with("opencl")) continue;
    text += details(processor.facts) + quirks_text(processor);
  }
  if (inventory.broken.empty()) return text;
  text += "\nCannot be used\n";
  for (const BrokenProcessor& broken : inventory.broken) {
    text += wrapped(fmt::format("  {:<14} ", broken.id),
                    broken.name.empty() ? broken.reason : broken.name + ": " + broken.reason);
  }
  return text;
}

}  // namespace motley::devices
