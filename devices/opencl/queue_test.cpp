// Do queues of OpenCL devices keep their order, also across queues, devices and the host, and do
// the device's times say when each command ran?
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>

#include "devices/cpu/processor.hpp"
#include "devices/opencl/api.hpp"
#include "devices/opencl/test_device.hpp"

namespace motley::opencl {
namespace {

/// A fence that the test completes, as that of a CPU's queue: no event of any context.
class HostFence : public Fence {
 public:
  ~HostFence() override { complete(); }  // a test that fails must not leave a queue waiting
  void wait() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }
  bool done() override {
    const std::scoped_lock lock(mutex_);
    return done_;
  }
  void then(std::function<void()> callback) override {
    const std::scoped_lock lock(mutex_);
    callback_ = std::move(callback);
  }
  void complete() {
    std::function<void()> callback;
    {
      const std::scoped_lock lock(mutex_);
      done_ = true;
      callback = callback_;
    }
    changed_.notify_all();
    if (callback) callback();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> callback_;
  bool done_ = false;
};

/// Some milliseconds of work whose result is only right if it ran to its end.
Kernel slow_kernel() {
  return opencl_kernel(
      "kernel void slow(global uint* a, uint rounds) {"
      "  uint x = a[0]; for (uint i = 0; i < rounds; ++i) x = x * 1664525u + 1013904223u;"
      "  a[0] = x; }",
      "slow");
}
std::uint32_t slow_on_host(std::uint32_t x, std::uint32_t rounds) {
  for (std::uint32_t i = 0; i < rounds; ++i) x = x * 1664525u + 1013904223u;
  return x;
}

constexpr std::uint32_t rounds = 3'000'000;

class OnQueues : public testing::Test {
 protected:
  void SetUp() override {
    processor_ = test_device();
    if (!processor_) GTEST_SKIP() << "no OpenCL device: " << test_catalogue().reason();
    queue_ = processor_->queue();
    kernel_ = processor_->load(slow_kernel());
    state_ = processor_->allocate(4);
    queue_->fill(*state_, 1);
  }
  void launch_slow() {
    queue_->launch(*kernel_, range(1, 1), {state_.get(), scalar(cl_uint{rounds})});
  }

  std::unique_ptr<Processor> processor_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<LoadedKernel> kernel_;
  std::unique_ptr<Buffer> state_;
};

TEST_F(OnQueues, AFenceIsDoneWhenEverythingBeforeItHasRun) {
  launch_slow();
  const auto fence = queue_->fence();
  fence->wait();
  EXPECT_TRUE(fence->done());
  std::uint32_t result = 0;
  queue_->read(*state_, &result, 4);
  queue_->finish();
  EXPECT_EQ(result, slow_on_host(1, rounds));
}

TEST_F(OnQueues, AFenceCanBePolledWhileItsWorkRuns) {
  HostFence gate;
  queue_->wait_for(gate);
  launch_slow();
  const auto fence = queue_->fence();
  EXPECT_FALSE(fence->done());
  gate.complete();
  while (!fence->done()) std::this_thread::yield();
  EXPECT_TRUE(fence->done());
}

TEST_F(OnQueues, AFenceCallsBackOnceAndAlsoWhenItIsDoneAlready) {
  std::atomic<int> calls{0};
  launch_slow();
  const auto fence = queue_->fence();
  fence->then([&] { ++calls; });
  fence->wait();
  while (calls < 1) std::this_thread::yield();
  fence->then([&] { calls += 10; });
  while (calls < 11) std::this_thread::yield();
  queue_->finish();
  EXPECT_EQ(calls, 11);
}

TEST_F(OnQueues, AnExceptionInACallbackStaysThere) {
  std::atomic<bool> called{false};
  const auto fence = queue_->fence();
  fence->then([&] {
    called = true;
    throw Error("from a callback");
  });
  while (!called) std::this_thread::yield();
  queue_->finish();
}

TEST_F(OnQueues, AnotherQueueOfTheDeviceWaits) {
  const auto second = processor_->queue();
  launch_slow();
  const auto fence = queue_->fence();
  second->wait_for(*fence);
  std::uint32_t result = 0;
  second->read(*state_, &result, 4);
  second->finish();
  EXPECT_EQ(result, slow_on_host(1, rounds));
  queue_->finish();
}

TEST_F(OnQueues, AQueueOfAnotherContextWaits) {
  const auto other = test_device();
  const auto second = other->queue();
  const auto theirs = other->allocate(4);
  std::uint32_t result = 0;
  HostFence gate;
  queue_->wait_for(gate);
  launch_slow();
  queue_->read(*state_, &result, 4);
  const auto fence = queue_->fence();
  second->wait_for(*fence);
  std::thread opener([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    gate.complete();
  });
  second->write(*theirs, &result, 4);  // is read when the command runs, so behind the fence
  std::uint32_t back = 0;
  second->read(*theirs, &back, 4);
  second->finish();
  opener.join();
  EXPECT_EQ(back, slow_on_host(1, rounds));
}

TEST_F(OnQueues, CommandsWaitForAFenceOfTheHost) {
  HostFence gate;
  queue_->finish();
  queue_->wait_for(gate);
  queue_->fill(*state_, 7);
  const auto behind = queue_->fence();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_FALSE(behind->done());
  std::thread([&] { gate.complete(); }).join();
  behind->wait();
  HostFence open;
  open.complete();
  queue_->wait_for(open);
  std::uint32_t result = 0;
  queue_->read(*state_, &result, 4);
  queue_->finish();
  EXPECT_EQ(result, 7u);
}

TEST_F(OnQueues, GivesTheTimesOfFinishedCommandsOnce) {
  queue_->finish();
  queue_->take_intervals();
  const auto began = std::chrono::steady_clock::now();
  launch_slow();
  launch_slow();
  queue_->finish();
  const double host =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const std::vector<DeviceInterval> times = queue_->take_intervals();
  ASSERT_EQ(times.size(), 2u);
  for (const DeviceInterval& time : times) {
    EXPECT_LE(time.queued_seconds, time.submitted_seconds);
    EXPECT_LE(time.submitted_seconds, time.started_seconds);
    EXPECT_LT(time.started_seconds, time.ended_seconds);
  }
  EXPECT_LE(times[0].ended_seconds, times[1].started_seconds);
  EXPECT_LE(times[1].ended_seconds - times[0].started_seconds, host);
  EXPECT_TRUE(queue_->take_intervals().empty());
}

/// A library's call that enqueues the slow kernel and then a tiny copy, and tells of the copy.
TEST_F(OnQueues, TheTimeOfALibrarysCallBeginsWithItsFirstCommand) {
  const auto& device = *processor_->as<Device>();
  const auto target = processor_->allocate(4);
  queue_->finish();
  queue_->take_intervals();
  Handle<cl_event> first;
  Kernel call;
  call.name = "library_call";
  call.opencl_call = [&](OpenclTask& task) {
    const auto queue = static_cast<cl_command_queue>(task.queue);
    const auto from = static_cast<cl_mem>(task.memory[0]), to = static_cast<cl_mem>(task.memory[1]);
    const cl_uint times = rounds;
    const cl_kernel slow = Device::handle(*kernel_);
    check(device.api().clSetKernelArg(slow, 0, sizeof from, &from), "clSetKernelArg");
    check(device.api().clSetKernelArg(slow, 1, sizeof times, &times), "clSetKernelArg");
    const std::size_t one = 1;
    cl_event begun = nullptr, copied = nullptr;
    check(device.api().clEnqueueNDRangeKernel(queue, slow, 1, nullptr, &one, &one, 0, nullptr,
                                              &begun),
          "clEnqueueNDRangeKernel");
    first = Handle<cl_event>(begun, device.api().clReleaseEvent);
    check(device.api().clEnqueueCopyBuffer(queue, from, to, 0, 0, 4, 0, nullptr, &copied),
          "clEnqueueCopyBuffer");
    task.event = copied;
  };
  const auto loaded = processor_->load(call);
  launch_slow();
  queue_->launch(*loaded, {}, {state_.get(), target.get()});
  queue_->finish();
  const std::vector<DeviceInterval> times = queue_->take_intervals();
  ASSERT_EQ(times.size(), 2u);
  cl_ulong nanoseconds = 0;
  check(device.api().clGetEventProfilingInfo(first.get(), CL_PROFILING_COMMAND_START,
                                             sizeof nanoseconds, &nanoseconds, nullptr),
        "clGetEventProfilingInfo");
  EXPECT_LE(times[1].started_seconds, device.seconds_of(nanoseconds));
  EXPECT_GE(times[1].started_seconds, times[0].ended_seconds);
  EXPECT_GT(times[1].ended_seconds, device.seconds_of(nanoseconds));
}

TEST_F(OnQueues, GivesNoTimesOfCommandsThatMayStillRun) {
  queue_->finish();
  queue_->take_intervals();
  HostFence gate;
  queue_->wait_for(gate);
  launch_slow();
  EXPECT_TRUE(queue_->take_intervals().empty());
  gate.complete();
  queue_->finish();
  EXPECT_EQ(queue_->take_intervals().size(), 1u);
}

TEST_F(OnQueues, KeepsNoTimesWithoutProfiling) {
  QueueOptions plain;
  plain.profiling = false;
  const auto second = processor_->queue(plain);
  second->fill(*state_, 3);
  second->finish();
  EXPECT_TRUE(second->take_intervals().empty());
}

TEST_F(OnQueues, OutOfOrderQueuesStillFinishAndMap) {
  if (!processor_->as<Device>()->out_of_order_queues()) {
    GTEST_SKIP() << "the device has none";
  }
  QueueOptions options;
  options.out_of_order = true;
  const auto second = processor_->queue(options);
  queue_->finish();
  second->launch(*kernel_, range(1, 1), {state_.get(), scalar(cl_uint{rounds})});
  const auto* value = static_cast<const std::uint32_t*>(second->map(*state_, Access::read));
  EXPECT_EQ(*value, slow_on_host(1, rounds));
  second->unmap(*state_);
  second->finish();
}

TEST_F(OnQueues, ACpuComputesInMappedMemory) {
  const auto cpu = devices::cpu_processor("cpu", {0}, schema::Device{});
  const auto cpu_queue = cpu->queue();
  const auto increment = cpu->load(
      {"increment", [](const CpuTask& task) { ++*task.buffer<std::uint32_t>(0); }, {}, 1});
  EXPECT_THROW(cpu_queue->launch(*increment, {}, {state_.get()}), Error) << "the device owns it";
  queue_->map(*state_, Access::read_write);
  cpu_queue->launch(*increment, {}, {state_.get()});
  queue_->unmap(*state_);
  launch_slow();
  std::uint32_t result = 0;
  queue_->read(*state_, &result, 4);
  queue_->finish();
  EXPECT_EQ(result, slow_on_host(2, rounds));
}

TEST_F(OnQueues, SubDevicesComputeSideBySide) {
  const auto& all = test_catalogue().processors();
  const bool shared = std::any_of(all.begin(), all.end(),
                                  [](const auto& one) { return one.id == "opencl:0/1of2"; });
  if (!shared) GTEST_SKIP() << "the device has no equal shares";
  const auto whole_units = processor_->as<Device>()->compute_units();
  std::unique_ptr<Processor> halves[2];
  std::unique_ptr<Queue> queues[2];
  std::unique_ptr<Buffer> states[2];
  std::unique_ptr<LoadedKernel> kernels[2];
  for (std::size_t i = 0; i < 2; ++i) {
    halves[i] = test_catalogue().open("opencl:0/" + std::to_string(i) + "of2");
    EXPECT_EQ(halves[i]->as<Device>()->compute_units(), whole_units / 2);
    queues[i] = halves[i]->queue();
    states[i] = halves[i]->allocate(4);
    kernels[i] = halves[i]->load(slow_kernel());
    queues[i]->fill(*states[i], static_cast<std::uint32_t>(i));
    queues[i]->launch(*kernels[i], range(1, 1), {states[i].get(), scalar(cl_uint{rounds})});
    queues[i]->flush();
  }
  for (std::uint32_t i = 0; i < 2; ++i) {
    std::uint32_t result = 0;
    queues[i]->read(*states[i], &result, 4);
    queues[i]->finish();
    EXPECT_EQ(result, slow_on_host(i, rounds));
  }
}

}  // namespace
}  // namespace motley::opencl
