// Do the bandwidth, latency and atomics cases compute what they say, on the CPU and through OpenCL,
// for odd sizes too, and does their check notice work that was left out?
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

#include "devices/cpu/processor.hpp"
#include "devices/opencl/catalogue.hpp"
#include "harness/error.hpp"
#include "harness/workbench.hpp"
#include "microbench/bandwidth_loops.hpp"
#include "microbench/described_processor.hpp"
#include "microbench/latency_chase.hpp"
#include "microbench/random_content.hpp"
#include "microbench/working_sets.hpp"

namespace motley::microbench {
namespace {

using schema::Parameters;

/// Passes everything on, but may change or drop a launch: what a broken kernel would do.
class SabotagedQueue : public Queue {
 public:
  using Sabotage = std::function<bool(std::vector<Argument>&)>;  ///< false: the launch is dropped
  explicit SabotagedQueue(Queue& queue) : queue_(queue) {}
  void start(Sabotage sabotage) { sabotage_ = std::move(sabotage); }
  void stop() { sabotage_ = nullptr; }

  Processor& home() const override { return queue_.home(); }
  using Queue::launch;
  void launch(LoadedKernel& kernel, const Range& range, std::span<const Argument> given) override {
    std::vector<Argument> arguments(given.begin(), given.end());
    if (sabotage_ && !sabotage_(arguments)) return;
    queue_.launch(kernel, range, arguments);
  }
  void write(Buffer& to, const void* from, std::size_t bytes, std::size_t offset) override {
    queue_.write(to, from, bytes, offset);
  }
  void read(const Buffer& from, void* to, std::size_t bytes, std::size_t offset) override {
    queue_.read(from, to, bytes, offset);
  }
  void copy(const Buffer& from, Buffer& to, std::size_t bytes) override {
    queue_.copy(from, to, bytes);
  }
  void fill(Buffer& to, std::uint32_t pattern) override { queue_.fill(to, pattern); }
  void* map(Buffer& buffer, Access access) override { return queue_.map(buffer, access); }
  void unmap(Buffer& buffer) override { queue_.unmap(buffer); }
  std::unique_ptr<Fence> fence() override { return queue_.fence(); }
  void wait_for(Fence& fence) override { queue_.wait_for(fence); }
  void flush() override { queue_.flush(); }
  void finish() override { queue_.finish(); }
  std::vector<DeviceInterval> take_intervals() override { return queue_.take_intervals(); }

 private:
  Queue& queue_;
  Sabotage sabotage_;
};

bool dropped(std::vector<Argument>&) {
  return false;
}

template <class Change>
SabotagedQueue::Sabotage changed(std::size_t index, Change change) {
  return [index, change](std::vector<Argument>& arguments) {
    auto& value = std::get<Scalar>(arguments.at(index));
    std::uint32_t low = 0;
    std::memcpy(&low, value.bytes.data(), sizeof low);
    low = change(low);
    std::memcpy(value.bytes.data(), &low, sizeof low);
    return true;
  };
}
/// Halves scalar argument `index`.
SabotagedQueue::Sabotage halved(std::size_t index) {
  return changed(index, [](std::uint32_t value) { return value / 2; });
}
SabotagedQueue::Sabotage one_less(std::size_t index) {
  return changed(index, [](std::uint32_t value) { return value - 1; });
}

/// One processor of each kind: a core, two cores, an OpenCL device.
class MemoryCases : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string id = GetParam();
    if (id.starts_with("opencl")) {
      if (!catalogue().reason().empty()) GTEST_SKIP() << catalogue().reason();
      processor_ = catalogue().open(id);
    } else {
      const std::vector<int> cores = id == "cpu:0" ? std::vector{0} : std::vector{0, 1};
      processor_ = devices::cpu_processor(id, cores, {});
    }
    processor_->wake();
    queue_ = processor_->queue();
    sabotaged_ = std::make_unique<SabotagedQueue>(*queue_);
  }
  void TearDown() override {
    if (processor_) processor_->park();
  }
  static opencl::Catalogue& catalogue() {
    static opencl::Catalogue one;
    return one;
  }
  bool on_cpu() const { return processor_->members() > 0; }

  /// Every parameter that is not given: the first value of a standard run.
  std::unique_ptr<Workbench> bench(const std::string& name, const Parameters& given) {
    Parameters parameters = given;
    for (const Axis& axis : find_case(name).axes) {
      if (!parameters.contains(axis.name)) {
        parameters[axis.name] = axis.values(*processor_, Tier::standard).front();
      }
    }
    return std::make_unique<Workbench>(*processor_, *queue_, parameters, Tier::standard, 7);
  }

  double error_after_run(const Trial& trial) {
    if (trial.reset) trial.reset(*sabotaged_);
    trial.run(*sabotaged_);
    sabotaged_->finish();
    return trial.error(*sabotaged_);
  }
  /// Reset, run with the sabotage, compare.
  double error_after(const Trial& trial, SabotagedQueue::Sabotage sabotage) {
    if (trial.reset) trial.reset(*sabotaged_);
    sabotaged_->start(std::move(sabotage));
    trial.run(*sabotaged_);
    sabotaged_->finish();
    sabotaged_->stop();
    const double error = trial.error(*sabotaged_);
    return std::isfinite(error) ? error : 1e300;
  }

  void expect_correct(const std::string& name, const Parameters& given) {
    std::string label = name;
    for (const auto& [axis, value] : given) label += " " + axis + "=" + schema::to_string(value);
    SCOPED_TRACE(label);
    const auto workbench = bench(name, given);
    const Trial trial = find_case(name).prepare(*workbench);
    EXPECT_LE(error_after_run(trial), trial.tolerance);
    trial.run_multiple(*sabotaged_, 3);
    sabotaged_->finish();
    EXPECT_LE(trial.error(*sabotaged_), trial.tolerance);
    EXPECT_LE(error_after_run(trial), trial.tolerance);
    EXPECT_GT(trial.work.bytes_read + trial.work.bytes_written + trial.work.operations, 0);
  }

  std::unique_ptr<Processor> processor_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<SabotagedQueue> sabotaged_;
};

constexpr const char* bandwidth_cases[] = {"read", "write", "copy", "scale", "add", "triad"};

TEST_P(MemoryCases, BandwidthIsCorrectForEvenAndOddSizes) {
  for (const std::string name : bandwidth_cases) {
    for (const std::int64_t bytes : {12, 1000, 16384, 65540, 1 << 20}) {
      expect_correct("bandwidth/" + name, {{"bytes", bytes}});
      if (name == "read") continue;
      expect_correct("bandwidth/" + name, {{"bytes", bytes}, {"store", "non_temporal"}});
    }
  }
}

TEST_P(MemoryCases, EveryImplementationAndWidthOfTheTriadIsCorrect) {
  const Case& triad = find_case("bandwidth/triad");
  const auto values = [&](const std::string& name) {
    const auto axis = std::find_if(triad.axes.begin(), triad.axes.end(),
                                   [&](const Axis& one) { return one.name == name; });
    return axis->values(*processor_, Tier::full);
  };
  for (const schema::Value& implementation : values("implementation")) {
    for (const schema::Value& width : values("width")) {
      for (const std::string store : {"cached", "non_temporal"}) {
        expect_correct("bandwidth/triad", {{"bytes", std::int64_t{70000}},
                                           {"implementation", implementation},
                                           {"width", width},
                                           {"store", store}});
      }
    }
  }
}

TEST_P(MemoryCases, BandwidthNoticesWorkLeftOut) {
  for (const std::string name : bandwidth_cases) {
    SCOPED_TRACE(name);
    const auto workbench = bench("bandwidth/" + name, {{"bytes", std::int64_t{65536}}});
    const Trial trial = find_case("bandwidth/" + name).prepare(*workbench);
    ASSERT_LE(error_after_run(trial), trial.tolerance);
    EXPECT_GT(error_after(trial, dropped), trial.tolerance);
    EXPECT_GT(error_after(trial, halved(4)), trial.tolerance) << "half of the elements";
    EXPECT_GT(error_after(trial, one_less(5)), trial.tolerance) << "the last pass";
    if (name == "read" || name == "write") {
      EXPECT_GT(error_after(trial, halved(5)), trial.tolerance) << "half of the passes";
    }
  }
}

TEST_P(MemoryCases, TooSmallASetIsUnsupported) {
  const auto workbench = bench("bandwidth/triad", {{"bytes", std::int64_t{11}}});
  EXPECT_THROW(find_case("bandwidth/triad").prepare(*workbench), Unsupported);
}

TEST_P(MemoryCases, ChasesEndWhereTheCycleSays) {
  for (const std::int64_t bytes : {64, 128, 4096 + 64, 1 << 20}) {
    expect_correct("latency/chase", {{"bytes", bytes}});
    for (const std::int64_t chases : {1, 2, 8, 32}) {
      expect_correct("latency/parallel", {{"bytes", bytes}, {"chases", chases}});
    }
  }
  expect_correct("latency/chase",
                 {{"bytes", std::int64_t{100000}}, {"line_bytes", std::int64_t{128}}});
  if (!on_cpu()) {
    expect_correct("latency/constant", {{"bytes", std::int64_t{4096}}});
    expect_correct("latency/local", {{"bytes", std::int64_t{4096}}});
    expect_correct("latency/local", {{"bytes", std::int64_t{1036}}});
  }
}

TEST_P(MemoryCases, HugePagesAreConfirmedOrUnsupported) {
  if (!on_cpu()) GTEST_SKIP() << "a driver chooses its own pages";
  DescribedProcessor processor(*processor_);
  const auto share = [&](const std::string& name, const Parameters& parameters) {
    Workbench workbench(processor, *queue_, parameters, Tier::standard, 7);
    const Trial trial = find_case(name).prepare(workbench);
    EXPECT_EQ(error_after_run(trial), 0);
    return std::get<double>(trial.details.at("huge_share"));
  };
  const std::int64_t bytes = 4 << 20;
  const Parameters huge{{"bytes", bytes}, {"pages", "huge"}, {"line_bytes", std::int64_t{64}}};
  const Parameters parallel{{"bytes", bytes}, {"chases", std::int64_t{8}}};
  try {
    EXPECT_GE(share("latency/chase", huge), 0.9);
  } catch (const Unsupported&) {
    // This system has none, or none free.
  }
  processor.ignores_huge_pages = true;
  EXPECT_THROW(share("latency/chase", huge), Unsupported);
  EXPECT_EQ(share("latency/parallel", parallel), 0);
  processor.refuses_huge_pages = true;
  EXPECT_THROW(share("latency/chase", huge), Unsupported);
  EXPECT_EQ(share("latency/parallel", parallel), 0);
}

TEST_P(MemoryCases, ChasesNoticeLoadsLeftOut) {
  const auto workbench = bench("latency/chase", {{"bytes", std::int64_t{65536}}});
  const Trial trial = find_case("latency/chase").prepare(*workbench);
  ASSERT_EQ(error_after_run(trial), 0);
  EXPECT_GT(error_after(trial, dropped), 0);
  EXPECT_GT(error_after(trial, halved(2)), 0);
}

TEST_P(MemoryCases, LoadedLatencyNeedsASecondCore) {
  if (processor_->members() == 2) {
    for (const std::string traffic : {"read", "write"}) {
      expect_correct("latency/loaded", {{"bytes", std::int64_t{100000}}, {"traffic", traffic}});
    }
  } else {
    EXPECT_NE(find_case("latency/loaded").unsupported(*processor_), "");
  }
}

TEST_P(MemoryCases, AtomicTotalsAreExactAndNoticeLosses) {
  for (const Case& one : cases()) {
    if (!one.name.starts_with("atomics/")) continue;
    if (one.unsupported && !one.unsupported(*processor_).empty()) continue;
    for (const std::string words : {"one", "own"}) {
      expect_correct(one.name, {{"words", words}});
      const auto workbench = bench(one.name, {{"words", words}});
      const Trial trial = one.prepare(*workbench);
      ASSERT_EQ(error_after_run(trial), 0);
      EXPECT_GT(error_after(trial, halved(1)), 0);
      EXPECT_GT(error_after(trial, dropped), 0);
    }
  }
}

TEST_P(MemoryCases, SpacesAndImagesOfOpenclAreCorrectAndNoticeWorkLeftOut) {
  const std::vector<std::pair<std::string, Parameters>> trials = {
      {"bandwidth/local_read", {{"bytes", std::int64_t{4096}}}},
      {"bandwidth/local_read", {{"bytes", std::int64_t{1088}}}},
      {"bandwidth/constant_read", {{"bytes", std::int64_t{4096}}}},
      {"bandwidth/image2d_read", {{"bytes", std::int64_t{16384}}, {"access", "rows"}}},
      {"bandwidth/image2d_read", {{"bytes", std::int64_t{100000}}, {"access", "tiles"}}},
      {"latency/image", {{"bytes", std::int64_t{16384}}}},
      {"latency/image", {{"bytes", std::int64_t{100000}}}}};
  for (const auto& [name, parameters] : trials) {
    const Case& one = find_case(name);
    const auto workbench = bench(name, parameters);
    if (on_cpu()) {
      EXPECT_NE(one.unsupported(*processor_), "");
      EXPECT_THROW(one.prepare(*workbench), Unsupported);
      continue;
    }
    expect_correct(name, parameters);
    const Trial trial = one.prepare(*workbench);
    const std::size_t passes = name == "latency/image" ? 1 : 3;
    EXPECT_GT(error_after(trial, halved(passes)), 0) << name;
    EXPECT_GT(error_after(trial, dropped), 0) << name;
  }
}

TEST_P(MemoryCases, ContentIsTheSameOnEveryProcessor) {
  const auto workbench = bench("bandwidth/read", {});
  const auto found = download<std::uint32_t>(*queue_, random_array(*workbench, 1001, 42));
  for (std::uint32_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i], random_float_bits(42, i));
    ASSERT_GE(random_float(42, i), 1.0f);
    ASSERT_LT(random_float(42, i), 2.0f);
  }
}

TEST_P(MemoryCases, WorkingSetsAscendWithinTheMemory) {
  for (const Tier tier : {Tier::smoke, Tier::standard, Tier::full}) {
    const auto sizes = working_sets(*processor_, tier);
    EXPECT_EQ(std::get<std::int64_t>(sizes.front()), smallest_working_set_bytes);
    EXPECT_TRUE(std::is_sorted(sizes.begin(), sizes.end()));
    EXPECT_LE(std::get<std::int64_t>(sizes.back()),
              static_cast<std::int64_t>(processor_->available_bytes() / 4));
    if (tier == Tier::smoke) {
      EXPECT_EQ(sizes.size(), 3u);
    }
  }
}

TEST_P(MemoryCases, TheLargestSetsLeaveTheCachesIfThereIsMemory) {
  constexpr std::size_t mebibyte = 1 << 20, plenty = std::size_t{1} << 40;
  DescribedProcessor one(*processor_);
  one.team = 2;
  one.kind_of = ProcessorKind::cpu;
  one.available = one.largest_buffer = plenty;
  const auto largest = [&](Tier tier) {
    return static_cast<std::size_t>(largest_working_set_bytes(one, tier)) / mebibyte;
  };
  const auto traffic = [&] { return static_cast<std::size_t>(traffic_bytes(one)) / mebibyte; };
  one.last_level_cache = 480 * mebibyte;
  EXPECT_EQ(largest(Tier::smoke), 64u);
  EXPECT_EQ(largest(Tier::standard), 960u);
  EXPECT_EQ(largest(Tier::full), 1920u);
  EXPECT_EQ(traffic(), 960u);
  one.last_level_cache = 8 * mebibyte;
  EXPECT_EQ(largest(Tier::standard), 64u);
  EXPECT_EQ(traffic(), 128u);
  one.kind_of = ProcessorKind::gpu;
  EXPECT_EQ(largest(Tier::smoke), 64u);
  EXPECT_EQ(largest(Tier::standard), 1024u);
  EXPECT_EQ(largest(Tier::full), 1024u);
  one.available = 2048 * mebibyte;
  EXPECT_EQ(largest(Tier::standard), 512u);
  one.largest_buffer = 100 * mebibyte;
  EXPECT_EQ(largest(Tier::standard), 100u);
  EXPECT_EQ(traffic(), 100u);
}

INSTANTIATE_TEST_SUITE_P(Processors, MemoryCases, testing::Values("cpu:0", "cpu", "opencl:0"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

TEST(RandomCycle, VisitsEveryLineOnce) {
  for (const std::uint32_t nodes : {1u, 2u, 3u, 1000u}) {
    std::vector<std::uint32_t> order = random_cycle(nodes, 3);
    EXPECT_EQ(order, random_cycle(nodes, 3));
    if (nodes == 1000) {
      EXPECT_NE(order, random_cycle(nodes, 4));
    }
    std::sort(order.begin(), order.end());
    std::vector<std::uint32_t> all(nodes);
    std::iota(all.begin(), all.end(), 0u);
    EXPECT_EQ(order, all);
  }
}

TEST(FoldedWords, DependOnEveryPass) {
  EXPECT_EQ(folded(5, 0), 0u);
  EXPECT_EQ(folded(5, 1), 5u);
  EXPECT_EQ(folded(5, 2), (5u << 1) ^ 5u);
  EXPECT_EQ(stepped(0x80000000u), 0x04C11DB7u);
  // Powers of two of passes must not cancel out: they are what sizes of powers of two lead to.
  for (std::uint32_t passes = 2; passes <= 1u << 20; passes *= 2) {
    EXPECT_NE(folded(5, passes), 0u);
    EXPECT_NE(folded(5, passes), folded(5, passes / 2));
  }
}

}  // namespace
}  // namespace motley::microbench
