// Element-wise functions of two broadcasting tensors (kernels/common/binary_functions.h).

#include "weir/kernels/common/binary_functions.h"
#include "weir/kernels/common/checks.h"
#include "weir/kernels/cuda/complex_util.h"
#include "weir/kernels/cuda/elementwise_util.h"
#include "weir/kernels/cuda/special_math_util.h"

namespace weir {
namespace {

template <typename Op, typename T>
absl::Status PrepareBinary(KernelPrepare& k) {
  // A kernel of the GPU cannot tell that an element has no result.
  if constexpr (requires(T a) { Op::Valid(a, a); }) {
    return absl::UnimplementedError("integers, whose division by zero is an error");
  } else {
    ASSIGN_OR_RETURN(const BroadcastIndex index, PrepareBroadcast(k));
    const int64_t n = k.Out(0).shape.num_elements();
    return k.Run([n, index](KernelRun& r) { return RunBinary<Op, T>(r, n, index); });
  }
}

// Integers of a width are equal when their bits are. Those of 32 bits stay on the CPU, as in all
// other comparisons.
template <typename Op>
absl::Status PrepareEquality(KernelPrepare& k) {
  switch (k.In(0).dtype()) {
    case DT_BOOL:
    case DT_INT8:
    case DT_UINT8:
    case DT_QINT8:
    case DT_QUINT8: return PrepareBinary<Op, uint8_t>(k);
    case DT_INT16:
    case DT_UINT16: return PrepareBinary<Op, uint16_t>(k);
    case DT_INT64:
    case DT_UINT64: return PrepareBinary<Op, uint64_t>(k);
    default: break;
  }
  return DispatchType<Half, BFloat16, float, double, Complex64, Complex128>(
      k.In(0).dtype(),
      [&]<typename T>(TypeTag<T>) { return PrepareBinary<Op, DeviceNumber<T>>(k); });
}

struct ComplexNumberOp {
  template <typename T>
  static constexpr ComplexNumber<T> Of(T re, T im) {
    return {re, im};
  }
};

absl::Status PrepareComplex(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckComplexOutput(k));
  return DispatchType<float, double>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return PrepareBinary<ComplexNumberOp, T>(k);
  });
}

template <typename T>
struct ApproximateEqualFunction {
  const T* x;
  const T* y;
  bool* out;
  double tolerance;

  __device__ void operator()(int64_t i) const {
    using C = ComputeType<T>;
    out[i] = ApproximateEqualOp::Of<C>(static_cast<C>(x[i]), static_cast<C>(y[i]), tolerance);
  }
};

template <typename T>
absl::Status PrepareApproximateEqual(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckShapeOfInput0(k, 1));
  const Shape& shape = k.In(0).shape();
  k.Out(0).SetShape(shape);
  return k.Run([n = shape.num_elements(), tolerance = k.Attr<float>("tolerance")](KernelRun& r) {
    return ForEach(r, n,
                   ApproximateEqualFunction<T>{r.In<T>(0), r.In<T>(1), r.Out<bool>(0), tolerance});
  });
}

// Each input runs along the output in steps of 1, or 0 for a scalar.
template <typename T>
struct BetaincFunction {
  const T* a;
  const T* b;
  const T* x;
  T* out;
  int64_t a_step, b_step, x_step;

  __device__ void operator()(int64_t i) const {
    out[i] = static_cast<T>(
        SpecialFunctions<DeviceMath>::IncompleteBeta(a[i * a_step], b[i * b_step], x[i * x_step]));
  }
};

template <typename T>
absl::Status PrepareBetainc(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, ShapeBesideScalars(k));
  k.Out(0).SetShape(shape);
  return k.Run([n = shape.num_elements()](KernelRun& r) {
    const auto step = [&r](int i) { return int64_t{r.In(i).rank() > 0}; };
    return ForEach(r, n,
                   BetaincFunction<T>{r.In<T>(0), r.In<T>(1), r.In<T>(2), r.Out<T>(0), step(0),
                                      step(1), step(2)});
  });
}

struct Table {
  template <typename Op, typename... Ts>
  void Add(const char* op, double /*cost*/, Types<Ts...> types) {
    AddForTypes(registry, op, types,
                []<typename T>(TypeTag<T>, KernelPrepare& k) { return PrepareBinary<Op, T>(k); });
  }

  KernelRegistry& registry;
};

}  // namespace

void RegisterBinaryCudaKernels(KernelRegistry& registry) {
  Table table{registry};
  FillBinaryTable(table);
  FillSpecialBinaryTable<DeviceMath>(table);

  registry.Add("Complex", "GPU", PrepareComplex);
  registry.Add("Equal", "GPU", PrepareEquality<EqualOp>);
  registry.Add("NotEqual", "GPU", PrepareEquality<NotEqualOp>);
  AddForTypes(registry, "Betainc", Types<float, double>(),
              []<typename T>(TypeTag<T>, KernelPrepare& k) { return PrepareBetainc<T>(k); });
  AddForTypes(
      registry, "ApproximateEqual", Types<Half, BFloat16, float, double, int64_t>(),
      []<typename T>(TypeTag<T>, KernelPrepare& k) { return PrepareApproximateEqual<T>(k); });
}

}  // namespace weir
