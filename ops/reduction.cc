#include "weir/ops/reduction.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/array_util.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {
namespace {

Output Reduce(const OpScope& scope, absl::string_view op, const Input& x, const Input& axes,
              const ReduceOptions& options) {
  return scope.Op(op).In(x).In(axes).Attr("keep_dims", options.keep_dims).Build();
}

// All axes of x: a constant when its rank is known.
Input AllAxes(const OpScope& scope, const Input& x) {
  int rank = -1;
  if (x.is_constant()) {
    rank = x.value().rank();
  } else if (x.output().valid()) {
    rank = x.output().shape().rank();
  } else {
    return Output();
  }
  if (rank >= 0) {
    std::vector<int32_t> axes(rank);
    std::iota(axes.begin(), axes.end(), 0);
    return axes;
  }
  const Output count = scope.Op("Rank").In(x).Build();
  return Output(scope.Op("Range").In(0).In(count).In(1).Build());
}

}  // namespace

#define WEIR_REDUCTION_BUILDER(name, op)                               \
  Output name(const OpScope& scope, const Input& x) {                  \
    return Reduce(scope, op, x, AllAxes(scope, x), {});                \
  }                                                                    \
  Output name(const OpScope& scope, const Input& x, const Input& axes, \
              const ReduceOptions& options) {                          \
    return Reduce(scope, op, x, axes, options);                        \
  }

WEIR_REDUCTION_BUILDER(ReduceSum, "Sum")
WEIR_REDUCTION_BUILDER(ReduceMean, "Mean")
WEIR_REDUCTION_BUILDER(ReduceProd, "Prod")
WEIR_REDUCTION_BUILDER(ReduceMax, "Max")
WEIR_REDUCTION_BUILDER(ReduceMin, "Min")
WEIR_REDUCTION_BUILDER(ReduceAll, "All")
WEIR_REDUCTION_BUILDER(ReduceAny, "Any")

#undef WEIR_REDUCTION_BUILDER

Output EuclideanNorm(const OpScope& scope, const Input& x, const Input& axes,
                     const ReduceOptions& options) {
  return Reduce(scope, "EuclideanNorm", x, axes, options);
}

Output ReduceLogSumExp(const OpScope& scope, const Input& x) {
  return ReduceLogSumExp(scope, x, AllAxes(scope, x), {});
}

// max + ln(sum e^(x - max)), with an infinite maximum replaced by 0.
Output ReduceLogSumExp(const OpScope& scope, const Input& x, const Input& axes,
                       const ReduceOptions& options) {
  const OpScope s = scope.Composite("LogSumExp");
  const Output top = Reduce(s, "Max", x, axes, {.keep_dims = true});
  const Term raw(s, top);
  const Output finite = raw.Apply("IsFinite");
  const Output chosen = s.Op("Select").In(finite).In(top).In(ZerosLike(raw).output()).Build();
  const Term shift(s, s.Op("StopGradient").In(chosen).Build());
  const Output shifted = s.Op("Sub").In(x).In(shift.output()).Build();
  const Term sum(
      s, Reduce(s, "Sum", Term(s, shifted).Apply("Exp").output(), axes, {.keep_dims = true}));
  const Output result = sum.Apply("Log") + shift;
  if (options.keep_dims) return result;
  // The axes have extent 1 now: summing over them only drops them.
  return Reduce(s, "Sum", result, axes, {});
}

Output L2Loss(const OpScope& scope, const Input& x) { return scope.Op("L2Loss").In(x).Build(); }

}  // namespace ops

namespace {

// Which axes a reduction's second input names; nullopt when that is not known.
absl::StatusOr<std::optional<std::vector<bool>>> ReducedAxes(
    int rank, const std::optional<std::vector<int64_t>>& axes) {
  if (!axes.has_value()) return std::optional<std::vector<bool>>();
  std::vector<bool> reduced(rank, false);
  for (int64_t axis : *axes) {
    if (axis < -rank || axis >= rank) {
      return InvalidArgument("Invalid reduction dimension (", axis, " for input with ", rank,
                             " dimension(s)");
    }
    if (axis < 0) axis += rank;
    if (reduced[axis]) {
      return InvalidArgument("Invalid reduction arguments: Axes contains duplicate dimension: ",
                             axis);
    }
    reduced[axis] = true;
  }
  return std::optional<std::vector<bool>>(std::move(reduced));
}

// The values of a vector or scalar of known integers.
std::optional<std::vector<int64_t>> Known(const PartialInts* value) {
  if (value == nullptr || !value->FullyKnown()) return std::nullopt;
  return std::vector<int64_t>(value->values.begin(), value->values.end());
}

absl::Status ReductionShape(ShapeContext& c) {
  const PartialShape& x = c.In(0);
  const bool keep_dims = c.Attr<bool>("keep_dims");
  if (!x.known_rank()) return c.Unknown();
  ASSIGN_OR_RETURN(const std::optional<std::vector<bool>> reduced,
                   ReducedAxes(x.rank(), Known(c.Value(1))));
  if (!reduced.has_value()) {
    return keep_dims ? c.Return(PartialShape::UnknownOfRank(x.rank())) : c.Unknown();
  }
  Dims dims;
  for (int i = 0; i < x.rank(); ++i) {
    if (!(*reduced)[i]) {
      dims.push_back(x.dim(i));
    } else if (keep_dims) {
      dims.push_back(1);
    }
  }
  return c.Return(PartialShape(absl::MakeConstSpan(dims)));
}

// A known vector reduced to a scalar.
template <typename F>
ValueFn VectorValue(int64_t initial, F step) {
  return [initial, step](const ValueContext& c) -> std::optional<PartialInts> {
    const std::optional<std::vector<int64_t>> x = Known(c.In(0)), axes = Known(c.In(1));
    if (!x.has_value() || !axes.has_value() || c.In(0)->rank != 1 || axes->size() != 1 ||
        ((*axes)[0] != 0 && (*axes)[0] != -1)) {
      return std::nullopt;
    }
    int64_t result = initial;
    for (int64_t v : *x) {
      if (!step(result, v, &result)) return std::nullopt;
    }
    if (c.InType(0) == DT_INT32 && result != static_cast<int32_t>(result)) return std::nullopt;
    PartialInts out;
    out.rank = c.Attr<bool>("keep_dims") ? 1 : 0;
    out.values.push_back(result);
    return out;
  };
}

bool SumStep(int64_t a, int64_t b, int64_t* out) { return CheckedAdd(a, b, out); }
bool ProdStep(int64_t a, int64_t b, int64_t* out) { return CheckedMul(a, b, out); }

// --- Gradients ---

// Puts tensors of a reduction's output shape back along the axes of its input.
class ReductionGradient {
 public:
  explicit ReductionGradient(GradientContext& g)
      : s_(g.scope()), x_(g.In(0)), axes_(g.In(1)), keep_dims_(g.Attr<bool>("keep_dims")) {
    if (!x_.valid() || !axes_.valid() || !x_.shape().known_rank()) return;
    const auto known = Known(axes_.op().node().output_value(axes_.endpoint().index));
    auto reduced = ReducedAxes(x_.shape().rank(), known);
    if (reduced.ok()) reduced_ = *std::move(reduced);
  }

  // With the reduced axes present with extent 1.
  Term KeptDims(const Output& t) const {
    if (keep_dims_ || !t.valid()) return Term(s_, t);
    if (reduced_.has_value()) {
      if (std::optional<std::vector<int64_t>> dims = StaticKeptShape()) {
        return Term(
            s_,
            s_.Op("Reshape").In(t).In(Tensor::Vector<int64_t>(absl::MakeConstSpan(*dims))).Build());
      }
      Term out(s_, t);
      for (size_t i = 0; i < reduced_->size(); ++i) {
        if ((*reduced_)[i]) out = out.Apply("ExpandDims", static_cast<int32_t>(i));
      }
      return out;
    }
    return Term(s_, s_.Op("Reshape").In(t).In(DynamicKeptShape()).Build());
  }

  // Copied along the reduced axes.
  Output Spread(const Term& kept) const {
    return s_.Op("BroadcastTo").In(kept.output()).In(InputShape()).Build();
  }

  // The number of elements that make one of the output: constant when static.
  std::optional<int64_t> StaticCount() const {
    if (!reduced_.has_value()) return std::nullopt;
    int64_t count = 1;
    for (size_t i = 0; i < reduced_->size(); ++i) {
      if (!(*reduced_)[i]) continue;
      const int64_t size = x_.shape().dim(static_cast<int>(i));
      if (size < 0 || !CheckedMul(count, size, &count)) return std::nullopt;
    }
    return count;
  }

  // The single reduced axis, when there is exactly one and it is known.
  std::optional<int> SingleAxis() const {
    if (!reduced_.has_value() || std::count(reduced_->begin(), reduced_->end(), true) != 1) {
      return std::nullopt;
    }
    return static_cast<int>(std::find(reduced_->begin(), reduced_->end(), true) -
                            reduced_->begin());
  }

  Input InputShape() const {
    if (x_.valid() && x_.shape().IsFullyDefined()) {
      return Tensor::Vector<int64_t>(x_.shape().dims());
    }
    return Output(s_.Op("Shape").In(x_).Build());
  }

  const OpScope& scope() const { return s_; }
  const Output& x() const { return x_; }

  // The axes as a vector in [0, rank).
  Term Axes() const {
    const DataType type = axes_.valid() ? axes_.type() : DT_INT32;
    const Output narrow =
        type == DT_INT32 ? axes_ : Output(s_.Op("Cast").In(axes_).Attr("DstT", DT_INT32).Build());
    const Output flat = s_.Op("Reshape").In(narrow).In(Tensor::Vector<int32_t>({-1})).Build();
    const Output rank = s_.Op("Rank").In(x_).Build();
    return Term(s_, flat).Apply("AddV2", rank).Apply("FloorMod", rank);
  }

 private:
  std::optional<std::vector<int64_t>> StaticKeptShape() const {
    std::vector<int64_t> dims;
    for (size_t i = 0; i < reduced_->size(); ++i) {
      dims.push_back((*reduced_)[i] ? 1 : x_.shape().dim(static_cast<int>(i)));
      if (dims.back() < 0) return std::nullopt;
    }
    return dims;
  }

  // The input's shape with ones stitched over the reduced axes.
  Output DynamicKeptShape() const {
    const Output shape = s_.Op("Shape").In(x_).Build();
    const Output rank = s_.Op("Rank").In(x_).Build();
    const Output all = s_.Op("Range").In(0).In(rank).In(1).Build();
    const Term axes = Axes();
    const Output ones = axes.Apply("OnesLike");
    return s_.Op("DynamicStitch")
        .InList({Input(all), Input(axes.output())})
        .InList({Input(shape), Input(ones)})
        .Build();
  }

  const OpScope& s_;
  Output x_, axes_;
  bool keep_dims_;
  std::optional<std::vector<bool>> reduced_;
};

// dx = dy, copied along the reduced axes.
absl::Status SumGradient(GradientContext& g) {
  const ReductionGradient r(g);
  return g.Return({r.Spread(r.KeptDims(g.Grad(0))), Output()});
}

// dx = dy / n, copied along the reduced axes.
absl::Status MeanGradient(GradientContext& g) {
  const ReductionGradient r(g);
  const OpScope& s = g.scope();
  const Term dy = r.KeptDims(g.Grad(0));
  if (!dy.output().valid()) return g.Return({Output(), Output()});
  const DataType type = dy.output().type();
  if (const std::optional<int64_t> n = r.StaticCount()) {
    const double count = static_cast<double>(std::max<int64_t>(*n, 1));
    return g.Return({r.Spread(dy.Apply("RealDiv", count)), Output()});
  }
  // n = elements of x / max(elements of y, 1)
  const auto size = [&s](const Output& t) {
    return Term(s, s.Op("Size").In(t).Attr("out_type", DT_INT64).Build());
  };
  const Output at_least_one = size(g.Out(0)).Apply("Maximum", INT64_C(1));
  const Output n = size(g.In(0)).Apply("FloorDiv", at_least_one);
  const Output count = s.Op("Cast").In(n).Attr("DstT", type).Build();
  return g.Return({r.Spread(dy.Apply("RealDiv", count)), Output()});
}

// dx = dy where x equals the extremum, divided by the number of such places.
absl::Status ExtremumGradient(GradientContext& g) {
  const ReductionGradient r(g);
  const OpScope& s = g.scope();
  const Term y = r.KeptDims(g.Out(0)), dy = r.KeptDims(g.Grad(0));
  if (!dy.output().valid()) return g.Return({Output(), Output()});
  const Output equal = s.Op("Equal").In(y.output()).In(g.In(0)).Build();
  const Term indicators(s, s.Op("Cast").In(equal).Attr("DstT", dy.output().type()).Build());
  const Term ties(s,
                  s.Op("Sum").In(indicators.output()).In(g.In(1)).Attr("keep_dims", true).Build());
  return g.Return({indicators / ties * dy, Output()});
}

// dx_i = dy times the product of all other elements, which is that of those before i times that of
// those after it: right also where elements are 0.
absl::Status ProdGradient(GradientContext& g) {
  const ReductionGradient r(g);
  const OpScope& s = g.scope();
  const Term dy = r.KeptDims(g.Grad(0));
  const auto others = [&s](const Output& x, int axis) {
    const auto product = [&](bool reverse) {
      return Conj(Term(
          s,
          s.Op("Cumprod").In(x).In(axis).Attr("exclusive", true).Attr("reverse", reverse).Build()));
    };
    return product(false) * product(true);
  };
  if (const std::optional<int> axis = r.SingleAxis()) {
    return g.Return({dy * others(g.In(0), *axis), Output()});
  }
  // Several axes: bring them to the front and make them one.
  const Output x = g.In(0);
  const Output shape = s.Op("Shape").In(x).Build();
  const Output rank = s.Op("Rank").In(x).Build();
  const Output all = s.Op("Range").In(0).In(rank).In(1).Build();
  const Output reduced = r.Axes();
  const Output kept = s.Op("ListDiff").In(all).In(reduced).Build();
  const Output order = s.Op("ConcatV2").InList({Input(reduced), Input(kept)}).In(0).Build();
  const auto extent = [&](const Output& axes) -> Output {
    const Output sizes = s.Op("GatherV2").In(shape).In(axes).In(0).Build();
    return s.Op("Prod").In(sizes).In(Tensor::Vector<int32_t>({0})).Build();
  };
  const Output matrix_shape =
      s.Op("Pack").InList({Input(extent(reduced)), Input(extent(kept))}).Build();
  const Output permuted = s.Op("Transpose").In(x).In(order).Build();
  const Output matrix = s.Op("Reshape").In(permuted).In(matrix_shape).Build();
  const Output permuted_shape = s.Op("Shape").In(permuted).Build();
  const Output back = s.Op("Reshape").In(others(matrix, 0).output()).In(permuted_shape).Build();
  const Output inverse = s.Op("InvertPermutation").In(order).Build();
  const Term product(s, s.Op("Transpose").In(back).In(inverse).Build());
  return g.Return({s.Op("Reshape").In((dy * product).output()).In(shape).Build(), Output()});
}

constexpr char kNumbers[] =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
    "bfloat16, uint16, complex128, half, uint32, uint64}";

OpDeclaration AddReduction(OpRegistry& ops, absl::string_view name, absl::string_view doc,
                           absl::string_view type) {
  OpDeclaration op = ops.Add(name);
  op.Doc(doc)
      .In(absl::StrCat("input: ", type))
      .In("reduction_indices: Tidx")
      .Out(absl::StrCat("output: ", type))
      .Attr("keep_dims: bool = false");
  if (type == "T") op.Attr(kNumbers);
  op.Attr("Tidx: {int32, int64} = int32").Shape(ReductionShape);
  return op;
}

}  // namespace

void RegisterReductionOps(OpRegistry& ops) {
  AddReduction(ops, "Sum", "The sums of the input along the axes reduction_indices.", "T")
      .Value(VectorValue(0, SumStep))
      .Gradient(SumGradient);
  AddReduction(ops, "Mean", "The means of the input along the axes reduction_indices.", "T")
      .Gradient(MeanGradient);
  AddReduction(ops, "Prod", "The products of the input along the axes reduction_indices.", "T")
      .Value(VectorValue(1, ProdStep))
      .Gradient(ProdGradient);
  AddReduction(ops, "Max", "The largest numbers along the axes reduction_indices.", "T")
      .Gradient(ExtremumGradient);
  AddReduction(ops, "Min", "The smallest numbers along the axes reduction_indices.", "T")
      .Gradient(ExtremumGradient);
  AddReduction(ops, "EuclideanNorm",
               "sqrt(sum |x|^2) of the input along the axes reduction_indices.", "T")
      .NotDifferentiable();
  AddReduction(ops, "All", "Whether all along the axes reduction_indices are true.", "bool")
      .NotDifferentiable();
  AddReduction(ops, "Any", "Whether any along the axes reduction_indices is true.", "bool")
      .NotDifferentiable();
  ops.Add("L2Loss")
      .Doc("output = sum(t^2) / 2 over all elements.")
      .In("t: T")
      .Out("output: T")
      .Attr("T: {half, bfloat16, float, double}")
      .Shape([](ShapeContext& c) { return c.Scalars(); })
      .Gradient([](GradientContext& g) {  // dt = t dy
        return g.Return({Term(g.scope(), g.In(0)) * Term(g.scope(), g.Grad(0))});
      });
}

}  // namespace weir
