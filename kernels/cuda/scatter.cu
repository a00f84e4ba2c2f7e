// Updates of rows of variables, of either kind. Rows outside the variable and divisions by an
// integer zero, which a kernel of the GPU cannot report, are left out.

#include "weir/kernels/common/update_functions.h"
#include "weir/kernels/cpu/scatter_util.h"
#include "weir/kernels/cpu/variable_access_util.h"
#include "weir/kernels/cuda/atomic_util.h"
#include "weir/kernels/cuda/complex_util.h"
#include "weir/kernels/cuda/indices_util.h"
#include "weir/kernels/cuda/rows_util.h"

namespace weir {
namespace {

// Takes the update. Of several for one element any may stay.
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
  T* params;
  DeviceIndices indices;
  const T* updates;
  int64_t count;  // Of indices.
  int64_t rows, width;
  bool one_value;  // One update stands for all.

  // The start of the row that index i names; nullptr: there is none.
  __device__ T* Target(int64_t i) const {
    const int64_t row = indices[i];
    return row < 0 || row >= rows ? nullptr : params + row * width;
  }
  __device__ T Update(int64_t i, int64_t j) const { return updates[one_value ? 0 : i * width + j]; }
};

template <typename Fn>
inline constexpr bool kAdds = std::is_same_v<Fn, AddUpdate> || std::is_same_v<Fn, SubUpdate>;
// Whether elements are combined in place by atomic operations.
template <typename Fn, typename T>
inline constexpr bool kIsAtomic =
    std::is_same_v<Fn, AssignUpdate> || !kIsComplexNumber<T> || kAdds<Fn>;

// All updates at once.
template <typename Fn, typename T>
struct ScatterInto : ScatterArguments<T> {
  struct Row {
    T* to;
    int64_t i;
  };

  __device__ Row RowAt(int64_t i) const { return {this->Target(i), i}; }
  __device__ void operator()(const Row& row, int64_t j) const {
    if (row.to != nullptr) Combine(row.to + j, this->Update(row.i, j));
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

// One thread per column takes the updates one after the other.
template <typename Fn, typename T>
struct ScatterColumn : ScatterArguments<T> {
  __device__ void operator()(int64_t j) const {
    for (int64_t i = 0; i < this->count; ++i) {
      T* const to = this->Target(i);
      if (to != nullptr) to[j] = Fn::Combine(to[j], this->Update(i, j));
    }
  }
};

template <typename Fn, typename T>
absl::Status PrepareScatter(KernelPrepare& k, DataType dtype) {
  const Shape indices = k.In(1).shape(), updates = k.In(2).shape();
  if (k.num_outputs() > 0) k.Out(0).SetShape({}).Alias(0);
  return k.Run([=](KernelRun& r) -> absl::Status {
    ASSIGN_OR_RETURN(Variable * variable, VariableOfType(r, 0, dtype));
    return variable->Update(r.memory(), [&](Tensor& value) -> absl::Status {
      const Shape& params = value.shape();
      RETURN_IF_ERROR(CheckUpdatesShape(params, indices, updates));
      const ScatterArguments<T> arguments{reinterpret_cast<T*>(value.mutable_raw_data()),
                                          DeviceIndices(r.In(1)),
                                          reinterpret_cast<const T*>(r.In(2).raw_data()),
                                          indices.num_elements(),
                                          params.dim(0),
                                          params.Count(1, params.rank()),
                                          updates.rank() == 0};
      if constexpr (kIsAtomic<Fn, T>) {
        return ForEachInRows(r, arguments.count, arguments.width, ScatterInto<Fn, T>{arguments});
      } else {
        return ForEach(r, arguments.width, ScatterColumn<Fn, T>{arguments});
      }
    });
  });
}

// Calls f with the type in which a kernel sees the elements: by width where they are only moved,
// and unsigned where integers wrap around. All that the CPU has but strings: a variable's ops are
// on one device, whatever its type.
template <typename Fn, typename F>
absl::Status DispatchUpdate(DataType dtype, const F& f) {
  if constexpr (std::is_same_v<Fn, AssignUpdate>) {
    return DispatchWidth(dtype, f);
  } else if constexpr (std::is_same_v<Fn, MinUpdate> || std::is_same_v<Fn, MaxUpdate>) {
    return DispatchReal(dtype, f);
  } else {
    if constexpr (std::is_same_v<Fn, AddUpdate>) {
      if (dtype == DT_BOOL) return f(TypeTag<bool>());
    }
    return DispatchNumbers(dtype, [&]<typename T>(TypeTag<T>) {
      if constexpr (kIsInteger<T> && !std::is_same_v<Fn, CheckedDivUpdate>) {
        return f(TypeTag<std::make_unsigned_t<T>>());
      } else {
        return f(TypeTag<DeviceNumber<T>>());
      }
    });
  }
}

template <typename Fn>
void Add(KernelRegistry& registry, const char* op) {
  const auto add = [&](absl::string_view name, const char* type_attr) {
    registry.Add(name, "GPU", [type_attr](KernelPrepare& k) {
      const DataType dtype = k.Attr<DataType>(type_attr);
      return DispatchUpdate<Fn>(
          dtype, [&]<typename T>(TypeTag<T>) { return PrepareScatter<Fn, T>(k, dtype); });
    });
  };
  add(op, "T");
  add(absl::StrCat("Resource", op), "dtype");
}

}  // namespace

void RegisterScatterCudaKernels(KernelRegistry& registry) {
  Add<AssignUpdate>(registry, "ScatterUpdate");
  Add<AddUpdate>(registry, "ScatterAdd");
  Add<SubUpdate>(registry, "ScatterSub");
  Add<MulUpdate>(registry, "ScatterMul");
  Add<CheckedDivUpdate>(registry, "ScatterDiv");
  Add<MinUpdate>(registry, "ScatterMin");
  Add<MaxUpdate>(registry, "ScatterMax");
}

}  // namespace weir
