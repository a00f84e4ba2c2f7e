// Element-wise functions of two broadcasting tensors (ops/binary.cc).

#include "weir/kernels/common/binary_functions.h"
#include "weir/kernels/common/checks.h"
#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/kernels/cpu/special_math_util.h"
#include "weir/kernels/cpu/vector_math_util.h"

namespace weir {
namespace {

// What elements without a result mean.
constexpr char kDivisionByZero[] = "Integer division by zero";
template <typename Op>
constexpr const char* kError = kDivisionByZero;
template <>
constexpr const char* kError<PowOp> = "Integers to negative integer powers are not allowed";

struct Table {
  template <typename Op, typename... Ts>
  void Add(const char* op, double cost, Types<Ts...>) {
    registry.Add(op, "CPU", [cost](KernelPrepare& k) {
      return DispatchType<Ts...>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
        return PrepareBinaryLoop(k, BinaryLoopOf<Op, T>(), cost, kError<Op>);
      });
    });
  }

  KernelRegistry& registry;
};

template <typename Op>
void AddEquality(KernelRegistry& registry, absl::string_view op) {
  registry.Add(op, "CPU", [](KernelPrepare& k) {
    switch (k.In(0).dtype()) {  // Quantised numbers are equal when their integers are.
      case DT_QINT8: return PrepareBinaryLoop(k, BinaryLoopOf<Op, int8_t>(), 1);
      case DT_QUINT8: return PrepareBinaryLoop(k, BinaryLoopOf<Op, uint8_t>(), 1);
      case DT_QINT32: return PrepareBinaryLoop(k, BinaryLoopOf<Op, int32_t>(), 1);
      default: break;
    }
    return DispatchType<Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                        bool, std::string, Complex64, Complex128>(
        k.In(0).dtype(),
        [&]<typename T>(TypeTag<T>) { return PrepareBinaryLoop(k, BinaryLoopOf<Op, T>(), 1); });
  });
}

absl::Status PrepareComplex(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckComplexOutput(k));
  return DispatchType<float, double>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return PrepareBinaryLoop(k, BinaryLoopOf<ComplexOp, T>(), 1);
  });
}

// |x - y| < tolerance.
absl::Status PrepareApproximateEqual(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckShapeOfInput0(k, 1));
  const Shape& shape = k.In(0).shape();
  k.Out(0).SetShape(shape);
  const double tolerance = k.Attr<float>("tolerance");
  const int64_t n = shape.num_elements();
  return DispatchNumbers(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const T* x = r.In<T>(0);
      const T* y = r.In<T>(1);
      bool* z = r.Out<bool>(0);
      r.ParallelFor(n, 2, [=](int64_t begin, int64_t end) {
        using C = ComputeType<T>;
        for (int64_t i = begin; i < end; ++i) {
          z[i] = ApproximateEqualOp::Of<C>(x[i], y[i], tolerance);
        }
      });
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareBetainc(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, ShapeBesideScalars(k));
  k.Out(0).SetShape(shape);
  const int64_t n = shape.num_elements();
  const int64_t sa = k.In(0).shape().rank() > 0, sb = k.In(1).shape().rank() > 0,
                sx = k.In(2).shape().rank() > 0;
  return DispatchType<float, double>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const T* a = r.In<T>(0);
      const T* b = r.In<T>(1);
      const T* x = r.In<T>(2);
      T* z = r.Out<T>(0);
      r.ParallelFor(n, 300, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          z[i] = static_cast<T>(
              SpecialFunctions<HostMath>::IncompleteBeta(a[i * sa], b[i * sb], x[i * sx]));
        }
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterBinaryKernels(KernelRegistry& registry) {
  Table table{registry};
  FillBinaryTable(table);
  FillSpecialBinaryTable<HostMath>(table);

  registry.Add("Complex", "CPU", PrepareComplex);
  AddEquality<EqualOp>(registry, "Equal");
  AddEquality<NotEqualOp>(registry, "NotEqual");
  registry.Add("ApproximateEqual", "CPU", PrepareApproximateEqual);
  registry.Add("Betainc", "CPU", PrepareBetainc);
}

}  // namespace weir
