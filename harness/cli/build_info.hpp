// What this program was built from: written into every run record.
#pragma once

namespace motley {

struct BuildInfo {
  const char* version;
  const char* commit;  ///< empty outside a git checkout
  const char* compiler;
  const char* flags;
  const char* build;
  bool dirty;  ///< tracked files differed from the commit
};
extern const BuildInfo build_info;

}  // namespace motley
