// Fill, ZerosLike and OnesLike (ops/constant.cc). The host's constants are copied to the device
// once; ranges, which are mostly shapes and axes, are made on the host.

#include "weir/kernels/cuda/fill_util.h"

namespace weir {
namespace {

absl::Status CheckPlain(KernelPrepare& k) {
  if (IsPlainType(k.OutType(0))) return absl::OkStatus();
  return absl::UnimplementedError("only the host has such elements");
}

absl::Status PrepareZerosLike(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckPlain(k));
  k.DependsOnShapesOnly();
  k.Out(0).SetShape(k.In(0).shape());
  return k.Run([](KernelRun& r) { return GpuFill(r, nullptr, r.Out(0)); });
}

absl::Status PrepareOnesLike(KernelPrepare& k) {
  k.DependsOnShapesOnly();
  k.Out(0).SetShape(k.In(0).shape());
  if (IsQuantizedType(k.OutType(0))) return absl::UnimplementedError("quantised numbers");
  return k.Run([](KernelRun& r) { return GpuFillWithOnes(r, r.Out(0)); });
}

absl::Status PrepareFill(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckPlain(k));
  if (k.In(1).shape().rank() != 0) return k.InvalidInput(1, "must be a scalar");
  ASSIGN_OR_RETURN(const Shape shape, k.ShapeValue(0));
  k.Out(0).SetShape(shape);
  return k.Run([](KernelRun& r) { return GpuFill(r, r.In(1).raw_data(), r.Out(0)); });
}

}  // namespace

void RegisterConstantCudaKernels(KernelRegistry& registry) {
  registry.Add("ZerosLike", "GPU", PrepareZerosLike);
  registry.Add("OnesLike", "GPU", PrepareOnesLike);
  registry.Add("Fill", "GPU", PrepareFill);
}

}  // namespace weir
