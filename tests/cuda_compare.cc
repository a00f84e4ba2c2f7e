#include "weir/tests/cuda_compare.h"

#include <cuda_runtime.h>

#include <cmath>

#include "gtest/gtest.h"
#include "weir/runtime/gpu.h"

namespace weir {
namespace {

template <typename F>
void ForRealType(DataType type, const F& f) {
  const absl::Status status =
      DispatchType<Half, BFloat16, float, double, bool, int8_t, int16_t, int32_t, int64_t, uint8_t,
                   uint16_t, uint32_t, uint64_t>(type, [&]<typename T>(TypeTag<T> tag) {
        f(tag);
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
}

absl::StatusOr<std::vector<Tensor>> RunOn(absl::string_view device, const SessionOptions& options,
                                          const std::vector<Tensor>& inputs, const BuildOp& build) {
  const Scope scope = Scope::Root();
  std::vector<Output> placeholders;
  std::vector<FeedRef> feeds;
  for (const Tensor& input : inputs) {
    placeholders.push_back(
        scope.Op("Placeholder").Attr("dtype", input.dtype()).Attr("shape", input.shape()).Build());
    feeds.emplace_back(placeholders.back(), input);
  }
  const Operation op = build(scope.Device(device), placeholders);
  RETURN_IF_ERROR(scope.status());
  std::vector<TensorRef> outputs;
  for (int i = 0; i < op.num_outputs(); ++i) outputs.push_back(op.out(i));
  ASSIGN_OR_RETURN(const Session session, Session::Create(scope, options));
  return session.Run(feeds, outputs, {});
}

}  // namespace

Tensor Numbers(DataType type, const Shape& shape, uint32_t seed) {
  Tensor result = Tensor::Make(type, shape).value();
  ForRealType(type, [&]<typename T>(TypeTag<T>) {
    for (T& element : result.mutable_values<T>()) {
      seed = seed * 1664525u + 1013904223u;
      const double value = static_cast<double>(seed >> 8) / (1 << 22) - 2;
      if constexpr (std::is_same_v<T, bool>) {
        element = value > -1.9;
      } else if constexpr (std::is_integral_v<T>) {
        element = static_cast<T>(static_cast<int>(value * 50));
      } else {
        element = T(static_cast<float>(value));
      }
    }
  });
  return result;
}

double ToleranceOf(DataType type) {
  switch (type) {
    case DT_HALF: return 2e-3;
    case DT_BFLOAT16: return 1e-2;
    case DT_FLOAT: return 2e-5;
    default: return 1e-12;
  }
}

double ValueOf(const Tensor& t, int64_t i) {
  double value = 0;
  ForRealType(t.dtype(),
              [&]<typename T>(TypeTag<T>) { value = static_cast<double>(t.data<T>()[i]); });
  return value;
}

SessionOptions WithGpu() {
  cuda_emulation::SetMachine({});
  SessionOptions options{.threads = 1};
  options.devices = MakeGpus({}).value();
  options.allow_soft_placement = false;
  return options;
}

absl::StatusOr<std::vector<Tensor>> RunOnGpu(const std::vector<Tensor>& inputs,
                                             const BuildOp& build) {
  return RunOn("/gpu:0", WithGpu(), inputs, build);
}

void ExpectSame(const std::vector<Tensor>& inputs, double tolerance, const BuildOp& build) {
  const auto got = RunOnGpu(inputs, build);
  ASSERT_TRUE(got.ok()) << got.status();
  const auto want = RunOn("/cpu:0", {.threads = 1}, inputs, build);
  ASSERT_TRUE(want.ok()) << want.status();
  ExpectClose(*got, *want, tolerance);
}

void ExpectClose(const std::vector<Tensor>& got, const std::vector<Tensor>& want,
                 double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t o = 0; o < want.size(); ++o) {
    ASSERT_EQ(got[o].shape(), want[o].shape());
    for (int64_t i = 0; i < want[o].num_elements(); ++i) {
      const double a = ValueOf(got[o], i), b = ValueOf(want[o], i);
      if (std::isnan(a) && std::isnan(b)) continue;
      if (a == b) continue;  // Infinities, too.
      ASSERT_LE(std::abs(a - b), tolerance * std::max(1.0, std::abs(b)))
          << "output " << o << " element " << i << " is " << a << ", should be " << b;
    }
  }
}

}  // namespace weir
