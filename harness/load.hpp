// What else runs while something is measured, on purpose: does it suffer, and did the load reach
// the level that was asked of it? A load keeps its own account and gives it for the window of the
// samples. Levels are paced by absolute schedules: what was lost is caught up in small measure only
// and otherwise reported.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/clock.hpp"
#include "harness/machine.hpp"
#include "harness/spec.hpp"
#include "results_schema/record.hpp"

namespace motley {

/// The destructor stops it and joins its threads, also on errors.
class Load {
 public:
  virtual ~Load() = default;
  virtual void start() = 0;  ///< warms its threads, measures what it achieves alone, then rests
  virtual void run() = 0;    ///< from now on, until the end
  virtual void begin_window() = 0;
  /// What it achieved since begin_window(). What ended one of its threads is the reason.
  virtual schema::LoadLevel end_window() = 0;
  virtual bool broken() = 0;  ///< one of its threads has ended by itself
};

struct LoadKind {
  std::string name, summary;
  std::vector<SpecParameter> parameters;
  /// Opens what it needs on the calling thread. `victim`: id of the processor that is measured.
  std::function<std::unique_ptr<Load>(const Spec&, Machine&, Clock&, const std::string& victim)>
      make;
};

/// Every kind there is, by name.
const std::vector<LoadKind>& load_kinds();

/// `memory:read_gbps=5+frames:hz=60`, or `none`.
class Loads {
 public:
  /// Throws BadArgument or UnknownName, and what opening processors throws.
  Loads(const std::string& text, Machine& machine, Clock& clock, const std::string& victim);
  explicit Loads(std::vector<std::unique_ptr<Load>> loads) : loads_(std::move(loads)) {}

  bool empty() const { return loads_.empty(); }
  void start();  ///< each alone, one after another, then all together
  void begin_window();
  std::vector<schema::LoadLevel> end_window();
  /// Gives the levels to these blocks, which are suspect where a load broke: its key names a load
  /// that was not beside all of its samples. Then stops.
  void finish(std::span<schema::Block> blocks);
  void stop() { loads_.clear(); }  ///< joins all threads

 private:
  std::vector<std::unique_ptr<Load>> loads_;
};

/// Checks names and parameters (BadArgument, UnknownName); the spelling that keys records: loads
/// sorted, `none` for none.
std::string canonical_loads(const std::string& text);

}  // namespace motley
