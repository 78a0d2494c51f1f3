// Reading files: lines to a log, defects with file and line; several files to one log.
#include <algorithm>
#include <fmt/format.h>

#include "results_schema/json_lines.hpp"
#include "results_schema/lines.hpp"
#include "results_schema/side_file.hpp"

namespace motley::schema {
namespace {

constexpr int most_processes = 1 << 30;

void add(Record record, Log& log) {
  if (auto* one = std::get_if<Run>(&record)) log.runs.push_back(std::move(*one));
  if (auto* one = std::get_if<Begin>(&record)) log.begins.push_back(std::move(*one));
  if (auto* one = std::get_if<Block>(&record)) log.blocks.push_back(std::move(*one));
  if (auto* one = std::get_if<End>(&record)) log.ends.push_back(std::move(*one));
}

/// Which run of its file a record is of; runs count from the first run line.
class RunCount {
 public:
  void number(Record& record) {
    if (std::holds_alternative<Run>(record)) ++runs_;
    const std::size_t run = std::max<std::size_t>(runs_, 1) - 1;
    if (auto* one = std::get_if<Block>(&record)) one->run = run;
    if (auto* one = std::get_if<End>(&record)) one->run = run;
  }

 private:
  std::size_t runs_ = 0;
};

bool finished(const Log& log) {
  return !log.ends.empty() && log.ends.back().run + 1 >= log.runs.size();
}

/// Refuses what cannot stand beside the runs of the files before.
void refuse_strangers(const Log& all, const Log& log, const std::string& file) {
  if (log.runs.empty() && !log.blocks.empty()) {
    throw BadRecord(fmt::format(
        "{} has no run line (nobody knows which device it measured). Leave it out.", file));
  }
  for (const Run& run : log.runs) {
    const Run& first = all.runs.empty() ? log.runs.front() : all.runs.front();
    if (run.device.id != first.device.id) {
      throw BadRecord(
          fmt::format("{} measured device {}, the runs before measured {} (figures of two devices "
                      "have no common answer). Give the files of one device at a time.",
                      file, run.device.id, first.device.id));
    }
    if (run.emulated != first.emulated) {
      throw BadRecord(
          fmt::format("{} {} emulated, unlike the runs before (injected delays are no property "
                      "of the device). Give emulated files apart.",
                      file, run.emulated ? "is" : "is not"));
    }
    if (std::any_of(all.runs.begin(), all.runs.end(),
                    [&](const Run& other) { return other.id == run.id; })) {
      throw BadRecord(
          fmt::format("{} holds run {} again (its blocks would count twice). Give each run once.",
                      file, run.id));
    }
  }
}

template <class T>
void append(std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), std::move_iterator(from.begin()), std::move_iterator(from.end()));
}

}  // namespace

void read_records(const std::filesystem::path& file, CutLine cut, LongSamples long_samples,
                  const std::function<void(Record)>& take) {
  Lines lines(file, most_line_bytes);
  RunCount count;
  while (lines.next()) {
    const bool cut_off = !lines.whole() && !lines.too_long();
    if (cut_off && cut == CutLine::pass_over) break;
    if (lines.text().empty()) continue;
    std::optional<Record> record;
    try {
      lines.refuse_long();
      record = parse_line(lines.text());
      if (!record) continue;
      auto* block = std::get_if<Block>(&*record);
      if (block && long_samples == LongSamples::read) fetch_samples(*block, file.parent_path());
    } catch (const BadRecord& defect) {
      throw BadRecord(fmt::format("{}:{}: {}{}", file.string(), lines.number(), defect.what(),
                                  !cut_off ? "."
                                           : " (the last line was cut: the run ended while it was "
                                             "written). Go on with motley run --resume."));
    }
    count.number(*record);
    take(std::move(*record));
  }
}

Log read_log(const std::filesystem::path& file, CutLine cut, LongSamples long_samples) {
  Log log;
  read_records(file, cut, long_samples, [&log](Record record) { add(std::move(record), log); });
  return log;
}

Log read_logs(const std::vector<std::string>& files, CutLine cut) {
  if (files.size() == 1) return read_log(files.front(), cut);
  Log all;
  bool all_finished = true;
  int processes = 0;
  for (const std::string& file : files) {
    Log log = read_log(file, cut);
    refuse_strangers(all, log, file);
    all_finished = all_finished && finished(log);
    const int offset = processes;
    const auto renumber = [&](auto& one) {
      if (one.process > most_processes - offset) {
        throw BadRecord(fmt::format(
            "{} counts up to process {} (no run has so many). Leave it out.", file, one.process));
      }
      one.process += offset;
      processes = std::max(processes, one.process + 1);
    };
    for (Begin& begin : log.begins) renumber(begin);
    for (Block& block : log.blocks) {
      renumber(block);
      block.run += all.runs.size();
    }
    for (End& end : log.ends) end.run += all.runs.size();
    append(log.runs, all.runs);
    append(log.begins, all.begins);
    append(log.blocks, all.blocks);
    append(log.ends, all.ends);
  }
  if (!all_finished) all.ends.clear();
  return all;
}

}  // namespace motley::schema
