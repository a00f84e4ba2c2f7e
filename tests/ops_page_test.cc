#include "gtest/gtest.h"
#include "weir/core/env.h"
#include "weir/tests/program.h"

namespace weir {
namespace {

TEST(OpsPage, IsUpToDate) {
  EXPECT_EQ(RunProgram("tests/ops_page", {}).out, *PosixEnv().ReadFileToString("docs/ops.md"))
      << "bazel run //tests:ops_page > docs/ops.md";
}

}  // namespace
}  // namespace weir
