#include <vector>

#include "weir/kernels/cpu/moving_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

absl::StatusOr<StridedView> TransposeView(const Shape& x, absl::Span<const int64_t> perm) {
  if (static_cast<int>(perm.size()) != x.rank()) {
    return InvalidArgument("perm must have ", x.rank(), " entries for an input of shape ",
                           x.ToString(), ", but has ", perm.size());
  }
  const Dims strides = RowMajorStrides(x);
  std::vector<bool> seen(perm.size(), false);
  StridedView view;
  for (int64_t axis : perm) {
    if (axis < 0 || axis >= x.rank()) {
      return InvalidArgument("perm entry ", axis, " is outside of [0, ", x.rank(), ")");
    }
    if (seen[static_cast<size_t>(axis)]) {
      return InvalidArgument("perm holds axis ", axis, " more than once");
    }
    seen[static_cast<size_t>(axis)] = true;
    view.Add(x.dim(static_cast<int>(axis)), strides[static_cast<size_t>(axis)]);
  }
  return view;
}

template <typename T>
absl::Status ConjugateOutput(KernelRun& r) {
  T* const out = r.Out<T>(0);
  r.ParallelFor(r.Out(0).num_elements(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) out[i] = std::conj(out[i]);
  });
  return absl::OkStatus();
}

// `conjugate` turns each element of the output into its conjugate; nullptr: not wanted.
absl::Status RunTranspose(KernelPrepare& k, ViewCopy copy, absl::Status (*conjugate)(KernelRun&)) {
  ASSIGN_OR_RETURN(const Dims perm, k.IntValues(1));
  ASSIGN_OR_RETURN(StridedView view, TransposeView(k.In(0).shape(), perm));
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(view.extents));
  const DataType dtype = k.OutType(0);
  view = view.Simplified();
  k.Out(0).SetShape(shape);
  if (conjugate == nullptr && (view.IsWhole() || shape.num_elements() == 0)) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  return k.Run([=](KernelRun& r) {
    RETURN_IF_ERROR(copy(r, dtype, view, 0, 0));
    return conjugate == nullptr ? absl::OkStatus() : conjugate(r);
  });
}

absl::Status PrepareConjugateTranspose(KernelPrepare& k) {
  absl::Status (*conjugate)(KernelRun&) = nullptr;
  if (k.OutType(0) == DT_COMPLEX64) conjugate = ConjugateOutput<Complex64>;
  if (k.OutType(0) == DT_COMPLEX128) conjugate = ConjugateOutput<Complex128>;
  return RunTranspose(k, CopyThroughView, conjugate);
}

}  // namespace

absl::Status PrepareTranspose(KernelPrepare& k, ViewCopy copy) {
  return RunTranspose(k, copy, nullptr);
}

namespace {

template <typename T>
absl::Status Invert(const T* x, T* y, int64_t n) {
  // -1 marks what no entry has named yet.
  std::fill_n(y, n, T(-1));
  for (int64_t i = 0; i < n; ++i) {
    const int64_t to = x[i];
    if (to < 0 || to >= n) return InvalidArgument(to, " is not between 0 and ", n);
    if (y[to] != T(-1)) return InvalidArgument(to, " is duplicated in the input.");
    y[to] = static_cast<T>(i);
  }
  return absl::OkStatus();
}

absl::Status PrepareInvertPermutation(KernelPrepare& k) {
  const Shape& shape = k.In(0).shape();
  if (shape.rank() != 1) return k.InvalidInput(0, "must be a vector");
  if (shape.dim(0) > INT32_MAX) return k.InvalidInput(0, "has too many elements");
  k.Out(0).SetShape(shape);
  return k.ForType<int32_t, int64_t>("T", [&]<typename T>() {
    return k.Run([n = shape.dim(0)](KernelRun& r) { return Invert(r.In<T>(0), r.Out<T>(0), n); });
  });
}

}  // namespace

void RegisterTransposeKernels(KernelRegistry& kernels) {
  kernels.Add("Transpose", "CPU", PrepareMove<PrepareTranspose, CopyThroughView>);
  kernels.Add("ConjugateTranspose", "CPU", PrepareConjugateTranspose);
  kernels.Add("InvertPermutation", "CPU", PrepareInvertPermutation);
}

}  // namespace weir
