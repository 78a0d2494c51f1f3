#include "harness/loads/cores.hpp"

#include <gtest/gtest.h>

#include "harness/error.hpp"

namespace motley::loads {
namespace {

/// Four cores, of which 2 and 3 are `big`, and an OpenCL device without cores.
class FourCores final : public Machine {
 public:
  class Named final : public Processor {
   public:
    Named(const std::string& id, std::vector<std::string> cores) : members_(cores.size()) {
      description_.id = id;
      if (!cores.empty()) description_.facts["cores"] = std::move(cores);
    }
    const schema::Processor& description() const override { return description_; }
    ProcessorKind kind() const override {
      return members_ > 0 ? ProcessorKind::cpu : ProcessorKind::gpu;
    }
    unsigned members() const override { return static_cast<unsigned>(members_); }
    std::unique_ptr<Buffer> allocate(std::size_t, const BufferOptions&) override { return {}; }
    std::unique_ptr<LoadedKernel> load(const Kernel&) override { return {}; }
    std::unique_ptr<Queue> queue(const QueueOptions&) override { return {}; }
    std::size_t maximum_buffer_bytes() const override { return 0; }
    std::size_t available_bytes() const override { return 0; }

   private:
    std::size_t members_;
    schema::Processor description_;
  };

  schema::Device device() override { return {}; }
  std::vector<std::string> processor_ids() override { return {"cpu", "cpu:big", "opencl:0"}; }
  std::vector<std::string> default_processor_ids() override { return processor_ids(); }
  std::unique_ptr<Processor> open(const std::string& id) override {
    if (id == "cpu") return named(id, {"0", "1", "2", "3"});
    if (id == "cpu:big") return named(id, {"2", "3"});
    if (id == "opencl:0") return named(id, {});
    if (id == "cpu:0-1") return named(id, {"0", "1"});
    if (id.size() == 5 && id >= "cpu:0" && id <= "cpu:3") return named(id, {id.substr(4)});
    throw UnknownName("processor", id, processor_ids());
  }
  Instruments instruments() override { return {}; }
  schema::Facts conditions() override { return {}; }
  ThreadState thread_state() override { return {}; }
  double boot_seconds() override { return 0; }
  bool flush_denormals() override { return true; }

 private:
  static std::unique_ptr<Processor> named(const std::string& id, std::vector<std::string> cores) {
    return std::make_unique<Named>(id, std::move(cores));
  }
};

std::string chosen(const std::string& values, const std::string& victim) {
  FourCores machine;
  const Spec spec("cpu", values, core_parameters(0));
  const Cores cores = choose_cores(spec, machine, victim, spec.integer("threads"));
  const bool shared = std::get<bool>(cores.details.at("shares_cores_with_the_victim"));
  return cores.id + (shared ? " shared" : "");
}

TEST(Cores, AreThoseThatTheVictimDoesNotUse) {
  EXPECT_EQ(chosen("", "cpu:1"), "cpu:0,2,3");
  EXPECT_EQ(chosen("", "cpu:0-1+opencl:0"), "cpu:2,3");
  EXPECT_EQ(chosen("", "opencl:0"), "cpu:0,1,2,3");
  EXPECT_EQ(chosen("", "cpu"), "cpu:0,1,2,3 shared");
  EXPECT_EQ(chosen("threads=1", "cpu:0"), "cpu:1");
  EXPECT_EQ(chosen("threads=4", "cpu:0"), "cpu:0,1,2,3 shared");
}

TEST(Cores, AreChosenByNameToo) {
  EXPECT_EQ(chosen("cluster=big", "cpu:2"), "cpu:2,3 shared");
  EXPECT_EQ(chosen("cluster=big,threads=1", "cpu:2"), "cpu:3");
  EXPECT_EQ(chosen("on=cpu:1", "cpu:0"), "cpu:1");
  EXPECT_THROW(chosen("on=cpu:9", "cpu:0"), UnknownName);
  EXPECT_THROW(chosen("cluster=huge", "cpu:0"), UnknownName);
  EXPECT_THROW(chosen("on=opencl:0", "cpu:0"), BadArgument);
  EXPECT_THROW(chosen("on=cpu:1,cluster=big", "cpu:0"), BadArgument);
  EXPECT_THROW(chosen("threads=5", "cpu:0"), BadArgument);
}

}  // namespace
}  // namespace motley::loads
