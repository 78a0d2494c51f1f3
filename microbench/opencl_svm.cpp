// How long does it take to exchange data with a device through shared virtual memory?
// Coarse-grained memory must be mapped and unmapped around what the host does; fine-grained memory
// is simply used; either can be the end of a copy command. A kernel proves that the device sees
// what the host wrote and the host what the device wrote.
#include <optional>

#include "harness/error.hpp"
#include "microbench/opencl_transfer.hpp"

namespace motley::microbench {
namespace {

enum class Way { coarse, fine, copy };

struct Question {
  Way way;
  const char* name;
  const char* summary;
};

constexpr Question questions[] = {
    {Way::coarse, "transfer/svm_coarse",
     "Seconds to map coarse-grained shared memory, copy all of it from or to the host, and unmap"},
    {Way::fine, "transfer/svm_fine",
     "Seconds in which the host copies all of fine-grained shared memory, without any call"},
    {Way::copy, "transfer/svm_copy",
     "Seconds of a copy command between host memory and coarse-grained shared memory"},
};

constexpr const char* source = R"(
__kernel void copy_words(__global const uint* from, __global uint* to) {
  to[get_global_id(0)] = from[get_global_id(0)];
}
)";

/// Memory that clSVMAlloc gave.
class SharedMemory {
 public:
  SharedMemory(const OpenclCalls& calls, std::size_t bytes, bool fine)
      : calls_(calls), data_(allocate(calls, bytes, fine)) {}
  ~SharedMemory() { calls_.api().clSVMFree(calls_.device().context(), data_); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  void* data() const { return data_; }

 private:
  static void* allocate(const OpenclCalls& calls, std::size_t bytes, bool fine) {
    const cl_device_svm_capabilities needed =
        fine ? CL_DEVICE_SVM_FINE_GRAIN_BUFFER : CL_DEVICE_SVM_COARSE_GRAIN_BUFFER;
    if ((calls.device().svm() & needed) == 0) {
      throw Unsupported(fine ? "the device has no fine-grained shared memory."
                             : "the device has no shared virtual memory.");
    }
    calls.require_memory(bytes);
    const cl_svm_mem_flags flags =
        CL_MEM_READ_WRITE | (fine ? cl_svm_mem_flags{CL_MEM_SVM_FINE_GRAIN_BUFFER} : 0);
    if (void* data = calls.api().clSVMAlloc(calls.device().context(), flags, bytes, 0)) return data;
    throw DeviceError("clSVMAlloc", "null", "Use a smaller size.");
  }

  const OpenclCalls& calls_;
  void* data_;
};

class SvmTrial {
 public:
  SvmTrial(Workbench& bench, Way way)
      : way_(way),
        writes_(bench.text("access") == "write"),
        waits_(way != Way::copy || bench.text("blocking") == "yes"),
        bytes_(transfer_bytes(bench)),
        expected_(bytes_, host_alignment(bench, way)),
        found_(bytes_, host_alignment(bench, way)),
        calls_(bench.processor()),
        shared_(calls_, bytes_, way == Way::fine),
        plain_(calls_.buffer(bytes_)),
        kernel_(calls_.kernel(calls_.device().program(source), "copy_words")) {
    fill_random(expected_, bench.seed(), 0);
    found_.fill(nothing);
    calls_.fill(plain_.get(), bytes_, nothing);
    through_kernel(false);
  }

  Trial trial() {
    Trial trial;
    trial.work.operations = 1;
    (writes_ ? trial.work.bytes_written : trial.work.bytes_read) = double(bytes_);
    trial.time = [this](Queue&, Stopwatch& watch) {
      watch.start();
      run();
      watch.stop();
    };
    trial.reset = [this](Queue&) { reset(); };
    trial.error = [this](Queue&) { return error(); };
    return trial;
  }

 private:
  static std::size_t host_alignment(const Workbench& bench, Way way) {
    return way == Way::copy ? static_cast<std::size_t>(bench.integer("alignment")) : 4096;
  }

  void run() {
    void* const to = writes_ ? shared_.data() : found_.data();
    const void* const from = writes_ ? expected_.data() : shared_.data();
    const auto& api = calls_.api();
    const cl_command_queue queue = calls_.queue();
    if (way_ == Way::copy) {
      opencl::check(api.clEnqueueSVMMemcpy(queue, waits_, to, from, bytes_, 0, nullptr, nullptr),
                    "clEnqueueSVMMemcpy");
      if (!waits_) calls_.finish();
      return;
    }
    if (way_ == Way::coarse) {
      opencl::check(api.clEnqueueSVMMap(queue, CL_TRUE,
                                        writes_ ? CL_MAP_WRITE_INVALIDATE_REGION : CL_MAP_READ,
                                        shared_.data(), bytes_, 0, nullptr, nullptr),
                    "clEnqueueSVMMap");
    }
    std::memcpy(to, from, bytes_);
    if (way_ == Way::coarse) {
      opencl::check(api.clEnqueueSVMUnmap(queue, shared_.data(), 0, nullptr, nullptr),
                    "clEnqueueSVMUnmap");
      calls_.finish();
    }
  }

  /// A kernel copies shared memory into the plain buffer, or back.
  void through_kernel(bool from_shared) {
    opencl::check(
        calls_.api().clSetKernelArgSVMPointer(kernel_.get(), from_shared ? 0 : 1, shared_.data()),
        "clSetKernelArgSVMPointer");
    const cl_mem plain = plain_.get();
    calls_.set(kernel_.get(), from_shared ? 1 : 0, plain);
    calls_.launch(kernel_.get(), bytes_ / sizeof(cl_uint));
    calls_.finish();
  }

  void reset() {
    renew(expected_);
    found_.fill(nothing);
    if (writes_) return;
    calls_.write(plain_.get(), expected_.span());
    through_kernel(false);
  }
  double error() {
    if (writes_) {
      through_kernel(true);
      calls_.read(plain_.get(), found_.span());
    }
    return wrong_bytes(expected_.span(), found_.span());
  }

  Way way_;
  bool writes_;
  cl_bool waits_;
  std::size_t bytes_;
  HostArray expected_, found_;
  OpenclCalls calls_;
  SharedMemory shared_;
  opencl::Handle<cl_mem> plain_;
  opencl::Handle<cl_kernel> kernel_;
};

Case svm_case(const Question& question) {
  Case result;
  result.name = question.name;
  result.summary = question.summary;
  result.metric = schema::Metric::seconds_per_operation;
  result.axes = {bytes_axis(Sizes::x16), access_axis("write")};
  if (question.way == Way::copy) {  // the others have no host pointer that a driver sees
    result.axes.push_back(alignment_axis());
    result.axes.push_back(blocking_axis());
  }
  schema::Parameters defaults = transfer_defaults();
  defaults["access"] = "write";
  result.keep = one_factor_at_a_time(defaults);
  result.unsupported = opencl_only("only OpenCL has shared virtual memory");
  result.prepare = [way = question.way](Workbench& bench) {
    return bench.keep(std::make_unique<SvmTrial>(bench, way))->trial();
  };
  return result;
}

const Registration registration([] {
  std::vector<Case> all;
  for (const Question& question : questions) all.push_back(svm_case(question));
  return all;
});

}  // namespace
}  // namespace motley::microbench
