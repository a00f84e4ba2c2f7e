#ifndef WEIR_KERNELS_CPU_VARIABLE_UTIL_H_
#define WEIR_KERNELS_CPU_VARIABLE_UTIL_H_

// Help for kernels that update variables.

#include "absl/functional/function_ref.h"
#include "weir/graph/graph.h"
#include "weir/runtime/kernel.h"
#include "weir/runtime/variable_state.h"

namespace weir {

// True when input i is a reference, not a resource handle.
inline bool IsReferenceInput(const KernelPrepare& k, int i) {
  return IsRefType(k.node().input_type(i));
}

// FailedPrecondition saying that input i's variable has no value, in the words of its kind.
absl::Status UninitializedVariable(const KernelRun& r, int i, bool is_reference);

// The variable behind input i, held to `dtype` and to having a value.
absl::StatusOr<Variable*> InitializedVariable(const KernelRun& r, int i, DataType dtype,
                                              bool is_reference);

// Calls `update` with the value of input 0's variable, to write to, and input 1, which has its
// shape and is of `dtype` as well: AssignAdd and its like.
absl::Status UpdateVariable(const KernelRun& r, DataType dtype, bool is_reference,
                            absl::FunctionRef<absl::Status(Tensor&, const Tensor&)> update);

// The shape that the variable behind handle or reference input i was declared with, as far as it
// is known while preparing.
PartialShape DeclaredVariableShape(const KernelPrepare& k, int i);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_VARIABLE_UTIL_H_
