// compare, gate and ab as a user and a CI meet them: exit codes, and one line for what is wrong.
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "harness/cli/workplace.hpp"

namespace motley {
namespace {

std::string tiny(int processes = 2) {
  return "run --filter '^launch/round_trip$' --tier smoke --on cpu:0 --rounds 1 "
         "--block-seconds 0.002 --processes " +
         std::to_string(processes) + " --out ";
}

class Comparing : public testing::Test {
 protected:
  std::string in(const std::string& name) const {
    return "'" + (place.folder / name).string() + "'";
  }
  /// A copy of a file of records in which one text is another.
  void rewrite(const char* from, const char* to, const std::string& text,
               const std::string& other) {
    std::ifstream in(place.folder / from);
    std::ofstream out(place.folder / to);
    for (std::string line; std::getline(in, line);) {
      for (std::size_t at = 0; (at = line.find(text, at)) != std::string::npos;
           at += other.size()) {
        line.replace(at, text.size(), other);
      }
      out << line << "\n";
    }
  }

  /// A copy as another run, all of whose samples last so long (0.1 % more in each process).
  void slower(const char* from, const char* to, double milliseconds, const std::string& run) {
    std::ifstream in(place.folder / from);
    std::ofstream out(place.folder / to);
    for (std::string line; std::getline(in, line);) {
      nlohmann::json record = nlohmann::json::parse(line);
      if (record.at("record") == "run") record["id"] = run;
      if (record.at("record") == "block" && record.contains("samples")) {
        const double process = record.at("process");
        record["runs_per_sample"] = 1;
        for (auto& one : record["samples"]["host_seconds"]) {
          one = milliseconds * 1e-3 * (1 + 0.001 * process);
        }
      }
      out << record.dump() << "\n";
    }
  }

  Workplace place{fs::path(testing::TempDir()) / "comparing"};
};

TEST_F(Comparing, SaysWhatItSawAndWhatItNeeds) {
  ASSERT_EQ(motley(tiny() + in("a.jsonl")).code, 0);
  ASSERT_EQ(motley(tiny() + in("b.jsonl")).code, 0);
  const std::string both = in("a.jsonl") + " --with " + in("b.jsonl");
  const Outcome text = motley("compare " + both + " --all");
  EXPECT_EQ(text.code, 0) << text.output;
  EXPECT_TRUE(contains(text.output, "geometric mean")) << text.output;
  EXPECT_TRUE(contains(motley("compare --format csv " + both).output, "speed_ratio"));
  EXPECT_EQ(motley("compare " + in("a.jsonl") + " --with " + in("a.jsonl")).code, 0);
  EXPECT_EQ(motley("compare " + both + " --filter nothing").code, 3);
  EXPECT_EQ(motley("compare " + both + " --filter '('").code, 5);
  EXPECT_EQ(motley("compare " + in("a.jsonl") + " --with " + in("none.jsonl")).code, 4);

  rewrite("b.jsonl", "app.jsonl", R"("exec_context":"desktop")", R"("exec_context":"app")");
  const Outcome app = motley("compare " + in("a.jsonl") + " --with " + in("app.jsonl"));
  EXPECT_EQ(app.code, 4);
  EXPECT_TRUE(contains(app.output, "--across exec_context")) << app.output;
  rewrite("b.jsonl", "emulated.jsonl", R"("emulated":false)", R"("emulated":true)");
  EXPECT_EQ(motley("compare " + in("a.jsonl") + " --with " + in("emulated.jsonl")).code, 4);

  const std::string gate = "gate --baseline " + in("a.jsonl") + " ";
  EXPECT_NE(motley(gate + in("b.jsonl") + " --inconclusive pass").code, 3);
  rewrite("a.jsonl", "bad.jsonl", R"("status":"ok")", R"("status":"wrong")");
  const Outcome bad = motley(gate + in("bad.jsonl"));
  EXPECT_EQ(bad.code, 3) << bad.output;
  EXPECT_EQ(motley(gate + in("bad.jsonl") + " --allow-missing launch").code, 0);
  rewrite("a.jsonl", "cut.jsonl", R"("record":"end")", R"("record":"cut")");
  EXPECT_EQ(motley(gate + in("cut.jsonl")).code, 3);
  EXPECT_EQ(motley("gate " + in("a.jsonl")).code, 5);
}

TEST_F(Comparing, WritesWhatAContinuousIntegrationReads) {
  ASSERT_EQ(motley(tiny() + in("a.jsonl")).code, 0);
  const Outcome gate = motley("gate --baseline " + in("a.jsonl") + " " + in("a.jsonl") +
                              " --summary " + in("summary.md") + " --github-benchmark " + in("gh"));
  EXPECT_TRUE(gate.code == 0 || gate.code == 2) << gate.output;
  EXPECT_TRUE(fs::exists(place.folder / "summary.md"));
  EXPECT_GT(fs::file_size(place.folder / "gh-smaller.json"), 10u);
  EXPECT_TRUE(fs::exists(place.folder / "gh-bigger.json"));
}

TEST_F(Comparing, AChangeWithinTheNoiseOfAHistoryIsNone) {
  ASSERT_EQ(motley(tiny(5) + in("a.jsonl")).code, 0);
  slower("a.jsonl", "base.jsonl", 1, "base");
  slower("a.jsonl", "now.jsonl", 1.2, "now");
  const double runs[] = {1, 1.4, 1.1, 1.3, 0.9, 1.2, 1.35, 0.95};
  for (std::size_t i = 0; i < std::size(runs); ++i) {
    slower("a.jsonl", "kept.jsonl", runs[i], "kept" + std::to_string(i));
    const Outcome add = motley("history add " + in("kept.jsonl") + " --store " + in("h.sqlite"));
    ASSERT_EQ(add.code, 0) << add.output;
  }
  const std::string gate = "gate --baseline " + in("base.jsonl") + " " + in("now.jsonl");
  EXPECT_EQ(motley(gate).code, 1);
  const Outcome kept = motley(gate + " --history " + in("h.sqlite"));
  EXPECT_TRUE(kept.code == 0 || kept.code == 2) << kept.code << kept.output;
  EXPECT_EQ(motley(gate + " --history " + in("none.sqlite")).code, 4);
  EXPECT_EQ(motley(gate + " --history x --trust " + in("a.jsonl")).code, 5);
}

TEST_F(Comparing, RunsTwoProgramsInTurns) {
  const std::string programs = std::string(" '") + MOTLEY_PROGRAM + "' '" + MOTLEY_PROGRAM + "' ";
  const Outcome ab =
      motley("ab" + programs + "--least-pairs 2 --most-pairs 2 --keep " + in("pairs") +
             " --all -- --filter '^launch/round_trip$' --tier smoke --on cpu:0 --rounds 1 "
             "--block-seconds 0.002");
  EXPECT_EQ(ab.code, 0) << ab.output;
  EXPECT_TRUE(contains(ab.output, "measured in turns")) << ab.output;
  for (const char* file : {"pair_000_a", "pair_000_b", "pair_001_a", "pair_001_b"}) {
    EXPECT_TRUE(fs::exists(place.folder / "pairs" / (std::string(file) + ".jsonl"))) << file;
  }
  EXPECT_EQ(motley("ab" + programs + "-- --out x").code, 5);
  EXPECT_EQ(motley("ab /no/such '" MOTLEY_PROGRAM "'").code, 5);
  EXPECT_NE(motley("ab /bin/false '" MOTLEY_PROGRAM "' --keep " + in("none")).code, 0);
}

}  // namespace
}  // namespace motley
