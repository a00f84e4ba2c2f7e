#include <cmath>

#include "weir/graph/graph.h"
#include "weir/kernels/cpu/move_util.h"
#include "weir/ops/array_util.h"
#include "weir/proto/attr_value.pb.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

absl::Status PrepareConst(KernelPrepare& k) {
  const AttrValue* attr = k.node().attrs().Find("value");
  if (attr == nullptr || !attr->has_tensor()) return InvalidArgument("attr 'value' is no tensor");
  // A few bytes may spell many elements, which count against the session's limit.
  ASSIGN_OR_RETURN(const Tensor value, TensorFromProto(attr->tensor(), kNoByteLimit, k.host()));
  if (value.dtype() != k.OutType(0)) {
    return InvalidArgument("the value is of type ", DataTypeName(value.dtype()),
                           ", but dtype says ", DataTypeName(k.OutType(0)));
  }
  k.Out(0).SetShape(value.shape()).Provided();
  return k.Run([value](KernelRun& r) {
    r.SetOutput(0, value);
    return absl::OkStatus();
  });
}

// A placeholder that runs was not fed. The error belongs to the run: a branch that is not taken may
// hold placeholders that nobody misses.
absl::Status PreparePlaceholder(KernelPrepare& k) {
  std::string text = absl::StrCat("You must feed a value for placeholder tensor '", k.node().name(),
                                  "' with dtype ", DataTypeName(k.OutType(0)));
  const PartialShape shape = k.Attr<PartialShape>("shape");
  if (shape.rank() >= 1) absl::StrAppend(&text, " and shape ", shape.ToString());
  k.Out(0).Unsized();
  return k.Run([text](KernelRun&) { return absl::InvalidArgumentError(text); });
}

absl::Status PreparePlaceholderWithDefault(KernelPrepare& k) {
  k.Out(0).SetShape(k.In(0).shape()).Alias(0);
  return k.NothingToRun();
}

// An output of `shape` whose elements are all what `value` returns in the run.
template <typename T, typename Value>
absl::Status RunFill(KernelPrepare& k, const Shape& shape, Value value) {
  k.Out(0).SetShape(shape);
  return k.Run([n = shape.num_elements(), value](KernelRun& r) {
    T* const out = r.Out<T>(0);
    r.ParallelFor(n, 1,
                  [&](int64_t begin, int64_t end) { std::fill(out + begin, out + end, value(r)); });
    return absl::OkStatus();
  });
}

absl::Status PrepareZerosLike(KernelPrepare& k) {
  k.DependsOnShapesOnly();
  const Shape& shape = k.In(0).shape();
  const auto zeros = [&]<typename T>(TypeTag<T>) {
    return RunFill<T>(k, shape, [](KernelRun&) { return T(); });
  };
  const DataType dtype = k.OutType(0);
  if (dtype == DT_STRING) return zeros(TypeTag<std::string>());
  return DispatchWidth(dtype, zeros);  // All bits zero are zero in every plain type.
}

absl::Status PrepareOnesLike(KernelPrepare& k) {
  k.DependsOnShapesOnly();
  const Shape& shape = k.In(0).shape();
  return k.ForType<Half, BFloat16, float, double, int8_t, uint8_t, int16_t, uint16_t, int32_t,
                   int64_t, Complex64, Complex128, bool>(
      "T", [&]<typename T>() { return RunFill<T>(k, shape, [](KernelRun&) { return T(1); }); });
}

absl::Status PrepareFill(KernelPrepare& k) {
  if (k.In(1).shape().num_elements() != 1 || k.In(1).shape().rank() != 0) {
    return k.InvalidInput(1, "must be a scalar");
  }
  ASSIGN_OR_RETURN(const Shape shape, k.ShapeValue(0));
  return DispatchElements(k.OutType(0), [&]<typename T>(TypeTag<T>) {
    return RunFill<T>(k, shape, [](KernelRun& r) -> const T& { return *r.In<T>(1); });
  });
}

// The number of elements, counted as TensorFlow counts: in the type's own arithmetic.
template <typename T>
absl::StatusOr<int64_t> FloatRangeLength(T start, T limit, T delta) {
  if (!std::isfinite(start) || !std::isfinite(limit) || !std::isfinite(delta)) {
    return InvalidArgument("start, limit or delta is not finite");
  }
  if (delta == T(0)) return InvalidArgument("Requires delta != 0");
  if (delta > T(0) ? start > limit : start < limit) {
    return InvalidArgument("Requires start ", delta > T(0) ? "<=" : ">=", " limit when delta ",
                           delta > T(0) ? "> 0" : "< 0", ", but start is ",
                           static_cast<double>(start), ", limit is ", static_cast<double>(limit));
  }
  const double length = std::ceil(static_cast<double>(std::abs((limit - start) / delta)));
  if (!(length < 9e18)) return InvalidArgument("the range has too many elements");
  return static_cast<int64_t>(length);
}

template <typename T>
struct RangeArithmetic {
  using type = T;
};
template <>
struct RangeArithmetic<BFloat16> {
  using type = float;
};

absl::Status PrepareRange(KernelPrepare& k) {
  Tensor values[3];
  for (int i = 0; i < 3; ++i) {
    ASSIGN_OR_RETURN(values[i], k.Value(i));
    if (values[i].rank() != 0) return k.InvalidInput(i, "must be a scalar");
  }
  return k.ForType<BFloat16, float, double, int32_t, int64_t>("Tidx", [&]<typename T>() {
    using A = typename RangeArithmetic<T>::type;
    const A start = static_cast<A>(*values[0].data<T>());
    const A limit = static_cast<A>(*values[1].data<T>());
    const A delta = static_cast<A>(*values[2].data<T>());
    absl::StatusOr<int64_t> length = 0;
    if constexpr (std::is_integral_v<A>) {
      length = RangeLength(start, limit, delta);
    } else {
      length = FloatRangeLength(start, limit, delta);
    }
    if (!length.ok()) return length.status();
    k.Out(0).SetShape(Shape({*length}));
    return k.Run([start, delta, n = *length](KernelRun& r) {
      T* const out = r.Out<T>(0);
      A value = start;
      for (int64_t i = 0; i < n; ++i) {
        out[i] = static_cast<T>(value);
        if (i + 1 < n) value += delta;  // The step behind the last value may not fit.
      }
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareLinSpace(KernelPrepare& k) {
  for (int i = 0; i < 2; ++i) {
    if (k.In(i).shape().rank() != 0) return k.InvalidInput(i, "must be a scalar");
  }
  ASSIGN_OR_RETURN(const int64_t num, k.IntValue(2));
  if (num <= 0) return InvalidArgument("Requires num > 0, but num is ", num);
  k.Out(0).SetShape(Shape({num}));
  return k.ForType<BFloat16, float, double>("T", [&]<typename T>() {
    using A = typename RangeArithmetic<T>::type;
    return k.Run([num](KernelRun& r) {
      T* const out = r.Out<T>(0);
      const A start = static_cast<A>(*r.In<T>(0)), stop = static_cast<A>(*r.In<T>(1));
      out[0] = static_cast<T>(start);
      if (num == 1) return absl::OkStatus();
      const A step = (stop - start) / static_cast<A>(num - 1);
      for (int64_t i = 1; i < num - 1; ++i) {
        out[i] = static_cast<T>(start + step * static_cast<A>(i));
      }
      out[num - 1] = static_cast<T>(stop);  // Exactly, whatever rounding made of the steps.
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterConstantKernels(KernelRegistry& kernels) {
  kernels.Add("Const", kAnyDevice, PrepareConst);
  kernels.Add("Placeholder", "CPU", PreparePlaceholder);
  kernels.Add("PlaceholderV2", "CPU", PreparePlaceholder);
  kernels.Add("PlaceholderWithDefault", kAnyDevice, PreparePlaceholderWithDefault);
  kernels.Add("ZerosLike", "CPU", PrepareZerosLike);
  kernels.Add("OnesLike", "CPU", PrepareOnesLike);
  kernels.Add("Fill", "CPU", PrepareFill);
  kernels.Add("Range", "CPU", PrepareRange);
  kernels.Add("LinSpace", "CPU", PrepareLinSpace);
}

}  // namespace weir
