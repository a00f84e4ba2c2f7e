#ifndef WEIR_OPS_SEGMENT_H_
#define WEIR_OPS_SEGMENT_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// Reductions over the rows of `data` that have the same segment id.

// output[s, b..] = reduction over all i.. with segment_ids[i..] == s of data[i.., b..], for
// 0 <= s < num_segments. The shape of `segment_ids` (int32 or int64) begins data's. Rows with a
// negative id are dropped; others outside are InvalidArgument "segment_ids[%] = % is out of range
// [0, %)". An empty segment gives 0 for Sum, 1 for Prod, the type's lowest value for Max and its
// highest for Min. Max and Min divide their gradient among equal rows.
Output UnsortedSegmentSum(const OpScope& scope, const Input& data, const Input& segment_ids,
                          const Input& num_segments);
Output UnsortedSegmentProd(const OpScope& scope, const Input& data, const Input& segment_ids,
                           const Input& num_segments);
Output UnsortedSegmentMax(const OpScope& scope, const Input& data, const Input& segment_ids,
                          const Input& num_segments);
Output UnsortedSegmentMin(const OpScope& scope, const Input& data, const Input& segment_ids,
                          const Input& num_segments);

// The same for a vector of ids that do not decrease, one per row of data; the output has
// (last id + 1) rows. Ids that nobody has give 0 (Prod: 1). InvalidArgument "segment ids are not
// increasing" and "segment ids must be >= 0".
Output SegmentSum(const OpScope& scope, const Input& data, const Input& segment_ids);
Output SegmentMean(const OpScope& scope, const Input& data, const Input& segment_ids);
Output SegmentProd(const OpScope& scope, const Input& data, const Input& segment_ids);
Output SegmentMax(const OpScope& scope, const Input& data, const Input& segment_ids);
Output SegmentMin(const OpScope& scope, const Input& data, const Input& segment_ids);

// output[s, b..] = sum over all i with segment_ids[i] == s of data[indices[i], b..], divided by
// their number n (Mean) or its root (SqrtN). segment_ids (int32) do not decrease; the output has
// (last id + 1) rows, or num_segments in the second forms. Ids that nobody has give 0.
Output SparseSegmentSum(const OpScope& scope, const Input& data, const Input& indices,
                        const Input& segment_ids);
Output SparseSegmentMean(const OpScope& scope, const Input& data, const Input& indices,
                         const Input& segment_ids);
Output SparseSegmentSqrtN(const OpScope& scope, const Input& data, const Input& indices,
                          const Input& segment_ids);
Output SparseSegmentSumWithNumSegments(const OpScope& scope, const Input& data,
                                       const Input& indices, const Input& segment_ids,
                                       const Input& num_segments);
Output SparseSegmentMeanWithNumSegments(const OpScope& scope, const Input& data,
                                        const Input& indices, const Input& segment_ids,
                                        const Input& num_segments);
Output SparseSegmentSqrtNWithNumSegments(const OpScope& scope, const Input& data,
                                         const Input& indices, const Input& segment_ids,
                                         const Input& num_segments);

// Their transposes: row indices[i] of the output, which has output_dim0 rows, gets
// grad[segment_ids[i]] / n or / sqrt(n), n being the number of i with that segment id.
Output SparseSegmentMeanGrad(const OpScope& scope, const Input& grad, const Input& indices,
                             const Input& segment_ids, const Input& output_dim0);
Output SparseSegmentSqrtNGrad(const OpScope& scope, const Input& grad, const Input& indices,
                              const Input& segment_ids, const Input& output_dim0);

}  // namespace weir::ops

#endif  // WEIR_OPS_SEGMENT_H_
