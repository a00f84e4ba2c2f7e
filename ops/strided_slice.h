#ifndef WEIR_OPS_STRIDED_SLICE_H_
#define WEIR_OPS_STRIDED_SLICE_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// How the entries of begin, end and strides are to be read: bit i speaks of entry i.
struct StridedSliceOptions {
  int64_t begin_mask = 0;        // Begin is ignored: from the first element.
  int64_t end_mask = 0;          // End is ignored: to the last element.
  int64_t ellipsis_mask = 0;     // The entry stands for all dimensions that are left.
  int64_t new_axis_mask = 0;     // The entry adds a dimension of size 1.
  int64_t shrink_axis_mask = 0;  // The entry picks index begin and drops the dimension.
};

// The elements input[begin[0] : end[0] : strides[0], begin[1] : ...], with Python's meaning of
// negative bounds and strides: a range is clamped to the dimension.
//
// begin, end and strides are int32 or int64 vectors of one length, at most 32; dimensions beyond
// them are taken whole. Any element type. InvalidArgument for a zero stride, more entries than
// dimensions, several ellipses, or an index (shrink_axis_mask) that is out of range.
Output StridedSlice(const OpScope& scope, const Input& input, const Input& begin, const Input& end,
                    const Input& strides, const StridedSliceOptions& options = {});

// A tensor of shape `shape`, zero but for the elements that StridedSlice would take, which are
// dy's.
Output StridedSliceGrad(const OpScope& scope, const Input& shape, const Input& begin,
                        const Input& end, const Input& strides, const Input& dy,
                        const StridedSliceOptions& options = {});

// Writes `value`, of exactly the slice's shape, into the elements of the variable that StridedSlice
// would take. The first form takes a reference variable and passes the reference on; the second
// takes a resource handle.
Output StridedSliceAssign(const OpScope& scope, const Input& ref, const Input& begin,
                          const Input& end, const Input& strides, const Input& value,
                          const StridedSliceOptions& options = {});
Operation ResourceStridedSliceAssign(const OpScope& scope, const Input& ref, const Input& begin,
                                     const Input& end, const Input& strides, const Input& value,
                                     const StridedSliceOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_STRIDED_SLICE_H_
