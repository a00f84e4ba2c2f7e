#include "weir/ops/transpose.h"

#include "weir/graph/gradients.h"
#include "weir/ops/array_util.h"

namespace weir {
namespace ops {

Output Transpose(const OpScope& scope, const Input& x, const Input& perm) {
  return scope.Op("Transpose").In(x).In(perm).Build();
}

Output ConjugateTranspose(const OpScope& scope, const Input& x, const Input& perm) {
  return scope.Op("ConjugateTranspose").In(x).In(perm).Build();
}

Output InvertPermutation(const OpScope& scope, const Input& x) {
  return scope.Op("InvertPermutation").In(x).Build();
}

}  // namespace ops

namespace {

absl::Status TransposeShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape perm_shape, c.WithRank(1, 1));
  const PartialShape& x = c.In(0);
  const int64_t rank = x.known_rank() ? x.rank() : perm_shape.dim(0);
  if (rank < 0) return c.Unknown();
  if (perm_shape.dim(0) >= 0 && perm_shape.dim(0) != rank) {
    return InvalidArgument("perm must have ", rank, " entries for an input of shape ", x.ToString(),
                           ", but has ", perm_shape.dim(0));
  }
  if (rank > kMaxRank) return InvalidArgument("perm has more than ", kMaxRank, " entries");
  Dims out(static_cast<size_t>(rank), PartialShape::kUnknown);
  // Even when perm is unknown, it can only be the identity on scalars and vectors.
  const std::optional<std::vector<int64_t>> perm = c.IntValues(1);
  if (rank <= 1 && x.known_rank()) out = DimsOf(x);
  if (!perm || static_cast<int64_t>(perm->size()) != rank) return c.Return(PartialShape(out));
  std::vector<bool> seen(static_cast<size_t>(rank), false);
  for (size_t i = 0; i < perm->size(); ++i) {
    const int64_t axis = (*perm)[i];
    if (axis < 0 || axis >= rank) {
      return InvalidArgument("perm entry ", axis, " is outside of [0, ", rank, ")");
    }
    if (seen[static_cast<size_t>(axis)]) {
      return InvalidArgument("perm holds axis ", axis, " more than once");
    }
    seen[static_cast<size_t>(axis)] = true;
    if (x.known_rank()) out[i] = x.dim(static_cast<int>(axis));
  }
  return c.Return(PartialShape(out));
}

std::optional<PartialInts> TransposeValue(const ValueContext& c) {
  return c.OutShape().known_rank() ? SameValueAsInput(c) : std::nullopt;
}

absl::Status InvertPermutationShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape x, c.WithRank(0, 1));
  return c.Return(std::move(x));
}

std::optional<PartialInts> InvertPermutationValue(const ValueContext& c) {
  const PartialInts* x = c.In(0);
  if (x == nullptr || !x->FullyKnown()) return std::nullopt;
  const int64_t n = static_cast<int64_t>(x->values.size());
  std::optional<PartialInts> y = UnknownVector(n);
  if (!y.has_value()) return std::nullopt;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t to = x->values[static_cast<size_t>(i)];
    if (to < 0 || to >= n) return std::nullopt;
    y->values[static_cast<size_t>(to)] = i;
  }
  return y->FullyKnown() ? y : std::nullopt;
}

// dx is dy with the axes put back. The conjugate of a linear map's gradient is conjugated again.
template <bool kConjugate>
absl::Status TransposeGradient(GradientContext& g) {
  const Output back = ops::InvertPermutation(g.scope(), g.In(1));
  return g.Return({kConjugate ? ops::ConjugateTranspose(g.scope(), g.Grad(0), back)
                              : ops::Transpose(g.scope(), g.Grad(0), back),
                   Output()});
}

}  // namespace

void RegisterTransposeOps(OpRegistry& ops) {
  ops.Add("Transpose")
      .Doc("Axis perm[i] of x becomes axis i of y.")
      .In("x: T")
      .In("perm: Tperm")
      .Out("y: T")
      .Attr("T: type")
      .Attr("Tperm: {int32, int64} = int32")
      .Shape(TransposeShape)
      .Value(TransposeValue)
      .Gradient(TransposeGradient<false>);
  ops.Add("ConjugateTranspose")
      .Doc("Axis perm[i] of x becomes axis i of y, whose elements are conjugated.")
      .In("x: T")
      .In("perm: Tperm")
      .Out("y: T")
      .Attr("T: type")
      .Attr("Tperm: {int32, int64} = int32")
      .Shape(TransposeShape)
      .Value(TransposeValue)
      .Gradient(TransposeGradient<true>);
  ops.Add("InvertPermutation")
      .Doc("y[x[i]] = i.")
      .In("x: T")
      .Out("y: T")
      .Attr("T: {int32, int64} = int32")
      .Shape(InvertPermutationShape)
      .Value(InvertPermutationValue)
      .NotDifferentiable();
}

}  // namespace weir
