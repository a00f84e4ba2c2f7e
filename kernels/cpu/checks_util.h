#ifndef WEIR_KERNELS_CPU_CHECKS_UTIL_H_
#define WEIR_KERNELS_CPU_CHECKS_UTIL_H_

// What preparations of an op have in common on every device: they check the inputs and set the
// output's shape. Each is defined in the file of its op.

#include <vector>

#include "weir/kernels/cpu/index_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

absl::Status CheckAddN(KernelPrepare& k);
absl::Status CheckClip(KernelPrepare& k);
absl::Status CheckBitpack(KernelPrepare& k);
// What CheckNumerics says when it has found such numbers.
absl::Status NumericsError(absl::string_view message, bool has_nan, bool has_inf);

// The multiples, which divide the dimensions.
absl::StatusOr<Dims> CheckTileGrad(KernelPrepare& k);
// How many vectors there are.
absl::StatusOr<int64_t> CheckCross(KernelPrepare& k);

// Of Select: about how many elements one of the condition decides.
absl::StatusOr<int64_t> CheckSelect(KernelPrepare& k);
absl::Status CheckSelectV2(KernelPrepare& k);
// Element strides of `in` along the dimensions of `out`; 0 where it is stretched.
Dims BroadcastStrides(const Shape& in, const Shape& out);

// The output seen as [before, depth, after] and the indices as [before, after].
struct OneHotPlan {
  int64_t before;
  int64_t depth;
  int64_t after;
};
absl::StatusOr<OneHotPlan> PlanOneHot(KernelPrepare& k);

absl::StatusOr<NdIndexing> PlanGatherNd(KernelPrepare& k);

// Of SparseToDense: `count` index vectors into the output.
struct SparseToDensePlan {
  Shape shape;
  int64_t count = 0;
  bool one_value = false;  // One value stands for all.
};
absl::StatusOr<SparseToDensePlan> PlanSparseToDense(KernelPrepare& k);

// The array without its mirrored edges and with them, and how wide the first edge of each dimension
// is. Edges of an array with elements are narrow enough.
struct MirrorPlan {
  Shape small;
  Shape padded;
  Dims before;
  bool reflect = false;  // The outermost elements are not repeated.
};
absl::StatusOr<MirrorPlan> PlanMirrorPad(KernelPrepare& k);
absl::StatusOr<MirrorPlan> PlanMirrorPadGrad(KernelPrepare& k);

absl::Status CheckListDiff(KernelPrepare& k);

// x seen as [outer, length, inner]; slice i is x[:, i, :].
struct SliceView {
  int64_t outer = 1;
  int64_t length = 1;
  int64_t inner = 1;
};
// Of Unique and its kin.
struct UniquePlan {
  int axis;
  SliceView view;
};
absl::StatusOr<UniquePlan> PlanUnique(KernelPrepare& k);

// `count` rows of `width` elements each go to the outputs.
struct PartitionPlan {
  int64_t count;
  int64_t width;
  Dims row;
};
absl::StatusOr<PartitionPlan> PlanDynamicPartition(KernelPrepare& k);

// Pieces with `count` rows in all.
struct StitchPlan {
  int64_t count;
  Shape row;
};
absl::StatusOr<StitchPlan> PlanDynamicStitch(KernelPrepare& k);
// An array of `rows` rows.
absl::StatusOr<Shape> ShapeOfRows(int64_t rows, absl::Span<const int64_t> row);

struct BincountPlan {
  int64_t values;  // How many are counted,
  int64_t size;    // in so many bins,
  bool weighted;   // by weights or one by one.
};
absl::StatusOr<BincountPlan> PlanBincount(KernelPrepare& k);
// How many bins there are.
absl::StatusOr<int64_t> CheckHistogram(KernelPrepare& k);
// The sorted boundaries.
absl::StatusOr<std::vector<float>> CheckBucketize(KernelPrepare& k);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_CHECKS_UTIL_H_
