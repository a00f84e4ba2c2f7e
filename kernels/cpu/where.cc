#include <cmath>
#include <type_traits>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "weir/kernels/cpu/checks_util.h"

namespace weir {
namespace {

template <typename T>
bool IsTrue(const T& value) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    return static_cast<float>(value) != 0;
  } else {
    return value != T(0);
  }
}

template <typename T>
absl::Status FindTrue(KernelRun& r) {
  const Shape& shape = r.In(0).shape();
  const absl::Span<const T> values = r.In(0).values<T>();
  int64_t count = 0;
  for (const T& value : values) count += IsTrue(value);
  const int rank = shape.rank();
  ASSIGN_OR_RETURN(const Shape found, Shape::Make({count, rank}));
  RETURN_IF_ERROR(r.AllocateOutput(0, DT_INT64, found));
  int64_t* out = r.Out<int64_t>(0);
  Dims index(static_cast<size_t>(rank), 0);
  for (const T& value : values) {
    // The count bounds what is written even if the input changed since it was counted.
    if (IsTrue(value) && count-- > 0) out = std::copy(index.begin(), index.end(), out);
    for (int d = rank - 1; d >= 0; --d) {
      if (++index[static_cast<size_t>(d)] < shape.dim(d)) break;
      index[static_cast<size_t>(d)] = 0;
    }
  }
  return absl::OkStatus();
}

absl::Status PrepareWhere(KernelPrepare& k) {
  k.Out(0).Unsized();
  const auto run = [&]<typename T>(TypeTag<T>) { return k.Run(FindTrue<T>); };
  const DataType dtype = k.In(0).dtype();
  // Zero is the only integer whose bits are all zero.
  if (dtype == DT_BOOL || IsIntegerType(dtype) || IsQuantizedType(dtype)) {
    return DispatchWidth(dtype, run);
  }
  return DispatchType<Half, BFloat16, float, double, Complex64, Complex128>(dtype, run);
}

// What elements are compared as.
template <typename T>
using Key = std::conditional_t<std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>, float, T>;

template <typename K>
bool IsNan(const K& key) {
  if constexpr (std::is_floating_point_v<K>) return std::isnan(key);
  return false;
}

template <typename T, typename Index>
absl::Status FindMissing(KernelRun& r) {
  const absl::Span<const T> x = r.In(0).values<T>(), y = r.In(1).values<T>();
  absl::flat_hash_set<Key<T>> known;
  known.reserve(y.size());
  for (const T& value : y) {
    const Key<T> key = static_cast<Key<T>>(value);
    if (!IsNan(key)) known.insert(key);  // A NaN is equal to nothing: nobody would find it.
  }
  std::vector<Index> missing;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!known.contains(static_cast<Key<T>>(x[i]))) missing.push_back(static_cast<Index>(i));
  }
  const Shape shape({static_cast<int64_t>(missing.size())});
  RETURN_IF_ERROR(r.AllocateOutput(0, kDTypeOf<T>, shape));
  RETURN_IF_ERROR(r.AllocateOutput(1, kDTypeOf<Index>, shape));
  T* const out = r.Out<T>(0);
  for (size_t i = 0; i < missing.size(); ++i) out[i] = x[static_cast<size_t>(missing[i])];
  std::copy(missing.begin(), missing.end(), r.Out<Index>(1));
  return absl::OkStatus();
}

absl::Status PrepareListDiff(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckListDiff(k));
  const auto run = [&]<typename T>(TypeTag<T>) {
    return k.ForType<int32_t, int64_t>("out_idx",
                                       [&]<typename I>() { return k.Run(FindMissing<T, I>); });
  };
  const DataType dtype = k.In(0).dtype();
  if (dtype == DT_STRING) return run(TypeTag<std::string>());
  return DispatchReal(dtype, run);
}

}  // namespace

absl::Status CheckListDiff(KernelPrepare& k) {
  for (int i = 0; i < 2; ++i) {
    if (k.In(i).shape().rank() != 1) return k.InvalidInput(i, "should be a 1D vector");
    k.Out(i).Unsized();
  }
  if (k.OutType(1) == DT_INT32 && k.In(0).shape().dim(0) > INT32_MAX) {
    return k.InvalidInput(0, "is too long for int32 positions");
  }
  return absl::OkStatus();
}

void RegisterWhereKernels(KernelRegistry& kernels) {
  kernels.Add("Where", "CPU", PrepareWhere);
  kernels.Add("ListDiff", "CPU", PrepareListDiff);
}

}  // namespace weir
