#include "weir/tests/cuda_compare.h"

#include <cuda_runtime.h>

#include <cmath>

#include "gtest/gtest.h"
#include "weir/runtime/gpu.h"

namespace weir {
namespace {

Complex128 ValueOf(const Tensor& t, int64_t i) {
  Complex128 value = 0;
  const auto read = [&]<typename T>(TypeTag<T>) {
    if constexpr (std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>) {
      value = Complex128(t.data<T>()[i]);
    } else {
      value = static_cast<double>(t.data<T>()[i]);
    }
    return absl::OkStatus();
  };
  const absl::Status status =
      DispatchType<Half, BFloat16, float, double, bool, int8_t, int16_t, int32_t, int64_t, uint8_t,
                   uint16_t, uint32_t, uint64_t, Complex64, Complex128>(t.dtype(), read);
  EXPECT_TRUE(status.ok()) << status;
  return value;
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

Output FedInput(const Scope& scope, const Tensor& value, std::vector<FeedRef>* feeds) {
  const Output placeholder =
      scope.Op("Placeholder").Attr("dtype", value.dtype()).Attr("shape", value.shape()).Build();
  feeds->emplace_back(placeholder, value);
  return placeholder;
}

}  // namespace

Tensor Numbers(DataType type, const Shape& shape, uint32_t seed, double offset) {
  std::vector<double> values(shape.num_elements());
  for (double& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<double>(seed >> 8) / (1 << 22) - 2 + offset;
  }
  Tensor result;
  const absl::Status status =
      DispatchType<Half, BFloat16, float, double, bool, int8_t, int16_t, int32_t, int64_t, uint8_t,
                   uint16_t, uint32_t, uint64_t>(type, [&]<typename T>(TypeTag<T>) {
        Tensor tensor = Tensor::Make(type, shape).value();
        for (size_t i = 0; i < values.size(); ++i) {
          if constexpr (std::is_same_v<T, bool>) {
            tensor.mutable_data<T>()[i] = values[i] > -1.9;
          } else if constexpr (std::is_integral_v<T>) {
            tensor.mutable_data<T>()[i] = static_cast<T>(values[i] * 50);
          } else {
            tensor.mutable_data<T>()[i] = T(static_cast<float>(values[i]));
          }
        }
        result = tensor;
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
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

void ExpectClose(const std::vector<Tensor>& got, const std::vector<Tensor>& want,
                 double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t o = 0; o < want.size(); ++o) {
    const Tensor &g = got[o], &w = want[o];
    ASSERT_EQ(g.shape(), w.shape());
    for (int64_t i = 0; i < w.num_elements(); ++i) {
      const Complex128 a = ValueOf(g, i), b = ValueOf(w, i);
      if (std::isnan(a.real()) && std::isnan(b.real())) continue;
      if (a == b) continue;  // Infinities, too.
      ASSERT_LE(std::abs(a - b), tolerance * std::max(1.0, std::abs(b)))
          << "output " << o << " element " << i << " is " << a << ", should be " << b;
    }
  }
}

void ExpectSame(const std::vector<Tensor>& inputs, double tolerance, const BuildOp& build) {
  const auto got = RunOnGpu(inputs, build);
  ASSERT_TRUE(got.ok()) << got.status();
  const auto want = RunOn("/cpu:0", {.threads = 1}, inputs, build);
  ASSERT_TRUE(want.ok()) << want.status();
  ExpectClose(*got, *want, tolerance);
}

absl::StatusOr<std::vector<Tensor>> Update(absl::string_view device, const SessionOptions& options,
                                           const Updates& u) {
  const Scope root = Scope::Root();
  const Scope scope = root.Device(device);
  std::vector<FeedRef> feeds;
  std::vector<TensorRef> values;
  std::vector<TargetRef> assigned;
  OpBuilder update = scope.Op(u.op);
  for (const Tensor& value : u.variables) {
    const Output variable = scope.Op(u.resources ? "VarHandleOp" : "VariableV2")
                                .Attr("dtype", value.dtype())
                                .Attr("shape", value.shape())
                                .Build();
    assigned.emplace_back(scope.Op(u.resources ? "AssignVariableOp" : "Assign")
                              .In(variable)
                              .In(FedInput(root, value, &feeds))
                              .Build());
    OpBuilder read = scope.Op(u.resources ? "ReadVariableOp" : "Identity").In(variable);
    if (u.resources) read.Attr("dtype", value.dtype());
    values.emplace_back(Output(read.Build()));
    update.In(variable);
  }
  for (const Tensor& value : u.inputs) update.In(FedInput(root, value, &feeds));
  const TargetRef target = update.Build();
  RETURN_IF_ERROR(root.status());
  ASSIGN_OR_RETURN(const Session session, Session::Create(root, options));
  RETURN_IF_ERROR(session.Run(feeds, {}, assigned).status());
  for (int i = 0; i < 2; ++i) RETURN_IF_ERROR(session.Run(feeds, {}, {target}).status());
  return session.Run({}, values, {});
}

void ExpectSameUpdates(const Updates& u, double tolerance) {
  const auto got = Update("/gpu:0", WithGpu(), u);
  ASSERT_TRUE(got.ok()) << got.status();
  const auto want = Update("/cpu:0", {.threads = 1}, u);
  ASSERT_TRUE(want.ok()) << want.status();
  ExpectClose(*got, *want, tolerance);
}

}  // namespace weir
