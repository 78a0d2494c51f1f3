// Does a machine without OpenCL, or with something else under its name, cost no more than a reason?
#include "devices/opencl/library.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <iostream>
#include <set>
#include <unistd.h>

#include "devices/opencl/entry.hpp"
#include "devices/opencl/facts.hpp"
#include "devices/opencl/test_device.hpp"
#include "devices/opencl/workers.hpp"

namespace motley::opencl {
namespace {

struct IsSet {
  int unset = 0;
  template <Entry entry, class Function>
  void visit(Function& function) {
    unset += function == nullptr;
  }
};

void expect_reason(const std::string& library, const std::string& part) {
  const Variable variable("MOTLEY_OPENCL_LIBRARY", library);
  Catalogue catalogue;
  EXPECT_TRUE(catalogue.processors().empty());
  EXPECT_TRUE(catalogue.default_ids().empty());
  EXPECT_NE(catalogue.reason().find(part), std::string::npos) << catalogue.reason();
  EXPECT_EQ(catalogue.reason().find('\n'), std::string::npos);
  try {
    catalogue.open("opencl:0");
    FAIL() << "it was opened";
  } catch (const Unsupported& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos);
  }
}

TEST(Library, MissingIsAReason) {
  expect_reason("/nonexistent/libOpenCL.so", "/nonexistent/libOpenCL.so");
  expect_reason("none", "switched off");
}

TEST(Library, AnythingElseIsNoOpenclLibrary) {
  expect_reason("libm.so.6", "no OpenCL library");
  expect_reason(MOTLEY_SOURCE_FOLDER "/CMakeLists.txt", "CMakeLists.txt");
}

TEST(Library, IcdLoaderWithoutDriversHasNoPlatforms) {
  const Library loader = load_library("");
  if (!loader.reason.empty()) GTEST_SKIP() << loader.reason;
  // The loader reads its list of drivers once: a fresh process looks.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        setenv("OCL_ICD_VENDORS", "/nonexistent", 1);
        Catalogue catalogue;
        std::cerr << catalogue.reason();
        _exit(catalogue.processors().empty() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "no platforms");
}

TEST(Library, LeavesNoEntryNull) {
  Library loader = load_library("");
  if (!loader.reason.empty()) GTEST_SKIP() << loader.reason;
  IsSet set;
  for_each_entry(loader.api, set);
  EXPECT_EQ(set.unset, 0);
  EXPECT_FALSE(loader.api.library.empty());
}

TEST(Library, LimitsTheTableToAVersion) {
  Library loader = load_library("");
  if (!loader.reason.empty()) GTEST_SKIP() << loader.reason;
  const Api limited = limited_to(loader.api, 120);
  EXPECT_TRUE(limited.has("clCreateImage"));
  EXPECT_FALSE(limited.has("clSVMAlloc"));
  EXPECT_THROW(limited.clSVMAlloc(nullptr, 0, 0, 0), Unsupported);
  EXPECT_EQ(limited_to(loader.api, 300).missing, loader.api.missing);
}

TEST(Version, IsReadFromAnyTextThatADriverGives) {
  EXPECT_EQ(parse_version("OpenCL 1.2 pocl"), 120);
  EXPECT_EQ(parse_version("OpenCL C 2.0 QUALCOMM build: commit #3dad7f8ed7"), 200);
  EXPECT_EQ(parse_version("OpenCL 3.0 "), 300);
  for (const char* text : {"", "OpenCL", "OpenCL 3", "OpenCL 3.", "OpenCL x.y", "3,0"}) {
    EXPECT_EQ(parse_version(text), 100) << text;
  }
}

TEST(CatalogueTest, RefusesNamesThatAreNone) {
  if (test_catalogue().processors().empty()) GTEST_SKIP() << test_catalogue().reason();
  for (const char* id : {"opencl:", "opencl:x", "opencl:99", "opencl:-1", "opencl:0/", "opencl:0/2",
                         "opencl:0/2of2", "opencl:0/0of1", "opencl:0/0of2x", "opencl:0 ",
                         "opencl:0/of2", "opencl:18446744073709551616"}) {
    EXPECT_THROW(test_catalogue().open(id), UnknownName) << id;
  }
  EXPECT_THROW(test_catalogue().open("opencl:0/0of4096"), Unsupported);
}

TEST(CatalogueTest, RefusesVariablesThatItCannotRead) {
  {
    const Variable fault("MOTLEY_FAULT", "nonsense");
    EXPECT_THROW(Catalogue(), Error);
  }
  const Variable delay("MOTLEY_EMULATE", "launch_us=fast");
  EXPECT_THROW(Catalogue(), Error);
}

TEST(CatalogueTest, TellsDevicesApartByStableIdsAndKnowsTheWorkersCores) {
  const auto& processors = test_catalogue().processors();
  if (processors.empty()) GTEST_SKIP() << test_catalogue().reason();
  std::set<std::string> ids, stable_ids;
  for (const schema::Processor& one : processors) {
    ids.insert(one.id);
    stable_ids.insert(one.stable_id);
    EXPECT_FALSE(one.name.empty());
    EXPECT_TRUE(one.kind == "cpu" || one.kind == "gpu" || one.kind == "accelerator") << one.kind;
    for (const char* fact : {"platform", "driver_version", "compute_units", "global_memory_bytes",
                             "fp16", "fp64", "extensions", "library", "sub_groups"}) {
      EXPECT_TRUE(one.facts.contains(fact)) << one.id << " lacks " << fact;
    }
  }
  EXPECT_EQ(ids.size(), processors.size());
  EXPECT_EQ(stable_ids.size(), processors.size());
}

TEST(Workers, ArePinnedOneToACoreByPocl) {
  const auto& processors = test_catalogue().processors();
  if (processors.empty() ||
      std::get<std::string>(processors[0].facts.at("platform")) != "Portable Computing Language") {
    GTEST_SKIP() << "PoCL is not the first device";
  }
  if (!processors[0].facts.contains("worker_cores")) {
    GTEST_SKIP() << "another catalogue of this process started the workers";
  }
  const auto& cores = std::get<std::vector<std::string>>(processors[0].facts.at("worker_cores"));
  EXPECT_EQ(static_cast<std::int64_t>(cores.size()),
            std::get<std::int64_t>(processors[0].facts.at("compute_units")));
  if (std::getenv("POCL_AFFINITY") == nullptr) return;  // this process may not use core 0
  EXPECT_EQ(std::set<std::string>(cores.begin(), cores.end()).size(), cores.size());
  std::set<std::string> of_parts;
  for (const auto& one : processors) {
    if (!one.id.starts_with("opencl:0/")) continue;
    const auto& own = std::get<std::vector<std::string>>(one.facts.at("worker_cores"));
    for (const std::string& core : own) EXPECT_TRUE(of_parts.insert(core).second) << one.id;
  }
  EXPECT_EQ(of_parts.empty(), cores.size() < 2);
}

TEST(Workers, AreThreadsThatCameLater) {
  const std::set<int> now = thread_ids();
  EXPECT_FALSE(now.empty());
  EXPECT_TRUE(new_threads_cores(now).empty());
}

}  // namespace
}  // namespace motley::opencl
