#ifndef WEIR_OPS_VARIABLE_H_
#define WEIR_OPS_VARIABLE_H_

// The ops of variables, of both kinds, one builder per op. Programs usually call GetVariable
// (weir/ops/variables_util.h), which lays out a whole variable with its initialisation.
//
// Resource variables: VarHandleOp makes a handle; the value is read by ReadVariableOp and written
// by Assign*VariableOp. Reads and writes are ordered by data and control edges alone. A value that
// was read stays as it was read.
//
// Reference variables (TensorFlow 1): VariableV2 gives a reference that ops read like a tensor
// and that Assign* write and pass on.

#include <cstdint>
#include <string>

#include "weir/graph/scope.h"

namespace weir::ops {

// True for the ops that make a variable of either kind: VarHandleOp, VariableV2, Variable.
bool IsVariableOp(absl::string_view op);

// Variables with the same container and shared name are one within a session. An empty container
// is "localhost"; an empty shared name is the node's name.
struct VariableOptions {
  std::string container = "";
  std::string shared_name = "";
};

// A handle to a resource variable of this type and (maybe partial) shape.
Output VarHandleOp(const OpScope& scope, DataType dtype, const PartialShape& shape,
                   const VariableOptions& options = {});
// The variable's value. FailedPrecondition "Error while reading resource variable %" before the
// first assignment.
Output ReadVariableOp(const OpScope& scope, const Input& handle, DataType dtype);
// value's dtype must be the variable's ("Trying to assign variable with wrong dtype") and its shape
// compatible with the declared one.
Operation AssignVariableOp(const OpScope& scope, const Input& handle, const Input& value);
// variable += value; variable -= value. Shapes must be equal.
Operation AssignAddVariableOp(const OpScope& scope, const Input& handle, const Input& value);
Operation AssignSubVariableOp(const OpScope& scope, const Input& handle, const Input& value);
// True once the variable was assigned.
Output VarIsInitializedOp(const OpScope& scope, const Input& handle);
// The shape of the value; `out_type` int32 or int64.
Output VariableShape(const OpScope& scope, const Input& handle, DataType out_type = DT_INT32);
// Forgets the value (or removes the object, for other resources). NotFound when there is none and
// `ignore_lookup_error` is false.
Operation DestroyResourceOp(const OpScope& scope, const Input& handle,
                            bool ignore_lookup_error = true);
// The value before adding one to a scalar integer variable. OutOfRange "Reached limit of %" when
// it is `limit` or more.
Output ResourceCountUpTo(const OpScope& scope, const Input& handle, int64_t limit, DataType dtype);

// A reference to a variable of this type and shape.
Output VariableV2(const OpScope& scope, const PartialShape& shape, DataType dtype,
                  const VariableOptions& options = {});
// A variable that lives within one run; `var_name` defaults to the node's name and must be the one
// given to DestroyTemporaryVariable, which returns the last value.
Output TemporaryVariable(const OpScope& scope, const PartialShape& shape, DataType dtype,
                         const std::string& var_name = "");
Output DestroyTemporaryVariable(const OpScope& scope, const Input& ref,
                                const std::string& var_name);

struct AssignOptions {
  bool validate_shape = true;  // false: the variable takes any shape.
  bool use_locking = true;     // Kept for the wire format: every update is atomic.
};
// Each writes and returns the reference.
Output Assign(const OpScope& scope, const Input& ref, const Input& value,
              const AssignOptions& options = {});
Output AssignAdd(const OpScope& scope, const Input& ref, const Input& value);
Output AssignSub(const OpScope& scope, const Input& ref, const Input& value);
Output RefIdentity(const OpScope& scope, const Input& ref);
Output IsVariableInitialized(const OpScope& scope, const Input& ref);
// As ResourceCountUpTo.
Output CountUpTo(const OpScope& scope, const Input& ref, int64_t limit);

}  // namespace weir::ops

#endif  // WEIR_OPS_VARIABLE_H_
