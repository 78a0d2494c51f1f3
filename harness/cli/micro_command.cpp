// motley micro: the same trials under Google Benchmark. Its flags choose, repeat and report; the
// same records are written, a block as soon as its repetitions are over. A trial is searched and
// calibrated once although the engine re-enters a benchmark while it looks for the number of
// iterations, and in random order where it is told to interleave.
#include <algorithm>
#include <benchmark/benchmark.h>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "devices/machine.hpp"
#include "harness/cli/options.hpp"
#include "harness/error.hpp"
#include "harness/plan.hpp"
#include "harness/recorder.hpp"
#include "harness/scenario.hpp"
#include "harness/visit.hpp"
#include "harness/worker.hpp"

namespace motley::cli {
namespace {

struct Entry {
  std::string name;
  schema::Block block;
  Observed observed;
  std::int64_t batch = 0;  ///< runs between two readings of the clock; 0: not calibrated yet
  bool finished = false;
};

std::string name_of(const schema::Key& key) {
  std::string text = key.case_name + "/processor:" + key.processor;
  for (const auto& [axis, value] : key.parameters) {
    text += "/" + axis + ":" + schema::to_string(value);
  }
  return text;
}

/// Google Benchmark repeats runs in its own way.
const Sampled& sampled(const std::string& scenario) {
  const auto* known = std::get_if<Sampled>(&find_scenario(scenario).implementation);
  if (known) return *known;
  throw BadArgument(scenario + " cannot be run by Google Benchmark. Use motley run.");
}

class Micro {
 public:
  explicit Micro(const Options& options)
      : options_(options), visit_options_{selection(options).tier, options.seed} {
    for (const std::string& one : selection(options).scenarios) sampled(one);
    if (!options.loads.empty()) throw BadArgument("motley micro runs no loads. Use motley run.");
    run_ = run_facts(options);
    run_.tier = options.tier;
    std::vector<schema::Processor> found;
    describe(*machine_, options.on, [&](const schema::Record& record) {
      const auto& described = std::get<schema::Run>(record);
      run_.device = described.device;
      run_.conditions = described.conditions;
      found = described.processors;
    });
    surroundings_.governor = first_governor(run_.conditions);
    for (const schema::Processor& processor : found) add(processor.id);
    refuse_unknown_values();
  }
  ~Micro() { park(); }

  void register_all() {
    for (Entry& entry : entries_) {
      benchmark::RegisterBenchmark(entry.name.c_str(), [&](benchmark::State& state) {
        repeat(state, entry);
      })->UseManualTime();
    }
  }

  /// The engine is about to measure.
  void begin() {
    if (options_.out.empty()) return;
    recorder_.emplace(options_.out, Recorder::Mode::create);
    recorder_->write(run_);
  }

  /// The engine has all repetitions of a benchmark, which was the last one to run.
  void finish(const std::string& name, std::size_t repetitions) {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.name == name; });
    if (found == entries_.end() || std::exchange(found->finished, true)) return;
    schema::Block& block = found->block;
    if (block.status == schema::Status::ok) {
      drop_warmup(block.samples, repetitions);
      block.stopped_by = "samples";
      prepared_->judge();
    }
    block.repro = repro(block.key, visit_options_.tier, visit_options_.seed);
    ++end_.counts[schema::to_string(block.status)];
    for (const auto& [phase, seconds] : block.phases) phases_seconds_ += seconds;
    if (!recorder_) return;
    recorder_->write(schema::Begin{block.key});
    recorder_->write(block);
  }

  /// False if all that was to be measured could not be.
  bool end() {
    if (recorder_) {
      end_.reason = "complete";
      end_.conditions = machine_->conditions();
      end_.wall_seconds = clock_.seconds() - started_;
      end_.harness_share = std::max(0.0, 1 - phases_seconds_ / end_.wall_seconds);
      recorder_->write(end_);
    }
    return end_.counts.empty() || end_.counts.contains("ok");
  }

 private:
  void add(const std::string& id) {
    bool again = false;  // under another name
    plan_processor(*machine_, id, selection(options_), [&](const schema::Record& record) {
      if (const auto* run = std::get_if<schema::Run>(&record)) {
        const schema::Processor& opened = run->processors.front();
        again = std::any_of(run_.processors.begin(), run_.processors.end(),
                            [&](const auto& one) { return one.id == opened.id; });
        if (!again) run_.processors.push_back(opened);
      } else if (!again) {
        const auto* begin = std::get_if<schema::Begin>(&record);
        Entry entry;
        entry.block = begin ? unmeasured(begin->key, find_case(begin->key.case_name).metric,
                                         schema::Status::ok, "")
                            : std::get<schema::Block>(record);
        entry.block.key.engine = "google_benchmark";
        entry.name = name_of(entry.block.key);
        entries_.push_back(std::move(entry));
      }
    });
  }

  void refuse_unknown_values() const {
    std::set<std::string> planned;
    for (const Entry& one : entries_) {
      if (one.block.status == schema::Status::ok) planned.insert(one.block.key.case_name);
    }
    for (const Entry& one : entries_) refuse_unknown_value(one.block, planned);
  }

  /// One repetition, or one of the engine's tries at how many iterations it needs.
  void repeat(benchmark::State& state, Entry& entry) {
    const auto usable = [&] { return entry.block.status == schema::Status::ok; };
    attempt(entry.block, [&] {
      if (usable() && current_ != &entry) enter(entry);
      if (!usable()) return;
      time(state, entry);
      prepared_->take_readings();
      prepared_->correct();
    });
    if (!usable()) state.SkipWithError(entry.block.reason.c_str());
  }

  void enter(Entry& entry) {
    park();
    const schema::Key& key = entry.block.key;
    auto& processor = processors_[key.processor];
    if (!processor) processor = machine_->open(key.processor);
    processor->wake();
    awake_ = processor.get();
    machine_->flush_denormals();
    prepared_.emplace(surroundings_, *processor, find_case(key.case_name), visit_options_,
                      entry.block, entry.observed);
    current_ = &entry;
    if (entry.batch > 0 || entry.block.status != schema::Status::ok) return;
    const Limits limits = limits_for(processor->kind(), visit_options_.tier,
                                     sampled(key.scenario).group, visit_options_.block_seconds);
    const auto calibrated = [&] {
      return calibrate(prepared_->stage(), prepared_->trial(), limits.sample_seconds);
    };
    entry.batch = limits.group ? prepared_->timed("warmup", calibrated) : 1;
  }

  void park() {
    prepared_.reset();
    current_ = nullptr;
    if (awake_) awake_->park();
    awake_ = nullptr;
  }

  void time(benchmark::State& state, Entry& entry) {
    const auto batches = (std::int64_t(state.max_iterations) + entry.batch - 1) / entry.batch;
    expect_runs(entry, batches * entry.batch);
    schema::Samples& samples = entry.block.samples;
    prepared_->take_clock();
    const ThreadState before = machine_->thread_state();
    samples.started_seconds.push_back(clock_.seconds());
    samples.host_seconds.push_back(prepared_->timed("sample", [&] {
      double seconds = 0;
      while (state.KeepRunningBatch(entry.batch)) {
        const double took = run_sample(prepared_->stage(), prepared_->trial(), entry.batch);
        state.SetIterationTime(took);
        seconds += took;
        prepared_->stage().queue.take_intervals();
      }
      return seconds;
    }));
    const ThreadState after = machine_->thread_state();
    if (before.waited_seconds && after.waited_seconds) {
      samples.waited_seconds.push_back(*after.waited_seconds - *before.waited_seconds);
    }
    prepared_->take_clock();
    count(state, entry.block.work);
  }

  /// Tries with another number of iterations were the engine's warm-up.
  static void expect_runs(Entry& entry, std::int64_t runs) {
    schema::Block& block = entry.block;
    if (block.runs_per_sample == runs) return;
    for (const double seconds : block.samples.host_seconds) {
      block.warmup_seconds.push_back(seconds / double(block.runs_per_sample));
    }
    block.runs_per_sample = runs;
    block.samples = {};
    entry.observed.clocks_hertz.clear();
  }

  /// A warm-up that was asked for may have as many iterations as the repetitions behind it.
  static void drop_warmup(schema::Samples& samples, std::size_t repetitions) {
    for (auto* column :
         {&samples.started_seconds, &samples.host_seconds, &samples.waited_seconds}) {
      if (column->size() <= repetitions) continue;
      column->erase(column->begin(), column->end() - std::ptrdiff_t(repetitions));
    }
  }

  static void count(benchmark::State& state, const schema::Work& work) {
    const auto rate = [&](const char* counter, double amount) {
      if (amount <= 0) return;
      state.counters[counter] =
          benchmark::Counter(amount * double(state.iterations()), benchmark::Counter::kIsRate);
    };
    rate("flops", work.flops);
    rate("bytes", work.bytes_read + work.bytes_written);
    rate("operations", work.operations);
  }

  const Options& options_;
  VisitOptions visit_options_;
  Clock& clock_ = steady_clock();
  double started_ = clock_.seconds();
  std::unique_ptr<Machine> machine_ = devices::real_machine();
  Instruments instruments_ = machine_->instruments();
  Surroundings surroundings_{*machine_, clock_, instruments_, ""};
  schema::Run run_;
  schema::End end_;
  double phases_seconds_ = 0;
  std::optional<Recorder> recorder_;
  std::vector<Entry> entries_;
  std::map<std::string, std::unique_ptr<Processor>> processors_;
  Processor* awake_ = nullptr;
  Entry* current_ = nullptr;  ///< what prepared_ is of
  std::optional<PreparedTrial> prepared_;
};

/// Shows what Google Benchmark would show by itself, in the format that its flags ask for.
class Reporter final : public benchmark::BenchmarkReporter {
 public:
  explicit Reporter(Micro& micro) : micro_(micro) {}
  bool ReportContext(const Context& context) override {
    micro_.begin();
    return shown_.ReportContext(context);
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    shown_.ReportRuns(runs);
    for (const Run& run : runs) {
      micro_.finish(run.run_name.function_name, std::size_t(run.repetitions));
    }
  }
  void Finalize() override { shown_.Finalize(); }

 private:
  Micro& micro_;
  benchmark::BenchmarkReporter& shown_ = *benchmark::CreateDefaultDisplayReporter();
};

}  // namespace

int micro_command(const Options& options) {
  std::vector<std::string> texts{"motley micro", "--benchmark_counters_tabular=true"};
  texts.insert(texts.end(), options.benchmark_arguments.begin(), options.benchmark_arguments.end());
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return bad_command;
  Micro micro(options);
  micro.register_all();
  Reporter reporter(micro);
  const bool matched = benchmark::RunSpecifiedBenchmarks(&reporter) > 0;
  return micro.end() && matched ? done : nothing_measured;
}

}  // namespace motley::cli
