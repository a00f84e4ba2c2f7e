#include "weir/runtime/kernel.h"

namespace weir {
namespace {

absl::Status PrepareNoOp(KernelPrepare& k) { return k.NothingToRun(); }

// Every output is the input of the same number.
absl::Status PreparePass(KernelPrepare& k) {
  for (int i = 0; i < k.num_outputs(); ++i) k.Out(i).SetShape(k.In(i).shape()).Alias(i);
  return k.NothingToRun();
}

absl::Status PrepareEnsureShape(KernelPrepare& k) {
  const PartialShape want = k.Attr<PartialShape>("shape");
  if (!want.IsCompatibleWith(k.In(0).shape())) {
    return InvalidArgument("Shape of tensor ", k.In(0).shape().ToString(),
                           " is not compatible with expected shape ", want.ToString());
  }
  return PreparePass(k);
}

}  // namespace

void RegisterIdentityKernels(KernelRegistry& kernels) {
  kernels.Add("NoOp", kAnyDevice, PrepareNoOp);
  for (const char* op :
       {"Identity", "IdentityN", "StopGradient", "PreventGradient", "Snapshot", "GuaranteeConst"}) {
    kernels.Add(op, kAnyDevice, PreparePass);
  }
  kernels.Add("EnsureShape", kAnyDevice, PrepareEnsureShape);
}

}  // namespace weir
