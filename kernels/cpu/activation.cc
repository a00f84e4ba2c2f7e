// Activation functions and their gradients (ops/activation.cc).

#include <cmath>
#include <limits>
#include <type_traits>

#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/kernels/cpu/vector_math_util.h"

namespace weir {
namespace {

// The constants of Selu: its scale s, and s * a.
constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluScaleAlpha = 1.7580993408473768599402175208123;

template <typename T>
T Exp(T x) {
  if constexpr (std::is_same_v<T, float>) {
    return ExpF(x);
  } else {
    return std::exp(x);
  }
}

// Comparisons are written so that NaN passes through.
struct ReluOp {
  template <typename T>
  static T Of(T x) {
    return x < T(0) ? T(0) : x;
  }
};
struct Relu6Op {
  template <typename T>
  static T Of(T x) {
    const T positive = x < T(0) ? T(0) : x;
    return positive > T(6) ? T(6) : positive;
  }
};
struct EluOp {
  template <typename T>
  static T Of(T x) {
    return x < T(0) ? std::expm1(x) : x;
  }
};
struct SeluOp {
  template <typename T>
  static T Of(T x) {
    return x < T(0) ? T(kSeluScaleAlpha) * std::expm1(x) : T(kSeluScale) * x;
  }
};
struct SoftplusOp {
  template <typename T>
  static T Of(T x) {
    // Beyond these ln(1 + e^x) is x, or e^x, to the last digit.
    const T threshold = std::log(std::numeric_limits<T>::epsilon()) + T(2);
    return x > -threshold ? x : x < threshold ? std::exp(x) : std::log1p(std::exp(x));
  }
};
struct SoftsignOp {
  template <typename T>
  static T Of(T x) {
    return x / (T(1) + std::abs(x));
  }
};

struct ReluGradOp {
  template <typename T>
  static T Of(T g, T x) {
    return x > T(0) ? g : T(0);
  }
};
struct Relu6GradOp {
  template <typename T>
  static T Of(T g, T x) {
    const T positive = x > T(0) ? g : T(0);
    return x < T(6) ? positive : T(0);
  }
};
struct EluGradOp {
  template <typename T>
  static T Of(T g, T y) {
    return y < T(0) ? (y + T(1)) * g : g;
  }
};
struct SeluGradOp {
  template <typename T>
  static T Of(T g, T y) {
    return g * (y < T(0) ? y + T(kSeluScaleAlpha) : T(kSeluScale));
  }
};
struct SoftplusGradOp {
  template <typename T>
  static T Of(T g, T x) {
    return g / (Exp(-x) + T(1));
  }
};
struct SoftsignGradOp {
  template <typename T>
  static T Of(T g, T x) {
    const T d = T(1) + std::abs(x);
    return g / (d * d);
  }
};

template <typename Op, typename... Ts>
PrepareFn Unary(double cost) {
  return [cost](KernelPrepare& k) {
    return k.ForType<Ts...>(
        "T", [&]<typename T>() { return PrepareUnaryLoop(k, RunUnary<Op, T>, cost); });
  };
}

// Gradients do not broadcast, unlike the arithmetic that shares their loops.
absl::Status CheckSameShape(const KernelPrepare& k) {
  if (k.In(0).shape() == k.In(1).shape()) return absl::OkStatus();
  return k.InvalidInput(
      1, absl::StrCat("must have the gradients' shape ", k.In(0).shape().ToString()));
}

template <typename Op, typename... Ts>
PrepareFn Binary(double cost) {
  return [cost](KernelPrepare& k) -> absl::Status {
    RETURN_IF_ERROR(CheckSameShape(k));
    return k.ForType<Ts...>(
        "T", [&]<typename T>() { return PrepareBinaryLoop(k, RunBinary<Op, T>, cost); });
  };
}

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
        for (int64_t i = begin; i < end; ++i) {
          const C v = x[i], scaled = v * C(alpha);
          y[i] = T(v > C(0) ? v : scaled);
        }
      });
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareLeakyReluGrad(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckSameShape(k));
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
        for (int64_t i = begin; i < end; ++i) {
          const C v = g[i], scaled = v * C(alpha);
          dx[i] = T(C(x[i]) > C(0) ? v : scaled);
        }
      });
      return absl::OkStatus();
    });
  });
}

template <typename Op>
PrepareFn RealUnary(double cost) {
  return Unary<Op, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t,
               uint16_t, uint32_t, uint64_t>(cost);
}
template <typename Op>
PrepareFn RealBinary(double cost) {
  return Binary<Op, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t,
                uint16_t, uint32_t, uint64_t>(cost);
}
template <typename Op>
PrepareFn FloatingUnary(double cost) {
  return Unary<Op, float, double, Half, BFloat16>(cost);
}
template <typename Op>
PrepareFn FloatingBinary(double cost) {
  return Binary<Op, float, double, Half, BFloat16>(cost);
}

}  // namespace

void RegisterActivationKernels(KernelRegistry& kernels) {
  kernels.Add("Relu", "CPU", RealUnary<ReluOp>(1));
  kernels.Add("Relu6", "CPU", RealUnary<Relu6Op>(1));
  kernels.Add("Elu", "CPU", FloatingUnary<EluOp>(20));
  kernels.Add("Selu", "CPU", FloatingUnary<SeluOp>(20));
  kernels.Add("Softplus", "CPU", FloatingUnary<SoftplusOp>(40));
  kernels.Add("Softsign", "CPU", FloatingUnary<SoftsignOp>(4));
  kernels.Add("LeakyRelu", "CPU", PrepareLeakyRelu);
  kernels.Add("ReluGrad", "CPU", RealBinary<ReluGradOp>(1));
  kernels.Add("Relu6Grad", "CPU", RealBinary<Relu6GradOp>(1));
  kernels.Add("EluGrad", "CPU", FloatingBinary<EluGradOp>(2));
  kernels.Add("SeluGrad", "CPU", FloatingBinary<SeluGradOp>(2));
  kernels.Add("SoftplusGrad", "CPU", FloatingBinary<SoftplusGradOp>(10));
  kernels.Add("SoftsignGrad", "CPU", FloatingBinary<SoftsignGradOp>(4));
  kernels.Add("LeakyReluGrad", "CPU", PrepareLeakyReluGrad);
}

}  // namespace weir
