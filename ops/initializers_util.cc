#include "weir/ops/initializers_util.h"

#include <algorithm>
#include <cmath>

#include "weir/ops/constant.h"
#include "weir/ops/random.h"

namespace weir {
namespace {

OpScope Named(const OpScope& scope, absl::string_view name) {
  return OpScope(scope.scope().Named(name), scope.where());
}

Output Filled(const OpScope& scope, absl::string_view name, const Shape& shape, DataType dtype,
              double value) {
  if (shape.rank() == 0) return ops::ScalarConst(Named(scope, name), dtype, value);
  // The graph fills: a constant of a large variable's size would have to be stored in it.
  const OpScope inner = scope.Composite(name);
  const Output dims =
      ops::Const(Named(inner, "shape_as_tensor"), Tensor::Vector<int64_t>(shape.dims()));
  const Output scalar = ops::ScalarConst(Named(inner, "Const"), dtype, value);
  return ops::Fill(OpScope(inner.scope().NamedAsScope(), inner.where()), dims, scalar);
}

Initializer FillWith(absl::string_view name, double value) {
  return
      [name = std::string(name), value](const OpScope& scope, const Shape& shape, DataType dtype) {
        return Filled(scope, name, shape, dtype, value);
      };
}

struct Fans {
  double in = 1;
  double out = 1;
};

Fans FansOf(const Shape& shape) {
  if (shape.rank() == 0) return {};
  if (shape.rank() == 1) {
    const double n = static_cast<double>(shape.dim(0));
    return {n, n};
  }
  double receptive_field = 1;
  for (int i = 0; i < shape.rank() - 2; ++i) receptive_field *= static_cast<double>(shape.dim(i));
  return {receptive_field * static_cast<double>(shape.dim(-2)),
          receptive_field * static_cast<double>(shape.dim(-1))};
}

Initializer Glorot(VarianceScalingOptions::Distribution distribution, Seed seed) {
  return VarianceScaling({1, VarianceScalingOptions::kFanAverage, distribution, seed});
}

Initializer FanIn(double scale, VarianceScalingOptions::Distribution distribution, Seed seed) {
  return VarianceScaling({scale, VarianceScalingOptions::kFanIn, distribution, seed});
}

}  // namespace

Initializer Zeros() { return FillWith("zeros", 0); }
Initializer Ones() { return FillWith("ones", 1); }
Initializer Constant(double value) { return FillWith("Const", value); }

Initializer FromTensor(Tensor value) {
  return [value = std::move(value)](const OpScope& scope, const Shape& shape, DataType dtype) {
    if (value.shape() != shape || value.dtype() != dtype) {
      scope.Fail(InvalidArgument("the initial value is ", DataTypeName(value.dtype()), " ",
                                 value.shape().ToString(), ", but the variable is ",
                                 DataTypeName(dtype), " ", shape.ToString()));
      return Output();
    }
    return ops::Const(Named(scope, "Const"), value);
  };
}

Initializer RandomUniform(double low, double high, Seed seed) {
  return [=](const OpScope& scope, const Shape& shape, DataType dtype) {
    return ops::UniformBetween(scope, shape, low, high, dtype, {seed});
  };
}

Initializer RandomNormal(double stddev, double mean, Seed seed) {
  return [=](const OpScope& scope, const Shape& shape, DataType dtype) {
    return ops::RandomNormal(scope, shape, mean, stddev, dtype, {seed});
  };
}

Initializer TruncatedNormal(double stddev, double mean, Seed seed) {
  return [=](const OpScope& scope, const Shape& shape, DataType dtype) {
    return ops::ScaledTruncatedNormal(scope, shape, mean, stddev, dtype, {seed});
  };
}

Initializer VarianceScaling(const VarianceScalingOptions& options) {
  return [options](const OpScope& scope, const Shape& shape, DataType dtype) {
    const Fans fans = FansOf(shape);
    const double n = options.mode == VarianceScalingOptions::kFanIn    ? fans.in
                     : options.mode == VarianceScalingOptions::kFanOut ? fans.out
                                                                       : (fans.in + fans.out) / 2;
    const double variance = options.scale / std::max(1.0, n);
    switch (options.distribution) {
      case VarianceScalingOptions::kUniform: {
        const double limit = std::sqrt(3 * variance);
        return ops::UniformBetween(scope, shape, -limit, limit, dtype, {options.seed});
      }
      case VarianceScalingOptions::kUntruncatedNormal:
        return ops::RandomNormal(scope, shape, 0, std::sqrt(variance), dtype, {options.seed});
      case VarianceScalingOptions::kTruncatedNormal: break;
    }
    // The standard deviation that is left of 1 when both tails are cut off at 2.
    constexpr double kTruncatedDeviation = 0.87962566103423978;
    return ops::ScaledTruncatedNormal(scope, shape, 0, std::sqrt(variance) / kTruncatedDeviation,
                                      dtype, {options.seed});
  };
}

Initializer GlorotUniform(Seed seed) { return Glorot(VarianceScalingOptions::kUniform, seed); }
Initializer GlorotNormal(Seed seed) {
  return Glorot(VarianceScalingOptions::kTruncatedNormal, seed);
}
Initializer HeUniform(Seed seed) { return FanIn(2, VarianceScalingOptions::kUniform, seed); }
Initializer HeNormal(Seed seed) { return FanIn(2, VarianceScalingOptions::kTruncatedNormal, seed); }
Initializer LecunUniform(Seed seed) { return FanIn(1, VarianceScalingOptions::kUniform, seed); }
Initializer LecunNormal(Seed seed) {
  return FanIn(1, VarianceScalingOptions::kTruncatedNormal, seed);
}

Initializer DefaultInitializer(DataType dtype) {
  if (IsFloatingType(dtype)) return GlorotUniform();
  if (IsIntegerType(dtype) || dtype == DT_BOOL) return Zeros();
  return {};
}

}  // namespace weir
