#ifndef WEIR_KERNELS_CPU_SEGMENT_UTIL_H_
#define WEIR_KERNELS_CPU_SEGMENT_UTIL_H_

#include "weir/runtime/kernel.h"

namespace weir {

// The shape of `data` with the first `lead` dimensions replaced by one of `rows`.
absl::StatusOr<Shape> ShapeWithRows(int64_t rows, const Shape& data, int lead);

// What an op over (data, segment_ids, num_segments) reduces: n rows of `width` elements.
struct UnsortedSegments {
  int64_t n = 0;
  int64_t width = 0;
  int64_t segments = 0;
};

// Checks the inputs and sets the output's shape.
absl::StatusOr<UnsortedSegments> PrepareUnsortedSegments(KernelPrepare& k);

// Checks the inputs of an op over (data, segment_ids), with ids that do not decrease.
absl::Status CheckSortedSegments(const KernelPrepare& k);
// Of an op over (data, indices, segment_ids, ...).
absl::Status CheckSparseSegments(const KernelPrepare& k);
// Sets the shape of the output, which has as many rows as input 3 says and otherwise is as the
// data, and returns that number.
absl::StatusOr<int64_t> PrepareGivenRows(KernelPrepare& k);

// What a sum of n rows is divided by.
enum class SegmentNorm { kNone, kCount, kRootOfCount };

struct SparseSegmentOp {
  const char* name;
  SegmentNorm norm;
};
// Each has a form ...WithNumSegments; those with a norm have a gradient, ...Grad.
inline constexpr SparseSegmentOp kSparseSegmentOps[] = {
    {"SparseSegmentSum", SegmentNorm::kNone},
    {"SparseSegmentMean", SegmentNorm::kCount},
    {"SparseSegmentSqrtN", SegmentNorm::kRootOfCount}};

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_SEGMENT_UTIL_H_
