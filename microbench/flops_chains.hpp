// MOTLEY_EACH_CHAIN(X) writes X(0) to X(23): a statement for each accumulator, each of which must
// be a variable of its own (arrays were stored and loaded within the loop, 3-4x slower).
#pragma once

#define MOTLEY_CHAINS_0_TO_7(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define MOTLEY_CHAINS_8_TO_15(X) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define MOTLEY_CHAINS_16_TO_23(X) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
#define MOTLEY_EACH_CHAIN(X) \
  MOTLEY_CHAINS_0_TO_7(X)    \
  MOTLEY_CHAINS_8_TO_15(X) MOTLEY_CHAINS_16_TO_23(X)
