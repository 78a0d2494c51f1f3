#include "microbench/woven_clock.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace motley::microbench {
namespace {

double slice_hertz(Chain chain) {
  constexpr std::int64_t iterations = 10000;  // 160 000 additions: 64 us at 2.5 GHz
  const auto started = std::chrono::steady_clock::now();
  const std::int64_t additions = chain(iterations);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  return static_cast<double>(additions) / took.count();
}

}  // namespace

std::function<double(Queue&)> chain_clock(Workbench& bench, Chain chain) {
  if (!(bench.processor().clock_hertz() > 0)) return nullptr;
  Kernel kernel;
  kernel.name = "woven_clock";
  kernel.cpu = [chain](const CpuTask& task) {
    // The second fastest: interrupts and other work slow slices down, and the fastest one may have
    // met a clock that the core holds for a moment only.
    std::array<double, 5> slices;
    for (double& hertz : slices) hertz = slice_hertz(chain);
    std::sort(slices.begin(), slices.end());
    task.buffer<double>(0)[task.member] = slices[slices.size() - 2];
  };
  LoadedKernel& loaded = bench.load(kernel);
  Buffer& hertz = bench.allocate(bench.processor().members() * sizeof(double));
  return [&loaded, &hertz](Queue& queue) {
    queue.launch(loaded, range(1), {&hertz});
    double sum = 0;
    const auto all = download<double>(queue, hertz);
    for (const double one : all) sum += one;
    return sum / static_cast<double>(all.size());
  };
}

}  // namespace motley::microbench
