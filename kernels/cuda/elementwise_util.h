#ifndef WEIR_KERNELS_CUDA_ELEMENTWISE_UTIL_H_
#define WEIR_KERNELS_CUDA_ELEMENTWISE_UTIL_H_

// Element-wise kernels: every thread moves 16 bytes at once where pointers allow it.

#include <algorithm>
#include <cstdint>

#include "weir/kernels/common/broadcast_plan.h"
#include "weir/kernels/common/numbers.h"
#include "weir/kernels/cuda/strided_index_util.h"

namespace weir {

// Whether the GPU computes with elements of type T. Complex numbers and narrower integers, which
// are rarely computed with, or are shapes and counters, stay on the CPU.
template <typename T>
inline constexpr bool kIsCudaType = std::is_floating_point_v<T> || kIsHalfType<T> ||
                                    std::is_same_v<T, int64_t> || std::is_same_v<T, bool>;

// Calls `f.template operator()<T>()` for the T among Ts that input 0 has, if the GPU has it.
template <typename... Ts, typename F>
absl::Status ForCudaType(KernelPrepare& k, F&& f) {
  return DispatchType<Ts...>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
    if constexpr (kIsCudaType<T>) {
      return f.template operator()<T>();
    } else {
      return absl::UnimplementedError("the GPU has no such numbers");
    }
  });
}

// Registers `prepare` for the op on the GPU: it is called as prepare(TypeTag<T>(), k) with the type
// of input 0.
template <typename... Ts, typename F>
void AddForTypes(KernelRegistry& registry, const char* op, Types<Ts...>, F prepare) {
  registry.Add(op, "GPU", [prepare](KernelPrepare& k) {
    return ForCudaType<Ts...>(k, [&]<typename T>() { return prepare(TypeTag<T>(), k); });
  });
}

template <typename T, int N>
struct alignas(sizeof(T) * N) Pack {
  T values[N];
};

inline constexpr size_t kPackBytes = 16;

inline bool IsPackAligned(const void* p) {
  return reinterpret_cast<uintptr_t>(p) % kPackBytes == 0;
}

// out[i] = Op::Of(x[i]), computed in ComputeType<T>.
template <typename Op, typename T>
struct UnaryFunction {
  using C = ComputeType<T>;
  using R = std::decay_t<decltype(Op::Of(C()))>;
  using Out = std::conditional_t<std::is_same_v<R, C>, T, R>;
  static constexpr int kPack = kPackBytes / std::max(sizeof(T), sizeof(Out));

  const T* x;
  Out* y;

  static __device__ Out Of(T v) { return Out(Op::Of(static_cast<C>(v))); }
  __device__ void operator()(int64_t i) const { y[i] = Of(x[i]); }
};

template <typename Op, typename T>
struct UnaryPackFunction : UnaryFunction<Op, T> {
  using Base = UnaryFunction<Op, T>;
  static constexpr int kPack = Base::kPack;

  __device__ void operator()(int64_t pack) const {
    const auto in = reinterpret_cast<const Pack<T, kPack>*>(this->x)[pack];
    Pack<typename Base::Out, kPack> out;
    for (int i = 0; i < kPack; ++i) out.values[i] = Base::Of(in.values[i]);
    reinterpret_cast<Pack<typename Base::Out, kPack>*>(this->y)[pack] = out;
  }
};

template <typename Op, typename T>
absl::Status RunUnary(const KernelRun& r, int64_t n) {
  using F = UnaryFunction<Op, T>;
  F f{reinterpret_cast<const T*>(r.In(0).raw_data()),
      reinterpret_cast<typename F::Out*>(r.Out(0).mutable_raw_data())};
  if (!IsPackAligned(f.x) || !IsPackAligned(f.y)) return ForEach(r, n, f);
  RETURN_IF_ERROR(ForEach(r, n / F::kPack, UnaryPackFunction<Op, T>{f}));
  const int64_t done = n / F::kPack * F::kPack;
  f.x += done;
  f.y += done;
  return ForEach(r, n - done, f);
}

// Where two inputs that broadcast have what goes into an element of the output.
using BroadcastIndex = StridedIndex<2>;

// out[i] = Op::Of(x[...], y[...]).
template <typename Op, typename T>
struct BinaryFunction {
  using C = ComputeType<T>;
  using R = std::decay_t<decltype(Op::Of(C(), C()))>;
  using Out = std::conditional_t<std::is_same_v<R, C>, T, R>;
  static constexpr int kPack = kPackBytes / std::max(sizeof(T), sizeof(Out));

  const T* x;
  const T* y;
  Out* z;
  BroadcastIndex index;

  static __device__ Out Of(T a, T b) { return Out(Op::Of(static_cast<C>(a), static_cast<C>(b))); }
  __device__ void operator()(int64_t i) const {
    int64_t at[2];
    index.Find(i, at);
    z[i] = Of(x[at[0]], y[at[1]]);
  }
};

// The same for packs of elements, which `index` finds.
template <typename Op, typename T>
struct BinaryPackFunction : BinaryFunction<Op, T> {
  using Base = BinaryFunction<Op, T>;
  static constexpr int kPack = Base::kPack;

  static __device__ Pack<T, kPack> Load(const T* p, bool is_one) {
    if (!is_one) return *reinterpret_cast<const Pack<T, kPack>*>(p);
    Pack<T, kPack> same;
    for (int i = 0; i < kPack; ++i) same.values[i] = *p;
    return same;
  }
  __device__ void operator()(int64_t pack) const {
    int64_t at[2];
    this->index.Find(pack, at);
    const Pack<T, kPack> a = Load(this->x + at[0], this->index.last_stride(0) == 0);
    const Pack<T, kPack> b = Load(this->y + at[1], this->index.last_stride(1) == 0);
    Pack<typename Base::Out, kPack> out;
    for (int i = 0; i < kPack; ++i) out.values[i] = Base::Of(a.values[i], b.values[i]);
    reinterpret_cast<Pack<typename Base::Out, kPack>*>(this->z)[pack] = out;
  }
};

// Inputs 0 and 1 to output 0, of `n` elements.
template <typename Op, typename T>
absl::Status RunBinary(const KernelRun& r, int64_t n, const BroadcastIndex& index) {
  using F = BinaryFunction<Op, T>;
  F f{reinterpret_cast<const T*>(r.In(0).raw_data()),
      reinterpret_cast<const T*>(r.In(1).raw_data()),
      reinterpret_cast<typename F::Out*>(r.Out(0).mutable_raw_data()), index};
  BinaryPackFunction<Op, T> packs{f};
  if (IsPackAligned(f.x) && IsPackAligned(f.y) && IsPackAligned(f.z) &&
      packs.index.MakePacks(F::kPack)) {
    RETURN_IF_ERROR(ForEach(r, n / F::kPack, packs));
    const int64_t done = n / F::kPack * F::kPack;
    f.x += done * index.last_stride(0);
    f.y += done * index.last_stride(1);
    f.z += done;
    n -= done;
  }
  return ForEach(r, n, f);
}

// The plan as kernels take it. Unimplemented for shapes that do not fold into few dimensions.
absl::StatusOr<BroadcastIndex> IndexOf(const BroadcastPlan& plan);

// How the inputs run along the output, whose shape this sets. Unimplemented for shapes that do not
// fold into the few dimensions that a kernel takes.
absl::StatusOr<BroadcastIndex> PrepareBroadcast(KernelPrepare& k);

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_ELEMENTWISE_UTIL_H_
