// How a subcommand joins the program: its file adds it to the command line and says what it does. A
// new command is one new file and no list.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace motley::cli {

/// The program's command line while it is set up, and what is done once it is read.
class Commands {
 public:
  explicit Commands(CLI::App& app) : app_(app) {}
  /// `action` returns an exit code of options.hpp; what it throws becomes one line.
  CLI::App& add(const std::string& name, const std::string& summary, std::function<int()> action);
  /// Arguments behind -- of this command, once the command line is read: CLI11 (2.1) takes the mark
  /// for the end of an option's values where it follows some.
  std::shared_ptr<const std::vector<std::string>> behind_mark(const std::string& command);
  /// How many arguments are left to CLI11.
  int take_behind_mark(int argc, char** argv);
  /// Of the command that was given; none where it is not one of these.
  const std::function<int()>* given() const;

 private:
  CLI::App& app_;
  std::vector<std::pair<const CLI::App*, std::function<int()>>> actions_;
  std::map<std::string, std::shared_ptr<std::vector<std::string>>> behind_mark_;
};

/// A static object of each command's file. `add` owns the options that it adds, in a shared pointer
/// that its action keeps.
struct CommandRegistration {
  CommandRegistration(const char* name, void (*add)(Commands&));
};

/// All that registered, by name.
void add_registered(Commands& commands);

/// Help lines cut at 80 columns, continued under their description.
std::string wrapped_help(const std::string& help);

}  // namespace motley::cli
