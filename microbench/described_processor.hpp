// For tests: a real processor that is described as another one.
#pragma once

#include "harness/error.hpp"
#include "harness/processor.hpp"

namespace motley::microbench {

class DescribedProcessor final : public Processor {
 public:
  explicit DescribedProcessor(Processor& real)
      : described(real.description()),
        team(real.members()),
        kind_of(real.kind()),
        last_level_cache(real.last_level_cache_bytes()),
        largest_buffer(real.maximum_buffer_bytes()),
        available(real.available_bytes()),
        real_(real) {}

  const schema::Processor& description() const override { return described; }
  ProcessorKind kind() const override { return kind_of; }
  unsigned members() const override { return team; }
  std::unique_ptr<Buffer> allocate(std::size_t bytes, const BufferOptions& options) override {
    if (options.huge_pages && refuses_huge_pages) throw Unsupported("no huge pages here");
    BufferOptions given = options;
    given.huge_pages = options.huge_pages && !ignores_huge_pages;
    return real_.allocate(bytes, given);
  }
  std::unique_ptr<LoadedKernel> load(const Kernel& kernel) override { return real_.load(kernel); }
  std::unique_ptr<Queue> queue(const QueueOptions& options) override {
    return real_.queue(options);
  }
  double clock_hertz() override { return clock; }
  std::size_t last_level_cache_bytes() const override { return last_level_cache; }
  std::size_t maximum_buffer_bytes() const override { return largest_buffer; }
  std::size_t available_bytes() const override { return available; }

  schema::Processor described;
  unsigned team;
  ProcessorKind kind_of;
  std::size_t last_level_cache, largest_buffer, available;
  double clock = 2e9;
  bool refuses_huge_pages = false, ignores_huge_pages = false;

 private:
  Processor& real_;
};

}  // namespace motley::microbench
