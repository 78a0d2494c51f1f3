#include "harness/worker.hpp"

#include <istream>
#include <map>

#include "harness/error.hpp"
#include "harness/scenario.hpp"
#include "results_schema/json_lines.hpp"

namespace motley {
namespace {

/// Why `id` cannot be opened, as a status: a device that is not there is unsupported, one whose
/// driver fails has failed.
schema::Status status_of(const std::exception& error) {
  return dynamic_cast<const Unsupported*>(&error) ? schema::Status::unsupported
                                                  : schema::Status::failed;
}

constexpr double monitor_period_seconds = 0.5;

/// Opens each processor once and keeps one awake at a time.
class Processors {
 public:
  explicit Processors(Machine& machine) : machine_(machine) {}
  ~Processors() { park(); }

  void park() {
    if (awake_) awake_->park();
    awake_ = nullptr;
  }

  Processor& awake(const std::string& id) {
    auto& processor = open_[id];
    if (!processor) processor = machine_.open(id);
    if (awake_ != processor.get()) {
      park();
      processor->wake();
      awake_ = processor.get();
    }
    return *processor;
  }

 private:
  Machine& machine_;
  std::map<std::string, std::unique_ptr<Processor>> open_;
  Processor* awake_ = nullptr;
};

}  // namespace

void describe(Machine& machine, const std::vector<std::string>& ids, const Emit& emit) {
  schema::Run run;
  run.device = machine.device();
  run.conditions = machine.conditions();
  run.conditions["denormals_flushed"] = machine.flush_denormals();  // read back, as in each visit
  for (const std::string& id : ids.empty() ? machine.default_processor_ids() : ids) {
    schema::Processor processor;
    processor.id = id;
    run.processors.push_back(processor);
  }
  emit(run);
}

void plan_processor(Machine& machine, const std::string& id, const Selection& selection,
                    const Emit& emit) {
  schema::Run run;
  try {
    const auto processor = machine.open(id);
    run.processors.push_back(processor->description());
    emit(run);
    for (schema::Record& record : plan(*processor, selection)) emit(record);
  } catch (const UnknownName&) {
    throw;
  } catch (const std::exception& error) {
    schema::Processor broken;
    broken.id = id;
    broken.facts["error"] = std::string(error.what());
    run.processors = {broken};
    emit(run);
    for (const schema::Block& row :
         unmeasured_cases(selection, id, status_of(error), error.what())) {
      emit(row);
    }
  }
}

void visit_all(Machine& machine, std::istream& begins, const VisitOptions& options,
               const Emit& emit) {
  Processors processors(machine);
  Instruments instruments = machine.instruments();
  Surroundings surroundings{machine, steady_clock(), instruments,
                            first_governor(machine.conditions())};
  CoolDown cool_down(instruments, surroundings.clock);  // from before anything ran
  surroundings.cool_down = &cool_down;
  std::unique_ptr<Monitor> monitor;
  std::map<std::string, schema::Parameters> found;  // what a search in this process has chosen
  for (std::string line; std::getline(begins, line);) {
    const auto record = schema::parse_line(line);
    if (!record || !std::holds_alternative<schema::Begin>(*record)) continue;
    const auto& begin = std::get<schema::Begin>(*record);
    emit(begin);
    const Case& subject = find_case(begin.key.case_name);
    schema::Key key = begin.key;
    const std::string planned = schema::to_string(begin.key);
    const bool known = found.contains(planned);
    if (known) key.parameters = found[planned];
    schema::Block block;
    try {
      const bool of_minutes = find_scenario(scenario_spec(key.scenario).name()).of_minutes;
      // What loads open, and the monitor, must not inherit a processor's cores.
      if (key.load != "none" || of_minutes) processors.park();
      if (of_minutes && !monitor) {
        monitor = std::make_unique<Monitor>(machine, surroundings.clock, monitor_period_seconds);
        surroundings.monitor = monitor.get();
      }
      Loads loads(key.load, machine, surroundings.clock, key.processor);
      Processor& processor = processors.awake(key.processor);
      machine.flush_denormals();
      block = visit(surroundings, processor, subject, key, options, loads);
    } catch (const std::exception& error) {
      block = unmeasured(key, subject.metric, status_of(error), error.what());
    }
    if (known) block.selected_by = "search";
    if (block.selected_by == "search") found[planned] = block.key.parameters;
    block.round = begin.round;
    block.process = begin.process;
    block.order = begin.order;
    emit(block);
  }
}

}  // namespace motley
