// What does it cost to make a processor do nothing: one launch or a hundred, given or completed,
// awake or from idle, waited for in one way or another, on each kind of queue?
#include "microbench/opencl_launch.hpp"

#include <cmath>

#include "microbench/launch_team.hpp"
#include "microbench/transfer_axes.hpp"

namespace motley::microbench {
namespace {

constexpr const char* source = R"(
__kernel void count_launch(volatile __global uint* counter) { atomic_inc(counter); }
)";

}  // namespace

CountedLaunches::CountedLaunches(Processor& processor, const QueueOptions& options)
    : calls_(processor, options),
      counter_(calls_.buffer(sizeof(cl_uint))),
      kernel_(calls_.kernel(calls_.device().program(source), "count_launch")) {
  calls_.fill(counter_.get(), sizeof(cl_uint), std::byte{0});
  calls_.set(kernel_.get(), 0, counter_.get());
}

opencl::Handle<cl_event> CountedLaunches::launch_with_event() {
  cl_event event = nullptr;
  calls_.launch(kernel_.get(), 1, &event);
  ++given_;
  return {event, api().clReleaseEvent};
}

cl_int CountedLaunches::status(cl_event event) const {
  cl_int status = CL_QUEUED;
  opencl::check(api().clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status),
                                     &status, nullptr),
                "clGetEventInfo");
  if (status < 0) opencl::check(status, "clEnqueueNDRangeKernel");
  return status;
}

double CountedLaunches::error() const {
  finish();
  return std::abs(static_cast<double>(given_) - calls_.word<cl_uint>(counter_.get()));
}

namespace {

using Values = std::vector<schema::Value>;

/// Values of an axis that only OpenCL has a choice in; the first one for CPUs and smoke runs.
Axis choice(std::string name, std::string summary, Values values) {
  return {std::move(name), std::move(summary),
          [values = std::move(values)](Processor& processor, Tier tier) {
            const bool all = processor.members() == 0 && tier != Tier::smoke;
            return all ? values : Values{values.front()};
          },
          false};
}

Axis launch_idle_axis() {
  Axis axis = idle_axis();
  axis.values = [values = axis.values](Processor& processor, Tier tier) {
    // On a CPU these launches are function calls: there is nothing to wake.
    return processor.members() > 0 ? Values{0.0} : values(processor, tier);
  };
  return axis;
}

Case launch_case(const char* name, const char* summary, std::vector<Axis> axes) {
  Case result;
  result.name = name;
  result.summary = summary;
  result.metric = schema::Metric::seconds_per_operation;
  result.axes = std::move(axes);
  result.keep =
      one_factor_at_a_time({{"idle_seconds", 0.0}, {"until", "completed"}, {"wait", "finish"}});
  return result;
}

using Event = opencl::Handle<cl_event>;

/// A trial that times `part`, which is given the launches and returns the event, if any, that it
/// waited for. What is still running is waited for outside the timed part, and the event is
/// released there: not every way of waiting has one.
template <class Part>
Trial timed_trial(Workbench& bench, const QueueOptions& options, unsigned launches,
                  double idle_seconds, Part part) {
  auto& counted = *bench.keep(std::make_unique<CountedLaunches>(bench.processor(), options));
  Trial trial;
  trial.work.operations = launches;
  trial.time = [&counted, idle_seconds, part](Queue&, Stopwatch& watch) {
    stay_idle(idle_seconds);
    watch.start();
    const Event event = part(counted);
    watch.stop();
    counted.finish();
  };
  trial.error = [&counted](Queue&) { return counted.error(); };
  return trial;
}

constexpr QueueOptions plain_queue{.profiling = false};

Trial prepare_in_a_row(Workbench& bench, unsigned launches) {
  if (bench.processor().members() > 0) {
    return team_launch_trial(bench, {.members = 1, .launches = launches});
  }
  const bool completed = bench.text("until") == "completed";
  return timed_trial(bench, plain_queue, launches, bench.number("idle_seconds"),
                     [launches, completed](CountedLaunches& counted) {
                       for (unsigned i = 0; i < launches; ++i) counted.launch();
                       if (completed) counted.finish();
                       return Event();
                     });
}

Case in_a_row_case(const char* name, const char* summary, unsigned launches) {
  Case result = launch_case(
      name, summary,
      {choice("until",
              "completed: until the host knows that all have run; enqueued: until the last call "
              "returns",
              {"completed", "enqueued"}),
       launch_idle_axis()});
  result.prepare = [launches](Workbench& bench) { return prepare_in_a_row(bench, launches); };
  return result;
}

Event wait_as(const std::string& way, CountedLaunches& counted) {
  if (way == "finish") {
    counted.launch();
    counted.finish();
    return {};
  }
  Event event = counted.launch_with_event();
  if (way == "event") {
    counted.wait(event.get());
    return event;
  }
  opencl::check(counted.api().clFlush(counted.calls().queue()), "clFlush");
  while (counted.status(event.get()) != CL_COMPLETE) continue;
  return event;
}

Case round_trip_case() {
  Case result = launch_case(
      "launch/round_trip", "Seconds from giving one launch until the host knows that it has run",
      {choice("wait",
              "How the host waits: finish the queue; wait for the event; poll the event's status",
              {"finish", "event", "poll"}),
       launch_idle_axis()});
  result.revision = 2;  // without the release of the event
  result.prepare = [](Workbench& bench) {
    if (bench.processor().members() > 0) return team_launch_trial(bench, {.members = 1});
    return timed_trial(
        bench, plain_queue, 1, bench.number("idle_seconds"),
        [way = bench.text("wait")](CountedLaunches& counted) { return wait_as(way, counted); });
  };
  return result;
}

Case profiling_case() {
  Case result = launch_case(
      "launch/profiling_queue",
      "Seconds of a launch and a wait for its event, with and without device times being kept",
      {choice("profiling", "Whether the queue keeps device times", {"off", "on"})});
  result.revision = 2;  // without the release of the event
  result.unsupported = opencl_only("a CPU's queue keeps no device times: see launch/round_trip");
  result.prepare = [](Workbench& bench) {
    return timed_trial(bench, {.profiling = bench.text("profiling") == "on"}, 1, 0,
                       [](CountedLaunches& counted) { return wait_as("event", counted); });
  };
  return result;
}

Case out_of_order_case() {
  constexpr unsigned launches = 100;
  Case result = launch_case(
      "launch/out_of_order",
      "Seconds a launch in a row of 100 independent ones, in a queue that may reorder them or not",
      {choice("order", "Kind of queue", {"in_order", "out_of_order"})});
  result.unsupported = opencl_only("a CPU's queue runs its commands at once and in order");
  result.prepare = [](Workbench& bench) {
    const bool free = bench.text("order") == "out_of_order";
    return timed_trial(bench, {.profiling = false, .out_of_order = free}, launches, 0,
                       [](CountedLaunches& counted) {
                         for (unsigned i = 0; i < launches; ++i) counted.launch();
                         counted.finish();
                         return Event();
                       });
  };
  return result;
}

const Registration registration([] {
  return std::vector<Case>{
      in_a_row_case("launch/empty", "Seconds of one launch of a kernel that only counts itself", 1),
      in_a_row_case("launch/empty_100", "Seconds a launch when 100 are given in a row", 100),
      round_trip_case(), profiling_case(), out_of_order_case()};
});

}  // namespace
}  // namespace motley::microbench
