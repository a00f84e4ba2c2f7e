// Tile (ops/tile.cc).

#include "weir/kernels/cuda/strided_copy_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {

void RegisterTileCudaKernels(KernelRegistry& registry) {
  registry.Add("Tile", "GPU", PreparePlainMove<PrepareTile, GpuCopyThroughView>);
}

}  // namespace weir
