// The program: reads the command line, calls one command, turns errors into one line and an exit
// code.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/core.h>

#include "analysis/compare.hpp"
#include "harness/cli/build_info.hpp"
#include "harness/cli/command.hpp"
#include "harness/cli/options.hpp"
#include "harness/cli/suite.hpp"
#include "harness/cli/together_request.hpp"
#include "harness/error.hpp"
#include "harness/scenarios/trace.hpp"
#include "results_schema/json_lines.hpp"
#include "workloads/tuner.hpp"

namespace motley::cli {
namespace {

constexpr const char* environment_help = R"(Environment:
  MOTLEY_OPENCL_LIBRARY  OpenCL library to load instead of searching for one
  MOTLEY_EMULATE         launch_us=80,sync_us=900,write_gbps=4,read_gbps=2
                         turns an OpenCL device into a slower one of known truth
  MOTLEY_FAULT           clEntry:fail=CL_STATUS|crash|hang[:after=N]
                         makes an OpenCL call fail (for tests)

Exit codes: 0 done, 1 a gate found a regression, 2 inconclusive,
  3 nothing measured, 4 bad input file, 5 bad command line)";

/// Ranges of CLI11 let not-a-number through, and its unsigned numbers a minus sign.
std::string finite(const std::string& text) {
  double number = 0;
  return CLI::detail::lexical_cast(text, number) && std::isfinite(number)
             ? ""
             : text + " is no finite number";
}
std::string whole_number(const std::string& text) {
  return text.starts_with('-') ? text + " is negative" : "";
}
std::string one_or_more(const std::string& text) {
  const bool zero = text.find_first_not_of('0') == std::string::npos;
  return zero ? text + " is nothing to do" : whole_number(text);
}
std::string not_negative(const std::string& text) {
  return text.starts_with('-') ? text + " is negative" : finite(text);
}
/// What comes behind the value is the model.
void take_one_value(CLI::App& command, const char* option) {
  command.get_option(option)->allow_extra_args(false);
}

void add_scenario(CLI::App& command, Options& options) {
  command
      .add_option("--scenario", options.scenarios,
                  "How runs are repeated, or queries arrive: throughput (default), latency, "
                  "server_poisson:rate=50 ... (motley list --scenarios)")
      ->type_name("NAME:...");
}

void add_load(CLI::App& command, Options& options) {
  command
      .add_option("--load", options.loads,
                  "What runs beside: memory:read_gbps=5, or several, a+b (motley list --loads)")
      ->type_name("NAME:...");
}

void add_resources(CLI::App& command, Options& options) {
  command
      .add_option(
          "--resources", options.resources,
          "What may be used: threads=1,priority=5,memory=512M; also frequency_cap_mhz=1200, "
          "governor=powersave, awake=1 (cores never idle)")
      ->type_name("NAME=VALUE,...");
}

void add_selection(CLI::App& command, Options& options) {
  command
      .add_option("--filter", options.filter, "Cases whose name matches this regular expression")
      ->type_name("REGEX");
  command
      .add_option("--on", options.on,
                  "Processors: cpu, cpu:big, cpu:0-3, opencl:0, opencl:0/1of2 ... "
                  "(default: all cores, each cluster and a core of each, each OpenCL device)")
      ->type_name("PROCESSOR");
  command.add_option("--set", options.set, "axis=a,b,c or axis=a..b*m or axis=a..b+s")
      ->type_name("AXIS=VALUES");
  command.add_option("--tier", options.tier, "smoke, standard or full")
      ->type_name("TIER")
      ->capture_default_str();
  add_scenario(command, options);
  add_load(command, options);
  command.add_option("--seed", options.seed, "Of all random data")
      ->check(whole_number)
      ->type_name("N")
      ->capture_default_str();
}

void add_tuning(CLI::App& command, Options& options) {
  command
      .add_option("--tuning", options.tuning,
                  "Look choices of implementations up in this file, and add what is measured")
      ->type_name("FILE.jsonl");
}

void add_run(CLI::App& app, Options& options) {
  CLI::App* run = app.add_subcommand("run", "Measure with Motley's own engine; writes JSON Lines");
  add_selection(*run, options);
  run->add_option("--suite", options.suite,
                  "What a data file says, instead of all cases (motley list --suites, or a file "
                  "NAME.json)")
      ->type_name("NAME");
  run->add_option("--out", options.out, "File to write (default: motley-<time>.jsonl)")
      ->type_name("FILE.jsonl");
  add_tuning(*run, options);
  add_resources(*run, options);
  run->add_flag("--resume", options.resume, "Go on with --out at the first missing block");
  run->add_option("--processes", options.processes, "Fresh processes (default: by tier)")
      ->check(CLI::Range(1, 1000).description(""))
      ->type_name("N");
  run->add_option("--rounds", options.rounds,
                  "Visits to each trial in a process (default: by tier)")
      ->check(CLI::Range(1, 1000).description(""))
      ->type_name("N");
  run->add_option("--budget", options.budget_seconds,
                  "Seconds for the whole run, 0: no limit (default: by tier)")
      ->check(CLI::Range(0.0, 1e7).description(""))
      ->check(finite)
      ->type_name("SECONDS");
  run->add_option("--block-seconds", options.block_seconds,
                  "Longest sampling time of one visit (default: by tier)")
      ->check(CLI::Range(0.0, 1e5).description(""))
      ->check(finite)
      ->type_name("SECONDS");
  run->add_option("--timeout", options.timeout_seconds,
                  "Seconds without a word from the worker until it counts as hanging")
      ->check(CLI::Range(0.1, 1e6).description(""))
      ->check(finite)
      ->type_name("SECONDS")
      ->capture_default_str();
  run->add_flag("--dry-run", options.dry_run, "Print the seconds planned per family and stop");
  run->add_flag("--trust", options.trust,
                "Repeat a cross-section in several processes and say how far this machine can be "
                "trusted");
}

void add_network(CLI::App& command, Options& options) {
  command
      .add_option("model", options.model, "Family, or family:parameter=value,... (motley models)")
      ->required()
      ->type_name("MODEL");
  command
      .add_option("--on", options.on,
                  "Processors, one after another: cpu, cpu:0, opencl:0 ... "
                  "(default: cpu)")
      ->type_name("PROCESSOR");
  command.add_option("--batch", options.batch, "Samples a step (default: 32; 1 for inference)")
      ->type_name("N");
  command.add_option("--steps", options.steps, "Steps, or inferences (default: 100)")
      ->check(one_or_more)
      ->type_name("N");
  command
      .add_option("--implementation", options.implementation,
                  "auto (measured), first (unmeasured), or a name that is preferred: simd, "
                  "opencl/naive ...")
      ->type_name("NAME")
      ->capture_default_str();
  command
      .add_option("--fallback", options.fallback,
                  "cpu: computes what an OpenCL device cannot (default: that is an error)")
      ->check(CLI::IsMember({"cpu"}).description(""))
      ->type_name("cpu");
  command.add_option("--place", options.place, "Operators of an OpenCL device for the CPU")
      ->type_name("NAME=cpu");
  for (const char* option : {"--on", "--place"}) take_one_value(command, option);
  add_load(command, options);
  take_one_value(command, "--load");
  add_resources(command, options);
  command.add_option("--seed", options.seed, "Of parameters and data")
      ->check(whole_number)
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--out", options.out, "File to write (default: motley-<time>.jsonl)")
      ->type_name("FILE.jsonl");
  add_tuning(command, options);
}

/// Its --out is a file of choices, which other commands take as --tuning.
void add_tune(CLI::App& app, Options& options) {
  CLI::App* tune = app.add_subcommand(
      "tune", "Measure which implementations are fastest; --tuning then saves doing it again");
  tune->add_option("model", options.model, "Family, or family:parameter=value,... (motley models)")
      ->type_name("MODEL");
  add_selection(*tune, options);
  for (const char* option : {"--on", "--set"}) take_one_value(*tune, option);
  tune->add_option("--batch", options.batch,
                   "Of the model, samples a step (default: 32, and 1 for inference)")
      ->type_name("N");
  tune->add_option("--out", options.out,
                   "File of choices (default: motley-tuning.jsonl); what it holds is not measured "
                   "again")
      ->type_name("FILE.jsonl");
}

void add_train(CLI::App& app, Options& options) {
  CLI::App* train =
      app.add_subcommand("train", "Train a network; shows where each step's time goes");
  add_network(*train, options);
  train->add_option("--optimizer", options.optimizer, "sgd, momentum, adam or adamw")
      ->type_name("NAME")
      ->capture_default_str();
  train->add_option("--learning-rate", options.learning_rate, "Of the optimizer")
      ->check(not_negative)
      ->type_name("RATE")
      ->capture_default_str();
  train->add_option("--weight-decay", options.weight_decay, "Of the optimizer")
      ->check(not_negative)
      ->type_name("RATE")
      ->capture_default_str();
  train->add_option("--clip-norm", options.clip_norm, "Largest norm of all gradients, 0: any")
      ->check(not_negative)
      ->type_name("NORM")
      ->capture_default_str();
  train
      ->add_option("--residency", options.residency,
                   "Who copies what, when: staged (R0), framework (R1), framework_gradient (R1a), "
                   "resident (R2), resident_async (R3), batched (R4), shared (R5)")
      ->type_name("MODE")
      ->capture_default_str();
  train->add_option("--to-accuracy", options.to_accuracy, "Train until unseen samples reach it")
      ->check(CLI::Range(0.0, 1.0).description(""))
      ->check(finite)
      ->type_name("SHARE");
  train->add_option("--most-epochs", options.most_epochs, "Give up --to-accuracy after so many")
      ->check(one_or_more)
      ->type_name("N")
      ->capture_default_str();
  train
      ->add_option("--data-set", options.data_set,
                   "glyphs, shapes, mnist ... (default: the model's)")
      ->type_name("NAME");
  train
      ->add_option("--data", options.data_folder, "Folder of the files of mnist, cifar10, text ...")
      ->type_name("FOLDER");
}

void add_infer(CLI::App& app, Options& options) {
  CLI::App* infer = app.add_subcommand("infer", "Run a network; shows where the time goes");
  add_network(*infer, options);
  add_scenario(*infer, options);
  take_one_value(*infer, "--scenario");
  infer->add_option("--rate", options.rate, "Of the scenario: queries a second")
      ->check(not_negative)
      ->type_name("RATE");
}

void add_mix(CLI::App& app, Options& options) {
  CLI::App* mix = app.add_subcommand(
      "mix", "Run several networks at once; shows what each loses by sharing, and if it is fair");
  mix->add_option("tenants", options.tenants,
                  "A network and when its queries arrive: lenet5@periodic:period_seconds=0.005, "
                  "mobilenet_v2@stream ... (motley list --schedulers)")
      ->required()
      ->type_name("MODEL@ARRIVALS");
  mix->add_option("--scheduler", options.scheduler,
                  "Which query goes where: fixed, least_slack ... (motley list --schedulers)")
      ->required()
      ->type_name("NAME:...");
  mix->add_option("--on", options.on,
                  "Processors, each a worker: cpu:0, cpu:1, opencl:0 ... (default: cpu)")
      ->type_name("PROCESSOR");
  mix->add_option("--seconds", options.seconds, "How long")
      ->check(CLI::Range(1e-3, 1e6).description(""))
      ->check(finite)
      ->type_name("S")
      ->capture_default_str();
  mix->add_flag("--drop", options.drop, "A query whose deadline has passed does not start");
  mix->add_flag("--allow-overlap", options.allow_overlap,
                "Also processors that share cores (else refused)");
  mix->add_option("--implementation", options.implementation,
                  "auto (measured), first (unmeasured), or a name that is preferred")
      ->type_name("NAME")
      ->capture_default_str();
  add_load(*mix, options);
  for (const char* option : {"--on", "--load", "--scheduler"}) take_one_value(*mix, option);
  add_resources(*mix, options);
  mix->add_option("--seed", options.seed, "Of arrivals, parameters and data")
      ->check(whole_number)
      ->type_name("N")
      ->capture_default_str();
  mix->add_option("--out", options.out, "File to write (default: motley-<time>.jsonl)")
      ->type_name("FILE.jsonl");
  add_tuning(*mix, options);
}

void add_commands(CLI::App& app, Options& options) {
  CLI::App* models = app.add_subcommand("models", "Show the networks that Motley builds");
  models->add_option("--describe", options.model, "One of them: operators, MACs, memory")
      ->type_name("MODEL");
  models->add_option("--batch", options.batch, "Samples, for the memory")->type_name("N");
  models->add_flag("--json", options.json, "As JSON");
  add_train(app, options);
  add_tune(app, options);
  add_infer(app, options);
  add_mix(app, options);
  add_together(app, options);
  CLI::App* devices = app.add_subcommand("devices", "Show the machine and its processors");
  devices->add_flag("--json", options.json, "As JSON");
  CLI::App* list = app.add_subcommand("list", "Show all cases and their axes");
  list->add_option("--filter", options.filter, "Cases whose name matches")->type_name("REGEX");
  list->add_flag("--json", options.json, "As JSON");
  list->add_flag(
      "--weak", options.weak,
      "Instead: operators in the files of records that are below 0.25 of their roofline");
  list->add_flag("--scenarios", options.list_scenarios, "Instead: how queries may arrive");
  list->add_flag("--suites", options.list_suites, "Instead: suites for motley run");
  list->add_flag("--loads", options.list_loads, "Instead: what may run beside");
  list->add_flag("--schedulers", options.list_schedulers,
                 "Instead: who decides which query runs where, and how queries of a tenant arrive");
  list->add_option("files", options.files, "Files of records, for --weak");
  add_run(app, options);
  CLI::App* micro =
      app.add_subcommand("micro", "Measure with Google Benchmark; its --benchmark_... flags work");
  add_selection(*micro, options);
  micro->add_option("--out", options.out, "Also write records to this file")
      ->type_name("FILE.jsonl");
  micro->allow_extras();
  CLI::App* validate = app.add_subcommand("validate", "Check files against the record schema");
  validate->add_option("files", options.files, "Files of records")->required();
  CLI::App* exported = app.add_subcommand("export", "Write records in another format");
  exported->add_option("--format", options.format, "json, csv or google-benchmark")->required();
  exported->add_option("files", options.files, "Files of records")->required();
  exported->add_option("--out", options.out, "File to write (default: standard output)");
  CLI::App* summary = app.add_subcommand("summary", "Print the table of a file of records");
  summary->add_option("files", options.files, "Files of records")->required();
  CLI::Option* trust = summary->add_flag("--trust", options.trust,
                                         "How far the machine of these records can be trusted");
  summary
      ->add_option("--against", options.against,
                   "Instead: how far the figures moved since the run in this file")
      ->excludes(trust)
      ->type_name("FILE.jsonl");
  CLI::App* worker = app.add_subcommand("worker", "")->group("");  // started by run, not by hand
  worker->add_option("mode", options.worker_mode)->required();
  worker->add_option("--block-seconds", options.block_seconds);
  worker->add_option("--trace", options.traces);
  worker->add_option("--out", options.out);
  add_resources(*worker, options);
  add_tuning(*worker, options);
  add_selection(*worker, options);
}

int dispatch(const CLI::App& app, const Commands& commands_of_records, const Options& options) {
  if (!options.tuning.empty()) workloads::use_tuning_file(options.tuning, program_name());
  const std::vector<std::pair<const char*, int (*)(const Options&)>> commands{
      {"devices", devices_command},   {"list", list_command},       {"run", run_command},
      {"micro", micro_command},       {"worker", worker_command},   {"validate", validate_command},
      {"export", export_command},     {"summary", summary_command}, {"models", models_command},
      {"train", train_command},       {"infer", infer_command},     {"mix", mix_command},
      {"together", together_command}, {"tune", tune_command}};
  for (const auto& [name, command] : commands) {
    if (app.got_subcommand(name)) return command(options);
  }
  const std::function<int()>* action = commands_of_records.given();
  return action ? (*action)() : bad_command;
}

int failure(int code, const std::string& message) {
  fmt::print(stderr, "motley: {}\n", message);
  return code;
}

/// CLI11 would only say that a subcommand is required.
void refuse_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || *argv[1] == '-') return;
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  if (std::find(known.begin(), known.end(), argv[1]) == known.end()) {
    throw UnknownName("command", argv[1], known);
  }
}

int main(int argc, char** argv) {
  CLI::App app("Measures what every processor of this device can do for deep learning.", "motley");
  app.set_version_flag("--version",
                       fmt::format("motley {} ({})", build_info.version, build_info.commit));
  app.require_subcommand(1);
  app.footer(environment_help);
  app.get_formatter()->column_width(28);
  Options options;
  options.argv.assign(argv, argv + argc);
  add_commands(app, options);
  Commands commands(app);
  add_registered(commands);
  try {
    refuse_unknown_command(app, argc, argv);
    app.parse(commands.take_behind_mark(argc, argv), argv);
    if (app.got_subcommand("micro")) {
      options.benchmark_arguments = app.get_subcommand("micro")->remaining();
    }
    return dispatch(app, commands, options);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", wrapped_help(app.help()));
    return done;
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return failure(bad_command, fmt::format("{} (the command line was not understood). Try motley "
                                            "--help.",
                                            error.what()));
  } catch (const BadCommand&) {
    return bad_command;
  } catch (const BadArgument& error) {
    return failure(bad_command, error.what());
  } catch (const schema::BadRecord& error) {
    return failure(bad_input, error.what());
  } catch (const analysis::Incomparable& error) {
    return failure(bad_input, error.what());
  } catch (const BadSuite& error) {
    return failure(bad_input, error.what());
  } catch (const BadTrace& error) {
    return failure(bad_input, error.what());
  } catch (const std::exception& error) {
    return failure(nothing_measured, error.what());
  }
}

}  // namespace
}  // namespace motley::cli

int main(int argc, char** argv) {
  return motley::cli::main(argc, argv);
}
