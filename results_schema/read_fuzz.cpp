// Is there a line that crashes the reader, or one that it reads but that is another once it was
// written and read again? Run by libFuzzer; built only where a Clang has it.
#include <cstdint>
#include <cstdlib>

#include "results_schema/json_lines.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace motley::schema;
  try {
    const auto record = parse_line({reinterpret_cast<const char*>(data), size});
    if (!record) return 0;
    const std::string text = to_json(*record);
    const auto again = parse_line(text);
    if (!again || to_json(*again) != text) std::abort();
  } catch (const BadRecord&) {
  }
  return 0;
}
