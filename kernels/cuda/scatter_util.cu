#include "weir/kernels/common/update_functions.h"
#include "weir/kernels/cuda/atomic_util.h"
#include "weir/kernels/cuda/complex_util.h"
#include "weir/kernels/cuda/rows_util.h"
#include "weir/kernels/cuda/scatter_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// Takes the update.
struct AssignUpdate {};

// Divides, but leaves the element alone where the divisor is an integer zero.
struct CheckedDivUpdate {
  template <typename T>
  static constexpr T Combine(const T& a, const T& b) {
    if constexpr (kIsInteger<T>) {
      if (b == 0) return a;
    }
    return DivUpdate::Combine(a, b);
  }
};

template <typename T>
struct ScatterArguments {
  ScatterArguments(const GpuSliceUpdates& u, Tensor& array)
      : target(reinterpret_cast<T*>(array.mutable_raw_data())),
        places(u.places),
        values(reinterpret_cast<const T*>(u.values->raw_data())),
        count(u.count),
        slice(u.slice * static_cast<int64_t>(DataTypeSize(array.dtype())) /
              static_cast<int64_t>(sizeof(T))),
        one_value(u.one_value) {}

  // The start of the slice that update i belongs to; nullptr: there is none.
  __device__ T* Target(int64_t i) const {
    const int64_t place = places[i];
    return place < 0 ? nullptr : target + place * slice;
  }
  __device__ T Value(int64_t i, int64_t j) const { return values[one_value ? 0 : i * slice + j]; }

  T* target;
  IndexVectors places;
  const T* values;
  int64_t count, slice;
  bool one_value;
};

template <typename Fn>
inline constexpr bool kAdds = std::is_same_v<Fn, AddUpdate> || std::is_same_v<Fn, SubUpdate>;

// All updates at once.
template <typename Fn, typename T>
struct ScatterInto : ScatterArguments<T> {
  struct Row {
    T* to;
    int64_t i;
  };

  __device__ Row RowAt(int64_t i) const { return {this->Target(i), i}; }
  __device__ void operator()(const Row& row, int64_t j) const {
    if (row.to != nullptr) Combine(row.to + j, this->Value(row.i, j));
  }

  static __device__ void Combine(T* to, T v) {
    if constexpr (std::is_same_v<Fn, AssignUpdate>) {
      *to = v;
    } else if constexpr (kIsComplexNumber<T>) {
      ScatterInto<Fn, decltype(v.re)>::Combine(&to->re, v.re);
      ScatterInto<Fn, decltype(v.im)>::Combine(&to->im, v.im);
    } else if constexpr (kAdds<Fn> && kHasAtomicAdd<T>) {
      AtomicAdd(to, std::is_same_v<Fn, AddUpdate> ? v : SubUpdate::Combine(T(0), v));
    } else {
      AtomicCombine<Fn>(to, v);
    }
  }
};

// For elements that no atomic operation combines: one thread per column takes the updates one after
// the other.
template <typename Fn, typename T>
struct ScatterColumn : ScatterArguments<T> {
  __device__ void operator()(int64_t j) const {
    for (int64_t i = 0; i < this->count; ++i) {
      T* const to = this->Target(i);
      if (to != nullptr) to[j] = Fn::Combine(to[j], this->Value(i, j));
    }
  }
};

template <typename Fn, typename T>
absl::Status Scatter(const KernelRun& r, const GpuSliceUpdates& u, Tensor& target) {
  const ScatterArguments<T> arguments(u, target);
  if constexpr (kIsComplexNumber<T> && !std::is_same_v<Fn, AssignUpdate> && !kAdds<Fn>) {
    return ForEach(r, arguments.slice, ScatterColumn<Fn, T>{arguments});
  } else {
    return ForEachInRows(r, arguments.count, arguments.slice, ScatterInto<Fn, T>{arguments});
  }
}

absl::Status Assign(const KernelRun& r, const GpuSliceUpdates& u, Tensor& target) {
  const auto size = static_cast<int64_t>(DataTypeSize(target.dtype()));
  const int64_t word = u.one_value ? size
                                   : WidestWord(u.slice * size, Address(target.raw_data()),
                                                Address(u.values->raw_data()));
  return DispatchWord(
      word, [&]<typename W>(TypeTag<W>) { return Scatter<AssignUpdate, W>(r, u, target); });
}

template <typename Fn>
absl::Status Order(const KernelRun& r, const GpuSliceUpdates& u, Tensor& target) {
  return DispatchReal(target.dtype(),
                      [&]<typename T>(TypeTag<T>) { return Scatter<Fn, T>(r, u, target); });
}

// Unsigned where integers wrap around.
template <typename Fn>
absl::Status Compute(const KernelRun& r, const GpuSliceUpdates& u, Tensor& target) {
  return DispatchNumbers(target.dtype(), [&]<typename T>(TypeTag<T>) {
    if constexpr (kIsInteger<T> && !std::is_same_v<Fn, CheckedDivUpdate>) {
      return Scatter<Fn, std::make_unsigned_t<T>>(r, u, target);
    } else {
      return Scatter<Fn, DeviceNumber<T>>(r, u, target);
    }
  });
}

}  // namespace

absl::Status CheckUpdated(DataType dtype) {
  return IsPlainType(dtype) ? absl::OkStatus()
                            : absl::UnimplementedError("only the host has such elements");
}

absl::Status GpuApplyUpdates(const KernelRun& r, UpdateKind kind, const GpuSliceUpdates& u,
                             Tensor& target) {
  if (u.count == 0 || u.slice == 0) return absl::OkStatus();
  switch (kind) {
    case UpdateKind::kAssign: return Assign(r, u, target);
    case UpdateKind::kAdd:
      if (target.dtype() == DT_BOOL) return Scatter<AddUpdate, bool>(r, u, target);
      return Compute<AddUpdate>(r, u, target);
    case UpdateKind::kSub: return Compute<SubUpdate>(r, u, target);
    case UpdateKind::kMul: return Compute<MulUpdate>(r, u, target);
    case UpdateKind::kDiv: return Compute<CheckedDivUpdate>(r, u, target);
    case UpdateKind::kMin: return Order<MinUpdate>(r, u, target);
    case UpdateKind::kMax: return Order<MaxUpdate>(r, u, target);
  }
  return Internal("unknown kind of update");
}

}  // namespace weir
