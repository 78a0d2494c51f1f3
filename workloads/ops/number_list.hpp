// Lists of whole numbers in attributes: "0,2,1,3".
#pragma once

#include <string>

#include "workloads/graph/tensor.hpp"

namespace motley::workloads {

/// Throws Error on what is no list of whole numbers.
Shape numbers_of(const std::string& text, char separator);

}  // namespace motley::workloads
