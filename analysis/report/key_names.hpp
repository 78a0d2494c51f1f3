// How is a measurement called beside others? By what tells it apart from them, and no more: labels
// of a chart are short.
#pragma once

#include <map>
#include <set>
#include <string>

#include "results_schema/record.hpp"

namespace motley::analysis::report {

class KeyNames {
 public:
  void add(const schema::Key& key);
  /// squeezenet inference batch=8: with those parameters in which keys of its case differ.
  std::string name(const schema::Key& key) const;
  /// The same, and the processor where there are several.
  std::string name_and_processor(const schema::Key& key) const;

 private:
  using Values = std::map<std::string, std::set<std::string>>;  ///< by parameter; "": lacks it
  std::map<std::string, Values> cases_;
  std::set<std::string> processors_;
};

/// `lenet5 training batch=32` without `model=lenet5`, which says it twice.
std::string without_repetition(std::string name);

}  // namespace motley::analysis::report
