#include "workloads/ops/number_list.hpp"

#include <charconv>

#include "harness/error.hpp"

namespace motley::workloads {

Shape numbers_of(const std::string& text, char separator) {
  Shape numbers;
  const char *at = text.data(), *const end = text.data() + text.size();
  while (true) {
    std::int64_t number = 0;
    const auto [next, status] = std::from_chars(at, end, number);
    if (status != std::errc() || (next != end && *next != separator)) {
      throw Error("\"" + text + "\" is no list of whole numbers separated by " + separator +
                  ". Write it like 0" + separator + "1.");
    }
    numbers.push_back(number);
    if (next == end) return numbers;
    at = next + 1;
  }
}

}  // namespace motley::workloads
