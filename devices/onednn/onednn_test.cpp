// Does oneDNN run on exactly the cores of a processor, and is its absence told? What it computes is
// checked with the operators.
#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>

#include "devices/cpu/processor.hpp"
#include "devices/cpu/team.hpp"
#include "devices/onednn/api.hpp"
#include "devices/onednn/threads.hpp"
#include "harness/error.hpp"

namespace motley::onednn {
namespace {

using Cores = std::vector<int>;

TEST(OneDnnLibrary, AMissingOneIsTold) {
  const Library none = load_library("libno-such-dnnl.so");
  EXPECT_NE(none.reason.find("libno-such-dnnl.so"), std::string::npos) << none.reason;
  EXPECT_NE(none.reason.find("libdnnl2"), std::string::npos) << none.reason;
}

TEST(OneDnnLibrary, AnotherLibraryOfThatNameIsTold) {
  const Library other = load_library("libc.so.6");
  EXPECT_NE(other.reason.find("dnnl_status2str"), std::string::npos) << other.reason;
}

TEST(OneDnnLibrary, IsLoadedWithThreadsThatSleepSoon) {
  const std::vector<int> before = devices::cores_of_this_thread();
  devices::pin_this_thread({before.front()});
  load_library("libno-such-dnnl.so");
  EXPECT_STREQ(std::getenv("OMP_WAIT_POLICY"), "passive");
  const long pauses = std::strtol(std::getenv("GOMP_SPINCOUNT"), nullptr, 10);
  EXPECT_GT(pauses, 10);
  EXPECT_LT(pauses, 1000000);
  EXPECT_EQ(devices::cores_of_this_thread(), Cores{before.front()});
  devices::pin_this_thread(before);
}

class OneDnnThreads : public testing::Test {
 protected:
  void SetUp() override {
    if (!library().reason.empty()) GTEST_SKIP() << library().reason;
    allowed_ = devices::cores_of_this_thread();
  }
  void TearDown() override {
    if (!allowed_.empty()) devices::pin_this_thread(allowed_);
  }

  /// Where the threads of a parallel region are when all threads of a processor may be used.
  std::vector<std::vector<int>> threads_on(const std::vector<int>& cores, unsigned threads) {
    devices::pin_this_thread({cores.front()});
    Seen seen{library().openmp, std::vector<std::vector<int>>(threads)};
    run_on(library().openmp, cores, [&] {
      // 0: as many as omp_set_num_threads said.
      library().openmp.GOMP_parallel(look, &seen, threads == cores.size() ? 0 : threads, 0);
    });
    return seen.cores;
  }

  std::vector<int> allowed_;

 private:
  struct Seen {
    const OpenMp& openmp;
    std::vector<std::vector<int>> cores;
  };
  static void look(void* data) {
    auto& seen = *static_cast<Seen*>(data);
    seen.cores.at(std::size_t(seen.openmp.omp_get_thread_num())) = devices::cores_of_this_thread();
  }
};

TEST_F(OneDnnThreads, OneIsOnEachCore) {
  if (allowed_.size() < 2) GTEST_SKIP() << "one core";
  const int first = allowed_[0], second = allowed_[1];
  EXPECT_EQ(threads_on({first, second}, 2), (std::vector<Cores>{{first}, {second}}));
  EXPECT_EQ(threads_on({second}, 1), (std::vector<Cores>{{second}}));
  EXPECT_EQ(threads_on({second, first}, 2), (std::vector<Cores>{{second}, {first}}));
}

TEST_F(OneDnnThreads, NewOnesAreOnTheSameCores) {
  if (allowed_.size() < 2) GTEST_SKIP() << "one core";
  const int first = allowed_[0], second = allowed_[1];
  const Cores cores = {first, second, first};  // more threads than this machine may have cores
  EXPECT_EQ(threads_on(cores, 3), (std::vector<Cores>{{first, second}, {second}, {first}}));
  EXPECT_EQ(threads_on(cores, 2).size(), 2u);  // ends the third
  EXPECT_EQ(threads_on(cores, 3), (std::vector<Cores>{{first, second}, {second}, {first, second}}));
  EXPECT_EQ(devices::cores_of_this_thread(), Cores{first});
}

TEST_F(OneDnnThreads, MultipliesOnAProcessor) {
  schema::Device device;
  const auto cpu = devices::cpu_processor("cpu", allowed_, device);
  ASSERT_EQ(unavailable(*cpu), "");
  const Tensor square{{2, 2}, {2, 1}};
  const auto product = prepare(*cpu, Product{square, square, square});
  EXPECT_EQ(product->kept_bytes(), 0u);
  const float a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8};
  float c[4] = {};
  std::vector<std::byte> space(product->workspace_bytes() + 64);
  void* workspace = space.data();
  std::size_t bytes = space.size();
  std::align(64, product->workspace_bytes(), workspace, bytes);
  product->run({{a, b}, c, static_cast<std::byte*>(workspace), nullptr});
  EXPECT_EQ(std::vector<float>(c, c + 4), (std::vector<float>{19, 22, 43, 50}));
}

}  // namespace
}  // namespace motley::onednn
