#include "harness/machine.hpp"

#include "harness/error.hpp"

namespace motley {

std::unique_ptr<ScratchFile> Machine::scratch_file() {
  throw Unsupported("this machine has no storage to write to");
}

}  // namespace motley
