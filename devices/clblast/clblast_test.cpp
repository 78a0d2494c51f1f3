// Where must CLBlast not compute? Its calls go past our OpenCL table, to the library that it is
// linked with: elsewhere a handle means nothing, or a device would not be what it is said to be.
#include <gtest/gtest.h>

#include "devices/clblast/api.hpp"
#include "devices/cpu/processor.hpp"
#include "devices/opencl/test_device.hpp"

namespace motley::clblast {
namespace {

class ClBlast : public testing::Test {
 protected:
  void SetUp() override {
    const auto device = opencl::test_device();
    if (!device) GTEST_SKIP() << opencl::test_catalogue().reason();
    own_ = unavailable(*device);
    if (own_.find("was not found") != std::string::npos) GTEST_SKIP() << own_;
  }
  /// On the first device that the environment gives.
  static std::string reason() {
    opencl::Catalogue catalogue;
    return unavailable(*catalogue.open("opencl:0"));
  }
  static void expect_parts(const std::string& reason, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) {
      EXPECT_NE(reason.find(part), std::string::npos) << reason << "\nlacks " << part;
    }
  }
  std::string own_;  ///< about the machine's own device
};

TEST_F(ClBlast, ComputesOnADeviceOfItsOwnLibrary) {
  if (std::getenv("MOTLEY_OPENCL_LIBRARY") != nullptr) GTEST_SKIP() << "another was asked for";
  EXPECT_EQ(own_, "");
}

TEST_F(ClBlast, NeedsADevice) {
  const auto cpu = devices::cpu_processor("cpu", {0}, schema::Device{});
  expect_parts(unavailable(*cpu), {"needs an OpenCL device"});
}

TEST_F(ClBlast, IsNotFastWhereADeviceIsEmulated) {
  const opencl::Variable delays("MOTLEY_EMULATE", "launch_us=1");
  expect_parts(reason(), {"delays", "MOTLEY_EMULATE"});
}

TEST_F(ClBlast, DoesNotSurviveFailuresThatAreInjected) {
  const opencl::Variable fault("MOTLEY_FAULT", "clFinish:fail=-5:after=1000000");
  expect_parts(reason(), {"failures", "MOTLEY_FAULT"});
}

TEST_F(ClBlast, TakesNoHandlesOfAnotherLibrary) {
  const opencl::Variable library("MOTLEY_OPENCL_LIBRARY", MOTLEY_OPENCL_STUB);
  expect_parts(reason(), {"linked with", "libOpenCL", MOTLEY_OPENCL_STUB, "MOTLEY_OPENCL_LIBRARY"});
}

}  // namespace
}  // namespace motley::clblast
