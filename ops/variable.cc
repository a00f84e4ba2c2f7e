#include "weir/ops/variable.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

bool IsVariableOp(absl::string_view op) {
  return op == "VarHandleOp" || op == "VariableV2" || op == "Variable";
}

Output VarHandleOp(const OpScope& scope, DataType dtype, const PartialShape& shape,
                   const VariableOptions& options) {
  return scope.Op("VarHandleOp")
      .Attr("dtype", dtype)
      .Attr("shape", shape)
      .Attr("container", options.container)
      .Attr("shared_name", options.shared_name)
      .Build();
}

Output ReadVariableOp(const OpScope& scope, const Input& handle, DataType dtype) {
  return scope.Op("ReadVariableOp").In(handle).Attr("dtype", dtype).Build();
}

Operation AssignVariableOp(const OpScope& scope, const Input& handle, const Input& value) {
  return scope.Op("AssignVariableOp").In(handle).In(value).Build();
}

Operation AssignAddVariableOp(const OpScope& scope, const Input& handle, const Input& value) {
  return scope.Op("AssignAddVariableOp").In(handle).In(value).Build();
}

Operation AssignSubVariableOp(const OpScope& scope, const Input& handle, const Input& value) {
  return scope.Op("AssignSubVariableOp").In(handle).In(value).Build();
}

Output VarIsInitializedOp(const OpScope& scope, const Input& handle) {
  return scope.Op("VarIsInitializedOp").In(handle).Build();
}

Output VariableShape(const OpScope& scope, const Input& handle, DataType out_type) {
  return scope.Op("VariableShape").In(handle).Attr("out_type", out_type).Build();
}

Operation DestroyResourceOp(const OpScope& scope, const Input& handle, bool ignore_lookup_error) {
  return scope.Op("DestroyResourceOp")
      .In(handle)
      .Attr("ignore_lookup_error", ignore_lookup_error)
      .Build();
}

Output ResourceCountUpTo(const OpScope& scope, const Input& handle, int64_t limit, DataType dtype) {
  return scope.Op("ResourceCountUpTo").In(handle).Attr("limit", limit).Attr("T", dtype).Build();
}

Output VariableV2(const OpScope& scope, const PartialShape& shape, DataType dtype,
                  const VariableOptions& options) {
  return scope.Op("VariableV2")
      .Attr("shape", shape)
      .Attr("dtype", dtype)
      .Attr("container", options.container)
      .Attr("shared_name", options.shared_name)
      .Build();
}

Output TemporaryVariable(const OpScope& scope, const PartialShape& shape, DataType dtype,
                         const std::string& var_name) {
  return scope.Op("TemporaryVariable")
      .Attr("shape", shape)
      .Attr("dtype", dtype)
      .Attr("var_name", var_name)
      .Build();
}

Output DestroyTemporaryVariable(const OpScope& scope, const Input& ref,
                                const std::string& var_name) {
  return scope.Op("DestroyTemporaryVariable").In(ref).Attr("var_name", var_name).Build();
}

Output Assign(const OpScope& scope, const Input& ref, const Input& value,
              const AssignOptions& options) {
  return scope.Op("Assign")
      .In(ref)
      .In(value)
      .Attr("validate_shape", options.validate_shape)
      .Attr("use_locking", options.use_locking)
      .Build();
}

Output AssignAdd(const OpScope& scope, const Input& ref, const Input& value) {
  return scope.Op("AssignAdd").In(ref).In(value).Build();
}

Output AssignSub(const OpScope& scope, const Input& ref, const Input& value) {
  return scope.Op("AssignSub").In(ref).In(value).Build();
}

Output RefIdentity(const OpScope& scope, const Input& ref) {
  return scope.Op("RefIdentity").In(ref).Build();
}

Output IsVariableInitialized(const OpScope& scope, const Input& ref) {
  return scope.Op("IsVariableInitialized").In(ref).Build();
}

Output CountUpTo(const OpScope& scope, const Input& ref, int64_t limit) {
  return scope.Op("CountUpTo").In(ref).Attr("limit", limit).Build();
}

}  // namespace ops

namespace {

constexpr char kNumbers[] =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
    "bfloat16, uint16, complex128, half, uint32, uint64}";

absl::Status DeclaredShape(ShapeContext& c) { return c.Return(c.Attr<PartialShape>("shape")); }

// The first variable op spelled "any shape" as a scalar.
absl::Status VariableV1Shape(ShapeContext& c) {
  const PartialShape shape = c.Attr<PartialShape>("shape");
  return c.Return(shape.rank() == 0 ? PartialShape() : shape);
}

absl::Status CheckHandle(ShapeContext& c, DataType dtype, absl::string_view action) {
  RETURN_IF_ERROR(c.WithRank(0, 0).status());
  const DataType handle_type = c.HandleType(0);
  if (handle_type == DT_INVALID || handle_type == dtype) return absl::OkStatus();
  return InvalidArgument("Trying to ", action, " variable with wrong dtype. Expected ",
                         DataTypeName(handle_type), " got ", DataTypeName(dtype));
}

absl::Status ReadShape(ShapeContext& c) {
  RETURN_IF_ERROR(CheckHandle(c, c.Attr<DataType>("dtype"), "read"));
  return c.Return(c.HandleShape(0));
}

absl::Status AssignVariableShape(ShapeContext& c) {
  RETURN_IF_ERROR(CheckHandle(c, c.Attr<DataType>("dtype"), "assign"));
  return Annotate(c.HandleShape(0).Merge(c.In(1)).status(), "value does not fit the variable: ");
}

absl::Status AssignShape(ShapeContext& c) {
  if (!c.Attr<bool>("validate_shape")) return c.Return(c.In(1));
  absl::StatusOr<PartialShape> merged = c.In(0).Merge(c.In(1));
  if (!merged.ok()) {
    return InvalidArgument("Assign requires shapes of both tensors to match. lhs shape= ",
                           c.In(0).ToString(), " rhs shape= ", c.In(1).ToString());
  }
  return c.Return(*std::move(merged));
}

absl::Status VariableShapeShape(ShapeContext& c) {
  const PartialShape shape = c.HandleShape(0);
  return c.Return(PartialShape({shape.known_rank() ? shape.rank() : PartialShape::kUnknown}));
}

absl::Status ScalarInput(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRank(0, 0).status());
  return c.Scalars();
}

absl::Status HandleOnly(ShapeContext& c) { return c.WithRank(0, 0).status(); }

// The value is the variable: its gradient, dense or rows, is the handle's.
absl::Status PassGradient(GradientContext& g) {
  g.SetGradient(0, g.RawGrad(0));
  return absl::OkStatus();
}

void RegisterResourceVariables(OpRegistry& ops) {
  ops.Add("VarHandleOp")
      .Doc(
          "A handle to the variable named `shared_name` (or as the node) in `container`, made on "
          "first use, without a value.")
      .Out("resource: resource")
      .Attr("container: string = ''")
      .Attr("shared_name: string = ''")
      .Attr("dtype: type")
      .Attr("shape: shape")
      .Stateful()
      .Shape([](ShapeContext& c) { return c.Scalars(); })
      .NotDifferentiable();
  ops.Add("ReadVariableOp")
      .Doc("The variable's value at this moment. Later assignments do not change it.")
      .In("resource: resource")
      .Out("value: dtype")
      .Attr("dtype: type")
      .Stateful()
      .Shape(ReadShape)
      .Gradient(PassGradient);
  const auto assignment = [&](absl::string_view name, absl::string_view doc) {
    ops.Add(name)
        .Doc(doc)
        .In("resource: resource")
        .In("value: dtype")
        .Attr("dtype: type")
        .Stateful()
        .Shape(AssignVariableShape)
        .NotDifferentiable();
  };
  assignment("AssignVariableOp", "variable = value.");
  assignment("AssignAddVariableOp", "variable += value, of equal shape.");
  assignment("AssignSubVariableOp", "variable -= value, of equal shape.");
  ops.Add("VarIsInitializedOp")
      .Doc("Whether the variable has a value.")
      .In("resource: resource")
      .Out("is_initialized: bool")
      .Stateful()
      .Shape(ScalarInput)
      .NotDifferentiable();
  ops.Add("VariableShape")
      .Doc("The shape of the variable's value.")
      .In("input: resource")
      .Out("output: out_type")
      .Attr("out_type: {int32, int64} = int32")
      .Stateful()
      .Shape(VariableShapeShape)
      .NotDifferentiable();
  ops.Add("DestroyResourceOp")
      .Doc("Takes the variable's value away, or removes a resource of another kind.")
      .In("resource: resource")
      .Attr("ignore_lookup_error: bool = true")
      .Stateful()
      .Shape(HandleOnly)
      .NotDifferentiable();
  ops.Add("ResourceCountUpTo")
      .Doc("Adds one to a scalar variable below `limit` and gives the old value.")
      .In("resource: resource")
      .Out("output: T")
      .Attr("limit: int")
      .Attr("T: {int32, int64}")
      .Stateful()
      .Shape([](ShapeContext& c) {
        RETURN_IF_ERROR(CheckHandle(c, c.Attr<DataType>("T"), "read"));
        RETURN_IF_ERROR(c.HandleShape(0).Merge(PartialShape(Shape())).status());
        return c.Scalars();
      })
      .NotDifferentiable();
}

void RegisterReferenceVariables(OpRegistry& ops) {
  const auto variable = [&](absl::string_view name, ShapeFn shape) {
    ops.Add(name)
        .Doc(
            "A reference to the variable named `shared_name` (or as the node) in `container`, "
            "made on first use, without a value.")
        .Out("ref: Ref(dtype)")
        .Attr("shape: shape")
        .Attr("dtype: type")
        .Attr("container: string = ''")
        .Attr("shared_name: string = ''")
        .Stateful()
        .Shape(std::move(shape))
        .NotDifferentiable();
  };
  variable("VariableV2", DeclaredShape);
  variable("Variable", VariableV1Shape);
  ops.Add("TemporaryVariable")
      .Doc(
          "A reference to a variable of zeros that lives until the end of the run, or its "
          "DestroyTemporaryVariable.")
      .Out("ref: Ref(dtype)")
      .Attr("shape: shape")
      .Attr("dtype: type")
      .Attr("var_name: string = ''")
      .Stateful()
      .Shape(DeclaredShape)
      .NotDifferentiable();
  ops.Add("DestroyTemporaryVariable")
      .Doc("The last value of a temporary variable.")
      .In("ref: Ref(T)")
      .Out("value: T")
      .Attr("T: type")
      .Attr("var_name: string")
      .Shape([](ShapeContext& c) { return c.SameAsInput(); })
      .NotDifferentiable();
  ops.Add("Assign")
      .Doc("ref = value; passes the reference on.")
      .In("ref: Ref(T)")
      .In("value: T")
      .Out("output_ref: Ref(T)")
      .Attr("T: type")
      .Attr("validate_shape: bool = true")
      .Attr("use_locking: bool = true")
      .AllowsUninitializedInput()
      .Shape(AssignShape)
      .NotDifferentiable();
  const auto update = [&](absl::string_view name, absl::string_view doc) {
    ops.Add(name)
        .Doc(doc)
        .In("ref: Ref(T)")
        .In("value: T")
        .Out("output_ref: Ref(T)")
        .Attr(kNumbers)
        .Attr("use_locking: bool = false")
        .Shape([](ShapeContext& c) { return c.AllSame(); })
        .NotDifferentiable();
  };
  update("AssignAdd", "ref += value, of equal shape; passes the reference on.");
  update("AssignSub", "ref -= value, of equal shape; passes the reference on.");
  ops.Add("RefIdentity")
      .Doc("Passes the reference on.")
      .In("input: Ref(T)")
      .Out("output: Ref(T)")
      .Attr("T: type")
      .AllowsUninitializedInput()
      .Shape([](ShapeContext& c) { return c.SameAsInput(); })
      .Gradient(PassGradient);
  ops.Add("IsVariableInitialized")
      .Doc("Whether the variable has a value.")
      .In("ref: Ref(dtype)")
      .Out("is_initialized: bool")
      .Attr("dtype: type")
      .AllowsUninitializedInput()
      .Shape([](ShapeContext& c) { return c.Scalars(); })
      .NotDifferentiable();
  ops.Add("CountUpTo")
      .Doc("Adds one to a scalar variable below `limit` and gives the old value.")
      .In("ref: Ref(T)")
      .Out("output: T")
      .Attr("limit: int")
      .Attr("T: {int32, int64}")
      .Shape(ScalarInput)
      .NotDifferentiable();
}

}  // namespace

void RegisterVariableOps(OpRegistry& ops) {
  RegisterResourceVariables(ops);
  RegisterReferenceVariables(ops);
}

}  // namespace weir
