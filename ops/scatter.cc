#include "weir/ops/scatter.h"

#include "weir/graph/shape_context.h"
#include "weir/ops/nd_index_util.h"

namespace weir {
namespace ops {
namespace {

Operation Build(const OpScope& scope, absl::string_view op, const Input& variable,
                const Input& indices, const Input& updates) {
  return scope.Op(op).In(variable).In(indices).In(updates).Build();
}

}  // namespace

Output ScatterUpdate(const OpScope& scope, const Input& ref, const Input& indices,
                     const Input& updates) {
  return Build(scope, "ScatterUpdate", ref, indices, updates);
}

Output ScatterAdd(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates) {
  return Build(scope, "ScatterAdd", ref, indices, updates);
}

Output ScatterSub(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates) {
  return Build(scope, "ScatterSub", ref, indices, updates);
}

Output ScatterMul(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates) {
  return Build(scope, "ScatterMul", ref, indices, updates);
}

Output ScatterDiv(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates) {
  return Build(scope, "ScatterDiv", ref, indices, updates);
}

Output ScatterMin(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates) {
  return Build(scope, "ScatterMin", ref, indices, updates);
}

Output ScatterMax(const OpScope& scope, const Input& ref, const Input& indices,
                  const Input& updates) {
  return Build(scope, "ScatterMax", ref, indices, updates);
}

Operation ResourceScatterUpdate(const OpScope& scope, const Input& resource, const Input& indices,
                                const Input& updates) {
  return Build(scope, "ResourceScatterUpdate", resource, indices, updates);
}

Operation ResourceScatterAdd(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates) {
  return Build(scope, "ResourceScatterAdd", resource, indices, updates);
}

Operation ResourceScatterSub(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates) {
  return Build(scope, "ResourceScatterSub", resource, indices, updates);
}

Operation ResourceScatterMul(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates) {
  return Build(scope, "ResourceScatterMul", resource, indices, updates);
}

Operation ResourceScatterDiv(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates) {
  return Build(scope, "ResourceScatterDiv", resource, indices, updates);
}

Operation ResourceScatterMin(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates) {
  return Build(scope, "ResourceScatterMin", resource, indices, updates);
}

Operation ResourceScatterMax(const OpScope& scope, const Input& resource, const Input& indices,
                             const Input& updates) {
  return Build(scope, "ResourceScatterMax", resource, indices, updates);
}

}  // namespace ops

namespace {

absl::Status ScatterShape(ShapeContext& c) {
  const PartialShape variable = c.HandleShape(0);
  ASSIGN_OR_RETURN(const PartialShape rows, RowsShape(c.In(1), variable));
  const PartialShape& updates = c.In(2);
  if (updates.rank() != 0 && !rows.IsCompatibleWith(updates)) {
    return InvalidArgument("updates must have shape ", rows.ToString(), " or [], but have ",
                           updates.ToString());
  }
  if (c.num_outputs() > 0) c.SetOut(0, variable);
  return absl::OkStatus();
}

constexpr absl::string_view kAny = "type";
constexpr absl::string_view kNumbers =
    "{float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, "
    "uint16, complex128, half, uint32, uint64}";
constexpr absl::string_view kOrdered = "{half, bfloat16, float, double, int32, int64}";

// One kind of update: the op on reference variables and the one on resource variables.
struct ScatterKind {
  absl::string_view name;
  absl::string_view doc;
  absl::string_view ref_types;
  absl::string_view resource_types;
};

void AddScatter(OpRegistry& ops, const ScatterKind& kind) {
  const bool assigns = kind.name == "ScatterUpdate";
  ops.Add(kind.name)
      .Doc(kind.doc)
      .In("ref: Ref(T)")
      .In("indices: Tindices")
      .In("updates: T")
      .Out("output_ref: Ref(T)")
      .Attr(absl::StrCat("T: ", kind.ref_types))
      .Attr("Tindices: {int32, int64}")
      .Attr(assigns ? "use_locking: bool = true" : "use_locking: bool = false")
      .Shape(ScatterShape)
      .NotDifferentiable();
  ops.Add(absl::StrCat("Resource", kind.name))
      .Doc(kind.doc)
      .In("resource: resource")
      .In("indices: Tindices")
      .In("updates: dtype")
      .Attr(absl::StrCat("dtype: ", kind.resource_types))
      .Attr("Tindices: {int32, int64}")
      .Stateful()
      .Shape(ScatterShape)
      .NotDifferentiable();
}

}  // namespace

void RegisterScatterOps(OpRegistry& ops) {
  const ScatterKind kKinds[] = {
      {"ScatterUpdate", "Row indices[i..] of the variable becomes updates[i.., :].", kAny, kAny},
      {"ScatterAdd", "Adds updates[i.., :] to row indices[i..] of the variable.", kNumbers,
       kNumbers},
      {"ScatterSub", "Subtracts updates[i.., :] from row indices[i..] of the variable.", kNumbers,
       kNumbers},
      {"ScatterMul", "Multiplies row indices[i..] of the variable by updates[i.., :].", kNumbers,
       kNumbers},
      {"ScatterDiv", "Divides row indices[i..] of the variable by updates[i.., :].", kNumbers,
       kNumbers},
      {"ScatterMin", "Row indices[i..] of the variable becomes its minimum with updates[i.., :].",
       kOrdered, kNumbers},
      {"ScatterMax", "Row indices[i..] of the variable becomes its maximum with updates[i.., :].",
       kOrdered, kNumbers},
  };
  for (const ScatterKind& kind : kKinds) AddScatter(ops, kind);
}

}  // namespace weir
