#ifndef WEIR_KERNELS_CPU_VARIABLE_ACCESS_UTIL_H_
#define WEIR_KERNELS_CPU_VARIABLE_ACCESS_UTIL_H_

#include "weir/runtime/kernel.h"
#include "weir/runtime/variable_state.h"

namespace weir {

// The variable behind resource or reference input i; InvalidArgument unless its elements are of
// `dtype`: a handle says nothing of the type, so the graph may be wrong.
inline absl::StatusOr<Variable*> VariableOfType(const KernelRun& r, int i, DataType dtype) {
  ASSIGN_OR_RETURN(Variable * variable, r.GetVariable(i));
  if (variable->dtype() != dtype) {
    return InvalidArgument("Trying to access variable ", variable->name(),
                           " with wrong dtype. Expected ", DataTypeName(variable->dtype()), " got ",
                           DataTypeName(dtype));
  }
  return variable;
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_VARIABLE_ACCESS_UTIL_H_
