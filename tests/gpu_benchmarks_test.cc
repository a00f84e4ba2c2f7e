// Each benchmark of GPUs, small, on an emulated one.

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "weir/tests/program.h"

namespace weir {
namespace {

using testing::HasSubstr;

constexpr char kBench[] = "benchmarks/bench_emulated";

// The line of a case, or "".
std::string LineOf(const ProgramResult& ran, const std::string& name) {
  for (absl::string_view line : absl::StrSplit(ran.out, '\n')) {
    if (absl::StrContains(line, absl::StrCat("\"case\": \"", name, "\""))) return std::string(line);
  }
  return "";
}

class GpuBenchmarksTest : public testing::TestWithParam<const char*> {};

TEST_P(GpuBenchmarksTest, PrintsALine) {
  const ProgramResult ran =
      RunProgram(kBench, {"--device=/device:GPU:0", "--small", "1", GetParam()});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out,
              HasSubstr("\"ceiling\": true, \"device\": \"/device:GPU:0\", \"copy_gb_s\""));
  const std::string line = LineOf(ran, GetParam());
  EXPECT_THAT(line, HasSubstr("\"threads\": 1, \"device\": \"/device:GPU:0\", \"small\": true, "));
  for (const char* field :
       {"weir_us", "weir_min_us", "weir_p99_us", "first_us", "faults", "allocations"}) {
    EXPECT_THAT(line, HasSubstr(absl::StrCat("\"", field, "\": "))) << ran.out;
  }
  const bool memory_bound = absl::StartsWith(GetParam(), "pointwise");
  EXPECT_EQ(absl::StrContains(line, "\"ceiling_share\": 0."), memory_bound) << line;
}

INSTANTIATE_TEST_SUITE_P(Cases, GpuBenchmarksTest,
                         testing::Values("call_floor", "chain_ops_1000", "mlp_tiny_train_b32_adam",
                                         "mlp_infer_b32", "lenet_train_b50_adam",
                                         "step_latency_gpu_mlp_b128_sgd",
                                         "step_latency_gpu_deepnn_b50_adam",
                                         "step_latency_gpu_resnet50_b1",
                                         "resnet50_train_gpu_b256_bf16", "pointwise_opt_gpu_chain",
                                         "pointwise_opt_gpu_adam"));

TEST(GpuBenchmarksErrorsTest, AreToldInOneLine) {
  const ProgramResult no_gpu = RunProgram(kBench, {"--device=/device:GPU:7"});
  EXPECT_EQ(no_gpu.exit_code, 1);
  EXPECT_EQ(no_gpu.err, "bench: INVALID_ARGUMENT: /device:GPU:7: this process sees 1 GPU\n");
  EXPECT_EQ(RunProgram(kBench, {"many"}).exit_code, 2);
}

}  // namespace
}  // namespace weir
