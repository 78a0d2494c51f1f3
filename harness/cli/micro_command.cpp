// motley micro: the same trials under Google Benchmark. Its flags choose, repeat and report; a
// reporter of ours writes the same records. A trial is prepared once although the engine re-enters
// a benchmark while it searches the number of iterations.
#include <algorithm>
#include <benchmark/benchmark.h>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <optional>

#include "devices/machine.hpp"
#include "harness/cli/options.hpp"
#include "harness/error.hpp"
#include "harness/recorder.hpp"
#include "harness/sampler.hpp"
#include "harness/search.hpp"
#include "harness/visit.hpp"
#include "harness/workbench.hpp"
#include "harness/worker.hpp"

namespace motley::cli {
namespace {

/// A trial that is ready to run, with all that it needs to stay so.
struct Prepared {
  std::unique_ptr<Queue> queue;
  std::unique_ptr<Workbench> bench;
  Trial trial;
};

struct Entry {
  const Case* subject = nullptr;
  schema::Key key;
  Processor* processor = nullptr;
  schema::Block block;
  bool reported = false;
};

class Micro {
 public:
  explicit Micro(const Options& options)
      : selection_(selection(options)), seed_(options.seed), machine_(devices::real_machine()) {
    for (const std::string& id :
         options.on.empty() ? machine_->default_processor_ids() : options.on) {
      processors_.push_back(machine_->open(id));
      for (schema::Record& record : plan(*processors_.back(), selection_)) {
        Entry entry;
        entry.processor = processors_.back().get();
        if (auto* begin = std::get_if<schema::Begin>(&record)) {
          entry.key = begin->key;
        } else {
          entry.block = std::get<schema::Block>(record);
          entry.key = entry.block.key;
        }
        entry.key.engine = "google_benchmark";
        entry.subject = &find_case(entry.key.case_name);
        entries_.push_back(std::make_unique<Entry>(std::move(entry)));
      }
    }
  }
  ~Micro() { leave(); }

  void register_all() {
    for (const auto& entry : entries_) {
      auto* benchmark = benchmark::RegisterBenchmark(
          name(*entry).c_str(),
          [this, one = entry.get()](benchmark::State& state) { run(state, *one); });
      benchmark->UseManualTime();
    }
  }

  static std::string name(const Entry& entry) {
    std::string text = entry.key.case_name + "/processor:" + entry.key.processor;
    for (const auto& [axis, value] : entry.key.parameters) {
      text += "/" + axis + ":" + schema::to_string(value);
    }
    return text;
  }

  std::vector<std::unique_ptr<Entry>>& entries() { return entries_; }
  Machine& machine() { return *machine_; }
  std::vector<schema::Processor> descriptions() const {
    std::vector<schema::Processor> all;
    for (const auto& processor : processors_) all.push_back(processor->description());
    return all;
  }

 private:
  Stage stage(const Entry& entry) {
    return {*machine_, steady_clock(), *entry.processor, *prepared_->queue};
  }

  void run(benchmark::State& state, Entry& entry) {
    entry.reported = true;
    if (!entry.block.reason.empty()) {
      state.SkipWithError(entry.block.reason.c_str());
      return;
    }
    try {
      if (current_ != &entry) enter(entry);
      time(state, entry);
      check(entry);
      if (entry.block.status == schema::Status::wrong)
        state.SkipWithError(entry.block.reason.c_str());
    } catch (const std::exception& error) {
      entry.block.status = dynamic_cast<const Unsupported*>(&error) ? schema::Status::unsupported
                                                                    : schema::Status::failed;
      entry.block.reason = error.what();
      state.SkipWithError(error.what());
    }
  }

  void leave() {
    prepared_.reset();
    if (current_) current_->processor->park();
    current_ = nullptr;
  }

  void enter(Entry& entry) {
    leave();
    current_ = &entry;
    entry.processor->wake();
    machine_->flush_denormals();
    prepared_.emplace();
    prepared_->queue = entry.processor->queue();
    entry.block.key = entry.key;
    entry.block.metric = entry.subject->metric;
    if (needs_search(*entry.subject, entry.key.parameters)) {
      entry.block.key.parameters = search(stage(entry), *entry.subject, entry.key.parameters,
                                          selection_.tier, seed_, entry.block.search);
      entry.block.selected_by = selection_.tier == Tier::smoke ? "guess" : "search";
    }
    prepared_->bench = std::make_unique<Workbench>(
        *entry.processor, *prepared_->queue, entry.block.key.parameters, selection_.tier, seed_);
    prepared_->trial = entry.subject->prepare(*prepared_->bench);
    entry.block.work = prepared_->trial.work;
    entry.block.executed_work = prepared_->trial.executed_work;
    entry.block.details = prepared_->trial.details;
    check(entry);
    const bool group = selection_.scenario != "latency";
    batch_ = group ? calibrate(stage(entry), prepared_->trial, 1e-3) : 1;
  }

  void time(benchmark::State& state, Entry& entry) {
    while (state.KeepRunningBatch(batch_)) {
      state.SetIterationTime(run_sample(stage(entry), prepared_->trial, batch_));
      prepared_->queue->take_intervals();
    }
    const auto iterations = static_cast<double>(state.iterations());
    using benchmark::Counter;
    const schema::Work& work = prepared_->trial.work;
    const auto rate = [&](const char* counter, double amount) {
      if (amount > 0) state.counters[counter] = Counter(amount * iterations, Counter::kIsRate);
    };
    rate("flops", work.flops);
    rate("bytes", work.bytes_read + work.bytes_written);
    rate("operations", work.operations);
  }

  void check(Entry& entry) {
    Trial& trial = prepared_->trial;
    if (trial.reset) trial.reset(*prepared_->queue);
    run_sample(stage(entry), trial, 1);
    const double error = trial.error(*prepared_->queue);
    const double earlier = entry.block.check ? entry.block.check->error : 0;
    entry.block.check =
        schema::Check{std::isfinite(error) ? std::max(error, earlier) : 1e300, trial.tolerance};
    if (error <= trial.tolerance) return;
    entry.block.status = schema::Status::wrong;
    entry.block.reason =
        fmt::format("error {:.3g} exceeds tolerance {:.3g}", error, trial.tolerance);
    throw Error(entry.block.reason);
  }

  Selection selection_;
  std::uint64_t seed_;
  std::unique_ptr<Machine> machine_;
  std::vector<std::unique_ptr<Processor>> processors_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::optional<Prepared> prepared_;
  Entry* current_ = nullptr;
  std::int64_t batch_ = 1;
};

/// Shows what Google Benchmark shows, and keeps each repetition as a sample of its entry.
class RecordingReporter final : public benchmark::ConsoleReporter {
 public:
  explicit RecordingReporter(Micro& micro) : ConsoleReporter(OO_Tabular) {
    for (const auto& entry : micro.entries()) entries_[Micro::name(*entry)] = entry.get();
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration || run.iterations == 0) continue;
      const std::string name = run.run_name.function_name;
      const auto found = entries_.find(name);
      if (found == entries_.end()) continue;
      schema::Block& block = found->second->block;
      block.runs_per_sample = static_cast<std::int64_t>(run.iterations);
      block.samples.host_seconds.push_back(run.real_accumulated_time);
    }
  }

 private:
  std::map<std::string, Entry*> entries_;
};

void write_records(const Options& options, Micro& micro) {
  Recorder recorder(options.out, Recorder::Mode::create);
  schema::Run run = run_facts(options);
  run.device = micro.machine().device();
  run.conditions = micro.machine().conditions();
  run.processors = micro.descriptions();
  recorder.write(run);
  schema::End end;
  for (const auto& entry : micro.entries()) {
    if (!entry->reported) continue;
    schema::Block& block = entry->block;
    if (block.key.engine != "google_benchmark") block.key = entry->key;
    block.key.engine = "google_benchmark";
    if (block.status != schema::Status::ok) block.samples = {};
    if (block.stopped_by.empty() && block.status == schema::Status::ok)
      block.stopped_by = "samples";
    recorder.write(schema::Begin{block.key});
    recorder.write(block);
    ++end.counts[schema::to_string(block.status)];
  }
  end.reason = "complete";
  recorder.write(end);
}

}  // namespace

int micro_command(const Options& options) {
  Micro micro(options);
  micro.register_all();
  std::vector<std::string> texts = options.benchmark_arguments;
  texts.insert(texts.begin(), "motley micro");
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return bad_command;
  RecordingReporter reporter(micro);
  const std::size_t measured = benchmark::RunSpecifiedBenchmarks(&reporter);
  if (!options.out.empty()) write_records(options, micro);
  return measured == 0 ? nothing_measured : done;
}

}  // namespace motley::cli
