// AddN and AccumulateNV2 (ops/add_n.cc).

#include <vector>

#include "weir/kernels/common/checks.h"
#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {
namespace {

template <typename T>
void AddTo(const T* x, T* sum, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::conditional_t<(sizeof(T) > 4), uint64_t, uint32_t>;
      sum[i] = static_cast<T>(static_cast<U>(sum[i]) + static_cast<U>(x[i]));
    } else {
      sum[i] += x[i];
    }
  }
}

// Adds blocks that stay in cache, so that memory is read and written once. The 16-bit types are
// summed in float and rounded once.
template <typename T>
void AddBlock(KernelRun& r, int inputs, int64_t begin, int64_t end) {
  constexpr int64_t kBlock = 1024;
  T* out = r.Out<T>(0);
  for (; begin < end; begin += kBlock) {
    const int64_t n = std::min(kBlock, end - begin);
    if constexpr (kIsHalfType<T>) {
      float sum[kBlock] = {};
      for (int i = 0; i < inputs; ++i) {
        const T* x = r.In<T>(i) + begin;
        for (int64_t j = 0; j < n; ++j) sum[j] += x[j];
      }
      for (int64_t j = 0; j < n; ++j) out[begin + j] = sum[j];
    } else {
      T sum[kBlock];
      std::copy_n(r.In<T>(0) + begin, n, sum);
      for (int i = 1; i < inputs; ++i) AddTo(r.In<T>(i) + begin, sum, n);
      std::copy_n(sum, n, out + begin);
    }
  }
}

}  // namespace

absl::Status CheckAddN(KernelPrepare& k) {
  const Shape& shape = k.In(0).shape();
  k.Out(0).SetShape(shape);
  for (int i = 0; i < k.num_inputs(); ++i) {
    RETURN_IF_ERROR(CheckShapeOfInput0(k, i));
    k.Out(0).MayReuse(i);
  }
  return absl::OkStatus();
}

namespace {

absl::Status PrepareSum(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckAddN(k));
  const int inputs = k.num_inputs();
  const int64_t n = k.Out(0).shape.num_elements();
  return DispatchNumbers(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(n, inputs, [&r, inputs](int64_t begin, int64_t end) {
        AddBlock<T>(r, inputs, begin, end);
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterAddNKernels(KernelRegistry& registry) {
  registry.Add("AddN", "CPU", PrepareSum);
  registry.Add("AccumulateNV2", "CPU", PrepareSum);
}

}  // namespace weir
