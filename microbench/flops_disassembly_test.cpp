// Is the hot loop of the CPU's peak kernels what it claims to be: multiply-adds on registers, no
// loads or stores? Reads this program's own machine code with objdump.
#include <cstdio>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace motley::microbench {
namespace {

struct Instruction {
  unsigned long address;
  std::string text;  ///< mnemonic and operands
};

/// Instructions of each function whose mangled name holds `part`.
std::map<std::string, std::vector<Instruction>> functions_with(const std::string& part) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  FILE* pipe = popen(("objdump -d --no-show-raw-insn '" + self + "' 2>/dev/null").c_str(), "r");
  std::map<std::string, std::vector<Instruction>> functions;
  std::vector<Instruction>* current = nullptr;
  char buffer[4096];
  while (fgets(buffer, sizeof buffer, pipe)) {
    const std::string line(buffer);
    const std::size_t colon = line.find(':');
    if (line.size() > 2 && line[0] != ' ' && line.find(">:") != std::string::npos) {
      current = line.find(part) == std::string::npos ? nullptr : &functions[line];
    } else if (current && line[0] == ' ' && colon != std::string::npos) {
      const std::size_t text = line.find_first_not_of(" \t", colon + 1);
      if (text == std::string::npos) continue;
      current->push_back(
          {std::stoul(line, nullptr, 16), line.substr(text, line.size() - text - 1)});
    }
  }
  pclose(pipe);
  return functions;
}

bool starts_with_any(const std::string& text, std::initializer_list<const char*> starts) {
  for (const char* start : starts) {
    if (text.starts_with(start)) return true;
  }
  return false;
}

/// From the target of the last jump backwards to that jump.
std::vector<Instruction> hot_loop(const std::vector<Instruction>& function) {
  for (std::size_t i = function.size(); i-- > 0;) {
    const std::string& text = function[i].text;
    if (!starts_with_any(text, {"j", "b.", "cbnz", "tbnz"}) || text.starts_with("jmp")) continue;
    const std::size_t bracket = text.find('<');
    const std::size_t space =
        text.find_last_of(" \t,", bracket == std::string::npos ? bracket : bracket - 2);
    if (space == std::string::npos) continue;
    const unsigned long target = std::stoul(text.substr(space + 1), nullptr, 16);
    if (target >= function[i].address || target < function.front().address) continue;
    std::vector<Instruction> loop;
    for (const Instruction& one : function) {
      if (one.address >= target && one.address <= function[i].address) loop.push_back(one);
    }
    return loop;
  }
  return {};
}

bool touches_memory(const std::string& text) {
#if defined(__x86_64__)
  return text.find("(%") != std::string::npos && !text.starts_with("lea") &&
         !text.starts_with("nop");
#else
  return starts_with_any(text, {"ld", "st"});
#endif
}

void expect_pure_loop(const std::string& function_part, int multiply_adds) {
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "not an optimised build";
#endif
  const auto functions = functions_with(function_part);
  if (functions.empty()) GTEST_SKIP() << "no objdump, or no such target in this build";
  for (const auto& [name, function] : functions) {
    const auto loop = hot_loop(function);
    ASSERT_FALSE(loop.empty()) << name;
    int seen = 0;
    for (const Instruction& one : loop) {
      seen += starts_with_any(one.text, {"vfmadd", "vfnmadd", "fmla", "fmls"});
      EXPECT_FALSE(touches_memory(one.text)) << name << one.text;
    }
    EXPECT_EQ(seen, multiply_adds) << name;
  }
}

// Twelve chains, two steps each; Mix::fma is the first of its enumeration.
#if defined(__x86_64__)
TEST(FlopsDisassembly, Avx512) {
  expect_pure_loop("N_AVX34peakIfLi12ELNS0_3MixE0E", 24);
}
TEST(FlopsDisassembly, Avx2) {
  expect_pure_loop("N_AVX24peakIfLi12ELNS0_3MixE0E", 24);
}
TEST(FlopsDisassembly, Avx512Double) {
  expect_pure_loop("N_AVX34peakIdLi12ELNS0_3MixE0E", 24);
}
#elif defined(__aarch64__)
TEST(FlopsDisassembly, Neon) {
  expect_pure_loop("N_NEON4peakIfLi12ELNS0_3MixE0E", 24);
}
#endif

}  // namespace
}  // namespace motley::microbench
