// Do the transfer, launch and build cases do what they say with every choice of their axes, and
// does each check notice a driver that left something out? The driver is the real one; what it
// leaves out is put into the device's own table, for the timed part of a trial only.
#include <cstring>
#include <gtest/gtest.h>
#include <regex>

#include "devices/opencl/api.hpp"
#include "devices/opencl/catalogue.hpp"
#include "harness/error.hpp"
#include "harness/plan.hpp"
#include "harness/workbench.hpp"

namespace motley::microbench {
namespace {

using schema::Parameters;

opencl::Api original;
bool sabotaging = false;
std::vector<std::byte> elsewhere;  ///< what a sabotaged map shows
void* mapped = nullptr;            ///< what it should have shown

Stopwatch* observed = nullptr;  ///< of the trial that is being timed, or null
int finishes_in_span = 0;       ///< calls of clFinish before the watch was stopped first
int flushes_after_a_span = 0;   ///< calls of clFlush after that
int releases_in_span = 0;       ///< of events
bool has_no_image_format = false;

bool in_first_span() {
  return observed && observed->seconds() == 0;
}

/// Counts what happens inside the timed part of a trial and outside.
void add_observers(opencl::Api& api) {
  api.clFinish = [](auto queue) {
    finishes_in_span += in_first_span();
    return original.clFinish(queue);
  };
  api.clFlush = [](auto queue) {
    flushes_after_a_span += observed && !in_first_span();
    return original.clFlush(queue);
  };
  api.clReleaseEvent = [](auto event) {
    releases_in_span += in_first_span();
    return original.clReleaseEvent(event);
  };
  api.clCreateImage = [](auto context, auto flags, auto format, auto description, auto host,
                         auto status) {
    if (!has_no_image_format) {
      return original.clCreateImage(context, flags, format, description, host, status);
    }
    *status = CL_IMAGE_FORMAT_NOT_SUPPORTED;
    return cl_mem{};
  };
}

/// A table whose transfers stop early, whose maps show other memory, whose launches and argument
/// calls do nothing, whose events lie and whose programs are another's, while `sabotaging`.
opencl::Api sabotaged_table() {  // NOLINT(readability-function-size): a table
  opencl::Api api = original;
  api.clEnqueueWriteBuffer = [](auto queue, auto to, auto blocking, auto offset, auto bytes,
                                auto from, auto events, auto list, auto event) {
    return original.clEnqueueWriteBuffer(queue, to, blocking, offset, bytes - sabotaging, from,
                                         events, list, event);
  };
  api.clEnqueueReadBuffer = [](auto queue, auto from, auto blocking, auto offset, auto bytes,
                               auto to, auto events, auto list, auto event) {
    return original.clEnqueueReadBuffer(queue, from, blocking, offset, bytes - sabotaging, to,
                                        events, list, event);
  };
  api.clEnqueueCopyBuffer = [](auto queue, auto from, auto to, auto a, auto b, auto bytes,
                               auto events, auto list, auto event) {
    return original.clEnqueueCopyBuffer(queue, from, to, a, b, bytes - sabotaging, events, list,
                                        event);
  };
  api.clEnqueueFillBuffer = [](auto queue, auto to, auto pattern, auto size, auto offset,
                               auto bytes, auto events, auto list, auto event) {
    return original.clEnqueueFillBuffer(queue, to, pattern, size, offset,
                                        bytes - (sabotaging ? size : 0), events, list, event);
  };
  api.clEnqueueSVMMemcpy = [](auto queue, auto blocking, auto to, auto from, auto bytes,
                              auto events, auto list, auto event) {
    return original.clEnqueueSVMMemcpy(queue, blocking, to, from, bytes - sabotaging, events, list,
                                       event);
  };
  api.clEnqueueMapBuffer = [](auto queue, auto buffer, auto blocking, auto flags, auto offset,
                              auto bytes, auto events, auto list, auto event, auto status) {
    void* address = original.clEnqueueMapBuffer(queue, buffer, blocking, flags, offset, bytes,
                                                events, list, event, status);
    if (!sabotaging) return address;
    mapped = address;
    elsewhere.assign(bytes, std::byte{0x11});
    return static_cast<void*>(elsewhere.data());
  };
  api.clEnqueueUnmapMemObject = [](auto queue, auto buffer, auto address, auto events, auto list,
                                   auto event) {
    return original.clEnqueueUnmapMemObject(queue, buffer, sabotaging ? mapped : address, events,
                                            list, event);
  };
  api.clEnqueueCopyBufferToImage = [](auto... arguments) {
    return sabotaging ? CL_SUCCESS : original.clEnqueueCopyBufferToImage(arguments...);
  };
  api.clEnqueueCopyImageToBuffer = [](auto... arguments) {
    return sabotaging ? CL_SUCCESS : original.clEnqueueCopyImageToBuffer(arguments...);
  };
  api.clEnqueueNDRangeKernel = [](auto queue, auto kernel, auto dimensions, auto offset,
                                  auto global, auto local, auto events, auto list, auto event) {
    if (!sabotaging) {
      return original.clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global, local,
                                             events, list, event);
    }
    return event ? original.clEnqueueMarkerWithWaitList(queue, events, list, event) : CL_SUCCESS;
  };
  api.clSetKernelArg = [](auto... arguments) {
    return sabotaging ? CL_SUCCESS : original.clSetKernelArg(arguments...);
  };
  api.clGetEventInfo = [](auto event, auto what, auto bytes, auto value, auto size) {
    const cl_int status = original.clGetEventInfo(event, what, bytes, value, size);
    const cl_int submitted = CL_SUBMITTED;
    if (sabotaging) std::memcpy(value, &submitted, sizeof(submitted));
    return status;
  };
  api.clGetEventProfilingInfo = [](auto event, auto what, auto bytes, auto value, auto size) {
    const cl_int status = original.clGetEventProfilingInfo(event, what, bytes, value, size);
    if (sabotaging) std::memset(value, 0, bytes);
    return status;
  };
  add_observers(api);
  return api;
}

std::string label(const std::string& name, const Parameters& parameters) {
  std::string text = name;
  for (const auto& [axis, value] : parameters) text += " " + axis + "=" + schema::to_string(value);
  return text;
}

class OpenclCases : public testing::Test {
 protected:
  void SetUp() override {
    static opencl::Catalogue catalogue;
    if (catalogue.default_ids().empty()) GTEST_SKIP() << catalogue.reason();
    const auto found = catalogue.open(catalogue.default_ids().front());
    auto& real = *found->as<opencl::Device>();
    original = real.driver();
    device_ = std::make_unique<opencl::Device>(
        opencl::DeviceOrigin{sabotaged_table(), real.platform(), real.id(), real.description()});
    queue_ = device_->queue();
  }
  void TearDown() override {
    sabotaging = has_no_image_format = false;
    observed = nullptr;
  }

  std::vector<schema::Key> keys(const std::string& filter, Tier tier,
                                const std::vector<std::string>& set) {
    Selection selection;
    selection.filter = filter;
    selection.tier = tier;
    for (const std::string& one : set) selection.set.push_back(parse_axis_values(one));
    std::vector<schema::Key> result;
    for (const schema::Record& record : plan(*device_, selection)) {
      if (const auto* begin = std::get_if<schema::Begin>(&record)) result.push_back(begin->key);
    }
    return result;
  }

  /// Reset, run, compare; `sabotage`: the run is sabotaged.
  double error(const Trial& trial, bool sabotage) {
    if (trial.reset) trial.reset(*queue_);
    sabotaging = sabotage;
    Stopwatch watch;
    trial.time ? trial.time(*queue_, watch) : trial.run(*queue_);
    queue_->finish();
    sabotaging = false;
    return trial.error(*queue_);
  }
  void expect_correct(const schema::Key& key) {
    SCOPED_TRACE(label(key.case_name, key.parameters));
    Workbench workbench(*device_, *queue_, key.parameters, Tier::standard, 7);
    const Trial trial = find_case(key.case_name).prepare(workbench);
    EXPECT_EQ(error(trial, false), 0);
    Stopwatch watch;
    for (int i = 0; i < 3; ++i) trial.time ? trial.time(*queue_, watch) : trial.run(*queue_);
    EXPECT_EQ(watch.seconds() > 0, static_cast<bool>(trial.time));
    EXPECT_EQ(error(trial, false), 0);
    EXPECT_GT(trial.work.operations, 0);
  }
  void expect_noticed(const schema::Key& key) {
    SCOPED_TRACE(label(key.case_name, key.parameters));
    Workbench workbench(*device_, *queue_, key.parameters, Tier::standard, 7);
    const Trial trial = find_case(key.case_name).prepare(workbench);
    EXPECT_GT(error(trial, true), trial.tolerance);
  }

  /// Times one run and counts what the driver was asked meanwhile.
  void observe(const schema::Key& key) {
    Workbench workbench(*device_, *queue_, key.parameters, Tier::standard, 7);
    const Trial trial = find_case(key.case_name).prepare(workbench);
    Stopwatch watch;
    finishes_in_span = flushes_after_a_span = releases_in_span = 0;
    observed = &watch;
    trial.time(*queue_, watch);
    observed = nullptr;
  }

  std::unique_ptr<opencl::Device> device_;
  std::unique_ptr<Queue> queue_;
};

TEST_F(OpenclCases, TransfersEndWhenTheReceiverHasTheData) {
  for (const schema::Key& key :
       keys("^transfer/(write|read|copy|fill)$", Tier::full, {"bytes=1024", "alignment=4096"})) {
    SCOPED_TRACE(label(key.case_name, key.parameters));
    const bool host_has_it = key.case_name == "transfer/read" &&
                             schema::to_string(key.parameters.at("blocking")) == "yes";
    observe(key);
    EXPECT_EQ(finishes_in_span, host_has_it ? 0 : 1);
  }
}

TEST_F(OpenclCases, WaitsEndBeforeTheirEventIsReleased) {
  for (const schema::Key& key :
       keys("^launch/(round_trip|profiling_queue)$", Tier::full, {"idle_seconds=0"})) {
    SCOPED_TRACE(label(key.case_name, key.parameters));
    observe(key);
    EXPECT_EQ(releases_in_span, 0);
  }
}

TEST_F(OpenclCases, FlushesOfNothingAreTimedTogether) {
  for (const schema::Key& key : keys("^launch/flush$", Tier::full, {})) {
    const bool pending = schema::to_string(key.parameters.at("pending")) == "1";
    observe(key);
    EXPECT_EQ(flushes_after_a_span > 0, pending);
    Workbench workbench(*device_, *queue_, key.parameters, Tier::standard, 7);
    const Trial trial = find_case(key.case_name).prepare(workbench);
    EXPECT_EQ(trial.details.contains("stopwatch_seconds"), pending);
  }
}

TEST_F(OpenclCases, AnImageFormatThatADeviceLacksIsUnsupported) {
  const auto all =
      keys("^(bandwidth/image2d_read|latency/image|transfer/image_from_buffer)$", Tier::smoke, {});
  EXPECT_GE(all.size(), 3u);
  has_no_image_format = true;
  for (const schema::Key& key : all) {
    SCOPED_TRACE(label(key.case_name, key.parameters));
    Workbench workbench(*device_, *queue_, key.parameters, Tier::standard, 7);
    EXPECT_THROW(find_case(key.case_name).prepare(workbench), Unsupported);
  }
}

TEST_F(OpenclCases, TransfersAreExactInEveryCombination) {
  const auto all = keys("^transfer/", Tier::full, {"bytes=16,4112"});
  EXPECT_GT(all.size(), 100u);
  for (const schema::Key& key : all) {
    const bool half_rows = key.parameters.at("bytes") == schema::Value(std::int64_t{4112}) &&
                           key.parameters.contains("format");
    if (!half_rows) expect_correct(key);
  }
}

TEST_F(OpenclCases, StandardRunsVaryOneFactorAtATime) {
  const auto all = keys("^transfer/write$", Tier::standard, {});
  const std::size_t sizes = 13 + 2;  // x4, and 8 and 32 bytes
  EXPECT_EQ(all.size(), sizes + 2 + 2 + 1);
  for (const schema::Key& key : keys("^transfer/", Tier::standard, {})) {
    if (std::get<std::int64_t>(key.parameters.at("bytes")) <= 1 << 20) expect_correct(key);
  }
}

TEST_F(OpenclCases, LaunchesAreCountedInEveryWay) {
  const auto all = keys("^launch/", Tier::full, {});
  EXPECT_GT(all.size(), 30u);
  for (const schema::Key& key : all) {
    if (key.case_name.find("build") == std::string::npos) expect_correct(key);
  }
}

TEST_F(OpenclCases, ProgramsAreThoseOfTheirSource) {
  for (const schema::Key& key : keys("^launch/(build|binary)", Tier::smoke, {})) {
    expect_correct(key);
  }
}

TEST_F(OpenclCases, ATransferThatStopsAByteEarlyIsNoticed) {
  // Without a driver's help: memory that the host fills itself, with or without a map.
  const std::regex others("^transfer/svm_(coarse|fine)$");
  for (const schema::Key& key : keys("^transfer/", Tier::full, {"bytes=16,1024"})) {
    if (!std::regex_match(key.case_name, others)) expect_noticed(key);
  }
}

TEST_F(OpenclCases, WhatWasNotLaunchedSetOrAnsweredIsNoticed) {
  for (const schema::Key& key : keys("^launch/", Tier::full, {"idle_seconds=0"})) {
    const bool launches_nothing =
        key.case_name == "launch/flush" && schema::to_string(key.parameters.at("pending")) == "0";
    const bool polls =
        key.parameters.contains("wait") &&
        schema::to_string(key.parameters.at("wait")) == "poll";  // would wait for ever
    if (!launches_nothing && !polls) expect_noticed(key);
  }
}

TEST_F(OpenclCases, ZeroCopySaysSoAndCountsNoBytes) {
  for (const schema::Key& key : keys("^transfer/(map|unmap)$", Tier::full, {"bytes=4096"})) {
    SCOPED_TRACE(label(key.case_name, key.parameters));
    Workbench workbench(*device_, *queue_, key.parameters, Tier::standard, 7);
    const Trial trial = find_case(key.case_name).prepare(workbench);
    const bool zero_copy = std::get<bool>(trial.details.at("zero_copy"));
    const double moved = trial.work.bytes_read + trial.work.bytes_written;
    EXPECT_TRUE(!zero_copy || moved == 0) << moved;
    EXPECT_EQ(trial.work.operations, 1);
  }
}

TEST_F(OpenclCases, WrongParametersSayWhatToGive) {
  const auto message = [&](const std::string& name, const Parameters& parameters) -> std::string {
    Workbench workbench(*device_, *queue_, parameters, Tier::standard, 7);
    try {
      find_case(name).prepare(workbench);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  Parameters write{{"bytes", std::int64_t{64}},
                   {"allocation", "none"},
                   {"alignment", std::int64_t{4096}},
                   {"blocking", "yes"}};
  EXPECT_EQ(message("transfer/write", write), "accepted");
  write["bytes"] = std::int64_t{7};
  EXPECT_NE(message("transfer/write", write).find("multiple of 4"), std::string::npos);
  write["bytes"] = std::int64_t{1} << 60;
  EXPECT_NE(message("transfer/write", write).find("smaller size"), std::string::npos);
  write["bytes"] = std::int64_t{64};
  write["alignment"] = std::int64_t{48};
  EXPECT_NE(message("transfer/write", write).find("power of two"), std::string::npos);
  const Parameters image{{"bytes", std::int64_t{4100}}, {"format", "rgba_float"}};
  EXPECT_NE(message("transfer/image_from_buffer", image).find("rows"), std::string::npos);
}

}  // namespace
}  // namespace motley::microbench
