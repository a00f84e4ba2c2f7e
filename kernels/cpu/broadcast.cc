#include <algorithm>

#include "weir/kernels/cpu/moving_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

absl::Status PrepareBroadcastTo(KernelPrepare& k, ViewCopy copy) {
  ASSIGN_OR_RETURN(const Shape want, k.ShapeValue(1));
  const Shape& x = k.In(0).shape();
  const int missing = want.rank() - x.rank();
  const Dims strides = RowMajorStrides(x);
  StridedView view;
  for (int i = 0; missing >= 0 && i < want.rank(); ++i) {
    const int64_t from = i < missing ? 1 : x.dim(i - missing);
    if (from != 1 && from != want.dim(i)) break;
    view.Add(want.dim(i), from == 1 ? 0 : strides[static_cast<size_t>(i - missing)]);
  }
  if (missing < 0 || static_cast<int>(view.extents.size()) != want.rank()) {
    return InvalidArgument("Incompatible shapes: ", x.ToString(), " does not broadcast to ",
                           want.ToString());
  }
  view = view.Simplified();
  if (x.num_elements() == want.num_elements()) {
    k.Out(0).SetShape(want).Alias(0);
    return k.NothingToRun();
  }
  k.Out(0).SetShape(want);
  return k.Run(
      [copy, view, dtype = k.OutType(0)](KernelRun& r) { return copy(r, dtype, view, 0, 0); });
}

namespace {

// Output i is the vector `values`.
template <typename T>
absl::Status CopyInts(KernelRun& r, int i, const Dims& values) {
  std::transform(values.begin(), values.end(), r.Out<T>(i),
                 [](int64_t v) { return static_cast<T>(v); });
  return absl::OkStatus();
}

absl::Status PrepareBroadcastArgs(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape a, k.ShapeValue(0));
  ASSIGN_OR_RETURN(const Shape b, k.ShapeValue(1));
  ASSIGN_OR_RETURN(const Shape both, BroadcastShapes(a, b));
  k.Out(0).SetShape(Shape({both.rank()}));
  return k.ForType<int32_t, int64_t>("T", [&]<typename T>() {
    const Dims dims(both.dims().begin(), both.dims().end());
    return k.Run([dims](KernelRun& r) { return CopyInts<T>(r, 0, dims); });
  });
}

// Extent d of `shape` padded with leading ones to `rank`.
int64_t PaddedDim(const Shape& shape, int rank, int d) {
  const int i = d - (rank - shape.rank());
  return i < 0 ? 1 : shape.dim(i);
}

absl::Status PrepareBroadcastGradientArgs(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape a, k.ShapeValue(0));
  ASSIGN_OR_RETURN(const Shape b, k.ShapeValue(1));
  RETURN_IF_ERROR(BroadcastShapes(a, b).status());
  // Equal shapes need no sums, not even over extents of 1.
  const int rank = a == b ? 0 : std::max(a.rank(), b.rank());
  Dims over_a, over_b;
  for (int d = 0; d < rank; ++d) {
    const int64_t in_a = PaddedDim(a, rank, d), in_b = PaddedDim(b, rank, d);
    if (in_a == 1) over_a.push_back(d);
    if (in_b == 1) over_b.push_back(d);
  }
  k.Out(0).SetShape(Shape({static_cast<int64_t>(over_a.size())}));
  k.Out(1).SetShape(Shape({static_cast<int64_t>(over_b.size())}));
  return k.ForType<int32_t, int64_t>("T", [&]<typename T>() {
    return k.Run([over_a, over_b](KernelRun& r) {
      RETURN_IF_ERROR(CopyInts<T>(r, 0, over_a));
      return CopyInts<T>(r, 1, over_b);
    });
  });
}

}  // namespace

void RegisterBroadcastKernels(KernelRegistry& kernels) {
  kernels.Add("BroadcastTo", "CPU", PrepareMove<PrepareBroadcastTo, CopyThroughView>);
  kernels.Add("BroadcastArgs", "CPU", PrepareBroadcastArgs);
  kernels.Add("BroadcastGradientArgs", "CPU", PrepareBroadcastGradientArgs);
}

}  // namespace weir
