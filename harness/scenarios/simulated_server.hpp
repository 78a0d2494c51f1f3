// For tests: a server whose time of service is a function of the query's index, in virtual time.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>

#include "harness/scenario.hpp"
#include "harness/simulated_machine.hpp"

namespace motley {

class SimulatedServer final : public Server {
 public:
  using Service = std::function<double(std::int64_t i)>;

  SimulatedServer(VirtualClock& clock, Service service, std::int64_t most = 1)
      : clock_(clock), service_(std::move(service)), most_(most) {}

  void start(std::int64_t samples) override {
    free_at_ = std::max(free_at_, clock_.seconds()) + service_(started++);
    samples_seen = samples;
    answers_.push_back(free_at_);
    most_seen = std::max(most_seen, static_cast<std::int64_t>(answers_.size()));
  }
  void wait() override {
    clock_.wait_until(answers_.front());
    answers_.pop_front();
  }
  void answered() override { clock_.advance(seconds_behind_each); }
  std::int64_t most_outstanding() const override { return most_; }

  std::int64_t started = 0, samples_seen = 0, most_seen = 0;
  double seconds_behind_each = 0;  ///< what each answer leaves to do before the next query

 private:
  VirtualClock& clock_;
  Service service_;
  std::int64_t most_;
  std::deque<double> answers_;
  double free_at_ = 0;
};

/// A scenario's block on a server with that time of service; interrupted when it asks so often
/// whether to go on.
inline schema::Block play(const std::string& text, SimulatedServer::Service service,
                          std::uint64_t seed = 1, std::int64_t most = 1,
                          std::int64_t interrupt_at = std::int64_t{1} << 62) {
  VirtualClock clock;
  clock.advance(100);
  SimulatedServer server(clock, std::move(service), most);
  const Spec spec = scenario_spec(text);
  schema::Block block;
  const ScenarioStage stage{server, clock, seed, [&] { return --interrupt_at > 0; },
                            [] { return 0.0; }};
  std::get<Queried>(find_scenario(spec.name()).implementation).run(spec, stage, block);
  return block;
}

/// Always the same.
inline schema::Block play(const std::string& text, double service_seconds, std::uint64_t seed = 1) {
  return play(
      text, [=](std::int64_t) { return service_seconds; }, seed);
}

}  // namespace motley
