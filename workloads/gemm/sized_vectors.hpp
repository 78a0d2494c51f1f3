// For kernels that hold arrays of vectors in registers; comes before Highway. A vector of SVE has
// no size that the compiler knows, so that arrays of them cannot be held there; the SVE of phones
// is as wide as NEON. SSSE3 and AVX3_DL add nothing. Builds under sanitizers disable more.
#pragma once

#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS \
  (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_SSSE3 | HWY_AVX3_DL)
#endif
