// How many multiply-adds can the vector units start each cycle? Highway compiles this file once for
// each instruction set; accumulators are named variables, as arrays or barriers inside the loop
// made compilers store and load them (3-4x slower).
#include <algorithm>
#include <string>

#include "microbench/flops_chains.hpp"
#include "microbench/flops_loops.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "microbench/flops_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "hwy/highway.h"

// Dependent additions of one register: one cycle each on every core that we know. Register plus
// register: recent x86 cores fold chains of add-immediate away.
#ifndef MOTLEY_CHAIN_8
#if defined(__x86_64__)
#define MOTLEY_CHAIN_1 "add %[step], %[sum]\n"
#define MOTLEY_CHAIN_CLOBBERED "cc"
#elif defined(__aarch64__)
#define MOTLEY_CHAIN_1 "add %[sum], %[sum], %[step]\n"
#define MOTLEY_CHAIN_CLOBBERED
#else
#define MOTLEY_CHAIN_1 ""
#define MOTLEY_CHAIN_CLOBBERED
#endif
#define MOTLEY_CHAIN_4 MOTLEY_CHAIN_1 MOTLEY_CHAIN_1 MOTLEY_CHAIN_1 MOTLEY_CHAIN_1
#define MOTLEY_CHAIN_8 MOTLEY_CHAIN_4 MOTLEY_CHAIN_4

namespace motley::microbench {
constexpr std::uint64_t chain_start = 1, chain_step = 3;
/// How often the step went into `sum`: a chain that was cut short says so.
constexpr std::int64_t additions(std::uint64_t sum) {
  return static_cast<std::int64_t>((sum - chain_start) / chain_step);
}
}  // namespace motley::microbench
#endif

HWY_BEFORE_NAMESPACE();
namespace motley::microbench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <Mix mix, int chain, bool subtract, class V>
HWY_INLINE V step(V x, V a) {
  if constexpr (std::is_integral_v<hn::TFromV<V>>) {
    return hn::Add(hn::Mul(x, a), a);
  } else if constexpr (mix == Mix::fma_add && chain % 2 == 1) {
    return hn::Add(x, a);
  } else if constexpr (mix == Mix::mul_add) {
    return subtract ? hn::Sub(x, hn::Mul(x, a)) : hn::Add(x, hn::Mul(x, a));
  } else {
    return subtract ? hn::NegMulAdd(x, a, x) : hn::MulAdd(x, a, x);
  }
}

template <class T, int chains, Mix mix>
void peak(const void* start, void* out, const void* factor, std::int64_t steps) {
  const hn::ScalableTag<T> d;
  const std::size_t n = hn::Lanes(d);
  const T* from = static_cast<const T*>(start);
  T* to = static_cast<T*>(out);
  const auto a = hn::Set(d, *static_cast<const T*>(factor));
  // NOLINTBEGIN(bugprone-macro-parentheses, bugprone-branch-clone): k is a digit
#define MOTLEY_LOAD(k) [[maybe_unused]] auto x##k = hn::LoadU(d, from + (k < chains ? k : 0) * n);
  MOTLEY_EACH_CHAIN(MOTLEY_LOAD)
#undef MOTLEY_LOAD
  for (std::int64_t i = 0; i < steps; i += 2) {
#define MOTLEY_STEP(k) \
  if constexpr (k < chains) x##k = step<mix, k, false>(x##k, a);
    MOTLEY_EACH_CHAIN(MOTLEY_STEP)
#undef MOTLEY_STEP
#define MOTLEY_STEP(k) \
  if constexpr (k < chains) x##k = step<mix, k, true>(x##k, a);
    MOTLEY_EACH_CHAIN(MOTLEY_STEP)
#undef MOTLEY_STEP
  }
#define MOTLEY_STORE(k) \
  if constexpr (k < chains) hn::StoreU(x##k, d, to + k * n);
  MOTLEY_EACH_CHAIN(MOTLEY_STORE)
#undef MOTLEY_STORE
  // NOLINTEND(bugprone-macro-parentheses, bugprone-branch-clone)
}

/// 16 dependent additions beside 8 FMAs: four cycles of two pipes, eight of one.
std::int64_t woven_chain(std::int64_t iterations) {
  const hn::ScalableTag<float> d;
  std::uint64_t sum = chain_start, by = chain_step;
  auto a = hn::Set(d, 1e-3f);
  auto x0 = hn::Set(d, 1.0f), x1 = x0, x2 = x0, x3 = x0;
  asm volatile("" : [sum] "+r"(sum), [step] "+r"(by));
  for (std::int64_t i = 0; i < iterations; ++i) {
    x0 = hn::MulAdd(x0, a, x0);
    x1 = hn::MulAdd(x1, a, x1);
    x2 = hn::MulAdd(x2, a, x2);
    x3 = hn::MulAdd(x3, a, x3);
    asm volatile(MOTLEY_CHAIN_8 : [sum] "+r"(sum) : [step] "r"(by) : MOTLEY_CHAIN_CLOBBERED);
    x0 = hn::NegMulAdd(x0, a, x0);
    x1 = hn::NegMulAdd(x1, a, x1);
    x2 = hn::NegMulAdd(x2, a, x2);
    x3 = hn::NegMulAdd(x3, a, x3);
    asm volatile(MOTLEY_CHAIN_8 : [sum] "+r"(sum) : [step] "r"(by) : MOTLEY_CHAIN_CLOBBERED);
  }
  HWY_ALIGN float kept[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(hn::Add(hn::Add(x0, x1), hn::Add(x2, x3)), d, kept);
  asm volatile("" ::"m"(kept) : "memory");
  return additions(sum);
}

template <class T>
const char* type_name() {
  return std::is_integral_v<T> ? "int32" : sizeof(T) == 8 ? "fp64" : "fp32";
}

template <class T, int chains, Mix mix>
void add_loop(std::vector<PeakLoop>& loops) {
  PeakLoop loop;
  loop.type = type_name<T>();
  loop.isa = hwy::TargetName(HWY_TARGET);
  loop.mix = mix;
  loop.chains = chains;
  loop.lanes = static_cast<int>(hn::Lanes(hn::ScalableTag<T>()));
  constexpr double flops = mix == Mix::fma_add ? 1.5 : 2;  // of a lane's step, mean over the chains
  loop.flops_per_step = flops * loop.lanes * chains;
  if (!std::is_integral_v<T>) {
    // FMA pipes: two on x86-64 cores (Intel and AMD optimisation manuals); one to four on Arm
    // cores (see flops_arm.cpp). Additions beside FMAs: half more.
    const double pipes = HWY_ARCH_X86 ? 2 : 0;
    loop.ceiling_per_cycle = pipes * 2 * loop.lanes * (mix == Mix::fma_add ? 1.5 : 1);
  }
  loop.run = peak<T, chains, mix>;
  loop.woven_chain = woven_chain;
  loops.push_back(loop);
}

template <class T, Mix mix>
void add_chains(std::vector<PeakLoop>& loops) {
  add_loop<T, 12, mix>(loops);
  add_loop<T, 4, mix>(loops);
  add_loop<T, 8, mix>(loops);
  add_loop<T, 16, mix>(loops);
  add_loop<T, 24, mix>(loops);
}

void add_peak_loops(std::vector<PeakLoop>& loops) {
  add_chains<float, Mix::fma>(loops);
  add_chains<float, Mix::mul_add>(loops);
  add_chains<float, Mix::fma_add>(loops);
  add_chains<std::int32_t, Mix::fma>(loops);
#if HWY_HAVE_FLOAT64
  add_chains<double, Mix::fma>(loops);
  add_chains<double, Mix::mul_add>(loops);
  add_chains<double, Mix::fma_add>(loops);
#endif
}

}  // namespace motley::microbench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::microbench {
namespace {

HWY_EXPORT(add_peak_loops);
HWY_EXPORT(woven_chain);

std::vector<PeakLoop> all_loops() {
  std::vector<PeakLoop> loops;
  std::vector<std::int64_t> targets = hwy::SupportedAndGeneratedTargets();
  std::sort(targets.begin(), targets.end());  // Highway numbers better targets lower
  for (const std::int64_t target : targets) {
    // Compilers make vectors of the scalar target's loops, so that its name would be wrong; SSSE3
    // differs from SSE4 in nothing that is done here.
    const std::string name = hwy::TargetName(target);
    if (name == "SCALAR" || name == "EMU128" || name == "SSSE3") continue;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    HWY_DYNAMIC_DISPATCH(add_peak_loops)(loops);
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return loops;
}

}  // namespace

const std::vector<PeakLoop>& simd_peak_loops() {
  static const std::vector<PeakLoop> loops = all_loops();
  return loops;
}

std::int64_t run_woven_chain(std::int64_t iterations) {
  return HWY_DYNAMIC_DISPATCH(woven_chain)(iterations);
}

std::int64_t run_chain(std::int64_t iterations) {
  std::uint64_t sum = chain_start, by = chain_step;
  asm volatile("" : [sum] "+r"(sum), [step] "+r"(by));
  for (std::int64_t i = 0; i < iterations; ++i) {
    asm volatile(MOTLEY_CHAIN_8 MOTLEY_CHAIN_8
                 : [sum] "+r"(sum)
                 : [step] "r"(by)
                 : MOTLEY_CHAIN_CLOBBERED);
  }
  return additions(sum);
}

}  // namespace motley::microbench
#endif
