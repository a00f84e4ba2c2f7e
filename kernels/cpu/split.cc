#include "weir/kernels/cpu/moving_util.h"
#include "weir/ops/array_util.h"
#include "weir/ops/split_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// Cuts input `in` along `axis` into outputs of the given extents.
absl::Status RunCut(KernelPrepare& k, int in, int axis, const Dims& sizes, Cut cut) {
  const Shape& x = k.In(in).shape();
  JoinedRows joined;
  joined.rows = x.Count(0, axis);
  const int64_t inner = x.Count(axis + 1, x.rank());
  for (size_t i = 0; i < sizes.size(); ++i) {
    k.Out(static_cast<int>(i)).SetShape(x.WithDim(axis, sizes[i]));
    joined.AddPiece(sizes[i] * inner);
  }
  if (sizes.size() == 1) {
    k.Out(0).Alias(in);
    return k.NothingToRun();
  }
  return k.Run(
      [cut, joined, in, dtype = k.OutType(0)](KernelRun& r) { return cut(r, dtype, joined, in); });
}

}  // namespace

absl::Status PrepareSplit(KernelPrepare& k, Cut cut) {
  const Shape& x = k.In(1).shape();
  if (x.rank() == 0) return k.InvalidInput(1, "must have an axis to split");
  ASSIGN_OR_RETURN(const int64_t given, k.IntValue(0));
  ASSIGN_OR_RETURN(const int axis, ResolveAxis(given, x.rank(), "split_dim"));
  const int64_t n = k.num_outputs();
  if (n == 0 || x.dim(axis) % n != 0) {
    return InvalidArgument(
        "Number of ways to split should evenly divide the split dimension, but "
        "got split_dim ",
        axis, " (size = ", x.dim(axis), ") and num_split ", n);
  }
  return RunCut(k, 1, axis, Dims(static_cast<size_t>(n), x.dim(axis) / n), cut);
}

absl::Status PrepareSplitV(KernelPrepare& k, Cut cut) {
  const Shape& x = k.In(0).shape();
  if (x.rank() == 0) return k.InvalidInput(0, "must have an axis to split");
  ASSIGN_OR_RETURN(const int64_t given, k.IntValue(2));
  ASSIGN_OR_RETURN(const Dims spelled, k.IntValues(1));
  ASSIGN_OR_RETURN(const int axis, ResolveAxis(given, x.rank(), "split_dim"));
  if (static_cast<int>(spelled.size()) != k.num_outputs()) {
    return k.InvalidInput(1, absl::StrCat("must have num_split = ", k.num_outputs(), " entries"));
  }
  ASSIGN_OR_RETURN(const Dims sizes, ResolveSplitSizes(spelled, x.dim(axis)));
  return RunCut(k, 0, axis, sizes, cut);
}

void RegisterSplitKernels(KernelRegistry& kernels) {
  kernels.Add("Split", "CPU", PrepareMove<PrepareSplit, CutInput>);
  kernels.Add("SplitV", "CPU", PrepareMove<PrepareSplitV, CutInput>);
}

}  // namespace weir
