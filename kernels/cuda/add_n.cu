// AddN and AccumulateNV2 (ops/add_n.cc).

#include "weir/kernels/common/binary_functions.h"
#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

// As many inputs as the arguments of a kernel hold.
constexpr int kMostInputs = 256;

// Sums of N neighbouring elements, in the order of the inputs; 16-bit numbers are rounded once.
template <typename T, int N>
struct SumFunction {
  using C = ComputeType<T>;
  using P = Pack<T, N>;

  P* out = nullptr;
  int count = 0;
  const P* inputs[kMostInputs] = {};

  __device__ void operator()(int64_t i) const {
    C sums[N];
    P values = inputs[0][i];
    for (int j = 0; j < N; ++j) sums[j] = static_cast<C>(values.values[j]);
    for (int k = 1; k < count; ++k) {
      values = inputs[k][i];
      for (int j = 0; j < N; ++j) sums[j] = AddOp::Of(sums[j], static_cast<C>(values.values[j]));
    }
    for (int j = 0; j < N; ++j) values.values[j] = T(sums[j]);
    out[i] = values;
  }
};

// Sums the elements [begin, begin + n) in packs of N.
template <typename T, int N>
absl::Status SumPacks(const KernelRun& r, int count, int64_t begin, int64_t n) {
  SumFunction<T, N> f;
  f.out = reinterpret_cast<Pack<T, N>*>(r.Out<T>(0) + begin);
  f.count = count;
  for (int i = 0; i < count; ++i) {
    f.inputs[i] = reinterpret_cast<const Pack<T, N>*>(r.In<T>(i) + begin);
  }
  return ForEach(r, n / N, f);
}

absl::Status PrepareSum(KernelPrepare& k) {
  const int count = k.num_inputs();
  if (count > kMostInputs) return absl::UnimplementedError("sums of very many inputs");
  RETURN_IF_ERROR(CheckAddN(k));
  const int64_t n = k.Out(0).shape.num_elements();
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([n, count](KernelRun& r) {
      constexpr int kPack = kPackBytes / sizeof(T);
      bool aligned = IsPackAligned(r.Out(0).raw_data());
      for (int i = 0; i < count; ++i) aligned = aligned && IsPackAligned(r.In(i).raw_data());
      const int64_t done = aligned ? n / kPack * kPack : 0;
      RETURN_IF_ERROR((SumPacks<T, kPack>(r, count, 0, done)));
      return SumPacks<T, 1>(r, count, done, n - done);
    });
  });
}

}  // namespace

void RegisterAddNCudaKernels(KernelRegistry& registry) {
  registry.Add("AddN", "GPU", PrepareSum);
  registry.Add("AccumulateNV2", "GPU", PrepareSum);
}

}  // namespace weir
