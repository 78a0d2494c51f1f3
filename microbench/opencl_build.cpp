// How long does it take to get a kernel from its source: for the first time, for a source that the
// driver has compiled before (it may keep a cache on disk), and from the driver's own binary? The
// kernel writes a token of its source, so that a program of another source is noticed.
#include <fmt/format.h>
#include <random>
#include <vector>

#include "harness/error.hpp"
#include "harness/workbench.hpp"
#include "microbench/opencl_calls.hpp"
#include "microbench/transfer_axes.hpp"

namespace motley::microbench {
namespace {

enum class From { new_source, known_source, binary };

struct Question {
  From from;
  const char* name;
  const char* summary;
};

constexpr Question questions[] = {
    {From::new_source, "launch/build_cold",
     "Seconds to build a source that was never built before"},
    {From::known_source, "launch/build_cached",
     "Seconds to build a source again that was built before, as a new program"},
    {From::binary, "launch/binary_cached", "Seconds to build a program from the driver's binary"},
};

std::string source_with(cl_uint token) {
  return fmt::format("__kernel void write_token(__global uint* to) {{ *to = {}u; }}\n", token);
}

/// Differs between runs and processes on purpose: caches on disk outlive both.
cl_uint new_token() {
  static std::random_device device;
  return static_cast<cl_uint>(device()) | 1u;  // never the 0 that waits in the buffer
}

class BuildTrial {
 public:
  BuildTrial(Workbench& bench, From from)
      : from_(from),
        launches_(bench.text("until") == "launched"),
        calls_(bench.processor()),
        to_(calls_.buffer(sizeof(cl_uint))),
        token_(from == From::new_source ? 0 : new_token()) {
    if (from == From::new_source) return;
    // Drivers may compile for a work-group size at the first launch only: that belongs to the
    // cache.
    const opencl::Handle<cl_program> program = calls_.device().build(source_with(token_));
    launch(program.get());
    if (from == From::binary) binary_ = binary_of(program.get());
  }

  Trial trial() {
    Trial trial;
    trial.work.operations = 1;
    if (from_ == From::binary) {
      trial.details["binary_bytes"] = static_cast<std::int64_t>(binary_.size());
    }
    trial.time = [this](Queue&, Stopwatch& watch) { time(watch); };
    trial.error = [this](Queue&) { return runs_ == 0 ? 1.0 : wrong_; };
    return trial;
  }

 private:
  void time(Stopwatch& watch) {
    if (from_ == From::new_source) token_ = new_token();
    const std::string source = source_with(token_);
    calls_.fill(to_.get(), sizeof(cl_uint), std::byte{0});
    watch.start();
    const opencl::Handle<cl_program> program =
        from_ == From::binary ? build_binary() : calls_.device().build(source);
    if (!launches_) watch.stop();
    launch(program.get());
    if (launches_) watch.stop();
    ++runs_;
    wrong_ += calls_.word<cl_uint>(to_.get()) != token_;
  }

  void launch(cl_program program) {
    const auto kernel = calls_.kernel(program, "write_token");
    calls_.set(kernel.get(), 0, to_.get());
    calls_.launch(kernel.get());
    calls_.finish();
  }

  std::vector<unsigned char> binary_of(cl_program program) const {
    const auto& api = calls_.api();
    std::size_t bytes = 0;
    opencl::check(
        api.clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof(bytes), &bytes, nullptr),
        "clGetProgramInfo");
    if (bytes == 0) throw Unsupported("the driver gives no binaries (there is nothing to load).");
    std::vector<unsigned char> binary(bytes);
    unsigned char* address = binary.data();
    opencl::check(
        api.clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(address), &address, nullptr),
        "clGetProgramInfo");
    return binary;
  }

  opencl::Handle<cl_program> build_binary() const {
    const auto& api = calls_.api();
    const cl_device_id device = calls_.device().id();
    const std::size_t bytes = binary_.size();
    const unsigned char* address = binary_.data();
    cl_int accepted = CL_SUCCESS, status = CL_SUCCESS;
    const cl_program created = api.clCreateProgramWithBinary(calls_.device().context(), 1, &device,
                                                             &bytes, &address, &accepted, &status);
    auto program =
        opencl::owned(created, status, "clCreateProgramWithBinary", api.clReleaseProgram);
    opencl::check(accepted, "clCreateProgramWithBinary");
    opencl::check(api.clBuildProgram(program.get(), 1, &device, "", nullptr, nullptr),
                  "clBuildProgram");
    return program;
  }

  From from_;
  bool launches_;
  OpenclCalls calls_;
  opencl::Handle<cl_mem> to_;
  cl_uint token_;
  std::vector<unsigned char> binary_;
  double runs_ = 0, wrong_ = 0;  ///< of all runs: programs that wrote another token, or none
};

Case build_case(const Question& question) {
  Case result;
  result.name = question.name;
  result.summary = question.summary;
  result.metric = schema::Metric::seconds_per_operation;
  result.axes = {{"until",
                  "built: until the build returns; launched: until its first launch has run, as "
                  "some drivers compile only then",
                  [](Processor&, Tier tier) {
                    std::vector<schema::Value> values{"launched"};
                    if (tier != Tier::smoke) values.emplace_back("built");
                    return values;
                  },
                  false}};
  result.unsupported = opencl_only("a CPU's kernels are compiled with the program");
  result.prepare = [from = question.from](Workbench& bench) {
    return bench.keep(std::make_unique<BuildTrial>(bench, from))->trial();
  };
  return result;
}

const Registration registration([] {
  std::vector<Case> all;
  for (const Question& question : questions) all.push_back(build_case(question));
  return all;
});

}  // namespace
}  // namespace motley::microbench
