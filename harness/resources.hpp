// How much of the machine may a run use? Cores, priority, memory, clock: what was asked of the
// system and what it granted, read back. What it refuses is a fact with its reason, not an error.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/machine.hpp"
#include "harness/spec.hpp"

namespace motley {

/// `threads=1,priority=5,memory=512M,frequency_cap_mhz=1200,governor=powersave`, or nothing. Throws
/// BadArgument and UnknownName.
Spec parse_resources(const std::string& text);
const std::vector<SpecParameter>& resource_parameters();

/// What keys records of it: `frequency_cap_mhz=1200,priority=5`. Without threads, which are part of
/// the processor's id.
std::string resources_key(const Spec& resources);

/// The first `threads` cores of a CPU processor: `cpu` with 2 is `cpu:0-1`. All of them for 0.
/// Throws BadArgument where there are fewer and Unsupported where it has no cores to choose.
std::string with_threads(Machine& machine, const std::string& id, std::int64_t threads);

/// Something that was changed for the whole machine: put back when this goes.
class HeldResources {
 public:
  virtual ~HeldResources() = default;
  /// asked_frequency_cap_hertz, granted_..., and refused_frequency_cap with the reason where the
  /// system did something else; the same of governor.
  virtual const schema::Facts& facts() const = 0;
};

/// The system's side. devices/linux/resources.cpp implements it.
class ResourceControl {
 public:
  virtual ~ResourceControl() = default;
  /// Frequency cap and governor of all cores, and whether they idle. For the supervisor, which
  /// outlives its workers.
  virtual std::unique_ptr<HeldResources> hold(const Spec& resources) = 0;
  /// Priority and memory of this process, for good. Before it starts threads: they inherit.
  virtual schema::Facts limit_process(const Spec& resources) = 0;
};

}  // namespace motley
