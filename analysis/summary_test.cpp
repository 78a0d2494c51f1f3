#include "analysis/summary.hpp"

#include <gtest/gtest.h>
#include <sstream>

#include "analysis/synthetic_log.hpp"
#include "analysis/text.hpp"

namespace motley::analysis {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void expect_narrow(const std::string& text) {
  for (const std::string& line : lines_of(text)) EXPECT_LE(columns(line), 80u) << line;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The first line that begins with `start`, after the first line that has `section`.
std::string line_of(const std::string& text, const std::string& section, const std::string& start) {
  const std::size_t at = text.find(section);
  if (at == std::string::npos) return "no " + section;
  for (const std::string& line : lines_of(text.substr(at))) {
    if (line.starts_with(start)) return line;
  }
  return "no " + start;
}

TEST(Summary, FitsEightyColumnsAndShowsEveryProcessor) {
  const std::string text = summary(synthetic_log());
  expect_narrow(text);
  for (const char* part : {"opencl:2", "fp32", "197", "4 MiB - 64 MiB", "test machine",
                           "Blocks: ok", "processes: 4"}) {
    EXPECT_TRUE(has(text, part)) << part << "\n" << text;
  }
}

TEST(Summary, LongAndForeignNamesFitToo) {
  schema::Log log = synthetic_log({{"opencl:0/15of16", "opencl:1/1of2"}, 2, 1, 0});
  log.runs[0].device.name = "Ein Gerät™ mit " + std::string(200, 'x') + " und vielen Wörtern";
  log.runs[0].build = "Debug";
  for (schema::Block& one : log.blocks) {
    one.key.parameters["a_long_axis_for_this_test"] = "with a value that is longer than a column";
    one.findings.push_back({"a_rather_long_kind_of_finding_" + one.key.case_name.substr(0, 3), ""});
    one.findings.push_back({"governor_not_fixed", "cpufreq governor is 'schedutil': " +
                                                      std::string("the clock follows the load")});
  }
  schema::Block api = log.blocks[0];
  api.key.case_name = "launch/a_case_with_a_name_that_goes_on_and_on_for_seventy_columns_or_more";
  log.blocks.push_back(api);
  expect_narrow(summary(log));
}

TEST(Summary, ShowsRatesTimesAndCyclesOfEachLevel) {
  const std::string text = summary(synthetic_log({{"cpu"}, 1, 1, 0}));
  EXPECT_EQ(line_of(text, "GB/s of cpu", "  16 KiB - 1 MiB"),
            "  16 KiB - 1 MiB           200     100");
  EXPECT_EQ(line_of(text, "GB/s of cpu", "  4 MiB - 64 MiB"),
            "  4 MiB - 64 MiB            20      10");
  EXPECT_TRUE(has(line_of(text, "GB/s of cpu", "GB/s"), "triad*")) << "non-temporal" << text;
  const std::string latency = line_of(text, "Latency of cpu", "  16 KiB - 1 MiB");
  EXPECT_TRUE(has(latency, "10 ns") && has(latency, "20.0 cy")) << latency;
  EXPECT_EQ(line_of(text, "Transfers", "  write"),
            "  write             cpu          20 us       4   64 MiB       4   78 KiB     0 %");
}

TEST(Summary, SuspectAndWrongFiguresAreNamedNotShown) {
  for (const schema::Status status :
       {schema::Status::suspect, schema::Status::wrong, schema::Status::failed}) {
    schema::Log log = synthetic_log();
    for (schema::Block& one : log.blocks) {
      if (one.key.case_name == "flops/fp32") one.status = status;
    }
    const std::string text = summary(log);
    EXPECT_TRUE(has(line_of(text, "Peak", "  fp32"), to_string(status))) << text;
    EXPECT_FALSE(has(line_of(text, "Peak", "  fp32"), "197")) << text;
  }
}

TEST(Summary, WhatIsWrongVanishesFromNoTable) {
  for (const schema::Status status :
       {schema::Status::suspect, schema::Status::wrong, schema::Status::failed}) {
    schema::Log log = synthetic_log({{"cpu", "opencl:0"}, 2, 1, 0});
    for (schema::Block& one : log.blocks) {
      if (one.key.processor != "opencl:0") continue;
      one.status = status;
      one.reason = "the reason\nof " + one.key.case_name;
    }
    const std::string text = summary(log), said = to_string(status) + ": the reason of ";
    EXPECT_TRUE(has(line_of(text, "GB/s of opencl:0", "  read"), said + "bandwidth/read")) << text;
    EXPECT_TRUE(has(line_of(text, "GB/s of opencl:0", "  triad"), said)) << text;
    EXPECT_TRUE(has(line_of(text, "Latency of opencl:0", "  chase"), said)) << text;
    EXPECT_TRUE(has(line_of(text, "Transfers", "  write             opencl:0"), said)) << text;
    expect_narrow(text);
    for (schema::Block& one : log.blocks) {
      if (one.status == status) one.status = schema::Status::unsupported;
    }
    EXPECT_FALSE(has(summary(log), "the reason")) << summary(log);
  }
}

TEST(Summary, SaysWhyThereAreNoFigures) {
  schema::Log log = synthetic_log({{"cpu", "opencl:0"}, 1, 1, 0});
  for (schema::Block& one : log.blocks) {
    if (one.key.processor == "cpu") continue;
    const bool is_memory = one.key.case_name.starts_with("bandwidth/");
    one.status = is_memory ? schema::Status::failed : schema::Status::unsupported;
    one.reason = is_memory ? "clCreateBuffer: CL_OUT_OF_RESOURCES" : "no OpenCL";
  }
  std::string text = summary(log);
  EXPECT_TRUE(has(text, "  14 blocks failed: clCreateBuffer: CL_OUT_OF_RESOURCES")) << text;
  EXPECT_FALSE(has(text, "no OpenCL")) << text;
  std::erase_if(log.blocks, [](const auto& one) { return one.key.processor == "cpu"; });
  EXPECT_TRUE(has(summary(log), "blocks unsupported: no OpenCL")) << summary(log);
  for (std::size_t i = 0; i < log.blocks.size(); ++i) {
    log.blocks[i].reason.clear();
    while (log.blocks[i].reason.size() < 5000) log.blocks[i].reason += std::to_string(i % 7) + " ";
  }
  text = summary(log);
  EXPECT_TRUE(has(text, " other reasons")) << text;
  EXPECT_LT(text.substr(text.find("Without any figure")).size(), 2500u) << text;
  expect_narrow(text);
}

TEST(Summary, AFewSizesOfTransfersShowTheirRate) {
  schema::Log log = synthetic_log({{"cpu"}, 1, 1, 0});
  std::erase_if(log.blocks, [](const schema::Block& one) {
    const auto bytes = one.key.parameters.find("bytes");
    return one.key.case_name == "transfer/write" &&
           bytes->second != schema::Value(std::int64_t{4}) &&
           bytes->second != schema::Value(std::int64_t{1 << 22});
  });
  EXPECT_EQ(line_of(summary(log), "Transfers", "  write"),
            "  write             cpu          20 us    3.93    4 MiB       -        -       -");
}

TEST(Summary, TransfersThatFollowNoLineHaveNoSlope) {
  schema::Log log = synthetic_log({{"cpu"}, 1, 1, 0});
  int count = 0;
  for (schema::Block& one : log.blocks) {
    if (one.key.case_name != "transfer/write") continue;
    ++count;
    const double factor = (count % 2 ? 1.6 : 1) * (count > 3 ? 100 : 1);
    for (double& seconds : one.samples.host_seconds) seconds *= factor;
  }
  EXPECT_TRUE(has(line_of(summary(log), "Transfers", "  write"), "       not affine"))
      << summary(log);
  EXPECT_FALSE(has(summary(log), "    slope ")) << summary(log);
}

TEST(Summary, ColumnsSayWhatIsKnownOfPages) {
  schema::Log log = synthetic_log({{"opencl:0"}, 1, 1, 0});
  for (schema::Block& one : log.blocks) {
    if (one.key.case_name == "latency/chase") one.key.parameters["pages"] = "driver";
  }
  EXPECT_TRUE(has(line_of(summary(log), "Latency", "Latency"), "as allocated")) << summary(log);
  EXPECT_FALSE(has(summary(log), "small pages"));
}

TEST(Summary, WhatHasNoColumnHasATableOfItsOwn) {
  schema::Log log = synthetic_log({{"cpu"}, 1, 1, 0});
  log.blocks.push_back(
      synthetic_block("bandwidth/negate", "cpu", schema::Metric::bytes_per_second, 0.01));
  EXPECT_TRUE(has(line_of(summary(log), "GB/s of cpu, other", "  negate"), " 200")) << summary(log);
  std::erase_if(log.blocks, [](const schema::Block& one) {
    return one.key.case_name == "bandwidth/triad" &&
           one.key.parameters.at("bytes") == schema::Value(std::int64_t{1 << 14});
  });
  EXPECT_EQ(line_of(summary(log), "GB/s of cpu", "  16 KiB - 1 MiB"),
            "  16 KiB - 1 MiB           200     100'");
}

TEST(Summary, MarksFiguresOfWhichHalfTheBlocksCarryAFinding) {
  schema::Log log = synthetic_log({{"cpu"}, 4, 1, 0});
  int seen = 0;
  for (schema::Block& one : log.blocks) {
    if (one.key.case_name == "flops/fp32" && seen++ < 1) one.findings.push_back({"drift", ""});
  }
  EXPECT_FALSE(has(line_of(summary(log), "Peak", "  fp32"), "~"));
  for (schema::Block& one : log.blocks) {
    if (one.key.case_name == "flops/fp32" && one.process == 1)
      one.findings.push_back({"drift", ""});
  }
  const std::string text = summary(log);
  EXPECT_TRUE(has(line_of(text, "Peak", "  fp32"), "200~")) << text;
  EXPECT_TRUE(has(text, "Findings, in blocks: drift 2")) << text;
}

TEST(Summary, WhatHoldsForTheWholeRunIsSaidOnceAndMarksNothing) {
  schema::Log log = synthetic_log({{"cpu"}, 2, 1, 0});
  log.runs[0].emulated = true;
  for (schema::Block& one : log.blocks) {
    one.findings.push_back({"governor_not_fixed", "cpufreq governor is 'schedutil'"});
  }
  const std::string text = summary(log);
  EXPECT_TRUE(text.starts_with("! EMULATED")) << text;
  EXPECT_TRUE(has(text, "! governor_not_fixed: cpufreq governor is 'schedutil'")) << text;
  EXPECT_EQ(text.find("'schedutil'"), text.rfind("'schedutil'"));
  EXPECT_FALSE(has(line_of(text, "Peak", "  fp32"), "~")) << text;
}

TEST(Summary, SaysHowTheRunEnded) {
  schema::Log log = synthetic_log();
  EXPECT_TRUE(has(summary(log), "did not finish"));
  log.ends.push_back({{}, {}, "interrupted", 12.3, 0.05});
  EXPECT_TRUE(has(summary(log), "Took 12 s, 5.0 % of it the harness' own"));
  EXPECT_TRUE(has(summary(log), "Ended by: interrupted"));
}

schema::Block network_block(const std::string& processor, schema::Parameters parameters) {
  schema::Block one = synthetic_block("mobilenet_v1/training", processor,
                                      schema::Metric::seconds_per_operation, 1, parameters);
  one.timeline = {{"run", {{"profiled_seconds", 1}, {"unattributed_seconds", 0.02}}},
                  {"host", {{"compute", 0.3}, {"other", 0.02}}},
                  {"device", {{"forward", 0.4}, {"host_to_device", 0.05}, {"gap", 0.54}}},
                  {"gap", {{"compute", 0.3}, {"copy", 0.1}, {"submit", 0.08}, {"blocked", 0.05}}}};
  return one;
}

TEST(Summary, OfADevicesGapEachCauseHasItsColumn) {
  schema::Log log;
  log.blocks = {network_block("opencl:0", {{"residency", "framework_gradient"}})};
  const std::string text = summary(log);
  EXPECT_EQ(line_of(text, "Networks", "  opencl:0"),
            "  opencl:0 framework_grad..    1 ms          40 % 15 %    8 %     5 % 30 %   2 %")
      << text;
  expect_narrow(text);
}

TEST(Summary, NetworksThatDifferHaveNamesThatDiffer) {
  schema::Log log;
  for (const char* bias : {"auto", "1"}) {
    log.blocks.push_back(network_block("cpu", {{"bias", bias}, {"batch", std::int64_t{1}}}));
  }
  const std::string text = summary(log);
  EXPECT_TRUE(has(text, "mobilenet_v1 training batch=1 bias=auto\n")) << text;
  EXPECT_TRUE(has(text, "mobilenet_v1 training batch=1 bias=1\n")) << text;
  log.blocks.pop_back();
  EXPECT_TRUE(has(summary(log), "mobilenet_v1 training batch=1\n"));
}

TEST(Summary, OfNothingIsShort) {
  EXPECT_TRUE(has(summary({}), "did not finish"));
  expect_narrow(summary({}));
}

}  // namespace
}  // namespace motley::analysis
