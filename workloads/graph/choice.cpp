#include "workloads/graph/choice.hpp"

#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

Choice with_first_tuning(const Implementation& implementation, const Call& call,
                         Processor& processor) {
  Choice choice{&implementation, {}};
  if (implementation.tunings) {
    const auto tunings = implementation.tunings(call, processor, Tier::smoke);
    if (!tunings.empty()) choice.tuning = tunings.front();
  }
  return choice;
}

/// Each implementation of the processor's kind with its reason.
std::string why_none(const std::string& kind, const Call& call, Processor& processor) {
  std::string reasons;
  for (const Implementation& one : implementations(kind)) {
    if (!runs_on(one, processor) || !one.unsupported) continue;
    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", one.name,
                           one.unsupported(call, processor));
  }
  return fmt::format(
      "{} has no implementation on {}{}{} (the network cannot run there). Place it "
      "on another processor.",
      kind, processor.description().id, reasons.empty() ? "" : ": ", reasons);
}

}  // namespace

std::string to_string(const Choice& choice) {
  std::string text = choice.implementation->name;
  for (const auto& [name, value] : choice.tuning) {
    text += " " + name + "=" + schema::to_string(value);
  }
  return text;
}

Choice first_choice(const std::string& kind, const Call& call, Processor& processor) {
  const auto usable = usable_implementations(kind, call, processor);
  if (usable.empty()) throw Unsupported(why_none(kind, call, processor));
  return with_first_tuning(*usable.front(), call, processor);
}

Chooser prefer(std::string implementation) {
  return [name = std::move(implementation)](const std::string& kind, const Call& call,
                                            Processor& processor) {
    for (const Implementation* one : usable_implementations(kind, call, processor)) {
      if (one->name == name) return with_first_tuning(*one, call, processor);
    }
    return first_choice(kind, call, processor);
  };
}

}  // namespace motley::workloads
