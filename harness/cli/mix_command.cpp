// motley mix: several networks at once on one or more processors, under a scheduler. Each processor
// is a worker with a thread, a queue and all networks of its own, prepared and checked before.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "devices/linux/process.hpp"
#include "devices/machine.hpp"
#include "harness/cli/mix_request.hpp"
#include "harness/cli/mix_table.hpp"
#include "harness/cli/network_request.hpp"
#include "harness/cli/network_run.hpp"
#include "harness/error.hpp"
#include "harness/load.hpp"
#include "harness/tenants/metrics.hpp"
#include "harness/tenants/thread_crew.hpp"
#include "harness/visit.hpp"
#include "workloads/tuner.hpp"

namespace motley::cli {
namespace {

using namespace workloads;
using Blocks = std::vector<schema::Block>;

/// The worst of a tenant's checks on all workers stays in its block.
void add_check(const schema::Block& one, schema::Block& block) {
  if (!block.check || one.check->error > block.check->error) {
    block.check = one.check;
    block.details["worst_operator"] = one.details.at("worst_operator");
  }
  if (one.status == schema::Status::ok) return;
  block.status = one.status;
  block.reason = one.key.processor + ": " + one.reason;
}

/// A network of one tenant on one worker, checked.
class Network {
 public:
  Network(const InferenceOptions& wanted, const Places& places, const Options& options)
      : inference_(
            wanted, places,
            chooser_named(options.implementation, places.processor, Tier::standard, options.seed)),
        check_(inference_) {}

  void check(const std::string& processor, schema::Block& block) {
    schema::Block own;
    own.key.processor = processor;
    is_right(
        check_,
        [&] {
          NetworkCheck::reset(inference_);
          inference_.run();
          inference_.execution().finish();
        },
        own);
    inference_.reset();
    fed_back_ = false;
    add_check(own, block);
  }

  /// Of a decoder one token, whose successor is the next.
  void answer() {
    if (inference_.decodes() && std::exchange(fed_back_, true)) inference_.feed_back();
    inference_.run();
    inference_.execution().finish();
  }

  Inference& inference() { return inference_; }

 private:
  Inference inference_;
  NetworkCheck check_;
  bool fed_back_ = false;
};

/// Opened and used on the worker's own thread. Tasks are queries of the tenants and, behind these,
/// their checks; nobody else touches the blocks meanwhile.
class Worker final : public tenants::QueryServer {
 public:
  Worker(const MixRequest& request, const Options& options, Machine& machine, std::size_t worker,
         Blocks& blocks)
      : processor_(request.workers[worker].id), blocks_(blocks), open_(machine, processor_, false) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (devices::interrupted()) throw Error("interrupted.");
      networks_.push_back(
          std::make_unique<Network>(request.inference(i, options), open_.places(), options));
      if (worker == 0) describe(networks_[i]->inference().execution(), options, blocks[i]);
      networks_[i]->check(processor_, blocks[i]);
    }
  }

  void serve(std::size_t task) override {
    const std::size_t tenants = networks_.size();
    if (task < tenants) {
      networks_[task]->answer();
    } else {
      networks_[task - tenants]->check(processor_, blocks_[task - tenants]);
    }
  }

 private:
  std::string processor_;
  Blocks& blocks_;
  OpenProcessor open_;
  std::vector<std::unique_ptr<Network>> networks_;
};

std::vector<tenants::OpenQueryServer> workers_of(const MixRequest& request, const Options& options,
                                                 Machine& machine, Blocks& blocks) {
  std::vector<tenants::OpenQueryServer> open;
  for (std::size_t i = 0; i < request.workers.size(); ++i) {
    open.push_back([&request, &options, &machine, &blocks, i] {
      return std::make_unique<Worker>(request, options, machine, i, blocks);
    });
  }
  return open;
}

/// A wrong result has no speed, and beside it no other has.
bool all_right(Blocks& blocks) {
  const auto wrong = std::find_if(blocks.begin(), blocks.end(), [](const schema::Block& one) {
    return one.status != schema::Status::ok;
  });
  if (wrong == blocks.end()) return true;
  for (schema::Block& block : blocks) {
    if (block.status != schema::Status::ok) continue;
    block.status = schema::Status::skipped;
    block.reason = schema::to_string(wrong->key.parameters.at("model")) + " beside it is wrong";
  }
  return false;
}

/// Behind the mix, on workers that still serve.
void check_again(tenants::Crew& crew, const tenants::MixRun& run, Blocks& blocks) {
  for (std::size_t worker = 0; worker < crew.workers(); ++worker) {
    if (!run.workers[worker].failure.empty()) continue;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      crew.submit(worker, blocks.size() + i);
      const auto done = crew.wait_until(HUGE_VAL);
      if (done.at(0).failure.empty()) continue;
      blocks[i].status = schema::Status::failed;
      blocks[i].reason = done[0].failure;
      return;
    }
  }
}

void take(Blocks concluded, const tenants::ServiceTimes& alone, const MixRequest& request,
          Blocks& blocks) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    schema::Block& from = concluded[i];
    schema::Block& to = blocks[i];
    to.samples = std::move(from.samples);
    to.figures = std::move(from.figures);
    to.validity = std::move(from.validity);
    to.findings = std::move(from.findings);
    to.stopped_by = from.stopped_by;
    to.phases.merge(from.phases);
    for (std::size_t worker = 0; worker < alone.size(); ++worker) {
      to.figures[fmt::format("alone_worker_{}_seconds", worker)] = alone[worker][i];
      to.details[fmt::format("worker_{}", worker)] = request.workers[worker].id;
    }
    if (!to.samples.host_seconds.empty()) continue;
    to.status = schema::Status::failed;  // no samples, no figure for those who look at samples
    to.reason = fmt::format(
        "no query was answered ({} were dropped, {} failed, {} still waited). Give more seconds, "
        "lower rates or another scheduler.",
        to.figures.at("dropped_queries"), to.figures.at("failed_queries"),
        to.figures.at("backlog_queries"));
  }
}

void measure(const MixRequest& request, const Options& options, Machine& machine, Blocks& blocks) {
  Clock& clock = steady_clock();
  const double started = clock.seconds();
  Loads loads(blocks.front().key.load, machine, clock, request.processors());
  machine.precise_timers();
  const std::vector<tenants::Tenant> tenants = request.made_tenants(options.seed);
  tenants::ThreadCrew crew(clock, workers_of(request, options, machine, blocks));
  for (schema::Block& block : blocks) block.phases["prepare"] = clock.seconds() - started;
  if (!all_right(blocks)) return;
  const auto scheduler = tenants::make_scheduler(request.scheduler, tenants.size(), crew.workers());
  const tenants::MixStage stage{crew, clock, *scheduler, [] { return !devices::interrupted(); }};
  const double ready = clock.seconds();
  const auto alone = tenants::measure_alone(stage, tenants.size());
  if (!alone) throw Error("interrupted.");
  for (schema::Block& block : blocks) block.phases["alone"] = clock.seconds() - ready;
  loads.start();
  loads.begin_window();
  const tenants::MixRun run = tenants::run_mix(stage, request.limits, tenants, *alone);
  loads.finish(blocks);
  take(tenants::conclude(tenants, request.limits, run, *alone), *alone, request, blocks);
  if (run.all_failed()) throw Error("all workers failed: " + run.workers.front().failure);
  check_again(crew, run, blocks);
}

/// A block for each key.
Blocks mix(const MixRequest& request, const Options& options, Machine& machine,
           const std::vector<schema::Key>& keys) {
  Blocks blocks;
  for (const schema::Key& key : keys) {
    blocks.push_back(
        unmeasured(key, schema::Metric::seconds_per_operation, schema::Status::ok, ""));
    blocks.back().repro = repro_of(options, key);
  }
  schema::Block whole;
  attempt(whole, [&] { measure(request, options, machine, blocks); });
  if (whole.status == schema::Status::ok) return blocks;
  for (schema::Block& block : blocks) {
    block.status = whole.status;
    block.reason = whole.reason;
    block.samples = {};
  }
  return blocks;
}

}  // namespace

int mix_command(const Options& options) {
  const GrantedResources granted(options);
  const auto machine = devices::real_machine();
  const MixRequest request = mix_request(options, *machine);
  NetworkFile file(options, granted, *machine, request.workers);
  for (const std::string& load : request.loads) {
    if (devices::interrupted()) break;
    Blocks blocks;
    const std::vector<schema::Key> keys = request.keys(options, load);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const schema::Block written = file.block(keys[i], [&] {
        if (i == 0) blocks = mix(request, options, *machine, keys);
        return blocks[i];
      });
      blocks[i] = written;
    }
    print_mix(blocks);
  }
  return file.end();
}

}  // namespace motley::cli
