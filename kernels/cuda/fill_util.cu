#include "weir/kernels/cuda/fill_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// out[i] = N times the element.
template <typename E, int N>
struct FillFunction {
  const E* value;  // nullptr: `element` is known to the host.
  E element;
  Pack<E, N>* out;

  __device__ void operator()(int64_t i) const {
    const E e = value == nullptr ? element : *value;
    Pack<E, N> pack;
    for (int j = 0; j < N; ++j) pack.values[j] = e;
    out[i] = pack;
  }
};

template <typename E>
absl::Status Fill(const KernelRun& r, const E* value, E element, Tensor& tensor) {
  constexpr int kPack = kPackBytes / sizeof(E);
  E* const out = tensor.mutable_data<E>();
  const int64_t n = tensor.num_elements();
  const int64_t packs = IsPackAligned(out) ? n / kPack : 0, done = packs * kPack;
  RETURN_IF_ERROR(ForEach(
      r, packs, FillFunction<E, kPack>{value, element, reinterpret_cast<Pack<E, kPack>*>(out)}));
  return ForEach(r, n - done,
                 FillFunction<E, 1>{value, element, reinterpret_cast<Pack<E, 1>*>(out + done)});
}

}  // namespace

absl::Status GpuFill(const KernelRun& r, const char* value, Tensor& out) {
  return DispatchWord(static_cast<int64_t>(DataTypeSize(out.dtype())), [&]<typename E>(TypeTag<E>) {
    return Fill<E>(r, reinterpret_cast<const E*>(value), E{}, out);
  });
}

absl::Status GpuFillWithOnes(const KernelRun& r, Tensor& out) {
  const auto fill = [&]<typename T>(TypeTag<T>) {
    // As a word, so that types of one width share a kernel.
    return DispatchWord(sizeof(T), [&]<typename E>(TypeTag<E>) -> absl::Status {
      if constexpr (sizeof(E) == sizeof(T)) return Fill<E>(r, nullptr, std::bit_cast<E>(T(1)), out);
      return absl::OkStatus();
    });
  };
  if (out.dtype() == DT_BOOL) return fill(TypeTag<bool>());
  return DispatchNumbers(out.dtype(), fill);
}

}  // namespace weir
