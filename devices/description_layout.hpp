// How is a fact laid out for a person? Words, sizes and lines of the text of `motley devices`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::devices {

struct Inventory;

/// `text` behind `label`, wrapped at words to 80 columns; further lines are indented to the first
/// one's text. Longer words are cut.
std::string wrapped(const std::string& label, const std::string& text);

std::string bytes_text(std::int64_t bytes);
std::string hertz_text(double hertz);
/// The parts that are not empty.
std::string join(const std::vector<std::string>& parts, const std::string& between = ", ");

/// Null where the fact is missing or of another type.
template <class T>
const T* fact(const schema::Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? nullptr : std::get_if<T>(&found->second);
}
/// Empty where the fact is missing or no text.
std::string text_fact(const schema::Facts& facts, const std::string& name);

/// The processors with what OpenCL devices say of themselves, and those that cannot be used.
std::string processors_text(const Inventory& inventory);

}  // namespace motley::devices
