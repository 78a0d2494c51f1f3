#include "harness/cool_down.hpp"

#include <fmt/format.h>

namespace motley {

CoolDown::CoolDown(Instruments& instruments, Clock& clock)
    : instruments_(instruments), clock_(clock), first_(temperatures()) {}

void CoolDown::remember(const std::string& processor, double clock_hertz) {
  if (clock_hertz > 0) first_hertz_.try_emplace(processor, clock_hertz);
}

std::map<std::string, double> CoolDown::temperatures() const {
  std::map<std::string, double> all;
  for (const auto& instrument : instruments_) {
    if (!instrument->name().starts_with("temperature_celsius/")) continue;
    const Reading reading = instrument->read();
    if (reading.state == Reading::State::value) all[instrument->name()] = reading.value;
  }
  return all;
}

std::string CoolDown::still_warm(const CoolDownLimits& limits, double hertz,
                                 double first_hertz) const {
  for (const auto& [name, celsius] : temperatures()) {
    const auto first = first_.find(name);
    if (first != first_.end() && celsius > first->second + limits.most_degrees_above) {
      return fmt::format("{} is {:.1f} above the {:.1f} of the start", name,
                         celsius - first->second, first->second);
    }
  }
  if (hertz > 0 && hertz < limits.least_clock_share * first_hertz) {
    return fmt::format("the clock is {:.2f} of its first", hertz / first_hertz);
  }
  return "";
}

void CoolDown::wait(const std::string& processor, const std::function<double()>& clock_hertz,
                    const CoolDownLimits& limits, const std::function<bool()>& go_on,
                    schema::Block& block) {
  remember(processor, clock_hertz());
  const double begin = clock_.seconds(), first_hertz = first_hertz_[processor];
  std::string warm;
  for (int cool = 0; cool < limits.polls;) {
    warm = still_warm(limits, clock_hertz(), first_hertz);
    cool = warm.empty() ? cool + 1 : 0;
    const bool late = clock_.seconds() - begin >= limits.most_seconds;
    if (late || cool == limits.polls || !go_on()) break;
    clock_.wait_until(clock_.seconds() + limits.poll_seconds);
  }
  const double waited = clock_.seconds() - begin;
  block.details["cool_down_seconds"] = waited;
  block.details["temperature_sensors"] = static_cast<std::int64_t>(first_.size());
  if (warm.empty()) return;
  block.findings.push_back(
      {"warm_start", fmt::format("{} after {:.0f} s of waiting", warm, waited)});
}

}  // namespace motley
