// motley claims: do published statements hold on this device? With --run it measures what is
// missing, by commands that anybody could give by hand.
#include <algorithm>
#include <filesystem>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <memory>
#include <set>

#include "analysis/claims/claims.hpp"
#include "devices/linux/process.hpp"
#include "harness/cli/command.hpp"
#include "harness/cli/options.hpp"
#include "harness/error.hpp"
#include "results_schema/json_lines.hpp"

namespace motley::cli {
namespace {

using namespace analysis;
using Judgement = ClaimVerdict::Judgement;

struct ClaimsOptions {
  std::vector<std::string> files, only;
  std::string device = "opencl:0", cpu = "cpu", folder, tier;
  bool run = false, json = false;
};

std::vector<Claim> wanted(const ClaimsOptions& options) {
  if (options.only.empty()) return claims();
  std::vector<std::string> known;
  for (const Claim& claim : claims()) known.push_back(claim.id);
  std::vector<Claim> chosen;
  for (const std::string& id : options.only) {
    const auto found = std::find(known.begin(), known.end(), id);
    if (found == known.end()) throw UnknownName("claim", id, known);
    chosen.push_back(claims()[static_cast<std::size_t>(found - known.begin())]);
  }
  return chosen;
}

schema::Log records(const std::vector<std::string>& files) {
  return files.empty() ? schema::Log{} : schema::read_logs(files, schema::CutLine::pass_over);
}

bool decided(const ClaimVerdict& verdict) {
  return verdict.judgement != Judgement::cannot_be_measured || verdict.rehearsal.has_value();
}

/// Commands of the claims that these records do not decide, each once.
std::vector<std::vector<std::string>> missing_commands(const std::vector<Claim>& all,
                                                       const ClaimsOptions& options) {
  const std::vector<ClaimVerdict> known = judge_claims(records(options.files), all);
  std::vector<std::vector<std::string>> commands;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (decided(known[i])) continue;
    for (std::vector<std::string>& one : arguments_of(all[i], options.cpu, options.device)) {
      if (one.front() == "run" && !options.tier.empty()) {
        one.insert(one.end(), {"--tier", options.tier});
      }
      if (std::find(commands.begin(), commands.end(), one) == commands.end()) {
        commands.push_back(std::move(one));
      }
    }
  }
  return commands;
}

/// This program with these arguments, until it ends; false where somebody asked to stop.
bool run_to_the_end(WorkerLauncher& launcher, const std::vector<std::string>& arguments) {
  const auto process = launcher.start(arguments, "", {});
  std::string ignored;
  while (true) {
    switch (process->next(60, ignored)) {
      case WorkerProcess::Event::ended:
        if (process->exit_code() != done) {
          fmt::print(stderr, "motley: {} (its claims stay undecided)\n", process->ending());
        }
        return true;
      case WorkerProcess::Event::interrupted:
        return false;
      case WorkerProcess::Event::line:
      case WorkerProcess::Event::silent:
        break;
    }
  }
}

/// The files with what was measured; each command has its own.
std::vector<std::string> measure(const std::vector<Claim>& all, const ClaimsOptions& options) {
  namespace fs = std::filesystem;
  const fs::path folder =
      options.folder.empty()
          ? fs::path(fmt::format("motley-claims-{:%Y%m%d-%H%M%S}", fmt::gmtime(std::time(nullptr))))
          : fs::path(options.folder);
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder, error)) {
    throw Error(fmt::format("{} cannot be made (records would be lost). Name another with --out.",
                            folder.string()));
  }
  devices::catch_interrupts();
  const auto launcher = devices::worker_launcher();
  std::vector<std::string> files;
  const auto commands = missing_commands(all, options);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::string file = (folder / fmt::format("{:02}.jsonl", i + 1)).string();
    fmt::print(stderr, "motley {} ({} of {})\n", fmt::join(commands[i], " "), i + 1,
               commands.size());
    std::vector<std::string> arguments = commands[i];
    arguments.insert(arguments.end(), {"--out", file});
    const bool goes_on = fs::exists(file, error) || run_to_the_end(*launcher, arguments);
    if (fs::exists(file, error)) files.push_back(file);
    if (!goes_on) break;
  }
  devices::let_interrupts_end_the_program();
  return files;
}

int claims_command(ClaimsOptions options) {
  if (options.files.empty() && !options.run) {
    throw BadArgument(
        "motley claims needs files of records, or --run to measure (there is nothing to judge). "
        "Name them.");
  }
  const std::vector<Claim> all = wanted(options);
  if (options.run) {
    const std::vector<std::string> measured = measure(all, options);
    options.files.insert(options.files.end(), measured.begin(), measured.end());
  }
  const std::vector<ClaimVerdict> verdicts = judge_claims(records(options.files), all);
  fmt::print("{}", options.json ? claims_json(verdicts) : claims_text(verdicts));
  const bool any = std::any_of(verdicts.begin(), verdicts.end(), [](const ClaimVerdict& one) {
    return one.judgement != Judgement::cannot_be_measured;
  });
  return any ? done : nothing_measured;
}

void add_claims(Commands& commands) {
  const auto options = std::make_shared<ClaimsOptions>();
  CLI::App& claims =
      commands.add("claims", "Do published statements hold on this device? (GPUs mostly)",
                   [options] { return claims_command(*options); });
  claims.add_option("files", options->files, "Files of records of one device");
  claims.add_option("--only", options->only, "These alone: C1 C2 ...")->type_name("CLAIM");
  CLI::Option* run =
      claims.add_flag("--run", options->run, "First measure what these files do not decide");
  claims.add_option("--on", options->device, "The device that is measured")
      ->needs(run)
      ->type_name("PROCESSOR")
      ->capture_default_str();
  claims.add_option("--cpu", options->cpu, "The CPU that it is compared with")
      ->needs(run)
      ->type_name("PROCESSOR")
      ->capture_default_str();
  claims.add_option("--tier", options->tier, "Of motley run: smoke, standard or full")
      ->needs(run)
      ->type_name("TIER");
  claims
      .add_option("--out", options->folder,
                  "Folder of what is measured (default: motley-claims-<time>); what lies there "
                  "already is not measured again")
      ->needs(run)
      ->type_name("FOLDER");
  claims.add_flag("--json", options->json, "As JSON")->excludes(run);
}

const CommandRegistration registration("claims", add_claims);

}  // namespace
}  // namespace motley::cli
