// Does the tree keep to its design? Each rule is first shown a file that breaks it and one that
// does not: a checker that passes everything would look the same as a clean tree.
#include "scripts/architecture.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>

namespace motley::architecture {
namespace {

std::vector<std::string> of(const std::string& path, const std::string& line) {
  const std::string once = path.ends_with(".hpp") ? "#pragma once\n" : "";
  return violations(path, "// Which question?\n" + once + line + "\n");
}

struct Example {
  std::string path, line;
};
void PrintTo(const Example& example, std::ostream* out) {
  *out << example.path << ": " << example.line;
}

class Forbidden : public testing::TestWithParam<Example> {};
TEST_P(Forbidden, is_found) {
  EXPECT_EQ(of(GetParam().path, GetParam().line).size(), 1u);
}
INSTANTIATE_TEST_SUITE_P(
    architecture, Forbidden,
    testing::Values(Example{"results_schema/a.cpp", "#include \"harness/case.hpp\""},
                    Example{"harness/a.cpp", "#include \"devices/topology.hpp\""},
                    Example{"harness/a.cpp", "#include \"harness/cli/table.hpp\""},
                    Example{"harness/a_test.cpp", "#include \"devices/topology.hpp\""},
                    Example{"harness/a.cpp", "#include \"microbench/a.hpp\""},
                    Example{"devices/a.cpp", "#include \"microbench/a.hpp\""},
                    Example{"devices/a.cpp", "#include \"harness/cli/table.hpp\""},
                    Example{"microbench/a.cpp", "#include \"devices/topology.hpp\""},
                    Example{"microbench/a.cpp", "#include \"devices/opencl/api.hpp\""},
                    Example{"microbench/opencl_a.cpp", "#include \"devices/opencl/device.hpp\""},
                    Example{"microbench/onednn_a.cpp", "#include \"devices/onednn/api.hpp\""},
                    Example{"workloads/ops/a.cpp", "#include \"devices/onednn/api.hpp\""},
                    Example{"workloads/ops/onednn/a.cpp",
                            "#include \"devices/onednn/library.hpp\""},
                    Example{"workloads/ops/onednn/a.cpp", "#include \"devices/opencl/api.hpp\""},
                    Example{"workloads/ops/matmul/a.cpp", "#include \"devices/clblast/api.hpp\""},
                    Example{"workloads/ops/onednn/a.cpp", "#include <oneapi/dnnl/dnnl.h>"},
                    Example{"devices/opencl/a.cpp", "#include <clblast_c.h>"},
                    Example{"microbench/a.cpp", "#include \"workloads/a.hpp\""},
                    Example{"workloads/a.cpp", "#include \"microbench/a.hpp\""},
                    Example{"analysis/a.cpp", "#include \"harness/case.hpp\""},
                    Example{"devices/a.cpp", "#include \"topology.hpp\""},
                    Example{"devices/a.cpp", "  #  include \"../harness/case.hpp\""},
                    Example{"devices/a.cpp", "#include <CL/cl.h>"},
                    Example{"microbench/opencl_a.cpp", "#include <CL/cl.h>"},
                    Example{"harness/a.cpp", "#include <unistd.h>"},
                    Example{"harness/cli/a.cpp", "#include <sys/types.h>"},
                    Example{"microbench/a.cpp", "#include <sched.h>"},
                    Example{"microbench/a_test.cpp", "#include <pthread.h>"},
                    Example{"results_schema/a.hpp", "#include <nlohmann/json.hpp>"},
                    Example{"results_schema/a.hpp", "#include <simdjson.h>"},
                    Example{"analysis/a.cpp", "#include <simdjson.h>"},
                    Example{"analysis/a.cpp", "#include <benchmark/benchmark.h>"},
                    Example{"analysis/a.cpp", "#include \"hwy/highway.h\""},
                    Example{"harness/a.cpp", "#include <CLI/CLI.hpp>"},
                    Example{"harness/a.cpp", "#include <zlib.h>"},
                    Example{"harness/a.cpp", "#include <gtest/gtest.h>"},
                    Example{"microbench/a.cpp", "if (name == \"Adreno\") {}"},
                    Example{"microbench/a.cl", "#ifdef __ANDROID__"},
                    Example{"harness/a.cpp", "#if defined(__linux__)"}, Example{"util/a.cpp", ""},
                    Example{"devices/a.cpp", std::string(450, '\n')}));

class Allowed : public testing::TestWithParam<Example> {};
TEST_P(Allowed, is_left_alone) {
  EXPECT_EQ(of(GetParam().path, GetParam().line), std::vector<std::string>{});
}
INSTANTIATE_TEST_SUITE_P(
    architecture, Allowed,
    testing::Values(Example{"results_schema/a.cpp", "#include <nlohmann/json.hpp>"},
                    Example{"results_schema/a.cpp", "#include <simdjson.h>"},
                    Example{"harness/a.cpp", "#include \"results_schema/record.hpp\""},
                    Example{"harness/cli/a.cpp", "#include \"devices/topology.hpp\""},
                    Example{"devices/cpu/a.cpp", "#include <sched.h>"},
                    Example{"devices/a.cpp", "#include \"devices/opencl/device.hpp\""},
                    Example{"devices/opencl/a.hpp", "#include <CL/cl.h>"},
                    Example{"microbench/opencl_a.cpp", "#include \"devices/opencl/api.hpp\""},
                    Example{"workloads/ops/onednn/a.cpp", "#include \"devices/onednn/api.hpp\""},
                    Example{"workloads/ops/matmul/clblast/a.cpp",
                            "#include \"devices/clblast/api.hpp\""},
                    Example{"devices/onednn/a.hpp", "#include <oneapi/dnnl/dnnl.h>"},
                    Example{"microbench/a_test.cpp", "#include \"devices/cpu/processor.hpp\""},
                    Example{"microbench/a.cpp", "#include \"hwy/highway.h\""},
                    Example{"workloads/a.cpp", "#include <zlib.h>"},
                    Example{"microbench/a.cpp", "// Intel SDM, volume 1, 18.3\n/* Mali */"},
                    Example{"microbench/a.cpp", "#include <immintrin.h>"},
                    Example{"microbench/a.cpp", "has(\"cl_intel_subgroups\");"},
                    Example{"devices/a.cpp", std::string(448, '\n')}));

TEST(architecture, asks_for_a_question_and_an_include_guard) {
  EXPECT_EQ(violations("devices/a.cpp", "#include <vector>\n").size(), 1u);
  EXPECT_EQ(violations("devices/a.hpp", "// Why?\n").size(), 1u);
  EXPECT_EQ(violations("devices/a_test.cpp", "#include \"devices/a.hpp\"\n").size(), 0u);
  EXPECT_EQ(violations("devices/a_test.cpp", "#include \"devices/b.hpp\"\n").size(), 1u);
}

bool is_source(const std::filesystem::path& path) {
  return path.extension() == ".cpp" || path.extension() == ".hpp" || path.extension() == ".cl";
}

/// Folders that are no part of the project: build trees, hidden ones, results.
bool is_foreign(const std::filesystem::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with(".") || name.starts_with("build") || name == "results" ||
         name == "shared";
}

TEST(architecture, holds_in_the_tree) {
  const std::filesystem::path root = MOTLEY_SOURCE_FOLDER;
  int files = 0;
  for (std::filesystem::recursive_directory_iterator it(root), end; it != end; ++it) {
    if (it->is_directory() && is_foreign(it->path())) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file() && is_source(it->path())) {
      std::stringstream text;
      text << std::ifstream(it->path()).rdbuf();
      const auto path = it->path().lexically_relative(root).generic_string();
      for (const std::string& violation : violations(path, text.str())) {
        ADD_FAILURE() << violation;
      }
      ++files;
    }
  }
  EXPECT_GE(files, 20) << "nothing was read: is MOTLEY_SOURCE_FOLDER the root?";
}

}  // namespace
}  // namespace motley::architecture
