// How fast do the cores' clocks run, alone and under vector load? A chain of dependent additions
// takes one cycle each; woven into FMAs it shows what wide vectors do to the clock.
#include "harness/case.hpp"
#include "harness/workbench.hpp"
#include "microbench/flops_loops.hpp"
#include "microbench/woven_clock.hpp"

namespace motley::microbench {
namespace {

Trial prepare(Workbench& bench, Chain chain) {
  constexpr std::int64_t iterations = 20000;
  Kernel kernel;
  kernel.name = "clock";
  kernel.cpu = [chain](const CpuTask& task) {
    const auto n = iterations * task.value<std::int64_t>(1);
    task.buffer<std::int64_t>(0)[task.member] = chain(n);
  };
  LoadedKernel& loaded = bench.load(kernel);
  const unsigned members = bench.processor().members();
  Buffer& done = bench.allocate(members * sizeof(std::int64_t));
  Trial trial;
  trial.work.operations = 16.0 * iterations;  // of one core: all run the same at once
  const auto launch = [&loaded, &done](Queue& queue, std::int64_t n) {
    queue.launch(loaded, range(1), {&done, scalar(n)});
  };
  trial.run = [launch](Queue& queue) { launch(queue, 1); };
  trial.run_multiple = [launch](Queue& queue, unsigned n) { launch(queue, n); };
  trial.reset = [&done](Queue& queue) { queue.fill(done, 0xFFFFFFFFu); };
  trial.error = [&done](Queue& queue) {
    double worst = 0;
    for (const std::int64_t one : download<std::int64_t>(queue, done)) {
      if (one != 16 * iterations) worst = 1;
    }
    return worst;
  };
  trial.clock_hertz = chain_clock(bench, chain);
  return trial;
}

Case clock_case(const char* name, const char* summary, Chain chain) {
  Case one;
  one.name = name;
  one.summary = summary;
  one.metric = schema::Metric::operations_per_second;
  one.prepare = [chain](Workbench& bench) { return prepare(bench, chain); };
  one.unsupported = [](Processor& processor) -> std::string {
    return processor.clock_hertz() > 0 ? ""
           : processor.members() > 0   ? "no dependent chain is known for this architecture"
                                     : "the clock of an OpenCL device cannot be seen from a kernel";
  };
  return one;
}

const Registration registration([] {
  return std::vector<Case>{
      clock_case("clock/chain", "Clock of the cores, all at once: dependent additions a second",
                 run_chain),
      clock_case("clock/woven", "The same with vector multiply-adds beside: what wide vectors cost",
                 run_woven_chain)};
});

}  // namespace
}  // namespace motley::microbench
