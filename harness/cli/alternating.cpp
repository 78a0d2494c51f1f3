#include "harness/cli/alternating.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "devices/linux/process.hpp"
#include "devices/linux/program.hpp"
#include "harness/cli/comparing.hpp"
#include "harness/error.hpp"

namespace motley::cli {
namespace {

/// What ab gives itself.
void refuse_own_options(const std::vector<std::string>& options) {
  for (const std::string& option : options) {
    for (const char* own : {"--out", "--resume", "--processes", "--dry-run", "--trust"}) {
      if (option != own && !option.starts_with(std::string(own) + "=")) continue;
      throw BadArgument(
          fmt::format("{} is not an option of runs in turns (their files and processes are many). "
                      "Leave it out.",
                      own));
    }
  }
}

std::string literal(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// Options of a run that measures only these cases, whatever filter was among them. A suite names
/// its own: it is measured whole again.
std::vector<std::string> narrowed(std::vector<std::string> run_options,
                                  const std::vector<std::string>& cases) {
  for (std::size_t i = 0; i < run_options.size(); ++i) {
    if (run_options[i] == "--suite" || run_options[i].starts_with("--suite=")) return run_options;
    if (run_options[i] == "--filter") {
      const std::size_t count = std::min<std::size_t>(2, run_options.size() - i);
      const auto begin = run_options.begin() + static_cast<std::ptrdiff_t>(i);
      run_options.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
      --i;
    } else if (run_options[i].starts_with("--filter=")) {
      run_options.erase(run_options.begin() + static_cast<std::ptrdiff_t>(i));
      --i;
    }
  }
  std::vector<std::string> escaped;
  for (const std::string& one : cases) escaped.push_back(literal(one));
  run_options.push_back("--filter");
  run_options.push_back(fmt::format("^({})$", fmt::join(escaped, "|")));
  return run_options;
}

void measure_with_program(const std::filesystem::path& program,
                          const std::vector<std::string>& options,
                          const std::filesystem::path& records) {
  std::vector<std::string> arguments{"run"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  for (const std::string& one :
       {std::string("--processes"), std::string("1"), std::string("--out"), records.string()}) {
    arguments.push_back(one);
  }
  const std::filesystem::path printed = records.string() + ".txt";
  const devices::ProgramEnding ending = devices::run_program(program, arguments, printed);
  if (ending.exit_code != 0 && !devices::interrupted()) {
    throw Error(fmt::format("{} run ended with {} (without its records there is no pair): {}",
                            program.string(), ending.text, last_line(printed)));
  }
}

}  // namespace

analysis::Alternated alternate(const Alternation& request,
                               const analysis::CompareOptions& options) {
  refuse_own_options(request.run_options);
  make_folder(request.folder);
  devices::catch_interrupts();
  const auto measure =
      [&](std::size_t pair,
          const std::vector<std::string>& cases) -> std::optional<analysis::RunPair> {
    const auto records = [&](const char* side) {
      return request.folder / fmt::format("pair_{:03}_{}.jsonl", pair, side);
    };
    const auto run_options =
        cases.empty() ? request.run_options : narrowed(request.run_options, cases);
    const bool turned = pair % 2 == 1;  // ABBA: coming first is nobody's advantage
    if (!turned) measure_with_program(request.first, run_options, records("a"));
    measure_with_program(request.second, run_options, records("b"));
    if (turned) measure_with_program(request.first, run_options, records("a"));
    if (devices::interrupted()) return std::nullopt;
    fmt::print(stderr, "pair {} (of {} to {})\n", pair + 1, request.pairs.least,
               request.pairs.most);
    return analysis::RunPair{analysis::read_figures({records("a").string()}),
                             analysis::read_figures({records("b").string()})};
  };
  return analysis::alternate(request.pairs, options, measure,
                             [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
}

}  // namespace motley::cli
