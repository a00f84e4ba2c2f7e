#ifndef WEIR_KERNELS_CPU_INDEX_UTIL_H_
#define WEIR_KERNELS_CPU_INDEX_UTIL_H_

// Index tensors: read once, checked, and used as copied, so that nobody who writes to the tensor
// meanwhile can lead a kernel out of bounds.

#include "weir/core/tensor.h"
#include "weir/runtime/kernel.h"

namespace weir {

// "indices[1,2]": how errors call element `flat` of an index tensor.
std::string ElementName(absl::string_view tensor, const Shape& shape, int64_t flat);

// Widens the int32 or int64 elements of `indices` into `out`, which has room for all of them.
void ReadIndices(const Tensor& indices, int64_t* out);

// The same, for positions along a dimension. InvalidArgument
// "indices[%] = % is not in [0, limit)" for the first that is outside.
absl::Status ReadIndices(const Tensor& indices, absl::string_view name, int64_t limit,
                         int64_t* out);

// How the index vectors along the last dimension of `indices` point into a tensor: `depth` leading
// dimensions are indexed, which leaves `slice` elements per vector.
struct NdIndexing {
  int64_t count = 0;  // Number of index vectors.
  int64_t depth = 0;
  int64_t slice = 0;
  Shape outer;  // Shape of the indices without the last dimension.
};

// InvalidArgument unless `indices` has rank >= 1 and a last dimension of at most target's rank.
absl::StatusOr<NdIndexing> MakeNdIndexing(const Shape& indices, const Shape& target);

// Turns each index vector into the position, in elements, of its slice. InvalidArgument
// "indices[%] = [%] does not index into shape %" for the first that is outside.
absl::Status ReadNdIndices(const Tensor& indices, const NdIndexing& nd, const Shape& target,
                           int64_t* offsets);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_INDEX_UTIL_H_
