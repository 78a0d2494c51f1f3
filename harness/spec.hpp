// What the command line says of a scenario or a load: `name`, or `name:parameter=value,...`. Behind
// a comma, what has no `=` belongs to the value before: cpu:on=cpu:0,1,duty=0.5 runs on two cores.
// Parameters are declared where the scenario or load is; a unit is part of a parameter's name.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley {

struct SpecParameter {
  std::string name, summary;
  /// Its type (whole number, number or text) is that of all values. Text may be empty.
  schema::Value fallback;
  double least = 0, most = 1e18;  ///< of numbers
  /// Of texts: how it is spelled where it keys records. Throws for what cannot be meant; for the
  /// fallback too, where it cannot be left out.
  std::function<std::string(const std::string&)> spelling = {};
};

/// A spelling for texts that are one of these names; throws UnknownName for others.
std::function<std::string(const std::string&)> one_of(std::string kind,
                                                      std::vector<std::string> names);

class Spec {
 public:
  /// Whole numbers may end in K, M or G (1024, 1024^2, 1024^3). Throws UnknownName for a parameter
  /// that is not declared, BadArgument for a value of another type or out of range, or given twice.
  Spec(std::string name, const std::string& values, const std::vector<SpecParameter>& declared);

  const std::string& name() const { return name_; }
  /// The value that was given, or the fallback. Throws Error where nothing of that type is
  /// declared.
  std::int64_t integer(const std::string& parameter) const;
  double number(const std::string& parameter) const;
  const std::string& text(const std::string& parameter) const;
  bool given(const std::string& parameter) const { return given_.contains(parameter); }

  /// The one spelling that keys records: `name:a=1,b=2`, sorted, only what differs from the
  /// fallback.
  std::string canonical() const;

 private:
  std::string name_;
  schema::Parameters values_, given_;
};

/// `name` and the text behind the colon. Throws BadArgument where there is no name.
std::pair<std::string, std::string> split_spec(const std::string& text);

}  // namespace motley
