// Tile and TileGrad (ops/tile.cc).

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/reduction_util.h"
#include "weir/kernels/cuda/strided_copy_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// Sums the copies: each dimension is seen as [multiple, extent], of which the first is reduced.
template <typename T>
absl::Status PrepareTileGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Dims multiples, CheckTileGrad(k));
  Dims dims;
  std::vector<bool> reduced;
  for (size_t i = 0; i < multiples.size(); ++i) {
    dims.push_back(multiples[i]);
    dims.push_back(k.Out(0).shape.dim(static_cast<int>(i)));
    reduced.push_back(true);
    reduced.push_back(false);
  }
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
  return RunReduction<SumReducer<T>, T>(k, shape, reduced);
}

}  // namespace

void RegisterTileCudaKernels(KernelRegistry& registry) {
  registry.Add("Tile", "GPU", PreparePlainMove<PrepareTile, GpuCopyThroughView>);
  AddForTypes(registry, "TileGrad", RealTypes(),
              []<typename T>(TypeTag<T>, KernelPrepare& k) { return PrepareTileGrad<T>(k); });
}

}  // namespace weir
