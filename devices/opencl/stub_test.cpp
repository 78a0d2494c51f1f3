// What does Motley do when a driver's function fails, crashes or never returns? Every entry of the
// table in turn, on a stub that counts calls and objects: each failure must end as a reason or as a
// DeviceError that names call and status, and leave no object behind.
#include "devices/opencl/stub/stub.hpp"

#include <csignal>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/time.h>
#include <unistd.h>

#include "devices/cpu/team.hpp"
#include "devices/opencl/library.hpp"
#include "devices/opencl/status.hpp"
#include "devices/opencl/test_device.hpp"
#include "harness/error.hpp"

namespace motley::opencl {
namespace {

using stub::Action;

/// Goes through everything that the ports do with a device.
class Tour {
 public:
  void run() {
    Catalogue catalogue;
    if (catalogue.processors().empty()) {
      reason = catalogue.reason();
      return;
    }
    // A root device that was refused is told there; its shares may still be listed.
    if (!catalogue.broken().empty()) reason = catalogue.broken().front().reason;
    try {
      visit_device(catalogue);
    } catch (const DeviceError& error) {
      call = error.call();
      status = error.status();
      reason = error.what();
    } catch (const Unsupported& error) {
      reason = error.what();
    }
  }
  std::string reason, call, status;  ///< of the first failure that was not tolerated

 private:
  void visit_device(Catalogue& catalogue) {
    const auto device = catalogue.open("opencl:0"), half = catalogue.open("opencl:0/1of2");
    const auto queue = device->queue(), other = half->queue();
    for (const MemoryKind kind : {MemoryKind::device, MemoryKind::pinned, MemoryKind::shared}) {
      visit_memory(*device, *queue, kind);
    }
    visit_images(*device, *queue);
    const auto kernel = device->load(scale_and_add_kernel());
    const auto buffer = device->allocate(64);
    queue->launch(*kernel, range(16), {scalar(1.0f), LocalMemory{16}, buffer.get()});
    const auto fence = queue->fence();
    fence->done();
    fence->then([] {});
    queue->wait_for(*fence);
    other->wait_for(*fence);
    fence->wait();
    visit_foreign_fence(*other);
    queue->finish();
    queue->take_intervals();
  }

  void visit_memory(Processor& device, Queue& queue, MemoryKind kind) {
    BufferOptions options;
    options.kind = kind;
    const auto from = device.allocate(64, options), to = device.allocate(64, options);
    char bytes[64] = {};
    queue.write(*from, bytes, 64);
    queue.fill(*from, 7);
    queue.copy(*from, *to, 64);
    queue.read(*to, bytes, 64);
    queue.map(*to, Access::read);
    queue.unmap(*to);
    const auto kernel = device.load(scale_and_add_kernel());
    queue.launch(*kernel, range(16), {scalar(1.0f), from.get(), to.get()});
    queue.finish();
  }

  void visit_images(Processor& device, Queue& queue) {
    BufferOptions options;
    options.image = ImageSize{4, 2};
    const auto from = device.allocate(128, options), to = device.allocate(128, options);
    char bytes[128] = {};
    queue.write(*from, bytes, 128);
    queue.copy(*from, *to, 128);
    queue.fill(*from, 7);
    queue.read(*to, bytes, 128);
    queue.finish();
  }

  void visit_foreign_fence(Queue& queue) {
    struct Foreign : Fence {
      void wait() override {}
      bool done() override { return false; }
      void then(std::function<void()> callback) override { callback(); }
    } fence;
    queue.wait_for(fence);
  }
};

class OnStub : public testing::Test {
 protected:
  void SetUp() override {
    void* const library = dlopen(MOTLEY_OPENCL_STUB, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    control_ = static_cast<stub::Control*>(dlsym(library, "motley_stub"));
    ASSERT_NE(control_, nullptr);
    control_->clear();
  }
  void TearDown() override {
    if (control_ != nullptr) control_->clear();
  }
  bool tour_calls(const std::string& entry) {
    if (tour_calls_.empty()) {
      control_->clear();
      Tour().run();
      tour_calls_ = control_->calls() + " ";
      control_->clear();
    }
    return tour_calls_.find(" " + entry + " ") != std::string::npos;
  }

  Variable library_{"MOTLEY_OPENCL_LIBRARY", MOTLEY_OPENCL_STUB};
  Variable images_{"MOTLEY_STUB_IMAGES", "1"};
  stub::Control* control_ = nullptr;
  std::string tour_calls_;
};

TEST_F(OnStub, RunsTheWholeTourAndReleasesEverything) {
  Tour tour;
  tour.run();
  EXPECT_EQ(tour.reason, "");
  EXPECT_EQ(control_->alive(), 0);
}

/// Failures that Motley may pass over: what is left is less known, not wrong. A callback that
/// cannot complete the event of a foreign fence has nobody to tell: the queue waits until it is
/// killed.
bool may_be_passed_over(const std::string& entry) {
  return entry == "clSetUserEventStatus" || entry.starts_with("clRelease") ||
         entry == "clGetPlatformInfo" || entry == "clSVMFree" || entry == "clGetProgramBuildInfo" ||
         entry == "clGetMemObjectInfo";
}

TEST_F(OnStub, TellsEachCallThatFails) {
  int toured = 0;
  for (std::size_t i = 0; i < entry_count; ++i) {
    const std::string entry = entry_facts[i].name;
    if (!tour_calls(entry)) continue;
    ++toured;
    control_->clear();
    const long alive_before = control_->alive();
    control_->set(static_cast<Entry>(i), Action::fail, CL_OUT_OF_RESOURCES, 0);
    Tour tour;
    tour.run();
    if (may_be_passed_over(entry)) {
      EXPECT_EQ(tour.reason, "") << entry;
    } else {
      EXPECT_NE(tour.reason.find(entry), std::string::npos) << entry << ": " << tour.reason;
      const std::string status =  // clSVMAlloc says no more than that it failed
          entry == "clSVMAlloc" ? "CL_MEM_OBJECT_ALLOCATION_FAILURE" : "CL_OUT_OF_RESOURCES";
      EXPECT_NE(tour.reason.find(status), std::string::npos) << entry << ": " << tour.reason;
    }
    // What cannot be released because releasing fails, or may still be written to, stays.
    const bool leaves = entry.starts_with("clRelease") || entry == "clSVMFree" ||
                        entry == "clFinish" || entry == "clSetUserEventStatus";
    if (!leaves) {
      EXPECT_EQ(control_->alive(), alive_before) << entry;
    }
  }
  EXPECT_GE(toured, 40);
}

/// Failures that come late, when much exists that has to be released on the way out.
TEST_F(OnStub, TellsAlsoTheSecondAndLaterCallThatFails) {
  for (std::size_t i = 0; i < entry_count; ++i) {
    const std::string entry = entry_facts[i].name;
    if (!tour_calls(entry) || may_be_passed_over(entry) || entry == "clGetDeviceInfo" ||
        entry == "clFinish") {
      continue;
    }
    for (unsigned long after = 1; after < 12; ++after) {
      control_->clear();
      const long alive_before = control_->alive();
      control_->set(static_cast<Entry>(i), Action::fail, CL_OUT_OF_HOST_MEMORY, after);
      Tour tour;
      tour.run();
      EXPECT_TRUE(tour.call.empty() || tour.call == entry) << entry << " after " << after;
      EXPECT_EQ(control_->alive(), alive_before) << entry << " after " << after;
      if (tour.reason.empty()) break;  // it is not called so often
    }
  }
}

/// Calls a member with zeros for arguments: the stub fails before it looks at them.
struct CallFailing {
  stub::Control& control;
  int called = 0;
  template <Entry entry, class Function>
  void visit(Function& function) {
    control.set(entry, Action::fail, CL_INVALID_OPERATION, 0);
    ++called;
    call(facts_of(entry).name, function);
  }
  template <class... Arguments>
  void call(const std::string& name, cl_int (*function)(Arguments...)) {
    try {
      check(function(Arguments{}...), name.c_str());
      ADD_FAILURE() << name << " passed";
    } catch (const DeviceError& error) {
      EXPECT_EQ(error.call(), name);
      EXPECT_EQ(error.status(), "CL_INVALID_OPERATION");
    }
  }
  template <class... Arguments>
  void call(const std::string&, void (*function)(Arguments...)) {
    function(Arguments{}...);
  }
  template <class Object, class... Arguments>
  void call(const std::string& name, Object* (*function)(Arguments...)) {
    EXPECT_EQ(function(Arguments{}...), nullptr) << name;
  }
};

TEST_F(OnStub, MakesEveryEntryFailAlsoThoseThatOnlyApiCasesCall) {
  Api api = load_library(MOTLEY_OPENCL_STUB).api;
  CallFailing failing{*control_};
  for_each_entry(api, failing);
  EXPECT_EQ(failing.called, static_cast<int>(entry_count));
}

TEST_F(OnStub, AnOldDriverLacksWhatCameLater) {
  const Variable version("MOTLEY_STUB_VERSION", "1.1");
  Catalogue catalogue;
  ASSERT_EQ(catalogue.default_ids().size(), 1u);
  const auto processor = catalogue.open("opencl:0");
  const Api& api = processor->as<Device>()->api();
  EXPECT_TRUE(api.has("clCreateBuffer"));
  EXPECT_FALSE(api.has("clCreateCommandQueueWithProperties"));
  try {
    api.clSVMAlloc(nullptr, 0, 0, 0);
    FAIL() << "it was called";
  } catch (const Unsupported& error) {
    EXPECT_NE(std::string(error.what()).find("clSVMAlloc"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("2.0"), std::string::npos) << error.what();
  }
  // The ports do without: queues, fences and barriers of 1.1.
  const auto queue = processor->queue();
  const auto buffer = processor->allocate(1 << 10);
  const auto fence = queue->fence();
  queue->wait_for(*fence);
  queue->finish();
  EXPECT_NE(control_->calls().find("clEnqueueWaitForEvents"), std::string::npos);
  EXPECT_NE(control_->calls().find("clCreateCommandQueue "), std::string::npos);
  BufferOptions shared;
  shared.kind = MemoryKind::shared;
  EXPECT_THROW(processor->allocate(64, shared), Unsupported);
  EXPECT_THROW(queue->fill(*buffer, 0), Unsupported);
}

TEST_F(OnStub, APlatformWithoutDevicesIsTold) {
  const Variable none("MOTLEY_STUB_DEVICES", "0");
  Catalogue catalogue;
  EXPECT_TRUE(catalogue.processors().empty());
  ASSERT_EQ(catalogue.broken().size(), 1u);
  EXPECT_NE(catalogue.reason().find("CL_DEVICE_NOT_FOUND"), std::string::npos);
  EXPECT_THROW(catalogue.open("opencl:0"), Unsupported);
}

TEST_F(OnStub, ADeviceThatFailsAtContextCreationIsBrokenAndSaysWhy) {
  control_->set(Entry::clCreateContext, Action::fail, CL_OUT_OF_HOST_MEMORY, 0);
  Catalogue catalogue;
  EXPECT_TRUE(catalogue.processors().empty());
  ASSERT_EQ(catalogue.broken().size(), 1u);
  EXPECT_EQ(catalogue.broken()[0].id, "opencl:0");
  EXPECT_EQ(catalogue.broken()[0].name, "Stub GPU");
  EXPECT_THROW(catalogue.open("opencl:0"), DeviceError);
}

TEST_F(OnStub, ItsDescriptionHoldsNoPeakFromAClockOfOneMegahertz) {
  Catalogue catalogue;
  const schema::Processor& stub_gpu = catalogue.processors().front();
  EXPECT_EQ(stub_gpu.kind, "gpu");
  EXPECT_TRUE(stub_gpu.facts.contains("reported_clock_note"));
  EXPECT_EQ(std::get<double>(stub_gpu.facts.at("timer_resolution_seconds")), 52e-9);
  EXPECT_EQ(std::get<std::string>(stub_gpu.facts.at("library")), MOTLEY_OPENCL_STUB);
}

TEST_F(OnStub, DotProductsNeedKhronosExtensionAndItsLanguage) {
  const auto dot_products = [](const char* extensions, const char* language) {
    const Variable has("MOTLEY_STUB_EXTENSIONS", extensions),
        takes("MOTLEY_STUB_LANGUAGE", language);
    return Catalogue().processors().front().facts;
  };
  using Strings = std::vector<std::string>;
  for (const char* vendors : {"cl_arm_integer_dot_product_int8", "cl_qcom_dot_product8"}) {
    const schema::Facts facts = dot_products(vendors, "3.0");
    EXPECT_FALSE(std::get<bool>(facts.at("integer_dot_product")));
    EXPECT_EQ(std::get<Strings>(facts.at("integer_dot_product_extensions")), Strings{vendors});
  }
  const char* const khronos = "cl_khr_fp16 cl_khr_integer_dot_product";
  EXPECT_FALSE(std::get<bool>(dot_products(khronos, "1.2").at("integer_dot_product")));
  EXPECT_TRUE(std::get<bool>(dot_products(khronos, "3.0").at("integer_dot_product")));
}

TEST_F(OnStub, ACpuHasTheMemoryThatTheSystemHasLeft) {
  Catalogue gpu;
  EXPECT_EQ(gpu.open("opencl:0")->available_bytes(), std::size_t{1} << 30);
  const Variable cpu("MOTLEY_STUB_TYPE", "cpu");
  const std::size_t available = Catalogue().open("opencl:0")->available_bytes();
  EXPECT_GT(available, 0u);
  EXPECT_LT(available, std::size_t{1} << 50) << "what the driver claims";
}

TEST_F(OnStub, ItsThreadsMayUseAllCoresThatThisProcessMay) {
  const std::vector<int> before = devices::cores_of_this_thread();
  devices::pin_this_thread({before.back()});
  const Catalogue catalogue(before, before);
  EXPECT_EQ(control_->cores(), static_cast<int>(before.size()));
  EXPECT_EQ(devices::cores_of_this_thread(), std::vector{before.back()});
  devices::pin_this_thread(before);
}

TEST_F(OnStub, ALaunchIsArgumentsThenOneEnqueue) {
  Catalogue catalogue;
  const auto processor = catalogue.open("opencl:0");
  const auto queue = processor->queue();
  const auto kernel = processor->load(scale_and_add_kernel());
  const auto buffer = processor->allocate(64);
  control_->clear();
  queue->launch(*kernel, range(16, 8), {scalar(1.0f), LocalMemory{16}, buffer.get()});
  queue->flush();
  EXPECT_EQ(control_->calls(),
            " clSetKernelArg clSetKernelArg clSetKernelArg clEnqueueNDRangeKernel clFlush");
}

TEST_F(OnStub, ACallOfALibraryGetsHandlesAndGivesItsEvent) {
  Catalogue catalogue;
  const auto processor = catalogue.open("opencl:0");
  const Api& api = processor->as<Device>()->api();
  const auto first = processor->allocate(64), second = processor->allocate(64);
  std::vector<void*> handles = {Device::handle(*first), Device::handle(*second)}, got;
  Kernel kernel;
  kernel.name = "library_call";
  kernel.opencl_call = [&](OpenclTask& task) {
    got = task.memory;
    EXPECT_EQ(task.arguments.size(), 3u);
    cl_event event = nullptr;
    check(api.clEnqueueMarkerWithWaitList(static_cast<cl_command_queue>(task.queue), 0, nullptr,
                                          &event),
          "clEnqueueMarkerWithWaitList");
    task.event = event;
  };
  control_->clear();
  const auto loaded = processor->load(kernel);
  for (const bool profiling : {true, false}) {
    const auto queue = processor->queue({.profiling = profiling});
    const long alive = control_->alive();
    control_->clear();
    queue->launch(*loaded, {}, {first.get(), scalar(1.0f), second.get()});
    queue->finish();
    EXPECT_EQ(control_->calls(),
              profiling  // a marker before it: the library's times begin there
                  ? " clEnqueueMarkerWithWaitList clEnqueueMarkerWithWaitList clFinish"
                  : " clEnqueueMarkerWithWaitList clReleaseEvent clFinish");
    EXPECT_EQ(got, handles);
    EXPECT_EQ(queue->take_intervals().size(), profiling ? 1u : 0u);
    EXPECT_EQ(control_->alive(), alive);
  }
  BufferOptions options;
  options.kind = MemoryKind::shared;
  const auto shared = processor->allocate(64, options);
  const auto queue = processor->queue();
  EXPECT_THROW(queue->launch(*loaded, {}, {shared.get(), scalar(1.0f), second.get()}), Unsupported);
}

using OnStubDeathTest = OnStub;

[[noreturn]] void run_with_hang(stub::Control& control, Entry entry) {
  control.set(entry, Action::hang, 0, 0);
  itimerval soon{};
  soon.it_value.tv_usec = 50'000;
  setitimer(ITIMER_REAL, &soon, nullptr);
  Tour().run();
  _exit(0);
}

TEST_F(OnStubDeathTest, ACrashInAnyCallIsThatOfTheProcess) {
  for (std::size_t i = 0; i < entry_count; ++i) {
    if (!tour_calls(entry_facts[i].name)) continue;
    EXPECT_EXIT(
        {
          control_->set(static_cast<Entry>(i), Action::crash, 0, 0);
          Tour().run();
          _exit(0);
        },
        testing::KilledBySignal(SIGABRT), "")
        << entry_facts[i].name;
  }
}

TEST_F(OnStubDeathTest, AHangInAnyCallLastsUntilTheProcessIsKilled) {
  for (std::size_t i = 0; i < entry_count; ++i) {
    if (!tour_calls(entry_facts[i].name)) continue;
    EXPECT_EXIT(run_with_hang(*control_, static_cast<Entry>(i)), testing::KilledBySignal(SIGALRM),
                std::string("hangs in ") + entry_facts[i].name)
        << entry_facts[i].name;
  }
}

}  // namespace
}  // namespace motley::opencl
