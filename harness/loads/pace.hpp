// When is the next piece of a load's work due, and did the load reach its level? Plain arithmetic
// over times and counts, tested without threads.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::loads {

/// Absolute release times, `period` apart: a late piece does not shift those behind it. Pieces that
/// are due while one runs follow at once; those due longer than `most_behind` ago are dropped.
class Pace {
 public:
  Pace(double first_release, double period_seconds, double most_behind_seconds)
      : release_(first_release), period_(period_seconds), most_behind_(most_behind_seconds) {}

  double release() const { return release_; }
  /// The piece of release() has ended now. Gives how many behind it are dropped.
  std::int64_t done(double now);

 private:
  double release_, period_, most_behind_;
};

/// What one thread did since its window began.
struct Account {
  std::int64_t pieces = 0;
  std::int64_t dropped = 0;           ///< for lack of time
  std::int64_t missed_deadlines = 0;  ///< pieces that ended after the next release, and dropped
  std::array<double, 2> amounts{};    ///< of the quantities of a LevelPlan
  double busy_seconds = 0;            ///< wall time in pieces
  double cpu_seconds = 0;
  double waited_seconds = 0;  ///< for a core
  double lateness_seconds = 0;
  double worst_lateness_seconds = 0;  ///< start of a piece after its release

  void add(const Account& other);
};

/// How accounts become levels.
struct LevelPlan {
  std::string load, processor;
  std::vector<std::string> quantities;  ///< names of Account::amounts; `duty` is a thread's mean
  std::map<std::string, double> asked;
  double period_seconds = 0;  ///< between pieces of one thread; 0: one after another
  bool deadlines = false;     ///< report missed deadlines and lateness
  schema::Facts details;
};

struct Window {
  std::vector<Account> accounts;  ///< one a thread
  double seconds = 0;
};

/// Rates of a window by quantity.
std::map<std::string, double> rates(const LevelPlan& plan, const Window& window);

/// `unpaced`: what the load reached alone without pauses, where that was tried.
schema::LoadLevel level(const LevelPlan& plan, const Window& window, const Window& alone,
                        const std::map<std::string, double>& unpaced);

}  // namespace motley::loads
