// Which implementation computes an operator on a processor, and with which tuning.
#pragma once

#include <functional>
#include <string>

#include "workloads/graph/graph.hpp"

namespace motley::workloads {

struct Choice {
  const Implementation* implementation = nullptr;
  schema::Parameters tuning;
  friend bool operator==(const Choice&, const Choice&) = default;
};
/// simd; opencl/packed tile=8 vector=4
std::string to_string(const Choice& choice);

/// Throws Unsupported where no implementation computes the call there.
using Chooser = std::function<Choice(const std::string& kind, const Call&, Processor&)>;

/// The first usable implementation with its first tuning: nothing is measured.
Choice first_choice(const std::string& kind, const Call& call, Processor& processor);
/// The implementation of that name wherever it can compute the call, elsewhere the first choice.
Chooser prefer(std::string implementation);

}  // namespace motley::workloads
