#include "harness/loads/kinds.hpp"

namespace motley::loads {

std::vector<LoadKind> all_kinds() {
  return {};
}

}  // namespace motley::loads
