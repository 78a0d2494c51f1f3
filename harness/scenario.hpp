// A scenario says how queries arrive, how many are outstanding, when to stop, which figure answers
// its question and when that answer is valid. One thread does it all: with one server that answers
// in order and arrival times that nothing can change, taking the next query when the server is free
// is the same as an unbounded queue in front of it, and disturbs nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "harness/clock.hpp"
#include "harness/spec.hpp"
#include "results_schema/record.hpp"

namespace motley {

/// Answers queries in the order in which they were started, on the calling thread.
class Server {
 public:
  virtual ~Server() = default;
  /// Begins the next query, of so many samples; may return before it is answered.
  virtual void start(std::int64_t samples) = 0;
  virtual void wait() = 0;  ///< until the oldest query that was started is answered
  /// Called behind each answer, outside the query's time: what the next one needs of it.
  virtual void answered() {}
  /// 1: it answers before the next may start.
  virtual std::int64_t most_outstanding() const = 0;
};

/// Everything that a scenario with queries needs of its surroundings. The server is warm.
struct ScenarioStage {
  Server& server;
  Clock& clock;
  std::uint64_t seed = 0;
  std::function<bool()> go_on;          ///< false: interrupted; asked at most once a millisecond
  std::function<double()> cpu_seconds;  ///< of the calling thread; may be empty
};

/// Fills samples, runs_per_sample, figures, validity, series, stopped_by, details and
/// phases["sample"].
using QueryRun = std::function<void(const Spec&, const ScenarioStage&, schema::Block&)>;

/// By queries to a server.
class Queried {
 public:
  explicit Queried(QueryRun run);  ///< Throws Error where there is none.
  QueryRun run;  ///< throws Error where no query was answered: nothing is known then
};
/// By sample(), from a trial.
struct Sampled {
  explicit Sampled(bool grouped) : group(grouped) {}
  bool group;  ///< short runs share a sample
};
/// By a training, which says itself what it does.
struct Learned {
  explicit Learned(bool accuracy) : until_accuracy(accuracy) {}
  bool until_accuracy;
};

/// By several networks at once: motley mix.
struct Mixed {};

struct Scenario {
  std::string name, summary;
  std::string metric;      ///< its headline: name in the block's figures, or the case's own metric
  std::string valid_when;  ///< one line
  std::vector<SpecParameter> parameters;
  std::variant<Queried, Sampled, Learned, Mixed> implementation;  ///< none cannot be written
  bool of_minutes = false;  ///< begins cool, and instruments are sampled meanwhile
};

/// A static object of this type puts a scenario of another folder on the list. It only stores.
class ScenarioRegistration {
 public:
  explicit ScenarioRegistration(std::function<Scenario()> make);
};

/// Sorted by name; made and checked on first use. Throws Error on two of one name.
const std::vector<Scenario>& scenarios();
/// Throws UnknownName with the nearest names.
const Scenario& find_scenario(const std::string& name);
/// "server_poisson:rate=50" with what the scenario declares.
Spec scenario_spec(const std::string& text);

}  // namespace motley
