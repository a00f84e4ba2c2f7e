// Reverse, ReverseV2 and ReverseSequence (ops/reverse.cc).

#include "weir/kernels/cuda/indices_util.h"
#include "weir/kernels/cuda/row_map_util.h"
#include "weir/kernels/cuda/strided_copy_util.h"

namespace weir {
namespace {

struct SequenceMap {
  SequenceLayout layout;
  DeviceIndices lengths;

  // A length that is none gives zeros.
  __device__ int64_t From(int64_t row) const {
    const int64_t length = lengths[layout.BatchOf(row)];
    return length < 0 || length > layout.extent() ? -1 : layout.Reversed(row, length);
  }
};

absl::Status GpuReverseSequences(KernelRun& r, const SequenceLayout& layout) {
  if (r.Out(0).num_elements() == 0) return absl::OkStatus();
  return GpuMapRows(r, layout.inner, SequenceMap{layout, DeviceIndices(r.In(1))});
}

}  // namespace

void RegisterReverseCudaKernels(KernelRegistry& registry) {
  registry.Add("Reverse", "GPU", PreparePlainMove<PrepareReverse, GpuCopyThroughView>);
  registry.Add("ReverseV2", "GPU", PreparePlainMove<PrepareReverseV2, GpuCopyThroughView>);
  registry.Add("ReverseSequence", "GPU",
               PreparePlainMove<PrepareReverseSequence, GpuReverseSequences>);
}

}  // namespace weir
