// What did a run measure, as comparing needs it? The figures of each key by process, and what
// became of the blocks that have none. Read block by block, so that a file's samples are never in
// memory together.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "analysis/bootstrap.hpp"
#include "results_schema/json_lines.hpp"
#include "results_schema/record.hpp"

namespace motley::analysis {

struct Figures {
  int direction = 1;  ///< -1: less is better
  /// By process, of ok blocks; processes of several files and runs are several.
  std::map<int, std::vector<double>> values;
  double fastest = 0;  ///< of all blocks' samples; 0: a scenario's figure

  Rounds rounds() const;
};

struct MeasuredKey {
  schema::Key key;
  std::map<std::string, Figures> figures;  ///< flops_per_second; latency_p99_seconds ...
  std::map<schema::Status, int> blocks;    ///< ok ones have values, unless the figure was 0
  std::string reason;                      ///< of the first block that was not ok
  std::set<std::string> findings;
  std::set<std::string> selected;  ///< axes whose value Motley chose: answers, no questions

  int count(schema::Status status) const;
};

struct RunFigures {
  std::vector<std::string> files;
  std::vector<schema::Run> runs;
  std::vector<schema::End> ends;    ///< run counts through all files
  std::set<std::size_t> last_runs;  ///< of each file; those before were resumed
  std::size_t blocks = 0;
  std::vector<MeasuredKey> keys;  ///< in the order of the files

  bool emulated() const;
  /// Every file has an end line behind its last run, and that says complete.
  bool complete() const;
};

/// Throws schema::BadRecord: a defect in a file, the same run twice, files of several devices.
RunFigures read_figures(const std::vector<std::string>& files,
                        schema::CutLine cut = schema::CutLine::pass_over);

/// Collects the same from records that come one after another.
class FigureReader {
 public:
  /// Records that follow are of this file.
  void begin_file(const std::string& file);
  void take(schema::Record record);
  void take(const schema::Run& run);
  void take(const schema::Block& block);
  /// So far; who takes no more may move it away.
  RunFigures& figures();

 private:
  MeasuredKey& measured(const schema::Key& key);
  int process_of(const schema::Block& block);

  RunFigures figures_;
  std::unordered_map<std::string, std::size_t> places_;
  std::set<std::size_t> searched_elsewhere_;  ///< keys with blocks that say no more than that
  std::map<std::pair<std::size_t, int>, int> processes_;  ///< (run, its process) -> number
  std::size_t first_run_ = 0;                             ///< of the file that is read
};

/// The figures that answer what a block asked, by name: its metric's, or a scenario's percentiles
/// and rates.
std::map<std::string, double> answers(const schema::Block& block);

}  // namespace motley::analysis
