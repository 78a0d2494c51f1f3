// Do injected faults strike the call that they name, when they should, as the driver would say it?
#include "devices/opencl/faults.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <unistd.h>

#include "devices/opencl/status.hpp"
#include "harness/error.hpp"

namespace motley::opencl {
namespace {

int released = 0;

Api working_table() {
  Api api;
  api.clFinish = [](cl_command_queue) -> cl_int { return CL_SUCCESS; };
  api.clSVMAlloc = [](cl_context, cl_svm_mem_flags, size_t, cl_uint) -> void* { return &released; };
  api.clSVMFree = [](cl_context, void*) { ++released; };
  api.clCreateBuffer = [](cl_context, cl_mem_flags, size_t, void*, cl_int* status) -> cl_mem {
    *status = CL_SUCCESS;
    return reinterpret_cast<cl_mem>(&released);
  };
  return api;
}

std::string refusal(const std::string& text) {
  try {
    parse_faults(text);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(Faults, ReadsEntriesActionsAndCounts) {
  const auto faults = parse_faults(
      "clCreateBuffer:fail=CL_MEM_OBJECT_ALLOCATION_FAILURE:after=3,clFlush:crash,clFinish:hang,"
      "clWaitForEvents:fail=-9999,clSetKernelArg:fail");
  ASSERT_EQ(faults.size(), 5u);
  EXPECT_EQ(faults[0].entry, Entry::clCreateBuffer);
  EXPECT_EQ(faults[0].status, CL_MEM_OBJECT_ALLOCATION_FAILURE);
  EXPECT_EQ(faults[0].after, 3u);
  EXPECT_EQ(faults[1].action, Fault::Action::crash);
  EXPECT_EQ(faults[2].action, Fault::Action::hang);
  EXPECT_EQ(faults[3].status, -9999);
  EXPECT_EQ(faults[4].action, Fault::Action::fail);
  EXPECT_TRUE(parse_faults("").empty());
}

TEST(Faults, SaysInOneLineWhatItCannotRead) {
  for (const char* text :
       {"clCreateBufer:fail", "clCreateBuffer", "clCreateBuffer:explode",
        "clCreateBuffer:fail=CL_NO_SUCH_THING", "clCreateBuffer:fail=0",
        "clCreateBuffer:fail=CL_SUCCESS", "clFinish:fail:after=-1", "clFinish:fail:after=3x",
        "clFinish:fail:after=", ",", ":", "::", "clFinish:fail,,clFlush:fail"}) {
    const std::string said = refusal(text);
    EXPECT_TRUE(said.starts_with("MOTLEY_FAULT: ")) << text;
    EXPECT_EQ(said.find('\n'), std::string::npos);
  }
}

TEST(Faults, FailsAsTheFunctionWouldFail) {
  const Api api = with_faults(working_table(), parse_faults("clFinish:fail=CL_OUT_OF_RESOURCES,"
                                                            "clSVMAlloc:fail,clSVMFree:fail,"
                                                            "clCreateBuffer:fail=-4"));
  EXPECT_TRUE(api.emulated);
  EXPECT_EQ(api.clFinish(nullptr), CL_OUT_OF_RESOURCES);
  EXPECT_EQ(api.clSVMAlloc(nullptr, 0, 1, 0), nullptr);
  released = 0;
  api.clSVMFree(nullptr, nullptr);
  EXPECT_EQ(released, 0);
  cl_int status = CL_SUCCESS;
  EXPECT_EQ(api.clCreateBuffer(nullptr, 0, 1, nullptr, &status), nullptr);
  EXPECT_EQ(status, CL_MEM_OBJECT_ALLOCATION_FAILURE);
  EXPECT_EQ(api.clCreateBuffer(nullptr, 0, 1, nullptr, nullptr), nullptr);
}

TEST(Faults, LetsSoManyCallsPassFirst) {
  const Api api = with_faults(working_table(), parse_faults("clFinish:fail:after=2"));
  EXPECT_EQ(api.clFinish(nullptr), CL_SUCCESS);
  EXPECT_EQ(api.clFinish(nullptr), CL_SUCCESS);
  EXPECT_NE(api.clFinish(nullptr), CL_SUCCESS);
  EXPECT_NE(api.clFinish(nullptr), CL_SUCCESS);
}

TEST(FaultsDeathTest, Crashes) {
  const Api api = with_faults(working_table(), parse_faults("clFinish:crash:after=1"));
  EXPECT_EQ(api.clFinish(nullptr), CL_SUCCESS);
  EXPECT_EXIT(api.clFinish(nullptr), testing::KilledBySignal(SIGABRT), "");
}

TEST(FaultsDeathTest, Hangs) {
  const Api api = with_faults(working_table(), parse_faults("clFinish:hang"));
  EXPECT_EXIT(
      {
        alarm(1);
        api.clFinish(nullptr);
      },
      testing::KilledBySignal(SIGALRM), "");
}

TEST(Status, HasNamesBothWays) {
  EXPECT_EQ(status_name(CL_OUT_OF_RESOURCES), "CL_OUT_OF_RESOURCES");
  EXPECT_EQ(status_name(-1001), "CL_PLATFORM_NOT_FOUND_KHR");
  EXPECT_EQ(status_name(-4242), "OpenCL status -4242");
  for (cl_int status = -72; status <= 0; ++status) {
    const std::string name = status_name(status);
    if (name.starts_with("CL_")) {
      EXPECT_EQ(status_of_name(name), status);
    }
  }
  EXPECT_FALSE(status_of_name("5"));
  EXPECT_FALSE(status_of_name("CL_"));
}

}  // namespace
}  // namespace motley::opencl
