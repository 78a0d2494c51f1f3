// What reading kernels keep of what they read, as folded() in bandwidth_loops.hpp. Goes before a
// kernel's own source. Build options: UINTS names the vector type of WIDTH words.
typedef union {
  UINTS all;
  uint each[WIDTH];
} lanes_t;

#define STEPPED(value) (((value) << 1) ^ ((0 - ((value) >> 31)) & 0x04C11DB7u))

uint xor_of_lanes(UINTS all) {
  lanes_t lanes;
  lanes.all = all;
  uint result = 0;
  for (uint lane = 0; lane < WIDTH; ++lane) result ^= lanes.each[lane];
  return result;
}
