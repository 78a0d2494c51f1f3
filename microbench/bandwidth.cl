// The bandwidth kernels. Build options: FLOATS and UINTS name the vector types of WIDTH elements;
// NON_TEMPORAL stores around the caches; STRIDED interleaves the work-items (neighbours read
// neighbours: a GPU coalesces), otherwise each work-item walks a part of its own (a CPU's cache and
// prefetcher want that, and a work-item is a thread's share).
// All kernels take the same arguments; see bandwidth_loops.hpp for the content. fold.cl goes before.
#define WEYL_STEP 0x9E3779B1u

#ifdef NON_TEMPORAL
#define PUT(value, address) __builtin_nontemporal_store(value, address)
#else
#define PUT(value, address) *(address) = (value)
#endif

#ifdef STRIDED
#define STEP get_global_size(0)
#define BEGIN get_global_id(0)
#define END (count / WIDTH)
#define RESULT_AT(item) (item)
#else
#define STEP 1
#define BEGIN ((size_t)((ulong)(count / WIDTH) * get_global_id(0) / get_global_size(0)))
#define END ((size_t)((ulong)(count / WIDTH) * (get_global_id(0) + 1) / get_global_size(0)))
#define RESULT_AT(item) (16 * (item))
#endif

#define ARGUMENTS                                                                                \
  __global float *restrict a, __global const float *restrict b, __global const float *restrict c, \
      __global uint *restrict results, uint count, uint passes, uint pattern

// Elements behind the last whole vector are the last work-item's.
uint first_left_over(uint count) {
  return get_global_id(0) + 1 == get_global_size(0) ? count / WIDTH * WIDTH : count;
}

float factor_of(uint pass) { return 1.5f + 0.25f * (float)(pass & 3u); }

__kernel void bandwidth_read(ARGUMENTS) {
  __global const UINTS* from = (__global const UINTS*)b;
  const size_t begin = BEGIN, end = END, step = STEP;
  UINTS r0 = 0, r1 = 0, r2 = 0, r3 = 0;
  uint rest = 0;
  for (uint pass = 0; pass < passes; ++pass) {
    r0 = STEPPED(r0);
    r1 = STEPPED(r1);
    r2 = STEPPED(r2);
    r3 = STEPPED(r3);
    rest = STEPPED(rest);
    size_t i = begin;
    for (; i + 7 * step < end; i += 8 * step) {
      r0 ^= from[i] ^ from[i + step];
      r1 ^= from[i + 2 * step] ^ from[i + 3 * step];
      r2 ^= from[i + 4 * step] ^ from[i + 5 * step];
      r3 ^= from[i + 6 * step] ^ from[i + 7 * step];
    }
    for (; i < end; i += step) r0 ^= from[i];
    for (uint j = first_left_over(count); j < count; ++j) rest ^= ((__global const uint*)b)[j];
  }
  results[RESULT_AT(get_global_id(0))] = rest ^ xor_of_lanes(r0 ^ r1 ^ r2 ^ r3);
}

__kernel void bandwidth_write(ARGUMENTS) {
  __global UINTS* to = (__global UINTS*)a;
  const size_t begin = BEGIN, end = END, step = STEP;
  lanes_t ramp;
  for (uint lane = 0; lane < WIDTH; ++lane) ramp.each[lane] = ((uint)begin * WIDTH + lane) * WEYL_STEP;
  const uint further = (uint)step * WIDTH * WEYL_STEP;
  for (uint pass = 0; pass < passes; ++pass) {
    UINTS value = ramp.all + (pattern + pass);
    size_t i = begin;
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

// EACH(i) is what goes to vector i, ONE(j) to element j. In odd passes b is read further on, see
// offset_of() in bandwidth_loops.hpp.
#define WALK(EACH, ONE)                                                        \
  __global FLOATS* to = (__global FLOATS*)a;                                   \
  __global const FLOATS* second = (__global const FLOATS*)c;                   \
  const size_t begin = BEGIN, end = END, step = STEP;                          \
  for (uint pass = 0; pass < passes; ++pass) {                                 \
    const float factor = factor_of(pass);                                      \
    const uint first = 64 * (pass & 1);                                        \
    __global const FLOATS* from = (__global const FLOATS*)b + first / WIDTH;   \
    size_t i = begin;                                                          \
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
#define COPY_ONE(j) b[first + j]
__kernel void bandwidth_copy(ARGUMENTS) { WALK(COPY_EACH, COPY_ONE) }

#define SCALE_EACH(i) factor* from[i]
#define SCALE_ONE(j) factor* b[first + j]
__kernel void bandwidth_scale(ARGUMENTS) { WALK(SCALE_EACH, SCALE_ONE) }

#define ADD_EACH(i) from[i] + second[i]
#define ADD_ONE(j) b[first + j] + c[j]
__kernel void bandwidth_add(ARGUMENTS) { WALK(ADD_EACH, ADD_ONE) }

#define TRIAD_EACH(i) from[i] + factor* second[i]
#define TRIAD_ONE(j) b[first + j] + factor* c[j]
__kernel void bandwidth_triad(ARGUMENTS) { WALK(TRIAD_EACH, TRIAD_ONE) }
