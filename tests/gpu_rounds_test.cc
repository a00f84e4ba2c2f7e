#include "gtest/gtest.h"
#include "weir/tests/program.h"

namespace weir {
namespace {

TEST(GpuRounds, PassOnAnEmulatedGpu) {
  const ProgramResult ran = RunProgram("tests/gpu_rounds", {});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.out, "2 passed, 0 failed, 0 skipped\n") << ran.err;
}

}  // namespace
}  // namespace weir
