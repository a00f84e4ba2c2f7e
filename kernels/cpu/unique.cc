#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/element_util.h"

namespace weir {
namespace {

// What equality and hashing look at: 16-bit floats as floats, so that -0 equals 0.
template <typename T>
using Key =
    std::conditional_t<std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>, float, const T&>;

template <typename T>
class Slices {
 public:
  Slices(const T* data, const SliceView& view) : data_(data), view_(view) {}

  size_t Hash(int64_t slice) const {
    size_t hash = 0;
    for (int64_t o = 0; o < view_.outer; ++o) {
      const T* row = Row(o, slice);
      for (int64_t i = 0; i < view_.inner; ++i) {
        const Key<T> key = row[i];
        hash = absl::Hash<std::pair<size_t, std::decay_t<Key<T>>>>()({hash, key});
      }
    }
    return hash;
  }

  bool Equal(int64_t a, int64_t b) const {
    for (int64_t o = 0; o < view_.outer; ++o) {
      const T* left = Row(o, a);
      const T* right = Row(o, b);
      for (int64_t i = 0; i < view_.inner; ++i) {
        const Key<T> l = left[i], r = right[i];
        if (!(l == r)) return false;
      }
    }
    return true;
  }

  // A slice with a NaN equals nothing, not even itself.
  bool EqualsItself(int64_t slice) const { return Equal(slice, slice); }

 private:
  const T* Row(int64_t o, int64_t slice) const {
    return data_ + (o * view_.length + slice) * view_.inner;
  }

  const T* data_;
  SliceView view_;
};

// Numbers the distinct slices: number[i] is that of slice i. Returns where each first occurs.
template <typename T>
std::vector<int64_t> NumberSlices(const Slices<T>& slices, int64_t length,
                                  std::vector<int64_t>* number) {
  const auto hash = [&](int64_t i) { return slices.Hash(i); };
  const auto equal = [&](int64_t a, int64_t b) { return slices.Equal(a, b); };
  absl::flat_hash_map<int64_t, int64_t, decltype(hash), decltype(equal)> seen(0, hash, equal);
  std::vector<int64_t> first;
  number->resize(static_cast<size_t>(length));
  for (int64_t i = 0; i < length; ++i) {
    const int64_t next = static_cast<int64_t>(first.size());
    // Slices that equal nothing need no place in the map, where they would all collide.
    const int64_t n = slices.EqualsItself(i) ? seen.try_emplace(i, next).first->second : next;
    if (n == next) first.push_back(i);
    (*number)[i] = n;
  }
  return first;
}

template <typename T>
absl::Status CopyDistinct(KernelRun& r, const SliceView& view, const Shape& x, int axis,
                          const std::vector<int64_t>& first) {
  const int64_t n = static_cast<int64_t>(first.size());
  RETURN_IF_ERROR(r.AllocateOutput(0, r.In(0).dtype(), x.WithDim(axis, n)));
  const T* in = r.In<T>(0);
  T* out = r.Out<T>(0);
  for (int64_t o = 0; o < view.outer && view.inner > 0; ++o) {
    for (int64_t i = 0; i < n; ++i) {
      CopyRow(in + (o * view.length + first[i]) * view.inner, out + (o * n + i) * view.inner,
              view.inner);
    }
  }
  return absl::OkStatus();
}

template <typename I>
absl::Status WriteNumbers(KernelRun& r, const std::vector<int64_t>& number, int64_t distinct,
                          bool counts) {
  I* idx = r.Out<I>(1);
  for (size_t i = 0; i < number.size(); ++i) idx[i] = static_cast<I>(number[i]);
  if (!counts) return absl::OkStatus();
  RETURN_IF_ERROR(r.AllocateOutput(2, kDTypeOf<I>, Shape({distinct})));
  I* count = r.Out<I>(2);
  std::fill_n(count, distinct, I(0));
  for (int64_t n : number) ++count[n];
  return absl::OkStatus();
}

template <typename F>
absl::Status DispatchKey(DataType dtype, F&& f) {
  if (IsFloatingType(dtype)) return DispatchFloating(dtype, f);
  if (dtype == DT_STRING) return f(TypeTag<std::string>());
  // Integers and booleans are equal when their bits are.
  if (IsIntegerType(dtype) || IsQuantizedType(dtype) || dtype == DT_BOOL) {
    return DispatchWidth(dtype, [&]<typename E>(TypeTag<E> tag) -> absl::Status {
      if constexpr (std::is_integral_v<E>) return f(tag);
      return absl::OkStatus();
    });
  }
  return Unimplemented("no comparison of elements of type ", DataTypeName(dtype));
}

// The axis that the inputs name; of those of one dimension 0.
absl::StatusOr<int> AxisOf(KernelPrepare& k) {
  const int rank = k.In(0).shape().rank();
  if (k.num_inputs() == 2) {
    if (k.In(1).shape().rank() != 1) return k.InvalidInput(1, "axis expects a 1D vector.");
    ASSIGN_OR_RETURN(const Dims axes, k.IntValues(1));
    if (axes.size() > 1) {
      return k.InvalidInput(1, "axis does not support input tensors larger than 1");
    }
    if (!axes.empty()) {
      const int64_t axis = axes[0] < 0 ? axes[0] + rank : axes[0];
      if (axis >= 0 && axis < rank) return static_cast<int>(axis);
      return InvalidArgument("axis should be in [", -rank, ", ", rank, ") but got ", axes[0]);
    }
  }
  if (rank != 1) return k.InvalidInput(0, "unique expects a 1D vector.");
  return 0;
}

absl::Status PrepareUnique(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const UniquePlan plan, PlanUnique(k));
  const Shape x = k.In(0).shape();
  const SliceView view = plan.view;
  const bool counts = k.num_outputs() == 3;
  const DataType index_type = k.OutType(1);
  return DispatchKey(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) -> absl::Status {
      std::vector<int64_t> number;
      const std::vector<int64_t> first =
          NumberSlices(Slices<T>(r.In<T>(0), view), view.length, &number);
      RETURN_IF_ERROR(CopyDistinct<T>(r, view, x, plan.axis, first));
      return DispatchType<int32_t, int64_t>(index_type, [&]<typename I>(TypeTag<I>) {
        return WriteNumbers<I>(r, number, static_cast<int64_t>(first.size()), counts);
      });
    });
  });
}

}  // namespace

absl::StatusOr<UniquePlan> PlanUnique(KernelPrepare& k) {
  const Shape& x = k.In(0).shape();
  ASSIGN_OR_RETURN(const int axis, AxisOf(k));
  SliceView view = {x.Count(0, axis), x.dim(axis), x.Count(axis + 1, x.rank())};
  if (x.num_elements() == 0) view.outer = 0;  // Slices without elements are all equal.
  k.Out(0).Unsized();
  k.Out(1).SetShape(Shape({view.length}));
  if (k.num_outputs() == 3) k.Out(2).Unsized();
  return UniquePlan{axis, view};
}

void RegisterUniqueKernels(KernelRegistry& kernels) {
  kernels.Add("Unique", "CPU", PrepareUnique);
  kernels.Add("UniqueWithCounts", "CPU", PrepareUnique);
  kernels.Add("UniqueV2", "CPU", PrepareUnique);
  kernels.Add("UniqueWithCountsV2", "CPU", PrepareUnique);
}

}  // namespace weir
