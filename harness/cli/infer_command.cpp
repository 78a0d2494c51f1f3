// motley infer: one network on one or more processors, asked as each scenario says, with each load
// beside; each becomes a line of the file as soon as it is done.
#include <cmath>
#include <fmt/format.h>

#include "devices/linux/process.hpp"
#include "devices/machine.hpp"
#include "harness/cli/network_request.hpp"
#include "harness/cli/network_run.hpp"
#include "harness/cli/network_table.hpp"
#include "harness/cool_down.hpp"
#include "harness/error.hpp"
#include "harness/load.hpp"
#include "harness/monitor.hpp"
#include "harness/scenario.hpp"
#include "harness/visit.hpp"
#include "workloads/live_memory.hpp"
#include "workloads/tuner.hpp"

namespace motley::cli {
namespace {

using namespace workloads;

/// One sample is one inference; of a decoder one token, whose successor is the next.
class InferenceServer final : public Server {
 public:
  explicit InferenceServer(Inference& inference) : inference_(inference) {}
  void start(std::int64_t samples) override {
    for (std::int64_t i = 0; i < samples; ++i) inference_.run();
  }
  void wait() override { inference_.execution().finish(); }
  void answered() override {
    if (inference_.decodes()) inference_.feed_back();
  }
  std::int64_t most_outstanding() const override { return 1; }

 private:
  Inference& inference_;
};

/// Until two runs in a row agree, or it has been long enough.
void warm_up(Server& server, Clock& clock, schema::Block& block) {
  constexpr double longest_seconds = 0.2;
  constexpr std::size_t least_runs = 2;
  constexpr double agreement = 0.02;
  const double begin = clock.seconds();
  std::vector<double>& runs = block.warmup_seconds;
  while (true) {
    const double started = clock.seconds();
    server.start(1);
    server.wait();
    runs.push_back(clock.seconds() - started);
    server.answered();
    const std::size_t n = runs.size();
    if (n >= least_runs && std::abs(runs[n - 1] / runs[n - 2] - 1) < agreement) return;
    if (clock.seconds() > begin + longest_seconds) return;
  }
}

/// What runs beside the queries.
struct Beside {
  Loads loads;
  std::unique_ptr<Monitor> monitor;  ///< of scenarios of minutes
  /// Before the processor's threads are pinned.
  Beside(const schema::Key& key, Machine& machine, Clock& clock)
      : loads(key.load, machine, clock, key.processor) {
    if (!find_scenario(scenario_spec(key.scenario).name()).of_minutes) return;
    constexpr double period_seconds = 0.5;
    monitor = std::make_unique<Monitor>(machine, clock, period_seconds);
  }
};

void ask(const Spec& spec, Server& server, const Options& options, Machine& machine, Beside& beside,
         CoolDown& cool_down, schema::Block& block) {
  const auto& scenario = std::get<Queried>(find_scenario(spec.name()).implementation);
  Clock& clock = steady_clock();
  Loads& loads = beside.loads;
  if (beside.monitor) {
    const auto go_on = [] { return !devices::interrupted(); };
    cool_down.wait(
        block.key.processor, [] { return 0.0; }, {}, go_on, block);
  }
  warm_up(server, clock, block);
  loads.start();
  loads.begin_window();
  if (beside.monitor) beside.monitor->start();
  const auto cpu_seconds = [&] { return machine.thread_cpu_seconds(); };
  scenario.run(spec,
               {server, clock, options.seed, [] { return !devices::interrupted(); }, cpu_seconds},
               block);
  if (beside.monitor) beside.monitor->stop(block);
  loads.finish({&block, 1});
}

schema::Block infer(const Options& options, Machine& machine, CoolDown& cool_down,
                    const schema::Key& key) {
  Clock& clock = steady_clock();
  schema::Block block =
      unmeasured(key, schema::Metric::seconds_per_operation, schema::Status::ok, "");
  attempt(block, [&] {
    const double started = clock.seconds();
    const InferenceOptions wanted = inference_options(options);
    Beside beside(key, machine, clock);
    machine.precise_timers();
    OpenProcessor open(machine, key.processor, wanted.fallback.wanted());
    const LiveMemory live(open.places(), &machine);
    Inference inference(wanted, open.places(),
                        chooser_named(options.implementation, open.places().processor,
                                      Tier::standard, options.seed));
    Execution& execution = inference.execution();
    describe(execution, options, block);
    if (inference.decodes()) block.details["context"] = inference.model().positions;
    block.phases["prepare"] = clock.seconds() - started;
    block.memory = live.measured(inference);
    const NetworkCheck check(inference);
    const auto checked_run = [&] {
      NetworkCheck::reset(inference);
      inference.run();
      execution.finish();
    };
    const bool right = is_right(check, checked_run, block);
    inference.reset();
    block.phases["check"] = clock.seconds() - started - block.phases["prepare"];
    if (!right) return;
    InferenceServer server(inference);
    ask(scenario_spec(key.scenario), server, options, machine, beside, cool_down, block);
    take_profile(execution, inference.scalars(), 0, 1, block);
    is_right(check, checked_run, block);
  });
  return block;
}

}  // namespace

int infer_command(const Options& options) {
  inference_options(options);  // what cannot be meant is told before a file is made
  const GrantedResources granted(options);
  const auto machine = devices::real_machine();
  const std::vector<schema::Processor> processors = processors_for(options, *machine);
  const std::vector<schema::Key> keys = keys_of(options, processors, false);
  NetworkFile file(options, granted, *machine, processors);
  Instruments instruments = machine->instruments();
  CoolDown cool_down(instruments, steady_clock());
  std::vector<schema::Block> blocks;
  for (const schema::Key& key : keys) {
    if (devices::interrupted()) break;
    blocks.push_back(file.block(key, [&] {
      schema::Block block = infer(options, *machine, cool_down, key);
      block.repro = repro_of(options, key);
      return block;
    }));
    print_inference(blocks.back());
  }
  print_ratios(blocks);
  return file.end();
}

}  // namespace motley::cli
