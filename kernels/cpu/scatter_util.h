#ifndef WEIR_KERNELS_CPU_SCATTER_UTIL_H_
#define WEIR_KERNELS_CPU_SCATTER_UTIL_H_

// Combining slices into an array at given places: the scatter ops on tensors and on variables.

#include "weir/kernels/cpu/index_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

enum class UpdateKind { kAssign, kAdd, kSub, kMul, kDiv, kMin, kMax };

struct ScatterOp {
  const char* name;
  UpdateKind kind;
};
// Of rows of variables; each has a form for resources, Resource...
inline constexpr ScatterOp kScatterOps[] = {
    {"ScatterUpdate", UpdateKind::kAssign}, {"ScatterAdd", UpdateKind::kAdd},
    {"ScatterSub", UpdateKind::kSub},       {"ScatterMul", UpdateKind::kMul},
    {"ScatterDiv", UpdateKind::kDiv},       {"ScatterMin", UpdateKind::kMin},
    {"ScatterMax", UpdateKind::kMax}};
// Of slices of variables, with the forms for resources.
inline constexpr ScatterOp kScatterNdOps[] = {{"ScatterNdUpdate", UpdateKind::kAssign},
                                              {"ScatterNdAdd", UpdateKind::kAdd},
                                              {"ScatterNdSub", UpdateKind::kSub}};
// Of slices of a tensor's copy.
inline constexpr ScatterOp kTensorScatterOps[] = {{"TensorScatterUpdate", UpdateKind::kAssign},
                                                  {"TensorScatterAdd", UpdateKind::kAdd},
                                                  {"TensorScatterSub", UpdateKind::kSub},
                                                  {"ScatterNdNonAliasingAdd", UpdateKind::kAdd}};

// InvalidArgument unless updates.shape is indices.shape + params.shape[1:], or [].
absl::Status CheckUpdatesShape(const Shape& params, const Shape& indices, const Shape& updates);

// The indexing of `target` by `indices`. InvalidArgument unless updates.shape is
// indices.shape[:-1] + target.shape[indices.shape[-1]:].
absl::StatusOr<NdIndexing> MakeUpdateIndexing(const Shape& indices, const Shape& updates,
                                              const Shape& target);

// `count` slices of `slice` elements. Slice i belongs at element starts[i] of the target.
struct SliceUpdates {
  int64_t count = 0;
  int64_t slice = 0;
  const int64_t* starts = nullptr;
  const Tensor* values = nullptr;
  bool one_value = false;  // `values` is a scalar that stands for every element.
};

// target[starts[i] + j] = combine(target[starts[i] + j], values[i, j]), one i after the other, so
// that of repeated places the last assignment stays and the others accumulate. Integers wrap
// around; an integer division by zero is InvalidArgument and changes nothing. Strings add by
// concatenation, booleans by "or". REQUIRES: the slices lie inside the target and values has the
// elements.
absl::Status ApplyUpdates(const KernelRun& r, UpdateKind kind, const SliceUpdates& updates,
                          Tensor& target);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_SCATTER_UTIL_H_
