// Which implementation is fastest for a call? Every usable one with every tuning is checked against
// the reference and, if it is right, timed with operands that come from several sets in turn; the
// choice is kept by processor and call, and in a file where one is named, so that the next process
// need not measure again.
#pragma once

#include <map>
#include <string>

#include "harness/clock.hpp"
#include "workloads/graph/choice.hpp"
#include "workloads/tuning_file.hpp"

namespace motley::workloads {

/// What was found for one call.
struct Tuned {
  Choice choice;
  double seconds = 0;                    ///< of one run
  std::vector<schema::Candidate> tried;  ///< implementation and tuning as parameters
};

class Tuner {
 public:
  /// `file`, which may be null, is asked first and gets what is measured.
  Tuner(Clock& clock, Tier tier, std::uint64_t seed, TuningFile* file = nullptr)
      : clock_(clock), tier_(tier), seed_(seed), file_(file) {}

  /// Throws where no implementation is right: DeviceError where one failed by it, Error where one
  /// was wrong, Unsupported where none computes the call.
  const Tuned& tune(const std::string& kind, const Call& call, Processor& processor);
  /// Among these implementations.
  const Tuned& tune(const std::string& kind, const Call& call, Processor& processor,
                    const std::vector<const Implementation*>& among);
  /// Of one implementation; the only one unmeasured.
  Choice fastest_tuning(const Implementation& implementation, const std::string& kind,
                        const Call& call, Processor& processor);
  /// As tune(), for make_plan; must not outlive the tuner.
  Chooser chooser();

 private:
  Tuned measured(const std::string& kind, const Call& call, Processor& processor,
                 const std::vector<const Implementation*>& among);
  /// What the file says, if its search was as wide as this one or wider and the program still
  /// offers the choice; else none.
  Tuned stored(const std::string& key, const Call& call, Processor& processor,
               const std::vector<const Implementation*>& among) const;

  Clock& clock_;
  Tier tier_;
  std::uint64_t seed_;
  TuningFile* file_;
  std::map<std::string, Tuned> known_;
};

/// One line that says all that a choice depends on: processor, kind, attributes, types.
std::string choice_key(const std::string& kind, const Call& call, const Processor& processor);

struct OperandSets {
  std::size_t sets = 1;
  double bytes = 0;   ///< of all inputs and outputs together
  bool cold = false;  ///< twice the last level of caches
};
/// Sets of operands that are taken in turn so that each is out of the caches when its turn comes
/// again; as many as `most_bytes`, a quarter of the memory and 256 sets allow.
OperandSets cold_sets(const Call& call, const Processor& processor, double most_bytes);

/// As Tuner::fastest_tuning, by the tuner of this process.
Choice fastest_tuning(const Implementation& implementation, const std::string& kind,
                      const Call& call, Processor& processor, Tier tier, std::uint64_t seed);

/// From now on this process asks the file before it measures, and writes there what it measured.
/// Comes before the first choice. Throws as TuningFile.
TuningFile& use_tuning_file(const std::filesystem::path& file, const std::string& program);

/// What chooser_named takes on a processor: auto, first, then each name that an implementation of
/// any kind has there.
std::vector<std::string> chooser_names(const Processor& processor);
/// Throws UnknownName where `name` is none of these.
void refuse_unknown_chooser(const std::string& name, const Processor& processor);

/// auto (measured once for each call of this process), first (the first usable one, unmeasured), or
/// an implementation's name, preferred wherever it can compute a call. Throws UnknownName.
Chooser chooser_named(const std::string& name, const Processor& processor, Tier tier,
                      std::uint64_t seed);

}  // namespace motley::workloads
