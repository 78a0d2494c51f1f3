// What motley train, infer and together share: processors that are awake, the check of a network,
// and a file of which each block becomes a line as soon as it is done.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/cli/options.hpp"
#include "harness/clock.hpp"
#include "harness/machine.hpp"
#include "harness/recorder.hpp"
#include "harness/resources.hpp"
#include "workloads/network_profile.hpp"

namespace motley::cli {

/// A processor that is awake as long as this lives, with the host's beside it.
class OpenProcessor {
 public:
  OpenProcessor(Machine& machine, const std::string& id, bool host_computes);
  ~OpenProcessor();
  OpenProcessor(const OpenProcessor&) = delete;
  OpenProcessor& operator=(const OpenProcessor&) = delete;
  workloads::Places places() { return {*processor_, *queue_, host_.get(), host_queue_.get()}; }

 private:
  std::unique_ptr<Processor> processor_, host_;
  std::unique_ptr<Queue> queue_, host_queue_;
};

/// Each operator alone, then a whole run from where those began. What is wrong becomes the block's
/// status.
bool is_right(const workloads::NetworkCheck& check, const std::function<void()>& run_again,
              schema::Block& block);
void take_profile(workloads::Execution& execution, const workloads::RunScalars& scalars,
                  std::uint64_t first_run, std::uint64_t runs, schema::Block& block);
void describe(const workloads::Execution& execution, const Options& options, schema::Block& block);

/// What --resources asks of the system; what is the whole machine's until this is gone, also on
/// Ctrl-C. Made before the process starts threads: they inherit its limits.
class GrantedResources {
 public:
  explicit GrantedResources(const Options& options);
  const schema::Facts& of_machine() const { return held_->facts(); }
  const schema::Facts& of_process() const { return process_; }

 private:
  std::unique_ptr<HeldResources> held_;
  schema::Facts process_;
};

/// The lines of one command's file.
class NetworkFile {
 public:
  NetworkFile(const Options& options, const GrantedResources& granted, Machine& machine,
              const std::vector<schema::Processor>& processors);

  schema::Block block(const schema::Key& key, const std::function<schema::Block()>& measure);
  /// The exit code.
  int end();

 private:
  Machine& machine_;
  schema::Facts granted_;
  Recorder recorder_;
  double started_;
  int order_ = 0;
  std::map<std::string, std::int64_t> counts_;
};

}  // namespace motley::cli
