#include "harness/loads/pace.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace motley::loads {
namespace {

constexpr double tolerance = 0.05;  ///< of the asked level

Account sum(const Window& window) {
  Account all;
  for (const Account& one : window.accounts) all.add(one);
  return all;
}

double per(double amount, double whole) {
  return whole > 0 ? amount / whole : 0;
}

/// Wall time of one unit of work, which is what other work on the machine changes.
double seconds_each(const Account& account) {
  const double amount = std::max(account.amounts[0], account.amounts[1]);
  return per(account.busy_seconds, amount);
}

/// One piece more or less at the edges of a window is nobody's fault.
bool is_off(double asked, double achieved, double one_piece_share) {
  return std::abs(achieved - asked) > std::max(tolerance, one_piece_share) * asked;
}

std::string reason(const std::string& quantity, double asked, double achieved, const Account& all,
                   double thread_seconds, double slowdown,
                   const std::map<std::string, double>& unpaced) {
  std::string text = fmt::format("{}: {:.4g} of {:.4g}", quantity, achieved, asked);
  if (achieved > asked) return text + " (it made up for pieces from before the window)";
  if (const auto most = unpaced.find(quantity); most != unpaced.end() && most->second < asked) {
    text += fmt::format("; alone and without pauses it reaches only {:.4g}", most->second);
  }
  const double due = static_cast<double>(all.pieces + all.dropped);
  if (all.dropped > 0) {
    text += fmt::format("; saturated: ran out of time for {:.1f} % of its pieces",
                        100 * static_cast<double>(all.dropped) / due);
  }
  const double waited = per(all.waited_seconds, thread_seconds);
  if (waited > 0.01) text += fmt::format("; waited {:.1f} % of the time for a core", 100 * waited);
  if (slowdown > 1 + tolerance) {
    text += fmt::format("; its work takes {:.2f} times as long as alone", slowdown);
  }
  return text;
}

}  // namespace

std::int64_t Pace::done(double now) {
  release_ += period_;
  if (period_ <= 0 || now - release_ <= most_behind_) return 0;
  const double behind = std::ceil((now - release_ - most_behind_) / period_);
  release_ += behind * period_;
  return static_cast<std::int64_t>(behind);
}

void Account::add(const Account& other) {
  pieces += other.pieces;
  dropped += other.dropped;
  missed_deadlines += other.missed_deadlines;
  for (std::size_t i = 0; i < amounts.size(); ++i) amounts[i] += other.amounts[i];
  busy_seconds += other.busy_seconds;
  cpu_seconds += other.cpu_seconds;
  waited_seconds += other.waited_seconds;
  lateness_seconds += other.lateness_seconds;
  worst_lateness_seconds = std::max(worst_lateness_seconds, other.worst_lateness_seconds);
}

std::map<std::string, double> rates(const LevelPlan& plan, const Window& window) {
  const Account all = sum(window);
  std::map<std::string, double> result;
  for (std::size_t i = 0; i < plan.quantities.size(); ++i) {
    const std::string& quantity = plan.quantities[i];
    const double threads = quantity == "duty" ? static_cast<double>(window.accounts.size()) : 1;
    result[quantity] = per(all.amounts[i], window.seconds * threads);
  }
  if (plan.deadlines) {
    result["missed_deadlines_per_second"] =
        per(static_cast<double>(all.missed_deadlines), window.seconds);
    result["mean_lateness_seconds"] = per(all.lateness_seconds, static_cast<double>(all.pieces));
  }
  return result;
}

schema::LoadLevel level(const LevelPlan& plan, const Window& window, const Window& alone,
                        const std::map<std::string, double>& unpaced) {
  const Account all = sum(window);
  const double threads = static_cast<double>(window.accounts.size());
  schema::LoadLevel result;
  result.load = plan.load;
  result.processor = plan.processor;
  result.asked = plan.asked;
  result.achieved = rates(plan, window);
  result.alone = rates(plan, alone);
  result.details = plan.details;
  result.details["threads"] = static_cast<std::int64_t>(window.accounts.size());
  result.details["cpu_share"] = per(all.cpu_seconds, window.seconds * threads);
  result.details["waited_share"] = per(all.waited_seconds, window.seconds * threads);
  result.details["dropped_pieces"] = all.dropped;
  result.details["worst_lateness_seconds"] = all.worst_lateness_seconds;
  const double slowdown = per(seconds_each(all), seconds_each(sum(alone)));
  if (slowdown > 0) result.details["slowdown"] = slowdown;
  for (const auto& [quantity, most] : unpaced) {
    result.details["unpaced_alone_" + quantity] = most;
  }
  const double one_piece_share = per(plan.period_seconds, window.seconds * threads);
  for (const auto& [quantity, asked] : plan.asked) {
    const auto found = result.achieved.find(quantity);
    if (found == result.achieved.end() || !is_off(asked, found->second, one_piece_share)) continue;
    if (!result.reason.empty()) result.reason += "; ";
    result.reason +=
        reason(quantity, asked, found->second, all, window.seconds * threads, slowdown, unpaced);
  }
  return result;
}

}  // namespace motley::loads
