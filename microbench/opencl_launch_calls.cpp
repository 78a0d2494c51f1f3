// What do the calls around a launch cost: flushing the queue, setting an argument, making and
// asking an event?
#include <array>

#include "harness/error.hpp"
#include "microbench/opencl_launch.hpp"

namespace motley::microbench {
namespace {

Case call_case(const char* name, int revision, const char* summary, Axis axis,
               std::function<Trial(Workbench&)> prepare) {
  Case result;
  result.name = name;
  result.revision = revision;
  result.summary = summary;
  result.metric = schema::Metric::seconds_per_operation;
  result.axes = {std::move(axis)};
  result.unsupported = opencl_only("a CPU processor is called without an API of this kind");
  result.prepare = std::move(prepare);
  return result;
}

/// What a start and a stop of the watch take of the span between them.
double stopwatch_seconds() {
  constexpr int spans = 1000;
  Stopwatch watch;
  for (int i = 0; i < spans; ++i) {
    watch.start();
    watch.stop();
  }
  return watch.seconds() / spans;
}

void flush(const CountedLaunches& counted) {
  opencl::check(counted.api().clFlush(counted.calls().queue()), "clFlush");
}

/// Several flushes between two waits: a wait takes longer than a hundred flushes. Flushes of
/// nothing take less than the watch, which therefore runs round all of them.
Trial prepare_flush(Workbench& bench) {
  constexpr int flushes = 32;
  const bool pending = bench.integer("pending") > 0;
  auto& counted = *bench.keep(std::make_unique<CountedLaunches>(bench.processor()));
  Trial trial;
  trial.work.operations = flushes;
  if (pending) {
    trial.details["stopwatch_seconds"] = stopwatch_seconds();
    trial.time = [&counted](Queue&, Stopwatch& watch) {
      for (int i = 0; i < flushes; ++i) {
        counted.launch();
        watch.start();
        flush(counted);
        watch.stop();
      }
      counted.finish();
    };
  } else {
    trial.time = [&counted](Queue&, Stopwatch& watch) {
      watch.start();
      for (int i = 0; i < flushes; ++i) flush(counted);
      watch.stop();
      counted.finish();
    };
  }
  trial.error = [&counted](Queue&) { return counted.error(); };
  return trial;
}

/// Sets one argument again and again, never twice to the same value: a driver may skip what does
/// not change.
class ArgumentTrial {
 public:
  explicit ArgumentTrial(Workbench& bench)
      : sets_buffer_(bench.text("argument") == "buffer"),
        calls_(bench.processor()),
        buffers_{calls_.buffer(sizeof(cl_uint)), calls_.buffer(sizeof(cl_uint))},
        kernel_(calls_.kernel(calls_.device().program(source), "write_token")) {
    reset();
  }

  Trial trial() {
    Trial trial;
    trial.work.operations = calls_in_a_run;
    trial.run = [this](Queue&) { run(); };
    trial.reset = [this](Queue&) { reset(); };
    trial.error = [this](Queue&) { return error(); };
    return trial;
  }

 private:
  static constexpr cl_uint calls_in_a_run = 64;  // even: the last call sets the second buffer
  static constexpr const char* source = R"(
__kernel void write_token(__global uint* to, uint token) { *to = token; }
)";

  void run() {
    for (cl_uint i = 0; i < calls_in_a_run; ++i) {
      sets_buffer_ ? calls_.set(kernel_.get(), 0, buffers_[i % 2].get())
                   : calls_.set(kernel_.get(), 1, ++token_);
    }
  }
  void reset() {
    for (const auto& buffer : buffers_) calls_.fill(buffer.get(), sizeof(cl_uint), std::byte{0});
    token_ += calls_in_a_run;
    const cl_uint other = 0;
    calls_.set(kernel_.get(), 0, buffers_[sets_buffer_ ? 0 : 1].get());
    calls_.set(kernel_.get(), 1, sets_buffer_ ? token_ : other);
  }
  /// The kernel must write the last token into the second buffer and leave the first alone.
  double error() {
    calls_.launch(kernel_.get());
    calls_.finish();
    return (calls_.word<cl_uint>(buffers_[0].get()) != 0) +
           (calls_.word<cl_uint>(buffers_[1].get()) != token_);
  }

  bool sets_buffer_;
  OpenclCalls calls_;
  std::array<opencl::Handle<cl_mem>, 2> buffers_;
  opencl::Handle<cl_kernel> kernel_;
  cl_uint token_ = 0;
};

/// One call about an event; `wrong_` counts answers that cannot be.
class EventTrial {
 public:
  explicit EventTrial(Workbench& bench)
      : call_(bench.text("call")),
        counted_(bench.processor(), {.profiling = call_ == "profiling"}),
        event_(counted_.launch_with_event()) {
    counted_.wait(event_.get());
  }

  Trial trial() {
    Trial trial;
    trial.work.operations = 1;
    if (call_ == "marker") {
      trial.time = [this](Queue&, Stopwatch& watch) { marker(watch); };
    } else {
      trial.run = [this](Queue&) {
        if (call_ == "user_event") return user_event();
        call_ == "query" ? query() : profiling();
      };
    }
    trial.error = [this](Queue&) { return answers_ == 0 ? 1 : wrong_ + counted_.error(); };
    return trial;
  }

 private:
  void answer(bool right) {
    ++answers_;
    wrong_ += !right;
  }
  void marker(Stopwatch& watch) {
    const auto& api = counted_.api();
    watch.start();
    cl_event event = nullptr;
    opencl::check(api.clEnqueueMarkerWithWaitList(counted_.calls().queue(), 0, nullptr, &event),
                  "clEnqueueMarkerWithWaitList");
    watch.stop();
    const opencl::Handle<cl_event> marker(event, api.clReleaseEvent);
    counted_.finish();
    answer(counted_.status(event) == CL_COMPLETE);
  }
  void user_event() {
    const auto& api = counted_.api();
    cl_int status = CL_SUCCESS;
    const cl_event created = api.clCreateUserEvent(counted_.calls().device().context(), &status);
    const auto event = opencl::owned(created, status, "clCreateUserEvent", api.clReleaseEvent);
    opencl::check(api.clSetUserEventStatus(event.get(), CL_COMPLETE), "clSetUserEventStatus");
    answer(counted_.status(event.get()) == CL_COMPLETE);
  }
  void query() { answer(counted_.status(event_.get()) == CL_COMPLETE); }
  void profiling() {
    cl_ulong ended = 0;
    opencl::check(counted_.api().clGetEventProfilingInfo(event_.get(), CL_PROFILING_COMMAND_END,
                                                         sizeof(ended), &ended, nullptr),
                  "clGetEventProfilingInfo");
    answer(ended != 0);
  }

  std::string call_;
  CountedLaunches counted_;
  opencl::Handle<cl_event> event_;
  double answers_ = 0, wrong_ = 0;
};

const Registration registration([] {
  return std::vector<Case>{
      call_case("launch/flush", 2, "Seconds of a flush of the queue",
                axis("pending", "Launches given since the last flush",
                     {std::int64_t{1}, std::int64_t{0}}),
                prepare_flush),
      call_case("launch/set_argument", 1, "Seconds to set one argument of a kernel",
                axis("argument", "Kind of argument", {"buffer", "scalar"}),
                [](Workbench& bench) {
                  return bench.keep(std::make_unique<ArgumentTrial>(bench))->trial();
                }),
      call_case("launch/event", 1, "Seconds of a call that makes or asks an event",
                axis("call",
                     "query: status of a completed event; profiling: one of its times; user_event: "
                     "create, complete, ask, release; marker: enqueue one",
                     {"query", "profiling", "user_event", "marker"}),
                [](Workbench& bench) {
                  return bench.keep(std::make_unique<EventTrial>(bench))->trial();
                })};
});

}  // namespace
}  // namespace motley::microbench
