// Do the schedulers decide what they say? Five schedulers on three traces; every start and every
// completion was worked out by hand from the scheduler's definition. Times are whole seconds, two
// workers, w0 and w1; A, B and C are tenants, A1 the second query of A.
#include <gtest/gtest.h>

#include "harness/error.hpp"
#include "harness/tenants/simulated_mix.hpp"

namespace motley::tenants {
namespace {

struct Row {
  std::string query;
  int worker;
  double start, end;
  bool operator<(const Row& other) const { return query < other.query; }
};

std::vector<Row> rows(const MixRun& run) {
  std::vector<Row> all;
  for (std::size_t tenant = 0; tenant < run.tenants.size(); ++tenant) {
    const TenantRun& one = run.tenants[tenant];
    for (std::size_t i = 0; i < one.indices.size(); ++i) {
      const double start = one.samples.started_seconds[i];
      all.push_back({std::string(1, char('A' + tenant)) + std::to_string(one.indices[i]),
                     int(one.samples.segment[i]), start, start + one.samples.host_seconds[i]});
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

void expect(const Played& played, const std::string& scheduler, const std::vector<Row>& expected) {
  SCOPED_TRACE(scheduler);
  const std::vector<Row> seen = rows(play(played, scheduler));
  ASSERT_EQ(seen.size(), expected.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    SCOPED_TRACE(seen[i].query);
    EXPECT_EQ(seen[i].query, expected[i].query);
    EXPECT_EQ(seen[i].worker, expected[i].worker);
    EXPECT_EQ(seen[i].start, expected[i].start);
    EXPECT_EQ(seen[i].end, expected[i].end);
  }
}

/// w0 is faster for both. A takes 2 on w0 and 4 on w1, B 3 and 5. Deadlines 6 and 12 behind
/// arrival.
Played unequal_workers() {
  return {{tenant(arrivals_at({0, 1, 2}), 6), tenant(arrivals_at({0, 3}), 12)}, {{2, 3}, {4, 5}}};
}

TEST(Schedules, OfUnequalWorkers) {
  const Played trace = unequal_workers();
  expect(trace, "fixed",  // A on w0, B on w1
         {{"A0", 0, 0, 2}, {"A1", 0, 2, 4}, {"A2", 0, 4, 6}, {"B0", 1, 0, 5}, {"B1", 1, 5, 10}});
  expect(trace, "round_robin",  // A0 w0, B0 w1, A1 w0, A2 w1, B1 w0
         {{"A0", 0, 0, 2}, {"A1", 0, 2, 4}, {"A2", 1, 5, 9}, {"B0", 1, 0, 5}, {"B1", 0, 4, 7}});
  // t 0: A0 would end at 2 or 4: w0. B0 at 2 + 3 or 0 + 5: equal, w0.
  // t 1: A1 at 5 + 2 or 1 + 4: w1. t 2: A2 at 5 + 2 or 5 + 4: w0. t 3: B1 at 7 + 3 or 5 + 5: w0.
  expect(trace, "shortest_expected_latency",
         {{"A0", 0, 0, 2}, {"A1", 1, 1, 5}, {"A2", 0, 5, 7}, {"B0", 0, 2, 5}, {"B1", 0, 7, 10}});
  // t 0: slack of A0 6 - 2 = 4, of B0 12 - 3 = 9: A0 to w0, then B0 to w1 (idle, if slower).
  // t 2: w0 is idle: A1. t 4: A2 8 - 4 - 2 = 2, B1 15 - 4 - 3 = 8: A2. t 5: w1 is idle: B1.
  expect(trace, "least_slack",
         {{"A0", 0, 0, 2}, {"A1", 0, 2, 4}, {"A2", 0, 4, 6}, {"B0", 1, 0, 5}, {"B1", 1, 5, 10}});
  // t 0: A0 w0 ends at 2. B0 ends at 2 + 3 on w0 or 5 on w1: equal, it keeps waiting for w0.
  // t 1: A1 w0 4 is first and keeps w0 until 4; B0 then 7 or 6: w1. t 4: A2 6 before B1 7.
  expect(trace, "earliest_finish",
         {{"A0", 0, 0, 2}, {"A1", 0, 2, 4}, {"A2", 0, 4, 6}, {"B0", 1, 1, 6}, {"B1", 0, 6, 9}});
}

/// Workers alike. A takes 4 (deadline 20), B 1 (deadline 3), C 2 (none).
Played urgent_queries() {
  return {{tenant(arrivals_at({0, 1, 2}), 20), tenant(arrivals_at({3, 4}), 3),
           tenant(arrivals_at({0, 3}))},
          {{4, 1, 2}, {4, 1, 2}}};
}

TEST(Schedules, OfUrgentQueries) {
  const Played trace = urgent_queries();
  // A and C share w0 in order of arrival: A0, C0, A1, A2, C1.
  expect(trace, "fixed",
         {{"A0", 0, 0, 4},
          {"A1", 0, 6, 10},
          {"A2", 0, 10, 14},
          {"B0", 1, 3, 4},
          {"B1", 1, 4, 5},
          {"C0", 0, 4, 6},
          {"C1", 0, 14, 16}});
  // A0 w0, C0 w1, A1 w0, A2 w1, B0 w0, C1 w1, B1 w0.
  expect(trace, "round_robin",
         {{"A0", 0, 0, 4},
          {"A1", 0, 4, 8},
          {"A2", 1, 2, 6},
          {"B0", 0, 8, 9},
          {"B1", 0, 9, 10},
          {"C0", 1, 0, 2},
          {"C1", 1, 6, 8}});
  // A0 4 | 4: w0. C0 6 | 2: w1. A1 8 | 6: w1. A2 8 | 10: w0. B0 9 | 7: w1. C1 10 | 9: w1.
  // B1 9 | 10: w0.
  expect(trace, "shortest_expected_latency",
         {{"A0", 0, 0, 4},
          {"A1", 1, 2, 6},
          {"A2", 0, 4, 8},
          {"B0", 1, 6, 7},
          {"B1", 0, 8, 9},
          {"C0", 1, 0, 2},
          {"C1", 1, 7, 9}});
  // t 0: A0 has a deadline, C0 none: A0 w0, C0 w1. t 2: A1 w1. t 4, w0: A2 22 - 4 - 4 = 14,
  // B0 6 - 4 - 1 = 1: B0. t 5: B1 7 - 5 - 1 = 1: B1. t 6, both: A2 w0, C1 w1.
  expect(trace, "least_slack",
         {{"A0", 0, 0, 4},
          {"A1", 1, 2, 6},
          {"A2", 0, 6, 10},
          {"B0", 0, 4, 5},
          {"B1", 0, 5, 6},
          {"C0", 1, 0, 2},
          {"C1", 1, 6, 8}});
  // t 0: C0 2 before A0 4: C0 w0; A0 6 | 4: w1. t 2, w0: A1. t 4, w1: B0 5, C1 6, A2 8: B0.
  // t 5: B1. t 6, both: C1 8 before A2 10: C1 w0, A2 12 | 10: w1.
  expect(trace, "earliest_finish",
         {{"A0", 1, 0, 4},
          {"A1", 0, 2, 6},
          {"A2", 1, 6, 10},
          {"B0", 1, 4, 5},
          {"B1", 1, 5, 6},
          {"C0", 0, 0, 2},
          {"C1", 0, 6, 8}});
}

/// A streams (1 | 3 on w0 | w1), B streams (2 | 2), C arrives at 1 and 3 (4 | 2, deadline 5).
/// Nothing starts at 6 or later.
Played streams() {
  Played trace{{tenant({}), tenant({}), tenant(arrivals_at({1, 3}), 5)}, {{1, 2, 4}, {3, 2, 2}}};
  trace.limits.seconds = 6;
  return trace;
}

TEST(Schedules, OfStreams) {
  const Played trace = streams();
  // A and C on w0. At 1 A1 and C0 arrive, the first tenant's first; A2 arrives at 2, behind C0.
  expect(trace, "fixed",
         {{"A0", 0, 0, 1},
          {"A1", 0, 1, 2},
          {"B0", 1, 0, 2},
          {"B1", 1, 2, 4},
          {"B2", 1, 4, 6},
          {"C0", 0, 2, 6}});
  // 0: A0 w0, B0 w1. 1: A1 w0, C0 w1. 2: A2 w0, B1 w1. 3: A3 w0, C1 w1. 4: A4 w0. 5: A5 w1,
  // where B1 and C1 are before it: w0 idles.
  expect(trace, "round_robin",
         {{"A0", 0, 0, 1},
          {"A1", 0, 1, 2},
          {"A2", 0, 2, 3},
          {"A3", 0, 3, 4},
          {"A4", 0, 4, 5},
          {"B0", 1, 0, 2},
          {"B1", 1, 4, 6},
          {"C0", 1, 2, 4}});
  // 0: A0 1 | 3: w0; B0 3 | 2: w1. 1: A1 2 | 5: w0; C0 6 | 4: w1. 2: A2 3 | 7: w0; B1 5 | 6: w0.
  // 3: A3 6 | 7: w0; C1 10 | 6: w1. 5: B2 8 | 8: w0, where A3 is before it.
  expect(trace, "shortest_expected_latency",
         {{"A0", 0, 0, 1},
          {"A1", 0, 1, 2},
          {"A2", 0, 2, 3},
          {"A3", 0, 5, 6},
          {"B0", 1, 0, 2},
          {"B1", 0, 3, 5},
          {"C0", 1, 2, 4},
          {"C1", 1, 4, 6}});
  // 0: A0 to its faster idle worker, w0; B0 w1. 1, w0: C0 has a deadline. 2, w1: A1 came before B1.
  // 5, both: C1 has a deadline and is faster on w1; B1 came at 2, A2 at 5: B1 w0.
  expect(trace, "least_slack",
         {{"A0", 0, 0, 1},
          {"A1", 1, 2, 5},
          {"B0", 1, 0, 2},
          {"B1", 0, 5, 7},
          {"C0", 0, 1, 5},
          {"C1", 1, 5, 7}});
  // A is first on w0 each time. 2, w1: B1 ends at 4, as C0 would: the first tenant's. 4: again.
  // C starves.
  expect(trace, "earliest_finish",
         {{"A0", 0, 0, 1},
          {"A1", 0, 1, 2},
          {"A2", 0, 2, 3},
          {"A3", 0, 3, 4},
          {"A4", 0, 4, 5},
          {"A5", 0, 5, 6},
          {"B0", 1, 0, 2},
          {"B1", 1, 2, 4},
          {"B2", 1, 4, 6}});
}

TEST(Schedules, WaitForABusyWorkerThatIsMuchFaster) {
  // Ten at once, 1 on w0 and 10 on w1: w0 is to take nine of them by 9, the tenth would end there
  // at 10, as on w1: of equals the first worker.
  Played trace{{tenant(arrivals_at(std::vector<double>(11, 0.0)))}, {{1}, {10}}};
  const MixRun run = play(trace, "earliest_finish");
  std::vector<Row> expected;
  for (int i = 0; i < 10; ++i)
    expected.push_back({"A" + std::to_string(i), 0, double(i), double(i + 1)});
  std::sort(expected.begin(), expected.end());
  const std::vector<Row> seen = rows(run);
  ASSERT_EQ(seen.size(), 11u);
  EXPECT_EQ(std::count_if(seen.begin(), seen.end(), [](const Row& one) { return one.worker == 1; }),
            1);
  const auto slow =
      std::find_if(seen.begin(), seen.end(), [](auto& one) { return one.worker == 1; });
  EXPECT_EQ(slow->query, "A10");
  EXPECT_EQ(slow->start, 0);
}

TEST(Schedules, SlackIsWhatIsLeftBehindTheWork) {
  // B's deadline is earlier, but A has less time to spare: 10 - 6 = 4 against 8 - 1 = 7.
  const Played trace{{tenant(arrivals_at({0}), 10), tenant(arrivals_at({0}), 8)}, {{6, 1}}};
  expect(trace, "least_slack", {{"A0", 0, 0, 6}, {"B0", 0, 6, 7}});
}

TEST(Schedules, FixedAsTold) {
  const Played trace = unequal_workers();
  expect(trace, "fixed:workers=1/0",
         {{"A0", 1, 0, 4}, {"A1", 1, 4, 8}, {"A2", 1, 8, 12}, {"B0", 0, 0, 3}, {"B1", 0, 3, 6}});
  for (const char* bad : {"1", "0/1/0", "0/2", "0/", "a/b", "/0", "0,1", "-1/0"}) {
    EXPECT_THROW(play(trace, std::string("fixed:workers=") + bad), BadArgument) << bad;
  }
  EXPECT_THROW(scheduler_spec("round_robbin"), UnknownName);
  EXPECT_THROW(scheduler_spec("round_robin:workers=0"), UnknownName);
}

TEST(Schedules, AllHaveAnImplementation) {
  std::vector<std::string> names;
  for (const SchedulerKind& one : schedulers()) {
    names.push_back(one.name);
    EXPECT_FALSE(one.summary.empty());
    EXPECT_TRUE(make_scheduler(scheduler_spec(one.name), 1, 1));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"earliest_finish", "fixed", "least_slack",
                                             "round_robin", "shortest_expected_latency"}));
}

}  // namespace
}  // namespace motley::tenants
