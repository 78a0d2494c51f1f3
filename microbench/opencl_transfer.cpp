// How long does it take to move data between the host and a processor's memory, or within it, from
// 4 bytes (the cost of the call) to 64 MiB (the bandwidth)? Samples are seconds of one transfer, so
// that both can be fitted: t = alpha + bytes / beta. `bytes` counts what changes sides, once.
#include "microbench/opencl_transfer.hpp"

#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/workbench.hpp"
#include "microbench/host_array.hpp"

namespace motley::microbench {

cl_mem_flags allocation_flags(const std::string& allocation) {
  if (allocation == "none") return CL_MEM_READ_WRITE;
  if (allocation == "alloc_host_ptr") return CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR;
  if (allocation == "use_host_ptr") return CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR;
  throw UnknownName("value of axis allocation", allocation,
                    {"none", "alloc_host_ptr", "use_host_ptr"});
}

std::size_t transfer_bytes(Workbench& bench) {
  const std::int64_t bytes = bench.integer("bytes");
  if (bytes <= 0 || bytes % 4 != 0) {
    throw Unsupported(fmt::format(
        "bytes={} is no positive multiple of 4 (patterns and pixels are words). Give another size.",
        bytes));
  }
  // Asked before the host's own arrays are made, which take as much.
  const Processor& processor = bench.processor();
  const auto size = static_cast<std::size_t>(bytes);
  if (size > processor.maximum_buffer_bytes() || size > processor.available_bytes() / 4) {
    throw Unsupported(fmt::format(
        "bytes={} needs four times as much memory ({} has {} free and gives {} at once). Use a "
        "smaller size.",
        bytes, bench.processor().description().id, processor.available_bytes(),
        processor.maximum_buffer_bytes()));
  }
  return size;
}

AllocatedBuffer::AllocatedBuffer(const OpenclCalls& calls, std::size_t bytes,
                                 const std::string& allocation, std::size_t alignment)
    : host(allocation == "use_host_ptr" ? bytes : 0, alignment),
      memory(calls.buffer(bytes, allocation_flags(allocation),
                          allocation == "use_host_ptr" ? host.data() : nullptr)) {
  calls.fill(memory.get(), bytes, nothing);
}

namespace {

enum class Operation { write, read, copy, fill };

struct Question {
  Operation operation;
  const char* name;
  const char* summary;
};

constexpr Question questions[] = {
    {Operation::write, "transfer/write", "Seconds to write host memory into a buffer"},
    {Operation::read, "transfer/read", "Seconds to read a buffer into host memory"},
    {Operation::copy, "transfer/copy",
     "Seconds to copy one buffer to another of the same processor"},
    {Operation::fill, "transfer/fill", "Seconds to fill a buffer with a pattern of four bytes"},
};

bool has_host_side(Operation operation) {
  return operation == Operation::write || operation == Operation::read;
}

schema::Work work_of(Operation operation, std::size_t bytes) {
  schema::Work work;
  work.operations = 1;
  if (operation != Operation::write && operation != Operation::fill)
    work.bytes_read = double(bytes);
  if (operation != Operation::read) work.bytes_written = double(bytes);
  return work;
}

/// What all forms need: new content, where it shall arrive, and the comparison.
struct Contents {
  Contents(Workbench& bench, std::size_t alignment)
      : bytes(transfer_bytes(bench)), expected(bytes, alignment), found(bytes, alignment) {
    fill_random(expected, bench.seed(), 0);
    found.fill(nothing);
  }
  /// The pattern of a fill: the first word, everywhere.
  std::uint32_t pattern() const {
    std::uint32_t word = 0;
    std::memcpy(&word, expected.data(), sizeof(word));
    return word;
  }
  double wrong() const { return wrong_bytes(expected.span(), found.span()); }
  double wrong_pattern() const {
    const std::uint32_t word = pattern();
    double wrong = 0;
    for (std::size_t i = 0; i < bytes; i += sizeof(word)) {
      wrong += std::memcmp(found.data() + i, &word, sizeof(word)) != 0;
    }
    return wrong;
  }

  std::size_t bytes;
  HostArray expected, found;
};

/// Through the ports: on a CPU processor commands run at once, so that `run` needs no wait.
class PortTransfer : Contents {
 public:
  PortTransfer(Workbench& bench, Operation operation, std::size_t alignment)
      : Contents(bench, alignment),
        operation_(operation),
        target_(bench.allocate(bytes)),
        source_(operation == Operation::copy ? &bench.allocate(bytes) : nullptr) {}

  Trial trial() {
    Trial trial;
    trial.work = work_of(operation_, bytes);
    trial.run = [this](Queue& queue) { run(queue); };
    trial.reset = [this](Queue& queue) { reset(queue); };
    trial.error = [this](Queue& queue) { return error(queue); };
    return trial;
  }

 private:
  void run(Queue& queue) {
    switch (operation_) {
      case Operation::write:
        return queue.write(target_, expected.data(), bytes);
      case Operation::read:
        return queue.read(target_, found.data(), bytes);
      case Operation::copy:
        return queue.copy(*source_, target_, bytes);
      case Operation::fill:
        return queue.fill(target_, pattern());
    }
  }
  void reset(Queue& queue) {
    renew(expected);
    found.fill(nothing);
    if (operation_ == Operation::read) queue.write(target_, expected.data(), bytes);
    if (operation_ == Operation::copy) queue.write(*source_, expected.data(), bytes);
    queue.finish();
  }
  double error(Queue& queue) {
    if (operation_ != Operation::read) queue.read(target_, found.data(), bytes);
    queue.finish();
    return operation_ == Operation::fill ? wrong_pattern() : wrong();
  }

  Operation operation_;
  Buffer& target_;
  Buffer* source_;
};

/// Through the OpenCL API, with every choice that it gives.
class OpenclTransfer : Contents {
 public:
  OpenclTransfer(Workbench& bench, Operation operation, std::size_t alignment)
      : Contents(bench, alignment),
        operation_(operation),
        blocks_(has_host_side(operation) && bench.text("blocking") == "yes"),
        calls_(bench.processor()),
        target_(calls_, bytes, bench.text("allocation"), alignment) {
    if (operation == Operation::copy) {
      source_.emplace(calls_, bytes, bench.text("allocation"), alignment);
    }
  }

  Trial trial() {
    Trial trial;
    trial.work = work_of(operation_, bytes);
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
  void run() {
    const auto& api = calls_.api();
    const cl_command_queue queue = calls_.queue();
    const cl_mem target = target_.memory.get();
    switch (operation_) {
      case Operation::write:
        opencl::check(api.clEnqueueWriteBuffer(queue, target, blocks_, 0, bytes, expected.data(), 0,
                                               nullptr, nullptr),
                      "clEnqueueWriteBuffer");
        break;
      case Operation::read:
        opencl::check(api.clEnqueueReadBuffer(queue, target, blocks_, 0, bytes, found.data(), 0,
                                              nullptr, nullptr),
                      "clEnqueueReadBuffer");
        break;
      case Operation::copy:
        opencl::check(api.clEnqueueCopyBuffer(queue, source_->memory.get(), target, 0, 0, bytes, 0,
                                              nullptr, nullptr),
                      "clEnqueueCopyBuffer");
        break;
      case Operation::fill: {
        const std::uint32_t word = pattern();
        opencl::check(api.clEnqueueFillBuffer(queue, target, &word, sizeof(word), 0, bytes, 0,
                                              nullptr, nullptr),
                      "clEnqueueFillBuffer");
        break;
      }
    }
    // A blocking write may return with the data copied aside, on its way to the device (OpenCL 1.2,
    // 5.2.2; later versions forbid that, which does not bind older drivers).
    if (!(blocks_ && operation_ == Operation::read)) calls_.finish();
  }
  void reset() {
    renew(expected);
    found.fill(nothing);
    if (operation_ == Operation::read) calls_.write(target_.memory.get(), expected.span());
    if (operation_ == Operation::copy) calls_.write(source_->memory.get(), expected.span());
  }
  double error() {
    if (operation_ != Operation::read) calls_.read(target_.memory.get(), found.span());
    return operation_ == Operation::fill ? wrong_pattern() : wrong();
  }

  Operation operation_;
  cl_bool blocks_;
  OpenclCalls calls_;
  AllocatedBuffer target_;
  std::optional<AllocatedBuffer> source_;
};

Trial prepare(Workbench& bench, Operation operation) {
  const std::size_t alignment =
      has_host_side(operation) ? static_cast<std::size_t>(bench.integer("alignment")) : 4096;
  if (bench.processor().as<opencl::Device>()) {
    return bench.keep(std::make_unique<OpenclTransfer>(bench, operation, alignment))->trial();
  }
  if (bench.text("allocation") != "none") {
    throw Unsupported(
        "a CPU's buffers are the program's own memory (there is no driver to ask for another "
        "kind). Measure allocation=none.");
  }
  return bench.keep(std::make_unique<PortTransfer>(bench, operation, alignment))->trial();
}

Case transfer_case(const Question& question) {
  Case result;
  result.name = question.name;
  result.summary = question.summary;
  if (question.operation == Operation::write) result.revision = 2;  // until the device has the data
  result.metric = schema::Metric::seconds_per_operation;
  const bool host_side = has_host_side(question.operation);
  result.axes = {bytes_axis(host_side ? Sizes::x4 : Sizes::x8), allocation_axis()};
  if (host_side) {
    result.axes.push_back(alignment_axis());
    result.axes.push_back(blocking_axis());
  }
  result.keep = one_factor_at_a_time(transfer_defaults());
  result.prepare = [operation = question.operation](Workbench& bench) {
    return prepare(bench, operation);
  };
  return result;
}

const Registration registration([] {
  std::vector<Case> all;
  for (const Question& question : questions) all.push_back(transfer_case(question));
  return all;
});

}  // namespace
}  // namespace motley::microbench
