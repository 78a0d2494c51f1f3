#include "devices/cpu/processor.hpp"

#include <ctime>
#include <gtest/gtest.h>
#include <set>
#include <thread>

#include "devices/cpu/clock.hpp"
#include "devices/cpu/team.hpp"
#include "harness/error.hpp"

namespace motley::devices {
namespace {

class CpuProcessorTest : public testing::Test {
 protected:
  CpuProcessorTest() : cores(cores_of_this_thread()) {
    processor = cpu_processor("cpu", cores, schema::Device{});
    processor->wake();
  }
  ~CpuProcessorTest() override { processor->park(); }

  /// Element i of the buffer becomes i + bias, each by the member that owns it.
  Kernel counting() {
    Kernel kernel;
    kernel.name = "counting";
    kernel.cpu = [](const CpuTask& task) {
      const auto [begin, end] = task.share(1000, 16);
      for (auto i = begin; i < end; ++i) {
        task.buffer<std::int64_t>(0)[i] = i + task.value<std::int64_t>(1);
      }
    };
    return kernel;
  }

  std::vector<int> cores;
  std::unique_ptr<Processor> processor;
};

TEST_F(CpuProcessorTest, EachMemberRunsOnceOnItsOwnCoreOverManyLaunches) {
  std::vector<int> runs(cores.size()), seen(cores.size());
  Kernel kernel;
  kernel.name = "members";
  kernel.cpu = [&](const CpuTask& task) {
    ++runs[task.member];
    seen[task.member] = cores_of_this_thread().front();
  };
  const auto loaded = processor->load(kernel);
  const auto queue = processor->queue();
  for (int i = 0; i < 1000; ++i) queue->launch(*loaded, range(1), {});
  EXPECT_EQ(runs, std::vector<int>(cores.size(), 1000));
  EXPECT_EQ(seen, cores);
}

TEST_F(CpuProcessorTest, SharesCoverEverythingOnce) {
  const auto loaded = processor->load(counting());
  const auto queue = processor->queue();
  const auto buffer = processor->allocate(1000 * 8);
  queue->launch(*loaded, range(1), {buffer.get(), scalar(std::int64_t{7})});
  const auto* values = static_cast<const std::int64_t*>(queue->map(*buffer, Access::read));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(values[i], i + 7);
}

TEST_F(CpuProcessorTest, ChunksAreTakenOnceEach) {
  std::vector<std::atomic<int>> taken(500);
  Kernel kernel;
  kernel.name = "chunks";
  kernel.cpu = [&](const CpuTask& task) {
    for (std::int64_t chunk; (chunk = task.next_chunk(500)) >= 0;)
      ++taken[static_cast<std::size_t>(chunk)];
  };
  processor->queue()->launch(*processor->load(kernel), range(1), {});
  for (const auto& one : taken) ASSERT_EQ(one, 1);
}

TEST_F(CpuProcessorTest, SmallWorkStaysOnTheCallingThread) {
  std::set<std::thread::id> threads;
  Kernel kernel;
  kernel.name = "small";
  kernel.cpu_members = 1;
  kernel.cpu = [&](const CpuTask& task) {
    threads.insert(std::this_thread::get_id());
    EXPECT_EQ(task.members, 1u);
  };
  processor->queue()->launch(*processor->load(kernel), range(1), {});
  EXPECT_EQ(threads, std::set{std::this_thread::get_id()});
}

TEST_F(CpuProcessorTest, AnExceptionInAMemberReachesTheCallerAndTheTeamGoesOn) {
  Kernel kernel;
  kernel.name = "trouble";
  bool trouble = true;
  kernel.cpu = [&](const CpuTask& task) {
    if (trouble && task.member + 1 == task.members) throw Error("as asked");
  };
  const auto loaded = processor->load(kernel);
  const auto queue = processor->queue();
  EXPECT_THROW(queue->launch(*loaded, range(1), {}), Error);
  trouble = false;
  EXPECT_NO_THROW(queue->launch(*loaded, range(1), {}));
}

TEST_F(CpuProcessorTest, CountsTheMemoryThatIsAlive) {
  {
    const auto one = processor->allocate(1000), two = processor->allocate(3000);
    EXPECT_EQ(processor->allocated_bytes(), 4000u);
  }
  EXPECT_EQ(processor->allocated_bytes(), 0u);
}

TEST_F(CpuProcessorTest, NewMemoryIsNotANumberUnlessUntouched) {
  const auto buffer = processor->allocate(100000);
  std::vector<float> values(25000);
  processor->queue()->read(*buffer, values.data(), 100000);
  for (const float value : values) ASSERT_TRUE(value != value);
  BufferOptions untouched;
  untouched.untouched = true;
  untouched.alignment = 1 << 16;
  const auto zeros = processor->allocate(100, untouched);
  const void* address = processor->queue()->map(*zeros, Access::read);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(address) % (1 << 16), 0u);
  EXPECT_EQ(*static_cast<const char*>(address), 0);
}

TEST_F(CpuProcessorTest, MappingChangesTheOwner) {
  const auto buffer = processor->allocate(64);
  const auto queue = processor->queue();
  EXPECT_EQ(buffer->owner(), Owner::processor);
  queue->map(*buffer, Access::write);
  EXPECT_EQ(buffer->owner(), Owner::host);
  queue->unmap(*buffer);
  EXPECT_EQ(buffer->owner(), Owner::processor);
}

TEST_F(CpuProcessorTest, RefusesWhatDoesNotFit) {
  const auto buffer = processor->allocate(64);
  const auto queue = processor->queue();
  char bytes[128] = {};
  EXPECT_THROW(queue->write(*buffer, bytes, 65), Error);
  EXPECT_THROW(queue->read(*buffer, bytes, 64, 1), Error);
  Kernel opencl_only;
  opencl_only.name = "opencl only";
  EXPECT_THROW(processor->load(opencl_only), Unsupported);
  QueueOptions out_of_order;
  out_of_order.out_of_order = true;
  EXPECT_THROW(processor->queue(out_of_order), Unsupported);
}

TEST_F(CpuProcessorTest, AnAsynchronousQueueKeepsItsOrderAndItsFences) {
  QueueOptions asynchronous;
  asynchronous.asynchronous = true;
  const auto queue = processor->queue(asynchronous);
  const auto first = processor->allocate(8000), second = processor->allocate(8000);
  const auto loaded = processor->load(counting());
  queue->launch(*loaded, range(1), {first.get(), scalar(std::int64_t{1})});
  queue->copy(*first, *second, 8000);
  queue->launch(*loaded, range(1), {first.get(), scalar(std::int64_t{100})});
  std::atomic<bool> called{false};
  const auto fence = queue->fence();
  fence->then([&] { called = true; });
  fence->wait();
  EXPECT_TRUE(fence->done());
  std::vector<std::int64_t> values(1000);
  queue->read(*second, values.data(), 8000);
  queue->finish();
  EXPECT_EQ(values[999], 1000);
  EXPECT_TRUE(called);
}

TEST_F(CpuProcessorTest, QueuesWaitForEachOther) {
  QueueOptions asynchronous;
  asynchronous.asynchronous = true;
  const auto one = processor->queue(asynchronous), other = processor->queue(asynchronous);
  std::atomic<int> steps{0};
  Kernel slow, reader;
  slow.name = "slow";
  slow.cpu_members = reader.cpu_members = 1;
  slow.cpu = [&](const CpuTask&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    steps = 1;
  };
  int seen = -1;
  reader.name = "reader";
  reader.cpu = [&](const CpuTask&) { seen = steps; };
  const auto slow_loaded = processor->load(slow), reader_loaded = processor->load(reader);
  one->launch(*slow_loaded, range(1), {});
  const auto fence = one->fence();
  other->wait_for(*fence);
  other->launch(*reader_loaded, range(1), {});
  other->finish();
  EXPECT_EQ(seen, 1);
}

TEST_F(CpuProcessorTest, AParkedTeamTakesNoProcessorTime) {
  processor->queue()->launch(*processor->load(counting()), range(1),
                             {processor->allocate(8000).get(), scalar(std::int64_t{0})});
  processor->park();
  EXPECT_EQ(cores_of_this_thread(), cores);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the bounded spin ends
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 50);
  processor->wake();
  EXPECT_EQ(cores_of_this_thread(), std::vector{cores.front()});
}

TEST_F(CpuProcessorTest, TheClockIsAClock) {
#if defined(__x86_64__) || defined(__aarch64__)
  EXPECT_GT(processor->clock_hertz(), 1e8);
  EXPECT_LT(processor->clock_hertz(), 1e10);
#else
  EXPECT_EQ(processor->clock_hertz(), 0);
#endif
}

TEST(CpuProcessor, ItsLastLevelIsTheSumOfThatOfItsCores) {
  schema::Device device;
  const auto add = [&](int level, const char* type, std::int64_t bytes, std::vector<int> cores) {
    schema::Cache cache;
    cache.level = level;
    cache.type = type;
    cache.bytes = bytes;
    cache.shared_by = std::move(cores);
    device.caches.push_back(cache);
  };
  EXPECT_EQ(cpu_processor("cpu", {0}, device)->last_level_cache_bytes(), 0u);
  add(1, "data", 32, {0});
  add(1, "instruction", 999, {0});
  add(2, "unified", 5000, {0});
  add(3, "unified", 700, {0, 1});
  add(3, "unified", 800, {2, 3});
  add(3, "unified", 900, {4, 5});
  EXPECT_EQ(cpu_processor("cpu", {0, 1, 2}, device)->last_level_cache_bytes(), 1500u);
  EXPECT_EQ(cpu_processor("cpu:5", {5}, device)->last_level_cache_bytes(), 900u);
}

TEST(CpuProcessor, TellsHowManyPhysicalCoresItHas) {
  schema::Device device;
  const auto physical = [&](const std::vector<int>& cores) {
    const auto processor = cpu_processor("cpu", cores, device);
    return std::get<std::int64_t>(processor->description().facts.at("physical_cores"));
  };
  EXPECT_EQ(physical({0, 1, 4, 5}), 4);
  device.clusters.resize(1);
  device.clusters[0].facts["thread_siblings"] = std::vector<std::string>{"0,4", "1,5"};
  EXPECT_EQ(physical({0, 1, 4, 5}), 2);
  EXPECT_EQ(physical({4}), 1);
}

TEST(CpuProcessor, ACoreThatIsNotThereIsRefused) {
  const auto processor = cpu_processor("cpu:1000", {1000}, schema::Device{});
  EXPECT_THROW(processor->wake(), DeviceError);
  EXPECT_THROW(cpu_processor("cpu:", {}, schema::Device{}), Error);
}

}  // namespace
}  // namespace motley::devices
