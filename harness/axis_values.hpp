// What --set says: `axis=a,b,c`, `axis=a..b*m` (multiply) or `axis=a..b+s` (add), mixed by commas.
// Whole numbers may end in K, M or G (1024, 1024^2, 1024^3).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "results_schema/record.hpp"

namespace motley {

struct AxisValues {
  std::string axis;
  std::vector<schema::Value> values;
};

/// Throws Error with the grammar on anything else, also on ranges above 10000 values.
AxisValues parse_axis_values(const std::string& text);

/// A whole number, a number, or else the text itself.
schema::Value parse_value(const std::string& text);

}  // namespace motley
