#include "harness/cli/network_run.hpp"

#include <cmath>
#include <fmt/format.h>

#include "devices/linux/process.hpp"
#include "devices/linux/resources.hpp"

namespace motley::cli {
using namespace workloads;

OpenProcessor::OpenProcessor(Machine& machine, const std::string& id, bool host_computes)
    : processor_(machine.open(id)) {
  processor_->wake();
  machine.flush_denormals();
  queue_ = processor_->queue();
  if (processor_->members() > 0) return;
  host_ = machine.open("cpu");
  if (host_computes) host_->wake();
  host_queue_ = host_->queue();
}

OpenProcessor::~OpenProcessor() {
  queue_.reset();
  processor_->park();
  if (host_) host_->park();
}

bool is_right(const NetworkCheck& check, const std::function<void()>& run_again,
              schema::Block& block) {
  run_again();
  const double error = check.error();
  block.check = schema::Check{std::isfinite(error) ? error : 1e300, 1};
  block.details["worst_operator"] = check.worst();
  if (error <= 1) return true;
  block.status = schema::Status::wrong;
  const bool alone = !(check.worst_error() <= 1);
  block.reason =
      fmt::format("{} lies {:.3g} times as far from {} as it may (a wrong result has no speed)",
                  alone ? check.worst() : "a whole run", error,
                  alone ? "its reference" : "what its operators gave one by one");
  return false;
}

void take_profile(Execution& execution, const RunScalars& scalars, std::uint64_t first_run,
                  std::uint64_t runs, schema::Block& block) {
  RunProfile profile = profile_of(execution, scalars, first_run, runs);
  block.timeline = std::move(profile.timeline);
  block.operators = std::move(profile.operators);
  block.memory.merge(profile.memory);  // beside what was measured
}

void describe(const Execution& execution, const Options& options, schema::Block& block) {
  block.work = work_of(execution.graph());
  block.details = facts_of(execution.plan());
  if (options.implementation == "auto") block.selected_by = "auto";
}

GrantedResources::GrantedResources(const Options& options) {
  devices::catch_interrupts();
  const Spec wanted = parse_resources(options.resources);
  const auto control = devices::resource_control(std::make_shared<devices::Files>());
  held_ = control->hold(wanted);
  process_ = control->limit_process(wanted);
}

NetworkFile::NetworkFile(const Options& options, const GrantedResources& granted, Machine& machine,
                         const std::vector<schema::Processor>& processors)
    : machine_(machine),
      granted_(granted.of_process()),
      recorder_(run_options(options).out, Recorder::Mode::create),
      started_(steady_clock().seconds()) {
  schema::Run run = run_facts(options);
  run.device = machine.device();
  run.conditions = machine.conditions();
  run.conditions.insert(granted.of_machine().begin(), granted.of_machine().end());
  run.processors = processors;
  recorder_.write(run);
}

schema::Block NetworkFile::block(const schema::Key& key,
                                 const std::function<schema::Block()>& measure) {
  recorder_.write(schema::Begin{key, 0, 0, order_});
  schema::Block block = measure();
  block.order = order_++;
  block.details.insert(granted_.begin(), granted_.end());
  schema::Block written = block;
  fit_line(written, recorder_.file());
  ++counts_[to_string(written.status)];
  recorder_.write(written);
  return block;
}

int NetworkFile::end() {
  schema::End end;
  end.conditions = machine_.conditions();
  end.counts = counts_;
  end.reason = devices::interrupted() ? "interrupted" : "complete";
  end.wall_seconds = steady_clock().seconds() - started_;
  recorder_.write(end);
  fmt::print("Records: {}\n", recorder_.file().string());
  return counts_.contains("ok") ? done : nothing_measured;
}

}  // namespace motley::cli
