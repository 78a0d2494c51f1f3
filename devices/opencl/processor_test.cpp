// Does an OpenCL device keep the promises of the ports: memory of each kind handed to and fro
// between CPU code and device, kernels, errors that say what failed?
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>

#include "devices/opencl/api.hpp"
#include "devices/opencl/test_device.hpp"

namespace motley::opencl {
namespace {

class OnDevice : public testing::Test {
 protected:
  void SetUp() override {
    processor_ = test_device();
    if (!processor_) GTEST_SKIP() << "no OpenCL device: " << test_catalogue().reason();
    device_ = processor_->as<Device>();
    queue_ = processor_->queue();
  }
  std::unique_ptr<Buffer> make(MemoryKind kind, std::size_t bytes) {
    BufferOptions options;
    options.kind = kind;
    return processor_->allocate(bytes, options);
  }
  std::vector<float> values(const Buffer& buffer) {
    std::vector<float> host(buffer.bytes() / sizeof(float));
    queue_->read(buffer, host.data(), buffer.bytes());
    queue_->finish();
    return host;
  }

  std::unique_ptr<Processor> processor_;
  Device* device_ = nullptr;
  std::unique_ptr<Queue> queue_;
};

class OnEachKind : public OnDevice, public testing::WithParamInterface<MemoryKind> {
 protected:
  void SetUp() override {
    OnDevice::SetUp();
    if (processor_ && GetParam() == MemoryKind::shared && device_->svm() == 0) {
      GTEST_SKIP() << "the device has no shared virtual memory";
    }
  }
};

TEST_P(OnEachKind, IsFilledWithNanAndBelongsToTheDevice) {
  const auto buffer = make(GetParam(), 4096 * sizeof(float));
  EXPECT_EQ(buffer->owner(), Owner::processor);
  EXPECT_EQ(buffer->kind(), GetParam());
  EXPECT_EQ(&buffer->home(), processor_.get());
  for (const float value : values(*buffer)) ASSERT_TRUE(std::isnan(value));
}

TEST_P(OnEachKind, FillsOddSizesToTheLastByte) {
  const auto buffer = make(GetParam(), 4099);
  std::vector<unsigned char> bytes(4099);
  queue_->read(*buffer, bytes.data(), bytes.size());
  queue_->finish();
  for (const unsigned char byte : bytes) ASSERT_EQ(byte, 0xFF);
}

TEST_P(OnEachKind, IsHandedToAndFroBetweenHostAndDevice) {
  constexpr std::size_t n = 5000;
  const auto x = make(GetParam(), n * sizeof(float)), y = make(GetParam(), n * sizeof(float));
  const auto kernel = processor_->load(scale_and_add_kernel());
  std::vector<float> ones(n, 1.0f);
  queue_->write(*y, ones.data(), n * sizeof(float));
  for (int round = 1; round <= 3; ++round) {
    auto* host = static_cast<float*>(queue_->map(*x, Access::write));
    EXPECT_EQ(x->owner(), Owner::host);
    std::iota(host, host + n, static_cast<float>(round));
    queue_->unmap(*x);
    EXPECT_EQ(x->owner(), Owner::processor);
    queue_->launch(*kernel, range(n), {scalar(2.0f), x.get(), y.get()});
  }
  const auto* host = static_cast<const float*>(queue_->map(*y, Access::read));
  for (std::size_t i = 0; i < n; ++i) {
    ASSERT_EQ(host[i], 1 + 2 * static_cast<float>(3 * i + 6)) << i;
  }
  queue_->unmap(*y);
}

TEST_P(OnEachKind, CopiesFillsReadsAndWritesParts) {
  const auto from = make(GetParam(), 64), to = make(GetParam(), 64);
  queue_->fill(*from, 0x01020304);
  const std::uint32_t middle = 0xAABBCCDD;
  queue_->write(*from, &middle, sizeof(middle), 8);
  queue_->copy(*from, *to, 16);
  std::uint32_t read[2] = {};
  queue_->read(*to, read, sizeof(read), 8);
  queue_->finish();
  EXPECT_EQ(read[0], middle);
  EXPECT_EQ(read[1], 0x01020304u);
}

TEST_P(OnEachKind, RefusesTheDeviceWhatTheHostOwnsAndTheReverse) {
  const auto buffer = make(GetParam(), 64);
  float value = 0;
  EXPECT_THROW(queue_->unmap(*buffer), Error);
  queue_->map(*buffer, Access::read_write);
  EXPECT_THROW(queue_->map(*buffer, Access::read), Error);
  EXPECT_THROW(queue_->write(*buffer, &value, sizeof(value)), Error);
  EXPECT_THROW(queue_->read(*buffer, &value, sizeof(value)), Error);
  EXPECT_THROW(queue_->fill(*buffer, 0), Error);
  EXPECT_THROW(queue_->copy(*buffer, *buffer, 4), Error);
  const auto kernel = processor_->load(scale_and_add_kernel());
  EXPECT_THROW(queue_->launch(*kernel, range(4), {scalar(1.0f), buffer.get(), buffer.get()}),
               Error);
  queue_->unmap(*buffer);
  EXPECT_NO_THROW(queue_->write(*buffer, &value, sizeof(value)));
  queue_->finish();
}

INSTANTIATE_TEST_SUITE_P(Memory, OnEachKind,
                         testing::Values(MemoryKind::device, MemoryKind::pinned,
                                         MemoryKind::shared),
                         [](const auto& kind) {
                           return kind.param == MemoryKind::device   ? "device"
                                  : kind.param == MemoryKind::pinned ? "pinned"
                                                                     : "shared";
                         });

TEST_F(OnDevice, AlignsSharedMemoryAsAsked) {
  if (device_->svm() == 0) GTEST_SKIP() << "no shared virtual memory";
  for (const std::size_t alignment : {64u, 4096u, 65536u}) {
    BufferOptions options;
    options.kind = MemoryKind::shared;
    options.alignment = alignment;
    const auto buffer = processor_->allocate(100, options);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(Device::svm_pointer(*buffer)) % alignment, 0u);
    EXPECT_THROW(Device::handle(*buffer), Error);
  }
}

TEST_F(OnDevice, RefusesToReachBeyondABuffer) {
  const auto buffer = make(MemoryKind::device, 64), small = make(MemoryKind::device, 32);
  char bytes[128] = {};
  EXPECT_THROW(queue_->write(*buffer, bytes, 65), Error);
  EXPECT_THROW(queue_->read(*buffer, bytes, 4, 61), Error);
  EXPECT_THROW(queue_->read(*buffer, bytes, 1, static_cast<std::size_t>(-1)), Error);
  EXPECT_THROW(queue_->copy(*buffer, *small, 64), Error);
  EXPECT_NO_THROW(queue_->write(*buffer, bytes, 0, 64));
}

TEST_F(OnDevice, RunsKernelsWithLocalMemoryAndVectors) {
  const auto kernel = processor_->load(opencl_kernel(
      "kernel void rotate_group(float4 add, local float* shared_part, global float* out) {"
      "  const size_t l = get_local_id(0), n = get_local_size(0);"
      "  shared_part[l] = (float)get_global_id(0); barrier(CLK_LOCAL_MEM_FENCE);"
      "  out[get_global_id(0)] = shared_part[(l + 1) % n] + add.w; }",
      "rotate_group"));
  EXPECT_GE(kernel->maximum_work_group(), 8u);
  const auto out = make(MemoryKind::device, 32 * sizeof(float));
  queue_->launch(*kernel, range(32, 8),
                 {scalar(cl_float4{{1, 2, 3, 100}}), LocalMemory{8 * sizeof(float)}, out.get()});
  const std::vector<float> host = values(*out);
  for (std::size_t i = 0; i < host.size(); ++i) {
    const std::size_t first = i / 8 * 8;
    EXPECT_EQ(host[i], 100 + static_cast<float>(first + (i + 1) % 8)) << i;
  }
}

TEST_F(OnDevice, KeepsArgumentsOfTwoLoadsApart) {
  const auto first = processor_->load(scale_and_add_kernel());
  const auto second = processor_->load(scale_and_add_kernel());
  EXPECT_NE(Device::handle(*first), Device::handle(*second));
}

TEST_F(OnDevice, BuildsAProgramOnceForItsSourceAndOptions) {
  const std::string source = "kernel void nothing(global int* a) { a[0] = VALUE; }";
  const cl_program one = device_->program(source, "-DVALUE=1");
  EXPECT_GT(device_->build_seconds(), 0);
  EXPECT_EQ(device_->program(source, "-DVALUE=1"), one);
  EXPECT_NE(device_->program(source, "-DVALUE=2"), one);
}

TEST_F(OnDevice, GivesTheBuildLogOfAKernelThatDoesNotBuild) {
  try {
    processor_->load(
        opencl_kernel("kernel void broken(global float* a) { a[0] = nonsense; }", "broken"));
    FAIL() << "it was built";
  } catch (const DeviceError& error) {
    EXPECT_EQ(error.call(), "clBuildProgram");
    EXPECT_EQ(error.status(), "CL_BUILD_PROGRAM_FAILURE");
    EXPECT_NE(error.log().find("nonsense"), std::string::npos) << error.log();
  }
}

TEST_F(OnDevice, NamesCallAndStatusOfAnEntryThatIsNotThere) {
  Kernel kernel = scale_and_add_kernel();
  kernel.opencl.entry = "no_such_entry";
  try {
    processor_->load(kernel);
    FAIL() << "it was found";
  } catch (const DeviceError& error) {
    EXPECT_EQ(error.call(), "clCreateKernel");
    EXPECT_EQ(error.status(), "CL_INVALID_KERNEL_NAME");
  }
  kernel.opencl.source.clear();
  EXPECT_THROW(processor_->load(kernel), Unsupported);
}

TEST_F(OnDevice, SaysThatAnAllocationFailed) {
  BufferOptions untouched;
  untouched.untouched = true;
  EXPECT_THROW(processor_->allocate(std::size_t{1} << 60, untouched), DeviceError);
  EXPECT_THROW(processor_->allocate(0), DeviceError);
}

TEST_F(OnDevice, CountsTheMemoryThatIsAlive) {
  const std::size_t before = processor_->allocated_bytes();
  {
    const auto one = make(MemoryKind::device, 1000), two = make(MemoryKind::pinned, 3000);
    EXPECT_EQ(processor_->allocated_bytes(), before + 4000);
    const cl_mem memory = Device::handle(*one);
    const Api& api = device_->api();
    ASSERT_EQ(api.clRetainMemObject(memory), CL_SUCCESS);
    ASSERT_EQ(api.clReleaseMemObject(memory), CL_SUCCESS);
    EXPECT_EQ(processor_->allocated_bytes(), before + 4000);
    const auto other = test_device();
    const auto elsewhere = other->allocate(500);
    EXPECT_EQ(processor_->allocated_bytes(), before + 4000) << "another context's memory";
    EXPECT_EQ(other->allocated_bytes(), 500u);
  }
  EXPECT_EQ(processor_->allocated_bytes(), before);
  if (device_->svm() == 0) return;
  {
    const auto shared = make(MemoryKind::shared, 4096);
    EXPECT_GE(processor_->allocated_bytes(), before + 4096);
  }
  EXPECT_EQ(processor_->allocated_bytes(), before);
}

TEST_F(OnDevice, CountsAnImageAsTheDriverDoes) {
  if (!device_->has_images()) GTEST_SKIP() << "no images";
  const Api& api = device_->api();
  const cl_image_format format{CL_RGBA, CL_FLOAT};
  cl_image_desc description{};
  description.image_type = CL_MEM_OBJECT_IMAGE2D;
  description.image_width = 16;
  description.image_height = 8;
  cl_int status = CL_SUCCESS;
  const cl_mem image = api.clCreateImage(device_->context(), CL_MEM_READ_WRITE, &format,
                                         &description, nullptr, &status);
  if (status != CL_SUCCESS) GTEST_SKIP() << "no such image";
  EXPECT_GE(processor_->allocated_bytes(), 16u * 8 * 16);
  api.clReleaseMemObject(image);
  EXPECT_EQ(processor_->allocated_bytes(), 0u);
}

TEST_F(OnDevice, RefusesLaunchesThatTheDeviceCannotRun) {
  const auto kernel = processor_->load(scale_and_add_kernel());
  const auto buffer = make(MemoryKind::device, 64);
  EXPECT_THROW(queue_->launch(*kernel, range(16), {scalar(1.0f), buffer.get()}), DeviceError);
  EXPECT_THROW(queue_->launch(*kernel, range(std::size_t{1} << 20, std::size_t{1} << 20),
                              {scalar(1.0f), buffer.get(), buffer.get()}),
               DeviceError);
  EXPECT_THROW(
      queue_->launch(*kernel, range(16), {scalar(1.0f), buffer.get(), buffer.get(), scalar(1)}),
      DeviceError);
}

TEST_F(OnDevice, SaysWhichArithmeticItLacks) {
  const auto builds = [&](const std::string& source) {
    try {
      device_->build(source);
      return true;
    } catch (const DeviceError&) {
      return false;
    }
  };
  // What the description promises must be what the compiler takes.
  if (device_->has_fp64()) {
    EXPECT_TRUE(builds("kernel void f(global double* a) { a[0] = a[1] * a[2]; }"));
  }
  if (device_->has_fp16()) {
    EXPECT_TRUE(
        builds("#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n"
               "kernel void f(global half* a) { a[0] = a[1] * a[2]; }"));
  }
  EXPECT_EQ(std::get<bool>(processor_->description().facts.at("fp16")), device_->has_fp16());
}

TEST_F(OnDevice, RefusesObjectsOfAnotherDevice) {
  const auto other = test_device();
  const auto buffer = other->allocate(64);
  const auto kernel = other->load(scale_and_add_kernel());
  EXPECT_THROW(queue_->fill(*buffer, 0), Error);
  EXPECT_THROW(queue_->launch(*kernel, range(1), {scalar(1.0f), buffer.get(), buffer.get()}),
               Error);
}

}  // namespace
}  // namespace motley::opencl
