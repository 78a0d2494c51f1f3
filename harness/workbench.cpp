#include "harness/workbench.hpp"

#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/random.hpp"

namespace motley {
namespace {

template <class T>
const T* as(const schema::Parameters& parameters, const std::string& axis) {
  const auto found = parameters.find(axis);
  if (found == parameters.end()) {
    throw Error(
        fmt::format("axis '{}' has no value (the case did not declare it). Declare it.", axis));
  }
  return std::get_if<T>(&found->second);
}

[[noreturn]] void wrong_type(const schema::Parameters& parameters, const std::string& axis,
                             const char* wanted) {
  throw Error(fmt::format("{}={} is not {} (the case needs one). Give another value with --set.",
                          axis, schema::to_string(parameters.at(axis)), wanted));
}

}  // namespace

std::string to_string(ProcessorKind kind) {
  switch (kind) {
    case ProcessorKind::cpu:
      return "cpu";
    case ProcessorKind::gpu:
      return "gpu";
    case ProcessorKind::accelerator:
      return "accelerator";
  }
  return "unknown";
}

Workbench::Workbench(Processor& processor, Queue& queue, schema::Parameters parameters, Tier tier,
                     std::uint64_t seed, Machine* machine)
    : processor_(processor),
      queue_(queue),
      parameters_(std::move(parameters)),
      tier_(tier),
      seed_(seed),
      machine_(machine) {}

Processor& Workbench::host() {
  if (!machine_) {
    throw Unsupported(
        "this trial knows no machine (the host's cores cannot be opened). Run it with "
        "motley run.");
  }
  if (!host_) host_ = machine_->open("cpu");
  return *host_;
}

Workbench::~Workbench() {
  // Last kept first gone: kernels and views before the memory that they use.
  while (!kept_.empty()) kept_.pop_back();
}

std::int64_t Workbench::integer(const std::string& axis) const {
  if (const auto* value = as<std::int64_t>(parameters_, axis)) return *value;
  wrong_type(parameters_, axis, "a whole number");
}

double Workbench::number(const std::string& axis) const {
  if (const auto* value = as<double>(parameters_, axis)) return *value;
  if (const auto* value = as<std::int64_t>(parameters_, axis)) return static_cast<double>(*value);
  wrong_type(parameters_, axis, "a number");
}

std::string Workbench::text(const std::string& axis) const {
  as<std::string>(parameters_, axis);
  return schema::to_string(parameters_.at(axis));
}

Buffer& Workbench::allocate(std::size_t bytes, const BufferOptions& options) {
  if (bytes > processor_.maximum_buffer_bytes() || bytes > processor_.available_bytes()) {
    throw Unsupported(
        fmt::format("{} bytes in one buffer are more than {} can give ({} at most, {} free). Use a "
                    "smaller size.",
                    bytes, processor_.description().id, processor_.maximum_buffer_bytes(),
                    processor_.available_bytes()));
  }
  auto buffer = std::shared_ptr<Buffer>(processor_.allocate(bytes, options));
  kept_.push_back(buffer);
  return *buffer;
}

LoadedKernel& Workbench::load(const Kernel& kernel) {
  auto loaded = std::shared_ptr<LoadedKernel>(processor_.load(kernel));
  kept_.push_back(loaded);
  return *loaded;
}

Buffer& Workbench::upload_bytes(std::span<const std::byte> bytes, const BufferOptions& options) {
  Buffer& buffer = allocate(bytes.size(), options);
  queue_.write(buffer, bytes.data(), bytes.size());
  queue_.finish();
  return buffer;
}

Buffer& Workbench::random_floats(std::size_t count, float low, float high, std::uint64_t stream,
                                 const BufferOptions& options) {
  Buffer& buffer = allocate(count * sizeof(float), options);
  constexpr std::size_t piece = 1 << 18;
  std::vector<float> values(std::min(count, piece));
  for (std::size_t begin = 0; begin < count; begin += piece) {
    const std::size_t length = std::min(piece, count - begin);
    for (std::size_t i = 0; i < length; ++i) {
      values[i] = low + (high - low) * static_cast<float>(random_unit(seed_, stream, begin + i));
    }
    queue_.write(buffer, values.data(), length * sizeof(float), begin * sizeof(float));
    queue_.finish();
  }
  return buffer;
}

}  // namespace motley
