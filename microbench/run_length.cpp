#include "microbench/run_length.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace motley::microbench {
namespace {

double seconds_of(Queue& queue, const std::function<void()>& work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  queue.finish();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

}  // namespace

std::uint32_t repeats_for(Workbench& bench,
                          const std::function<void(std::uint32_t repeats)>& launch) {
  constexpr std::uint32_t most = 1u << 24;
  const double wanted = bench.processor().members() > 0 ? 0.2e-3 : 2e-3;
  std::uint32_t repeats = 1;
  for (; repeats < most; repeats *= 2) {
    double best = std::numeric_limits<double>::infinity();
    for (int attempt = 0; attempt < 3; ++attempt) {
      best = std::min(best, seconds_of(bench.queue(), [&] { launch(repeats); }));
    }
    if (best >= wanted) break;
  }
  bench.queue().take_intervals();
  return repeats;
}

}  // namespace motley::microbench
