#ifndef WEIR_IO_SLICE_SPEC_H_
#define WEIR_IO_SLICE_SPEC_H_

// Rectangular parts of tensors: how SaveV2 and RestoreV2 spell them, how checkpoints store them,
// and the keys under which their data lies.

#include <cstdint>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "weir/core/shape.h"
#include "weir/core/status.h"

namespace weir {

class TensorSliceProto;

// A part of a tensor, dimension by dimension. A whole dimension stays marked as such: the key of a
// stored slice is made of the extents as they were given. A value.
class TensorSlice {
 public:
  struct Extent {
    int64_t start = 0;
    int64_t length = kWhole;  // kWhole, or > 0.

    bool whole() const { return length == kWhole; }
    friend bool operator==(const Extent&, const Extent&) = default;
  };
  static constexpr int64_t kWhole = -1;

  TensorSlice() = default;  // Of a scalar.
  // All of a tensor of this rank. REQUIRES: 0 <= rank <= kMaxRank.
  static TensorSlice Whole(int rank);
  // "0,2:-": per dimension "-" or "start,length", joined by ':'. InvalidArgument for anything else.
  static absl::StatusOr<TensorSlice> Parse(absl::string_view text);
  static absl::StatusOr<TensorSlice> FromProto(const TensorSliceProto& proto);

  int rank() const { return static_cast<int>(extents_.size()); }
  const Extent& extent(int i) const { return extents_[i]; }

  // The shape of this part of a tensor of shape `full`. InvalidArgument when the ranks differ or
  // the slice leaves the tensor.
  absl::StatusOr<Shape> ShapeWithin(const Shape& full) const;

  void ToProto(TensorSliceProto* proto) const;
  std::string ToString() const;

  friend bool operator==(const TensorSlice&, const TensorSlice&) = default;

 private:
  absl::InlinedVector<Extent, 4> extents_;
};

// One element of the shape_and_slices argument of SaveV2 and RestoreV2.
struct ShapeAndSlice {
  bool whole = true;  // The string was empty: nothing else is known.
  Shape full_shape;
  TensorSlice slice;
  Shape slice_shape;
};

// "" or "d0 d1 ... <slice>", e.g. "10 4 0,5:-". InvalidArgument, quoting the text, otherwise.
absl::StatusOr<ShapeAndSlice> ParseShapeAndSlice(absl::string_view text);

// The key of a slice's data in a checkpoint: ordered code of 0, the tensor's name, the rank and all
// extents. It begins with a zero byte, so slices sort before all names.
std::string SliceKey(absl::string_view tensor_name, const TensorSlice& slice);

// The inverse of SliceKey. InvalidArgument for keys that are no such code.
absl::Status ParseSliceKey(absl::string_view key, std::string* tensor_name, TensorSlice* slice);

}  // namespace weir

#endif  // WEIR_IO_SLICE_SPEC_H_
