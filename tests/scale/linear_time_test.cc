// Twice the nodes cost at most 2.3 times the instructions, in every phase. Callgrind counts
// instructions, which a busy machine does not change.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr const char* kPhases[] = {"MeasuredBuild", "MeasuredDifferentiate", "MeasuredExport",
                                   "MeasuredImport", "MeasuredPrepare"};

// Large enough that a few instructions for each pair of nodes show.
constexpr struct {
  const char* shape;
  int n;
} kGraphs[] = {{"chain", 500}, {"diamonds", 400}, {"fan", 500},     {"control", 400},
               {"names", 200}, {"pieces", 400},   {"variables", 40}};

// What Callgrind counted in the call that ended with dump `i`, which must be one of `phase`.
int64_t ReadInstructions(const std::string& prefix, int i, absl::string_view phase) {
  std::ifstream file(absl::StrCat(prefix, ".", i));
  std::string triggered;
  int64_t instructions = 0;
  for (std::string line; std::getline(file, line);) {
    absl::string_view text = line;
    if (absl::ConsumePrefix(&text, "desc: Trigger: --dump-after=")) triggered = std::string(text);
    if (absl::ConsumePrefix(&text, "totals: ")) (void)absl::SimpleAtoi(text, &instructions);
  }
  EXPECT_EQ(triggered, phase) << prefix << "." << i;
  return instructions;
}

TEST(LinearTime, TwiceTheNodesCostTwice) {
  if (std::system("valgrind --version >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "valgrind is not installed";
  }
  const std::string prefix = testing::TempDir() + "/callgrind";
  std::string command = "valgrind -q --tool=callgrind --callgrind-out-file=" + prefix;
  command += " --toggle-collect='Measured*'";  // The other option takes no pattern.
  for (const char* phase : kPhases) absl::StrAppend(&command, " --dump-after=", phase);
  command += " tests/scale/phases";
  for (const auto& graph : kGraphs) absl::StrAppend(&command, " ", graph.shape, " ", graph.n);
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  constexpr int kNumPhases = std::size(kPhases);
  int dump = 1;
  for (const auto& [shape, n] : kGraphs) {
    for (const char* phase : kPhases) {
      const int64_t once = ReadInstructions(prefix, dump, phase);
      const int64_t twice = ReadInstructions(prefix, dump + kNumPhases, phase);
      ++dump;
      ASSERT_GT(once, 100 * n) << shape << ", " << phase << ": was not seen";
      const double ratio = static_cast<double>(twice) / static_cast<double>(once);
      EXPECT_LE(ratio, 2.3) << shape << ", " << phase << ": " << once << " instructions for " << n
                            << " nodes, " << twice << " for " << 2 * n;
      std::printf("%-9s  %-21s  %6d instructions a node, %.2f\n", shape, phase,
                  static_cast<int>(once / n), ratio);
    }
    dump += kNumPhases;
  }
}

}  // namespace
}  // namespace weir
