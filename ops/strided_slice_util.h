#ifndef WEIR_OPS_STRIDED_SLICE_UTIL_H_
#define WEIR_OPS_STRIDED_SLICE_UTIL_H_

// The meaning of Python-like subscripts x[begin:end:stride, ..., newaxis, i], shared by the shape
// functions and the kernels of the strided slices.

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "weir/core/shape.h"
#include "weir/graph/partial_value.h"

namespace weir {

// The subscripts as the op's inputs and attrs give them. Entries may be PartialInts::kUnknown.
struct StridedSliceSpec {
  struct Entry {
    int64_t begin = PartialInts::kUnknown;
    int64_t end = PartialInts::kUnknown;
    int64_t stride = PartialInts::kUnknown;
  };
  absl::InlinedVector<Entry, 4> entries;
  // Bit i speaks of entry i.
  uint64_t begin_mask = 0;     // Begin is ignored: from the first element.
  uint64_t end_mask = 0;       // End is ignored: to the last element.
  uint64_t ellipsis_mask = 0;  // The entry stands for as many whole dimensions as are left.
  uint64_t new_axis_mask = 0;  // The entry adds a dimension of size 1.
  uint64_t shrink_mask = 0;    // The entry picks one index and drops the dimension.

  // Takes the five masks from the attrs of a strided slice op, which every kind of context gives.
  template <typename Context>
  void ReadMasks(const Context& c) {
    const auto mask = [&](absl::string_view name) {
      return static_cast<uint64_t>(c.template Attr<int64_t>(name));
    };
    begin_mask = mask("begin_mask");
    end_mask = mask("end_mask");
    ellipsis_mask = mask("ellipsis_mask");
    new_axis_mask = mask("new_axis_mask");
    shrink_mask = mask("shrink_axis_mask");
  }
};

// What the subscripts select.
struct StridedSlicePlan {
  // One per dimension of the input: elements begin, begin + stride, ..., `size` of them. `size` is
  // -1 when it is not known, and `begin` then means nothing.
  struct Dim {
    int64_t begin = 0;
    int64_t stride = 1;
    int64_t size = -1;
  };
  absl::InlinedVector<Dim, 6> dims;
  // The dimensions of `dims` with those of size 1 put in and taken out that the masks ask for.
  PartialShape output;
};

// Applies the subscripts to an input of known rank. InvalidArgument for more than 32 entries, more
// subscripts than dimensions, several ellipses, a zero stride, or a single index that is out of
// range or not taken with a positive stride.
absl::StatusOr<StridedSlicePlan> PlanStridedSlice(const PartialShape& input,
                                                  const StridedSliceSpec& spec);

}  // namespace weir

#endif  // WEIR_OPS_STRIDED_SLICE_UTIL_H_
