#include "weir/kernels/cpu/scatter_util.h"

#include <algorithm>

#include "weir/kernels/common/update_functions.h"
#include "weir/kernels/cpu/element_util.h"

namespace weir {
namespace {

// Calls row(start, value, n) for the part of every slice that falls into a block of columns.
template <typename E, typename F>
void ForSlices(const KernelRun& r, const SliceUpdates& u, E* target, F&& row) {
  const E* values = u.values->data<E>();
  // Blocks of columns, not of slices: several slices may have one place.
  r.ParallelFor(u.slice, static_cast<double>(u.count), [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < u.count; ++i) {
      row(target + u.starts[i] + begin, values + (u.one_value ? 0 : i * u.slice + begin),
          end - begin);
    }
  });
}

template <typename Fn, typename T>
void Accumulate(const KernelRun& r, const SliceUpdates& u, T* target) {
  if (u.one_value) {
    const T value = *u.values->data<T>();
    ForSlices<T>(r, u, target, [&](T* to, const T*, int64_t n) {
      for (int64_t j = 0; j < n; ++j) to[j] = Fn::Combine(to[j], value);
    });
  } else {
    ForSlices<T>(r, u, target, [&](T* to, const T* from, int64_t n) {
      for (int64_t j = 0; j < n; ++j) to[j] = Fn::Combine(to[j], from[j]);
    });
  }
}

absl::Status Assign(const KernelRun& r, const SliceUpdates& u, Tensor& target) {
  return DispatchElement(target.dtype(), [&]<typename E>(TypeTag<E>) -> absl::Status {
    ForSlices<E>(r, u, target.mutable_data<E>(), [&](E* to, const E* from, int64_t n) {
      if (u.one_value) {
        std::fill_n(to, n, *from);
      } else {
        CopyRow(from, to, n);
      }
    });
    return absl::OkStatus();
  });
}

template <typename Fn, typename... Ts>
absl::Status AccumulateAs(const KernelRun& r, const SliceUpdates& u, Tensor& target) {
  return DispatchType<Ts...>(target.dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
    Accumulate<Fn, T>(r, u, target.mutable_data<T>());
    return absl::OkStatus();
  });
}

template <typename Fn, typename... More>
absl::Status AccumulateReal(const KernelRun& r, const SliceUpdates& u, Tensor& target) {
  return AccumulateAs<Fn, Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                      uint16_t, uint32_t, uint64_t, More...>(r, u, target);
}

absl::Status CheckDivisors(const Tensor& values) {
  if (!IsIntegerType(values.dtype())) return absl::OkStatus();
  return DispatchIntegers(values.dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
    for (const T& v : values.values<T>()) {
      if (v == 0) return InvalidArgument("Integer division by zero");
    }
    return absl::OkStatus();
  });
}

}  // namespace

absl::Status CheckUpdatesShape(const Shape& params, const Shape& indices, const Shape& updates) {
  if (params.rank() < 1) {
    return InvalidArgument("params must be at least 1-D, got shape ", params.ToString());
  }
  if (updates.rank() == 0) return absl::OkStatus();
  Dims dims(indices.dims().begin(), indices.dims().end());
  dims.insert(dims.end(), params.dims().begin() + 1, params.dims().end());
  if (updates.dims() == absl::MakeConstSpan(dims)) return absl::OkStatus();
  return InvalidArgument(
      "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got "
      "updates.shape ",
      updates.ToString(), ", indices.shape ", indices.ToString(), ", params.shape ",
      params.ToString());
}

absl::StatusOr<NdIndexing> MakeUpdateIndexing(const Shape& indices, const Shape& updates,
                                              const Shape& target) {
  ASSIGN_OR_RETURN(const NdIndexing nd, MakeNdIndexing(indices, target));
  Dims dims(nd.outer.dims().begin(), nd.outer.dims().end());
  for (int d = static_cast<int>(nd.depth); d < target.rank(); ++d) dims.push_back(target.dim(d));
  if (updates.dims() != absl::MakeConstSpan(dims)) {
    return InvalidArgument(
        "Must have updates.shape = indices.shape[:-1] + shape[indices.shape[-1]:]"
        ", got updates.shape ",
        updates.ToString(), ", indices.shape ", indices.ToString(), ", shape ", target.ToString());
  }
  return nd;
}

absl::Status ApplyUpdates(const KernelRun& r, UpdateKind kind, const SliceUpdates& u,
                          Tensor& target) {
  if (u.count == 0 || u.slice == 0) return absl::OkStatus();
  switch (kind) {
    case UpdateKind::kAssign: return Assign(r, u, target);
    case UpdateKind::kAdd:
      return AccumulateReal<AddUpdate, Complex64, Complex128, bool, std::string>(r, u, target);
    case UpdateKind::kSub: return AccumulateReal<SubUpdate, Complex64, Complex128>(r, u, target);
    case UpdateKind::kMul: return AccumulateReal<MulUpdate, Complex64, Complex128>(r, u, target);
    case UpdateKind::kDiv:
      RETURN_IF_ERROR(CheckDivisors(*u.values));
      return AccumulateReal<DivUpdate, Complex64, Complex128>(r, u, target);
    case UpdateKind::kMin: return AccumulateReal<MinUpdate>(r, u, target);
    case UpdateKind::kMax: return AccumulateReal<MaxUpdate>(r, u, target);
  }
  return Internal("unknown kind of update");
}

}  // namespace weir
