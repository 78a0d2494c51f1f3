// What do we know of some devices that they do not say themselves, or say wrongly? Quirks, core
// names and sensors that are none are data (devices/profiles/*.json, embedded), each with its
// source; a new quirk is a few lines of JSON. Profiles apply by regular expressions over a
// processor's name and facts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::devices {

struct Quirk {
  std::string name;
  schema::Fact value;
  std::string means;   ///< one sentence for a person
  std::string source;  ///< where the figure comes from
};

/// The quirks of every profile whose patterns all match `processor`.
std::vector<Quirk> quirks_of(const schema::Processor& processor);
/// The first quirk of that name, for code that acts on it.
std::optional<Quirk> find_quirk(const schema::Processor& processor, const std::string& name);
/// NAME=value pairs that OpenCL drivers read once when they are loaded: set those that the user has
/// not set before the first library is loaded. `allowed` of the `online` cores may be used.
std::vector<std::pair<std::string, std::string>> environment_before_load(
    const std::vector<int>& allowed, const std::vector<int>& online);

/// `Arm Cortex-A55` from MIDR_EL1, or its fields where the table lacks them.
std::string arm_core_name(unsigned implementer, unsigned part);

/// What a thermal zone of this type shows instead of a temperature; empty if it is one.
std::string not_a_temperature(const std::string& zone_type);

}  // namespace motley::devices
