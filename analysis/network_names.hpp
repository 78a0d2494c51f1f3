// How are the measurements of a network called? By what they measured: model, batch and whatever is
// not as usual. What is as usual is left out only where all records of the case have it, so that
// two measurements never share a name; the residency mode stands apart.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "analysis/measurement.hpp"

namespace motley::analysis {

/// A parameter as text; empty where the key lacks it.
std::string parameter(const schema::Key& key, const std::string& name);

bool is_network(const schema::Key& key);

class NetworkNames {
 public:
  explicit NetworkNames(const std::vector<Measurement>& all);

  /// lenet5 training batch=32
  std::string without_residency(const schema::Key& key) const;
  /// The same and, where it is not resident, residency=staged.
  std::string name(const schema::Key& key) const;

 private:
  std::map<std::string, std::map<std::string, std::set<std::string>>> values_;  ///< by case
};

}  // namespace motley::analysis
