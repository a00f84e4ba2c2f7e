// Activation functions and their gradients (ops/activation.cc).

#include "weir/kernels/common/activation_functions.h"
#include "weir/kernels/cpu/activation_util.h"
#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/kernels/cpu/vector_math_util.h"

namespace weir {
namespace {

// The function as this device computes it: one is faster in float.
template <typename Op>
struct OnCpu : Op {};
template <>
struct OnCpu<SoftplusGradOp> : SoftplusGradOp {
  using SoftplusGradOp::Of;
  static float Of(float g, float x) { return g / (ExpF(-x) + 1.0f); }
};

struct Table {
  template <typename Op, typename... Ts>
  void Add(const char* op, double cost, Types<Ts...>) {
    registry.Add(op, "CPU", [cost](KernelPrepare& k) {
      return k.ForType<Ts...>(
          "T", [&]<typename T>() { return PrepareUnaryLoop(k, RunUnary<Op, T>, cost); });
    });
  }
  template <typename Op, typename... Ts>
  void AddGrad(const char* op, double cost, Types<Ts...>) {
    registry.Add(op, "CPU", [cost](KernelPrepare& k) -> absl::Status {
      RETURN_IF_ERROR(CheckActivationGrad(k));
      return k.ForType<Ts...>(
          "T", [&]<typename T>() { return PrepareBinaryLoop(k, RunBinary<OnCpu<Op>, T>, cost); });
    });
  }

  KernelRegistry& registry;
};

// As RunUnary, for the function that depends on an attr.
absl::Status PrepareLeakyRelu(KernelPrepare& k) {
  const Shape& shape = k.In(0).shape();
  k.Out(0).SetShape(shape).MayReuse(0);
  const int64_t n = shape.num_elements();
  const float alpha = k.Attr<float>("alpha");
  return k.ForType<Half, BFloat16, float, double>("T", [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(n, 1, [&](int64_t begin, int64_t end) {
        using C = ComputeType<T>;
        const T* x = r.In<T>(0);
        T* y = r.Out<T>(0);
        for (int64_t i = begin; i < end; ++i) y[i] = T(LeakyRelu<C>(x[i], x[i], C(alpha)));
      });
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareLeakyReluGrad(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckActivationGrad(k));
  const Shape& shape = k.In(0).shape();
  k.Out(0).SetShape(shape).MayReuse(0).MayReuse(1);
  const int64_t n = shape.num_elements();
  const float alpha = k.Attr<float>("alpha");
  return k.ForType<Half, BFloat16, float, double>("T", [&]<typename T>() {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(n, 1, [&](int64_t begin, int64_t end) {
        using C = ComputeType<T>;
        const T *g = r.In<T>(0), *x = r.In<T>(1);
        T* dx = r.Out<T>(0);
        for (int64_t i = begin; i < end; ++i) dx[i] = T(LeakyRelu<C>(g[i], x[i], C(alpha)));
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterActivationKernels(KernelRegistry& kernels) {
  Table table{kernels};
  FillActivationTable(table);
  kernels.Add("LeakyRelu", "CPU", PrepareLeakyRelu);
  kernels.Add("LeakyReluGrad", "CPU", PrepareLeakyReluGrad);
}

}  // namespace weir
