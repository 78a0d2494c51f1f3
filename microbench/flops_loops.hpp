// The loops of the peak cases: what one thread does with registers only, between loading its start
// values and storing its results. Each form is a row of a table, so that the cases need no list of
// instruction sets.
#pragma once

#include <cstdint>
#include <vector>

namespace motley::microbench {

/// fma: x = x + x*a, fused. mul_add: the same in two instructions. fma_add: every other chain only
/// adds: some cores have units for additions beside those for FMAs (likwid issue 659).
enum class Mix { fma, mul_add, fma_add };

/// Floats: even steps x += x*a, odd steps x -= x*a (adding chains: x += a each step). The
/// accumulator is the addend, as NEON's FMLA wants it, and x shrinks by (1 - a*a) each two steps:
/// never constant, never denormal within a run. int32: x = x*a + a, wrapping around. Dot products
/// and matrices, where `gain` is not 0: x += gain*a each step.
struct PeakLoop {
  const char* type = "";     ///< fp32, fp64, int32, fp16, bf16, int8_dot, matrix_bf16 ...
  const char* isa = "";      ///< AVX3, AVX2, NEON, SVE (Highway's names), or an instruction's name
  const char* feature = "";  ///< name in the processor's isa facts that it needs; empty: none
  Mix mix = Mix::fma;
  int chains = 0;                ///< independent accumulators
  int lanes = 0;                 ///< values of one accumulator
  double flops_per_step = 0;     ///< of all chains and lanes
  double ceiling_per_cycle = 0;  ///< flops that a core can do at most in one cycle; 0: not known
  double gain = 0;
  /// `start` and `out` hold chains * lanes values; `factor` points to one. `steps` is even. Memory
  /// is touched before and after the loop only. Values are of the type in the name, but for bf16
  /// and matrix_bf16 (fp32 sums of the product of `factor`, fp32, and 1) and int8 (int32 sums).
  void (*run)(const void* start, void* out, const void* factor, std::int64_t steps) = nullptr;
  /// Cycles of a chain of dependent additions woven into this target's FMAs; null: the best
  /// target's. The vector work takes half of the chain's time at most, so that the chain decides.
  /// Returns the additions done.
  std::int64_t (*woven_chain)(std::int64_t iterations) = nullptr;
};

/// A row of a table of instructions: `flops` of one lane's step, `per_cycle` the ceiling of a core.
struct Instruction {
  const char* type;
  const char* isa;
  const char* feature;
  int lanes;
  double flops, per_cycle, gain;
};
constexpr PeakLoop peak_loop(const Instruction& of, int chains,
                             void (*run)(const void*, void*, const void*, std::int64_t)) {
  PeakLoop loop;
  loop.type = of.type;
  loop.isa = of.isa;
  loop.feature = of.feature;
  loop.chains = chains;
  loop.lanes = of.lanes;
  loop.flops_per_step = of.flops * of.lanes * chains;
  loop.ceiling_per_cycle = of.per_cycle;
  loop.gain = of.gain;
  loop.run = run;
  return loop;
}

/// All loops of Highway's targets that this machine can run, best target first.
const std::vector<PeakLoop>& simd_peak_loops();

/// Loops of instructions that Highway does not name, whether or not this machine has them. Both
/// architectures have their own file; the other's is empty there.
struct LoopTable {
  const PeakLoop* first;
  int count;
};
LoopTable x86_peak_loops();
LoopTable arm_peak_loops();

/// The woven chain of the best target.
std::int64_t run_woven_chain(std::int64_t iterations);
/// The same chain alone.
std::int64_t run_chain(std::int64_t iterations);

}  // namespace motley::microbench
