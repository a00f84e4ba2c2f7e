#include "weir/core/env.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

absl::Status PrepareTimestamp(KernelPrepare& k) {
  k.Out(0).SetShape(Shape());
  return k.Run([](KernelRun& r) {
    *r.Out<double>(0) = static_cast<double>(r.env().NowMicros()) / 1e6;
    return absl::OkStatus();
  });
}

}  // namespace

void RegisterTimestampKernels(KernelRegistry& kernels) {
  kernels.Add("Timestamp", "CPU", PrepareTimestamp);
}

}  // namespace weir
