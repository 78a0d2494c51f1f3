// Is an emulated device one whose truth is known? Delays may be longer on a busy machine, never
// shorter: lower bounds hold always, and both clocks must tell one story.
#include "devices/opencl/emulation.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <vector>

#include "devices/opencl/api.hpp"
#include "devices/opencl/test_device.hpp"

namespace motley::opencl {
namespace {

double seconds_of(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

class Emulated : public testing::Test {
 protected:
  void SetUp() override {
    if (catalogue_.default_ids().empty()) {
      GTEST_SKIP() << "no OpenCL device: " << catalogue_.reason();
    }
    processor_ = catalogue_.open(catalogue_.default_ids().front());
    queue_ = processor_->queue();
    queue_->finish();
  }
  Variable delays_{"MOTLEY_EMULATE", "launch_us=2000,sync_us=5000,write_gbps=0.1,read_gbps=0.2"};
  Catalogue catalogue_;
  std::unique_ptr<Processor> processor_;
  std::unique_ptr<Queue> queue_;
};

TEST(Delays, AreReadInTheirUnits) {
  const Delays delays = parse_delays("launch_us=80,sync_us=900.5,write_gbps=4,read_gbps=2e0");
  EXPECT_DOUBLE_EQ(delays.launch_seconds, 80e-6);
  EXPECT_DOUBLE_EQ(delays.sync_seconds, 900.5e-6);
  EXPECT_DOUBLE_EQ(delays.write_bytes_per_second, 4e9);
  EXPECT_DOUBLE_EQ(delays.read_bytes_per_second, 2e9);
  EXPECT_EQ(parse_delays("sync_us=1").launch_seconds, 0);
}

TEST(Delays, ThatCannotBeReadAreRefusedInOneLine) {
  for (const char* text :
       {"launch_us", "launch_us=", "launch_us=-1", "launch_us=0", "=4", "launch_ms=1",
        "launch_us=1s", "launch_us=nan", "launch_us=inf", "write_gbps=4,,read_gbps=2", ","}) {
    try {
      parse_delays(text);
      ADD_FAILURE() << text << " was read";
    } catch (const Error& error) {
      const std::string said = error.what();
      EXPECT_TRUE(said.starts_with("MOTLEY_EMULATE: ")) << said;
      EXPECT_EQ(said.find('\n'), std::string::npos);
    }
  }
}

TEST_F(Emulated, SaysThatItIs) {
  EXPECT_TRUE(processor_->as<Device>()->emulated());
  EXPECT_TRUE(std::get<bool>(processor_->description().facts.at("emulated")));
}

TEST_F(Emulated, ALaunchCostsItsCallAndTheWaitOnce) {
  const auto buffer = processor_->allocate(64);
  const auto kernel = processor_->load(scale_and_add_kernel());
  const auto launch = [&] {
    queue_->launch(*kernel, range(16), {scalar(1.0f), buffer.get(), buffer.get()});
  };
  launch();
  queue_->finish();
  EXPECT_GE(seconds_of(launch), 2e-3);
  queue_->finish();
  // Each call pays back what the one before took too long: only the sum is known.
  EXPECT_GE(seconds_of([&] {
              for (int i = 0; i < 5; ++i) launch();
              queue_->finish();
            }),
            5 * 2e-3 + 5e-3);
  // An idle queue costs nothing: of many waits on a busy machine one is that short.
  double least = 1;
  for (int i = 0; i < 100; ++i) {
    least = std::min(least, seconds_of([&] { queue_->finish(); }));
  }
  EXPECT_LT(least, 5e-3);
}

TEST_F(Emulated, CopiesLastTheirBytesOverTheRateAndTheirEventsAgree) {
  constexpr std::size_t bytes = 1 << 20;
  const auto buffer = processor_->allocate(bytes);
  std::vector<char> host(bytes, 1);
  queue_->finish();
  queue_->take_intervals();
  const double write = seconds_of([&] { queue_->write(*buffer, host.data(), bytes); });
  queue_->finish();
  const double read = seconds_of([&] {
    queue_->read(*buffer, host.data(), bytes);
    queue_->finish();
  });
  EXPECT_GE(write, bytes / 0.1e9);
  EXPECT_GE(read, bytes / 0.2e9 + 5e-3);
  const auto times = queue_->take_intervals();
  ASSERT_EQ(times.size(), 2u);
  const double written = times[0].ended_seconds - times[0].started_seconds;
  const double fetched = times[1].ended_seconds - times[1].started_seconds;
  EXPECT_GE(written, 0.999 * bytes / 0.1e9);
  EXPECT_GE(fetched, 0.999 * bytes / 0.2e9);
  EXPECT_LE(written, write);
  EXPECT_LE(fetched, read);
  EXPECT_LE(times[0].ended_seconds, times[1].started_seconds);
  EXPECT_EQ(host[bytes - 1], 1);
}

TEST_F(Emulated, FencesCostAWaitAndPollingDoesNot) {
  const auto buffer = processor_->allocate(64);
  queue_->fill(*buffer, 1);
  const auto fence = queue_->fence();
  while (!fence->done()) {
  }
  EXPECT_GE(seconds_of([&] { fence->wait(); }), 5e-3);
  queue_->finish();
}

}  // namespace
}  // namespace motley::opencl
