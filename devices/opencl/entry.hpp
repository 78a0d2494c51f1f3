// How do we put something between Motley and every OpenCL function at once? An entry of the table
// by number and name, and loops over all of them that keep each function's type. Function pointers
// carry no state: what stands between belongs to the process, not to one table.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>

#include "devices/opencl/api.hpp"

namespace motley::opencl {

enum class Entry : std::size_t {
#define MOTLEY_ENUMERATOR(entry, since) entry,
  MOTLEY_OPENCL_ENTRIES(MOTLEY_ENUMERATOR)
#undef MOTLEY_ENUMERATOR
      count
};
constexpr std::size_t entry_count = static_cast<std::size_t>(Entry::count);

struct EntryFacts {
  const char* name;
  int since;  ///< OpenCL version times 100
};
constexpr std::array<EntryFacts, entry_count> entry_facts = {{
#define MOTLEY_FACTS(entry, since) {#entry, since},
    MOTLEY_OPENCL_ENTRIES(MOTLEY_FACTS)
#undef MOTLEY_FACTS
}};
constexpr const EntryFacts& facts_of(Entry entry) {
  return entry_facts[static_cast<std::size_t>(entry)];
}
std::optional<Entry> entry_of_name(const std::string& name);

/// Calls visitor.template visit<entry>(function) with each member of the table, by reference.
template <class Visitor>
void for_each_entry(Api& api, Visitor&& visitor) {
#define MOTLEY_VISIT(entry, since) visitor.template visit<Entry::entry>(api.entry);
  MOTLEY_OPENCL_ENTRIES(MOTLEY_VISIT)
#undef MOTLEY_VISIT
}

/// What a call returns that failed with `status` before it did anything: the status itself, or no
/// object and the status where its last argument, a cl_int*, points.
template <class Result, class... Arguments>
Result failed(cl_int status, Arguments... arguments) {
  if constexpr (std::is_same_v<Result, cl_int>) {
    return status;
  } else if constexpr (!std::is_void_v<Result>) {
    const auto set = [status](auto last) {
      if constexpr (std::is_same_v<decltype(last), cl_int*>) {
        if (last != nullptr) *last = status;
      }
    };
    (..., set(arguments));
    return nullptr;
  }
}

}  // namespace motley::opencl
