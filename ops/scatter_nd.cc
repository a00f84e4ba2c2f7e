#include "weir/ops/scatter_nd.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"
#include "weir/ops/gather.h"
#include "weir/ops/nd_index_util.h"

namespace weir {
namespace ops {
namespace {

Operation Build(const OpScope& scope, absl::string_view op, const Input& a, const Input& b,
                const Input& c) {
  return scope.Op(op).In(a).In(b).In(c).Build();
}

}  // namespace

Output ScatterNd(const OpScope& scope, const Input& indices, const Input& updates,
                 const Input& shape) {
  return Build(scope, "ScatterNd", indices, updates, shape);
}

Output TensorScatterUpdate(const OpScope& scope, const Input& tensor, const Input& indices,
                           const Input& updates) {
  return Build(scope, "TensorScatterUpdate", tensor, indices, updates);
}

Output TensorScatterAdd(const OpScope& scope, const Input& tensor, const Input& indices,
                        const Input& updates) {
  return Build(scope, "TensorScatterAdd", tensor, indices, updates);
}

Output TensorScatterSub(const OpScope& scope, const Input& tensor, const Input& indices,
                        const Input& updates) {
  return Build(scope, "TensorScatterSub", tensor, indices, updates);
}

Output ScatterNdNonAliasingAdd(const OpScope& scope, const Input& input, const Input& indices,
                               const Input& updates) {
  return Build(scope, "ScatterNdNonAliasingAdd", input, indices, updates);
}

Output ScatterNdUpdate(const OpScope& scope, const Input& ref, const Input& indices,
                       const Input& updates) {
  return Build(scope, "ScatterNdUpdate", ref, indices, updates);
}

Output ScatterNdAdd(const OpScope& scope, const Input& ref, const Input& indices,
                    const Input& updates) {
  return Build(scope, "ScatterNdAdd", ref, indices, updates);
}

Output ScatterNdSub(const OpScope& scope, const Input& ref, const Input& indices,
                    const Input& updates) {
  return Build(scope, "ScatterNdSub", ref, indices, updates);
}

Operation ResourceScatterNdUpdate(const OpScope& scope, const Input& ref, const Input& indices,
                                  const Input& updates) {
  return Build(scope, "ResourceScatterNdUpdate", ref, indices, updates);
}

Operation ResourceScatterNdAdd(const OpScope& scope, const Input& ref, const Input& indices,
                               const Input& updates) {
  return Build(scope, "ResourceScatterNdAdd", ref, indices, updates);
}

Operation ResourceScatterNdSub(const OpScope& scope, const Input& ref, const Input& indices,
                               const Input& updates) {
  return Build(scope, "ResourceScatterNdSub", ref, indices, updates);
}

}  // namespace ops

namespace {

absl::Status CheckUpdates(const PartialShape& indices, const PartialShape& updates,
                          const PartialShape& target) {
  ASSIGN_OR_RETURN(const PartialShape slices, NdSlicesShape(indices, target));
  if (slices.IsCompatibleWith(updates)) return absl::OkStatus();
  return InvalidArgument("updates must have shape ", slices.ToString(), " for indices of shape ",
                         indices.ToString(), " into shape ", target.ToString(), ", but have ",
                         updates.ToString());
}

absl::Status ScatterNdShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape target, c.ShapeValue(2));
  RETURN_IF_ERROR(CheckUpdates(c.In(0), c.In(1), target));
  return c.Return(std::move(target));
}

absl::Status TensorScatterShape(ShapeContext& c) {
  RETURN_IF_ERROR(CheckUpdates(c.In(1), c.In(2), c.In(0)));
  return c.SameAsInput(0);
}

absl::Status VariableScatterNdShape(ShapeContext& c) {
  const PartialShape variable = c.HandleShape(0);
  RETURN_IF_ERROR(CheckUpdates(c.In(1), c.In(2), variable));
  if (c.num_outputs() > 0) c.SetOut(0, variable);
  return absl::OkStatus();
}

// The op is linear in the updates: each gets dy at its place.
absl::Status ScatterNdGradient(GradientContext& g) {
  return g.Return({Output(), ops::GatherNd(g.scope(), g.Grad(0), g.In(0)), Output()});
}

// What is written over gets nothing; the updates get dy at their places.
absl::Status TensorScatterUpdateGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output dy = g.Grad(0);
  const Output kept = ops::TensorScatterUpdate(s, dy, g.In(1), Call(s, "ZerosLike", g.In(2)));
  return g.Return({kept, Output(), ops::GatherNd(s, dy, g.In(1))});
}

// y = x + u at the places: dx = dy, du = dy at the places.
absl::Status AddGradient(GradientContext& g) {
  return g.Return({g.Grad(0), Output(), ops::GatherNd(g.scope(), g.Grad(0), g.In(1))});
}

// y = x - u at the places: dx = dy, du = -dy at the places.
absl::Status SubGradient(GradientContext& g) {
  const Output at_places = ops::GatherNd(g.scope(), g.Grad(0), g.In(1));
  return g.Return({g.Grad(0), Output(), Call(g.scope(), "Neg", at_places)});
}

constexpr absl::string_view kNumbers =
    "{float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, "
    "uint16, complex128, half, uint32, uint64}";

void AddTensorScatter(OpRegistry& ops, absl::string_view name, absl::string_view doc,
                      GradientFn gradient) {
  ops.Add(name)
      .Doc(doc)
      .In("tensor: T")
      .In("indices: Tindices")
      .In("updates: T")
      .Out("output: T")
      .Attr("T: type")
      .Attr("Tindices: {int32, int64}")
      .Shape(TensorScatterShape)
      .Gradient(std::move(gradient));
}

// The op on reference variables, and the one on resource variables.
void AddVariableScatterNd(OpRegistry& ops, absl::string_view name, absl::string_view doc,
                          bool assigns) {
  ops.Add(name)
      .Doc(doc)
      .In("ref: Ref(T)")
      .In("indices: Tindices")
      .In("updates: T")
      .Out("output_ref: Ref(T)")
      .Attr(assigns ? "T: type" : absl::StrCat("T: ", kNumbers))
      .Attr("Tindices: {int32, int64}")
      .Attr(assigns ? "use_locking: bool = true" : "use_locking: bool = false")
      .Shape(VariableScatterNdShape)
      .NotDifferentiable();
  ops.Add(absl::StrCat("Resource", name))
      .Doc(doc)
      .In("ref: resource")
      .In("indices: Tindices")
      .In("updates: T")
      .Attr("T: type")
      .Attr("Tindices: {int32, int64}")
      .Attr("use_locking: bool = true")
      .Stateful()
      .Shape(VariableScatterNdShape)
      .NotDifferentiable();
}

}  // namespace

void RegisterScatterNdOps(OpRegistry& ops) {
  ops.Add("ScatterNd")
      .Doc(
          "Zeros of shape `shape` to which updates[i..] is added at the place that the index "
          "vector "
          "indices[i.., :] names.")
      .In("indices: Tindices")
      .In("updates: T")
      .In("shape: Tindices")
      .Out("output: T")
      .Attr("T: type")
      .Attr("Tindices: {int32, int64}")
      .Shape(ScatterNdShape)
      .Gradient(ScatterNdGradient);
  AddTensorScatter(ops, "TensorScatterUpdate",
                   "`tensor` with updates[i..] in the places that indices[i.., :] name.",
                   TensorScatterUpdateGradient);
  AddTensorScatter(ops, "TensorScatterAdd",
                   "`tensor` with updates[i..] added in the places that indices[i.., :] name.",
                   AddGradient);
  AddTensorScatter(ops, "TensorScatterSub",
                   "`tensor` less updates[i..] in the places that indices[i.., :] name.",
                   SubGradient);
  ops.Add("ScatterNdNonAliasingAdd")
      .Doc("`input` with updates[i..] added in the places that indices[i.., :] name.")
      .In("input: T")
      .In("indices: Tindices")
      .In("updates: T")
      .Out("output: T")
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
          "bfloat16, uint16, complex128, half, uint32, uint64, bool}")
      .Attr("Tindices: {int32, int64}")
      .Shape(TensorScatterShape)
      .Gradient(AddGradient);
  AddVariableScatterNd(ops, "ScatterNdUpdate",
                       "Writes updates[i..] into the variable where indices[i.., :] say.", true);
  AddVariableScatterNd(ops, "ScatterNdAdd",
                       "Adds updates[i..] to the variable where indices[i.., :] say.", false);
  AddVariableScatterNd(ops, "ScatterNdSub",
                       "Subtracts updates[i..] from the variable where indices[i.., :] say.",
                       false);
}

}  // namespace weir
