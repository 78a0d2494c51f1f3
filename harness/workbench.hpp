// What a case may use while it prepares a trial: its parameters, memory, kernels, random data.
// Everything that it hands out lives as long as the trial.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/case.hpp"
#include "harness/machine.hpp"
#include "harness/processor.hpp"

namespace motley {

class Workbench {
 public:
  /// `machine` opens further processors; null: there are none.
  Workbench(Processor& processor, Queue& queue, schema::Parameters parameters, Tier tier,
            std::uint64_t seed, Machine* machine = nullptr);
  ~Workbench();
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  Processor& processor() { return processor_; }
  Queue& queue() { return queue_; }
  Tier tier() const { return tier_; }
  std::uint64_t seed() const { return seed_; }
  const schema::Parameters& parameters() const { return parameters_; }

  /// All cores of the host as a processor of its own, not awake: its kernels run on the calling
  /// thread. Unsupported where the trial's surroundings have none.
  Processor& host();
  /// Null where the trial's surroundings have none.
  Machine* machine() const { return machine_; }

  /// Parameters by axis name. Throw Error if the axis is missing or of another type.
  std::int64_t integer(const std::string& axis) const;
  double number(const std::string& axis) const;
  std::string text(const std::string& axis) const;

  /// Throws Unsupported where the memory is not there (size against available_bytes).
  Buffer& allocate(std::size_t bytes, const BufferOptions& options = {});
  /// Loads the kernel and keeps it; Unsupported where the processor has no form of it.
  LoadedKernel& load(const Kernel& kernel);
  /// Allocates and writes `values`; waits.
  template <class T>
  Buffer& upload(std::span<const T> values, const BufferOptions& options = {}) {
    return upload_bytes(std::as_bytes(values), options);
  }
  /// A buffer of count random floats in [low, high): finite, normal, the same on every processor.
  /// `stream` tells several buffers of one trial apart.
  Buffer& random_floats(std::size_t count, float low, float high, std::uint64_t stream,
                        const BufferOptions& options = {});
  /// Keeps something alive as long as the trial: host arrays, OpenCL objects of API cases.
  template <class T>
  T& keep(T value) {
    auto kept = std::make_shared<T>(std::move(value));
    kept_.push_back(kept);
    return *kept;
  }

 private:
  Buffer& upload_bytes(std::span<const std::byte> bytes, const BufferOptions& options);

  Processor& processor_;
  Queue& queue_;
  schema::Parameters parameters_;
  Tier tier_;
  std::uint64_t seed_;
  Machine* machine_;
  std::unique_ptr<Processor> host_;
  std::vector<std::shared_ptr<void>> kept_;
};

/// Reads a whole buffer back; waits. For checks.
template <class T>
std::vector<T> download(Queue& queue, const Buffer& buffer) {
  std::vector<T> values(buffer.bytes() / sizeof(T));
  queue.read(buffer, values.data(), values.size() * sizeof(T));
  queue.finish();
  return values;
}

}  // namespace motley
