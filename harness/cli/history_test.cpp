// motley history as a user meets it.
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

class HistoryCommand : public testing::Test, protected Workplace {
 protected:
  HistoryCommand() : Workplace(fs::path(testing::TempDir()) / "motley history") {}

  /// A run on the given day that took `seconds`.
  void write(const fs::path& to, int day, double seconds) {
    schema::Run run;
    run.id = fmt::format("run{}", day);
    run.started = fmt::format("2026-01-{:02}T00:00:00Z", day);
    run.commit = fmt::format("c{:02}", day);
    run.device.id = "d";
    run.exec_context = "desktop";
    run.processors = {{"cpu", "cpu|all", "cpu", "", {}}};
    schema::Block block;
    block.key.case_name = "launch/empty";
    block.key.processor = "cpu";
    block.metric = schema::Metric::seconds_per_operation;
    block.work.operations = 1;
    block.samples.host_seconds = {seconds};
    schema::End end;
    end.reason = "complete";
    std::ofstream(to) << to_line(run) << "\n" << to_line(block) << "\n" << to_line(end) << "\n";
  }
  std::string quoted(const fs::path& path) const { return " '" + path.string() + "'"; }
  std::string store() const { return " --store" + quoted(folder / "history.sqlite"); }
};

TEST_F(HistoryCommand, KeepsShowsAndAcceptsALevel) {
  for (int day = 1; day <= 28; ++day) {
    const fs::path one = folder / fmt::format("{}.jsonl", day);
    write(one, day, (day < 15 ? 1e-3 : 2e-3) * (1 + 0.01 * (day % 3)));
    const Outcome outcome = motley("history add" + quoted(one) + store());
    ASSERT_EQ(outcome.code, 0) << outcome.output;
  }
  EXPECT_TRUE(contains(motley("history add" + quoted(folder / "1.jsonl") + store()).output,
                       "is there already"));
  const auto rows = nlohmann::json::parse(motley("history show --points --json" + store()).output);
  EXPECT_EQ(rows.size(), 28u);
  EXPECT_EQ(rows.at(0).at("commit"), "c01");
  const Outcome changed = motley("history changes --gate" + store());
  EXPECT_EQ(changed.code, 1) << changed.output;
  EXPECT_TRUE(contains(changed.output, "worse")) << changed.output;
  EXPECT_EQ(motley("history accept 1 c15" + store()).code, 0);
  const Outcome accepted = motley("history changes --gate" + store());
  EXPECT_EQ(accepted.code, 0) << accepted.output;
  EXPECT_TRUE(contains(accepted.output, "accepted")) << accepted.output;
}

TEST_F(HistoryCommand, WhatCannotBeKeptIsTold) {
  write(file, 1, 1);
  EXPECT_EQ(motley("history show" + store()).code, 4);
  std::ofstream(folder / "history.sqlite") << "no database";
  const Outcome damaged = motley("history add" + quoted(file) + store());
  EXPECT_EQ(damaged.code, 4) << damaged.output;
  fs::remove(folder / "history.sqlite");
  std::ofstream(file, std::ios::app) << "nonsense\n";
  const Outcome broken = motley("history add" + quoted(file) + store());
  EXPECT_EQ(broken.code, 4) << broken.output;
  EXPECT_TRUE(contains(broken.output, "out.jsonl:4:")) << broken.output;
  EXPECT_FALSE(fs::exists(folder / "history.sqlite"));
  EXPECT_EQ(motley("history").code, 5);
  EXPECT_EQ(motley("history add").code, 5);
  EXPECT_EQ(motley("history show --filter '['" + store()).code, 4);
}

}  // namespace
}  // namespace motley
