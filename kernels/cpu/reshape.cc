#include "weir/ops/reshape_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// The input under another shape.
absl::Status Relabel(KernelPrepare& k, const absl::StatusOr<PartialShape>& shape) {
  if (!shape.ok()) return shape.status();
  if (!shape->IsFullyDefined()) return Internal("unknown extents in ", shape->ToString());
  k.Out(0).SetShape(shape->ToShape()).Alias(0);
  return k.NothingToRun();
}

absl::Status PrepareReshape(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Dims dims, k.IntValues(1));
  return Relabel(k, ReshapedShape(k.In(0).shape(), dims));
}

absl::Status PrepareSqueeze(KernelPrepare& k) {
  return Relabel(k, SqueezedShape(k.In(0).shape(), k.Attr<std::vector<int64_t>>("squeeze_dims")));
}

absl::Status PrepareExpandDims(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const int64_t axis, k.IntValue(1));
  return Relabel(k, ExpandedShape(k.In(0).shape(), axis));
}

absl::Status PrepareBitcast(KernelPrepare& k) {
  return Relabel(k, BitcastShape(k.In(0).shape(), k.In(0).dtype(), k.OutType(0)));
}

}  // namespace

void RegisterReshapeKernels(KernelRegistry& kernels) {
  kernels.Add("Reshape", kAnyDevice, PrepareReshape);
  kernels.Add("Squeeze", kAnyDevice, PrepareSqueeze);
  kernels.Add("ExpandDims", kAnyDevice, PrepareExpandDims);
  kernels.Add("Bitcast", kAnyDevice, PrepareBitcast);
}

}  // namespace weir
