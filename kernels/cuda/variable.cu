// Updates of variables, of either kind, in place.

#include "weir/kernels/common/binary_functions.h"
#include "weir/kernels/cpu/variable_util.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

// What kernels take for T: complex numbers are added part by part, and integers wrap around, signed
// or not.
template <typename T>
struct PartOf {
  using Type = T;
};
template <typename F>
struct PartOf<std::complex<F>> {
  using Type = F;
};
template <std::integral T>
struct PartOf<T> {
  using Type = std::make_unsigned_t<T>;
};

// to[i] = Op::Of(to[i], by[i]), for N elements that lie side by side.
template <typename Op, typename T, int N>
struct UpdateFunction {
  using C = ComputeType<T>;

  T* to;
  const T* by;

  __device__ void operator()(int64_t i) const {
    auto* const pack = reinterpret_cast<Pack<T, N>*>(to) + i;
    const Pack<T, N> a = *pack, b = reinterpret_cast<const Pack<T, N>*>(by)[i];
    Pack<T, N> sum;
    for (int j = 0; j < N; ++j) {
      sum.values[j] = T(Op::Of(static_cast<C>(a.values[j]), static_cast<C>(b.values[j])));
    }
    *pack = sum;
  }
};

template <typename Op, typename T>
absl::Status RunUpdate(const KernelRun& r, int64_t n, T* to, const T* by) {
  constexpr int kPack = kPackBytes / sizeof(T);
  const int64_t packs = IsPackAligned(to) && IsPackAligned(by) ? n / kPack : 0;
  const int64_t done = packs * kPack;
  RETURN_IF_ERROR(ForEach(r, packs, UpdateFunction<Op, T, kPack>{to, by}));
  return ForEach(r, n - done, UpdateFunction<Op, T, 1>{to + done, by + done});
}

template <typename Op, typename T>
absl::Status PrepareUpdate(KernelPrepare& k) {
  using Part = typename PartOf<T>::Type;
  constexpr int64_t kParts = sizeof(T) / sizeof(Part);
  const bool is_reference = IsReferenceInput(k, 0);
  if (k.num_outputs() > 0) k.Out(0).SetShape(Shape()).Alias(0);
  return k.Run([is_reference](KernelRun& r) {
    return UpdateVariable(r, kDTypeOf<T>, is_reference, [&](Tensor& t, const Tensor& value) {
      return RunUpdate<Op, Part>(r, t.num_elements() * kParts,
                                 reinterpret_cast<Part*>(t.mutable_raw_data()),
                                 reinterpret_cast<const Part*>(value.raw_data()));
    });
  });
}

// AssignAdd, AssignSub and their forms for resources.
template <typename Op>
void Add(KernelRegistry& registry, const char* op) {
  const PrepareFn prepare = [](KernelPrepare& k) {
    return DispatchNumbers(k.In(1).dtype(),
                           [&]<typename T>(TypeTag<T>) { return PrepareUpdate<Op, T>(k); });
  };
  registry.Add(op, "GPU", prepare);
  registry.Add(absl::StrCat(op, "VariableOp"), "GPU", prepare);
}

}  // namespace

void RegisterVariableCudaKernels(KernelRegistry& registry) {
  Add<AddOp>(registry, "AssignAdd");
  Add<SubOp>(registry, "AssignSub");
}

}  // namespace weir
