// The one of a list that has the name that the user gave.
#pragma once

#include <string>
#include <vector>

#include "harness/error.hpp"

namespace motley {

/// Throws UnknownName with the nearest names. `kind`: what the list holds, for the message.
template <class T>
const T& find_named(const std::string& kind, const std::string& name, const std::vector<T>& all) {
  std::vector<std::string> known;
  for (const T& one : all) {
    if (one.name == name) return one;
    known.push_back(one.name);
  }
  throw UnknownName(kind, name, known);
}

}  // namespace motley
