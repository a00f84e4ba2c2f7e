#include "weir/kernels/cpu/matrix_band_part_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

template <typename W>
struct KeepBand {
  BandPlan plan;
  const W* x;
  W* y;

  __device__ void operator()(int64_t i) const {
    const int64_t line = i / plan.columns, column = i - line * plan.columns;
    const int64_t row = line % plan.rows;
    y[i] = column >= row - plan.lower && column <= row + plan.upper ? x[i] : W{};
  }
};

absl::Status PrepareMatrixBandPart(KernelPrepare& k) {
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  ASSIGN_OR_RETURN(const BandPlan plan, PrepareBand(k));
  const int64_t n = k.Out(0).shape.num_elements();
  const auto size = static_cast<int64_t>(DataTypeSize(k.OutType(0)));
  return DispatchWord(size, [&]<typename W>(TypeTag<W>) {
    return k.Run(
        [=](KernelRun& r) { return ForEach(r, n, KeepBand<W>{plan, r.In<W>(0), r.Out<W>(0)}); });
  });
}

}  // namespace

void RegisterMatrixBandPartCudaKernels(KernelRegistry& registry) {
  registry.Add("MatrixBandPart", "GPU", PrepareMatrixBandPart);
}

}  // namespace weir
