// The bandwidth kernels. Build options: FLOATS and UINTS name the vector types of WIDTH elements;
// NON_TEMPORAL stores around the caches; STRIDED interleaves the work-items (neighbours read
// neighbours: a GPU coalesces), otherwise each work-item walks a part of its own (a CPU's cache and
// prefetcher want that, and a work-item is a thread's share).
// All kernels take the same arguments; see bandwidth_loops.hpp for the content.
#define WEYL_STEP 0x9E3779B1u

#ifdef NON_TEMPORAL
#define PUT(value, address) __builtin_nontemporal_store(value, address)
#else
#define PUT(value, address) *(address) = (value)
#endif

#ifdef STRIDED
#define STEP ((uint)get_global_size(0))
#define BEGIN ((uint)get_global_id(0))
#define END (count / WIDTH)
#define SUM_AT(item) (item)
#else
#define STEP 1u
#define BEGIN ((uint)((ulong)(count / WIDTH) * get_global_id(0) / get_global_size(0)))
#define END ((uint)((ulong)(count / WIDTH) * (get_global_id(0) + 1) / get_global_size(0)))
#define SUM_AT(item) (16 * (item))
#endif

#define ARGUMENTS                                                                                \
  __global float *restrict a, __global const float *restrict b, __global const float *restrict c, \
      __global uint *restrict sums, uint count, uint passes, uint pattern

typedef union {
  UINTS all;
  uint each[WIDTH];
} lanes_t;

// Elements behind the last whole vector are the last work-item's.
uint first_left_over(uint count) {
  return get_global_id(0) + 1 == get_global_size(0) ? count / WIDTH * WIDTH : count;
}

float factor_of(uint pass) { return 1.5f + 0.25f * (float)(pass & 3u); }

__kernel void bandwidth_read(ARGUMENTS) {
  __global const UINTS* from = (__global const UINTS*)b;
  const uint begin = BEGIN, end = END, step = STEP;
  UINTS s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  uint rest = 0;
  for (uint pass = 0; pass < passes; ++pass) {
    uint i = begin;
    for (; i + 3 * step < end; i += 4 * step) {
      s0 += from[i];
      s1 += from[i + step];
      s2 += from[i + 2 * step];
      s3 += from[i + 3 * step];
    }
    for (; i < end; i += step) s0 += from[i];
    for (uint j = first_left_over(count); j < count; ++j) rest += ((__global const uint*)b)[j];
  }
  lanes_t lanes;
  lanes.all = s0 + s1 + s2 + s3;
  for (uint lane = 0; lane < WIDTH; ++lane) rest += lanes.each[lane];
  sums[SUM_AT(get_global_id(0))] = rest;
}

__kernel void bandwidth_write(ARGUMENTS) {
  __global UINTS* to = (__global UINTS*)a;
  const uint begin = BEGIN, end = END, step = STEP;
  lanes_t ramp;
  for (uint lane = 0; lane < WIDTH; ++lane) ramp.each[lane] = (begin * WIDTH + lane) * WEYL_STEP;
  const uint further = step * WIDTH * WEYL_STEP;
  for (uint pass = 0; pass < passes; ++pass) {
    UINTS value = ramp.all + (pattern + pass);
    uint i = begin;
    for (; i + 3 * step < end; i += 4 * step) {
      PUT(value, to + i);
      PUT(value + further, to + i + step);
      PUT(value + 2 * further, to + i + 2 * step);
      PUT(value + 3 * further, to + i + 3 * step);
      value += 4 * further;
    }
    for (; i < end; i += step) {
      PUT(value, to + i);
      value += further;
    }
    for (uint j = first_left_over(count); j < count; ++j) {
      ((__global uint*)a)[j] = pattern + pass + j * WEYL_STEP;
    }
  }
}

// EACH(i) is what goes to vector i, ONE(j) to element j.
#define WALK(EACH, ONE)                                                        \
  __global FLOATS* to = (__global FLOATS*)a;                                   \
  __global const FLOATS* from = (__global const FLOATS*)b;                     \
  __global const FLOATS* second = (__global const FLOATS*)c;                   \
  const uint begin = BEGIN, end = END, step = STEP;                            \
  for (uint pass = 0; pass < passes; ++pass) {                                 \
    const float factor = factor_of(pass);                                      \
    uint i = begin;                                                            \
    for (; i + 3 * step < end; i += 4 * step) {                                \
      const FLOATS v0 = EACH(i), v1 = EACH(i + step), v2 = EACH(i + 2 * step), \
                   v3 = EACH(i + 3 * step);                                    \
      PUT(v0, to + i);                                                         \
      PUT(v1, to + i + step);                                                  \
      PUT(v2, to + i + 2 * step);                                              \
      PUT(v3, to + i + 3 * step);                                              \
    }                                                                          \
    for (; i < end; i += step) PUT(EACH(i), to + i);                           \
    for (uint j = first_left_over(count); j < count; ++j) a[j] = ONE(j);       \
  }

#define COPY_EACH(i) from[i]
#define COPY_ONE(j) b[j]
__kernel void bandwidth_copy(ARGUMENTS) { WALK(COPY_EACH, COPY_ONE) }

#define SCALE_EACH(i) factor* from[i]
#define SCALE_ONE(j) factor* b[j]
__kernel void bandwidth_scale(ARGUMENTS) { WALK(SCALE_EACH, SCALE_ONE) }

#define ADD_EACH(i) from[i] + second[i]
#define ADD_ONE(j) b[j] + c[j]
__kernel void bandwidth_add(ARGUMENTS) { WALK(ADD_EACH, ADD_ONE) }

#define TRIAD_EACH(i) from[i] + factor* second[i]
#define TRIAD_ONE(j) b[j] + factor* c[j]
__kernel void bandwidth_triad(ARGUMENTS) { WALK(TRIAD_EACH, TRIAD_ONE) }
