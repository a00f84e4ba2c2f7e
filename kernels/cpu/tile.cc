#include <type_traits>
#include <vector>

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/moving_util.h"
#include "weir/ops/array_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

absl::StatusOr<Dims> Multiples(KernelPrepare& k, int64_t minimum) {
  ASSIGN_OR_RETURN(Dims multiples, k.IntValues(1));
  const int rank = k.In(0).shape().rank();
  if (static_cast<int>(multiples.size()) != rank) {
    return InvalidArgument("Expected multiples argument to be a vector of length ", rank,
                           " but got length ", multiples.size());
  }
  for (size_t i = 0; i < multiples.size(); ++i) {
    if (multiples[i] < minimum) {
      return InvalidArgument("Expected multiples[", i, "] >= ", minimum, ", but got ",
                             multiples[i]);
    }
  }
  return multiples;
}

}  // namespace

absl::Status PrepareTile(KernelPrepare& k, ViewCopy copy) {
  ASSIGN_OR_RETURN(const Dims multiples, Multiples(k, 0));
  const Shape& x = k.In(0).shape();
  const Dims strides = RowMajorStrides(x);
  Dims dims(multiples.size());
  StridedView view;
  for (size_t i = 0; i < multiples.size(); ++i) {
    const int64_t extent = x.dim(static_cast<int>(i));
    ASSIGN_OR_RETURN(dims[i], MultiplyExtents(extent, multiples[i]));
    view.Add(multiples[i], 0);
    view.Add(extent, strides[i]);
  }
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
  k.Out(0).SetShape(shape);
  if (shape == x) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  return k.Run([copy, view = view.Simplified(), dtype = k.OutType(0)](KernelRun& r) {
    return copy(r, dtype, view, 0, 0);
  });
}

namespace {

// All offsets that a view reads, in order.
std::vector<int64_t> OffsetsOf(const StridedView& view) {
  std::vector<int64_t> offsets = {view.offset};
  for (size_t d = 0; d < view.extents.size(); ++d) {
    std::vector<int64_t> longer;
    longer.reserve(offsets.size() * static_cast<size_t>(view.extents[d]));
    for (int64_t base : offsets) {
      for (int64_t i = 0; i < view.extents[d]; ++i) longer.push_back(base + i * view.strides[d]);
    }
    offsets = std::move(longer);
  }
  return offsets;
}

template <typename T>
using Sum = std::conditional_t<std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>, float, T>;

}  // namespace

absl::StatusOr<Dims> CheckTileGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(Dims multiples, Multiples(k, 1));
  const Shape& dy = k.In(0).shape();
  Dims dims(multiples.size());
  for (size_t i = 0; i < multiples.size(); ++i) {
    const int64_t extent = dy.dim(static_cast<int>(i));
    if (extent % multiples[i] != 0) {
      return InvalidArgument("Expected input_dim[", i, "] to be divisible by multiples[", i,
                             "], but ", extent, " % ", multiples[i], " != 0");
    }
    dims[i] = extent / multiples[i];
  }
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
  k.Out(0).SetShape(shape);
  return multiples;
}

namespace {

absl::Status PrepareTileGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Dims multiples, CheckTileGrad(k));
  const Dims strides = RowMajorStrides(k.In(0).shape());
  const Shape shape = k.Out(0).shape;
  StridedView first, copies;
  for (size_t i = 0; i < multiples.size(); ++i) {
    const int64_t extent = shape.dim(static_cast<int>(i));
    first.Add(extent, strides[i]);
    copies.Add(multiples[i], strides[i] * extent);
  }
  if (shape.num_elements() == 0) {
    return k.Run([](KernelRun&) { return absl::OkStatus(); });
  }
  const std::vector<int64_t> bases = OffsetsOf(first.Simplified());
  const std::vector<int64_t> steps = OffsetsOf(copies.Simplified());
  return DispatchNumbers(k.OutType(0), [&]<typename T>(TypeTag<T>) {
    return k.Run([bases, steps](KernelRun& r) {
      const T* in = r.In<T>(0);
      T* out = r.Out<T>(0);
      r.ParallelFor(static_cast<int64_t>(bases.size()), static_cast<double>(steps.size()),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t i = begin; i < end; ++i) {
                        Sum<T> sum{};
                        for (int64_t step : steps) {
                          sum = static_cast<Sum<T>>(
                              sum + static_cast<Sum<T>>(in[bases[static_cast<size_t>(i)] + step]));
                        }
                        out[i] = static_cast<T>(sum);
                      }
                    });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterTileKernels(KernelRegistry& kernels) {
  kernels.Add("Tile", "CPU", PrepareMove<PrepareTile, CopyThroughView>);
  kernels.Add("TileGrad", "CPU", PrepareTileGrad);
}

}  // namespace weir
