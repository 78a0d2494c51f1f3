#include "microbench/launch_team.hpp"

#include <chrono>
#include <fmt/format.h>
#include <thread>

#include "harness/error.hpp"

namespace motley::microbench {
namespace {

/// Counters of two members lie two lines apart, as some processors fetch lines in pairs.
constexpr std::size_t slot_words = 16;

void count_call(const CpuTask& task) {
  ++task.buffer<std::uint64_t>(0)[slot_words * task.member];
}

class TeamLaunches {
 public:
  TeamLaunches(Workbench& bench, const TeamLaunch& launch)
      : launch_(launch),
        processor_(bench.processor()),
        slots_(processor_.members()),
        counting_(launch.members == 0 ? slots_ : std::min(launch.members, slots_)),
        kernel_(bench.load({"count_call", count_call, {}, launch.members})),
        counters_(bench.allocate(slots_ * slot_words * sizeof(std::uint64_t))) {
    bench.queue().fill(counters_, 0);
    bench.queue().finish();
  }

  Trial trial() {
    Trial trial;
    trial.work.operations = launch_.launches;
    trial.details["members"] = std::int64_t{counting_};
    trial.error = [this](Queue& queue) { return error(queue); };
    if (launch_.idle_seconds > 0 || launch_.from_parked) {
      trial.time = [this](Queue& queue, Stopwatch& watch) {
        if (launch_.from_parked) processor_.park();
        stay_idle(launch_.idle_seconds);
        watch.start();
        if (launch_.from_parked) processor_.wake();
        run(queue);
        queue.finish();
        watch.stop();
      };
    } else {
      trial.run = [this](Queue& queue) { run(queue); };
    }
    return trial;
  }

 private:
  void run(Queue& queue) {
    for (unsigned i = 0; i < launch_.launches; ++i) queue.launch(kernel_, range(1), {&counters_});
    given_ += launch_.launches;
  }
  /// Members that were not called once for every launch so far.
  double error(Queue& queue) {
    const auto counters = download<std::uint64_t>(queue, counters_);
    double wrong = 0;
    for (unsigned member = 0; member < slots_; ++member) {
      wrong += counters[member * slot_words] != (member < counting_ ? given_ : 0);
    }
    return wrong;
  }

  TeamLaunch launch_;
  Processor& processor_;
  unsigned slots_, counting_;
  LoadedKernel& kernel_;
  Buffer& counters_;
  std::uint64_t given_ = 0;
};

Case team_case(const char* name, const char* summary, std::vector<Axis> axes,
               std::function<TeamLaunch(const Workbench&)> launch) {
  Case result;
  result.name = name;
  result.summary = summary;
  result.metric = schema::Metric::seconds_per_operation;
  result.axes = std::move(axes);
  result.unsupported = [](Processor& processor) -> std::string {
    if (processor.members() == 0) {
      return "only CPU processors have a team of threads: see launch/round_trip";
    }
    return processor.members() == 1 ? "a team of one has nobody to wake: see launch/empty" : "";
  };
  result.prepare = [launch = std::move(launch)](Workbench& bench) {
    return team_launch_trial(bench, launch(bench));
  };
  return result;
}

const Registration registration([] {
  return std::vector<Case>{
      team_case("launch/fork_join", "Seconds to call every member of the team and wait for all",
                {idle_axis()},
                [](const Workbench& bench) {
                  return TeamLaunch{.idle_seconds = bench.number("idle_seconds")};
                }),
      team_case(
          "launch/wake",
          "Seconds to wake a team that was parked and has fallen asleep, and to call every member",
          {},
          [](const Workbench&) { return TeamLaunch{.idle_seconds = 0.001, .from_parked = true}; })};
});

}  // namespace

Trial team_launch_trial(Workbench& bench, const TeamLaunch& launch) {
  if (bench.processor().members() == 0) {
    throw Unsupported(
        fmt::format("{} has no team of threads (its work is given to a driver). Measure it on cpu.",
                    bench.processor().description().id));
  }
  return bench.keep(std::make_unique<TeamLaunches>(bench, launch))->trial();
}

Axis idle_axis() {
  return {"idle_seconds",
          "How long the processor is left alone before a launch; 0: it is still awake",
          [](Processor&, Tier tier) -> std::vector<schema::Value> {
            if (tier == Tier::smoke) return {0.0};
            if (tier == Tier::standard) return {0.0, 0.001};
            return {0.0, 0.001, 0.02};
          },
          false};
}

void stay_idle(double seconds) {
  if (seconds > 0) std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

}  // namespace motley::microbench
