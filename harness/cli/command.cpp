#include "harness/cli/command.hpp"

#include <algorithm>
#include <map>
#include <sstream>

namespace motley::cli {
namespace {

std::map<std::string, void (*)(Commands&)>& registered() {
  static std::map<std::string, void (*)(Commands&)> all;
  return all;
}

}  // namespace

CLI::App& Commands::add(const std::string& name, const std::string& summary,
                        std::function<int()> action) {
  CLI::App* added = app_.add_subcommand(name, summary);
  added->group("What records mean");
  actions_.emplace_back(added, std::move(action));
  return *added;
}

const std::function<int()>* Commands::given() const {
  for (const auto& [command, action] : actions_) {
    if (app_.got_subcommand(command)) return &action;
  }
  return nullptr;
}

std::shared_ptr<const std::vector<std::string>> Commands::behind_mark(const std::string& command) {
  return behind_mark_[command] = std::make_shared<std::vector<std::string>>();
}

int Commands::take_behind_mark(int argc, char** argv) {
  const auto command = argc > 1 ? behind_mark_.find(argv[1]) : behind_mark_.end();
  if (command == behind_mark_.end()) return argc;
  char** const mark = std::find(argv, argv + argc, std::string("--"));
  if (mark != argv + argc) command->second->assign(mark + 1, argv + argc);
  return static_cast<int>(mark - argv);
}

CommandRegistration::CommandRegistration(const char* name, void (*add)(Commands&)) {
  registered()[name] = add;
}

void add_registered(Commands& commands) {
  for (const auto& [name, add] : registered()) add(commands);
}

std::string wrapped_help(const std::string& help) {
  constexpr std::size_t columns = 80, description_column = 28;
  std::string text;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    while (line.size() > columns) {
      const std::size_t space = line.rfind(' ', columns);
      const std::size_t indent = line.starts_with("  ") ? description_column : 0;
      if (space == std::string::npos || space <= indent) break;
      text += line.substr(0, space) + "\n";
      line = std::string(indent, ' ') + line.substr(space + 1);
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace motley::cli
