#include "weir/kernels/cpu/pool_util.h"

namespace weir {

void RegisterPool3dKernels(KernelRegistry& kernels) {
  kernels.Add("MaxPool3D", "CPU", WindowFromAttrs(3, PrepareMaxPool));
  kernels.Add("AvgPool3D", "CPU", WindowFromAttrs(3, PrepareAvgPool));
  kernels.Add("MaxPool3DGrad", "CPU", WindowFromAttrs(3, PrepareMaxPoolGrad));
  kernels.Add("MaxPool3DGradGrad", "CPU", WindowFromAttrs(3, PrepareMaxPoolGradGrad));
  kernels.Add("AvgPool3DGrad", "CPU", WindowFromAttrs(3, PrepareAvgPoolGrad));
}

}  // namespace weir
