#ifndef WEIR_CORE_SHAPE_H_
#define WEIR_CORE_SHAPE_H_

// Shape: the extents of a tensor, always valid. PartialShape: what is known of them before a run.

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "weir/core/status.h"

namespace weir {

class TensorShapeProto;

using Dims = absl::InlinedVector<int64_t, 4>;

inline constexpr int kMaxRank = 254;

// Checked arithmetic on element counts: false when the result does not fit.
[[nodiscard]] inline bool CheckedMul(int64_t a, int64_t b, int64_t* out) {
  return !__builtin_mul_overflow(a, b, out);
}
[[nodiscard]] inline bool CheckedAdd(int64_t a, int64_t b, int64_t* out) {
  return !__builtin_add_overflow(a, b, out);
}

// Invariant: rank <= kMaxRank, every dimension >= 0, and the product of the non-zero dimensions
// fits in int64. A cheap value; up to four dimensions need no heap.
class Shape {
 public:
  Shape() = default;  // A scalar.

  // REQUIRES: the dimensions keep the invariant. For shapes written in code; use Make for data.
  Shape(std::initializer_list<int64_t> dims);

  // InvalidArgument when `dims` break the invariant.
  static absl::StatusOr<Shape> Make(absl::Span<const int64_t> dims);
  static absl::StatusOr<Shape> FromProto(const TensorShapeProto& proto);

  int rank() const { return static_cast<int>(dims_.size()); }
  // REQUIRES: -rank() <= i < rank(); negative indices count from the end.
  int64_t dim(int i) const { return dims_[i < 0 ? i + rank() : i]; }
  absl::Span<const int64_t> dims() const { return dims_; }
  int64_t num_elements() const { return num_elements_; }

  // Product of the dimensions in [begin, end); 1 when the range is empty. Indices as in dim(),
  // where `end` may equal rank().
  int64_t Count(int begin, int end) const;

  // A shape of the same extents but for one dimension. REQUIRES as for dim(); `size` >= 0 and the
  // result keeps the invariant.
  Shape WithDim(int i, int64_t size) const;

  void ToProto(TensorShapeProto* proto) const;
  std::string ToString() const;  // "[2,3]", "[]" for a scalar

  friend bool operator==(const Shape& a, const Shape& b) { return a.dims_ == b.dims_; }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }

 private:
  Dims dims_;
  int64_t num_elements_ = 1;
};

// A shape of which the rank, or single dimensions, may be unknown.
class PartialShape {
 public:
  static constexpr int64_t kUnknown = -1;

  PartialShape() = default;                               // Unknown rank.
  PartialShape(const Shape& shape);                       // NOLINT: every shape is a partial shape.
  PartialShape(std::initializer_list<int64_t> dims);      // -1 marks an unknown dimension.
  explicit PartialShape(absl::Span<const int64_t> dims);  // REQUIRES: each >= -1, rank <= 254.

  // InvalidArgument for dimensions below -1, ranks above the limit, or an overflowing product of
  // the known dimensions.
  static absl::StatusOr<PartialShape> Make(absl::Span<const int64_t> dims);
  static absl::StatusOr<PartialShape> FromProto(const TensorShapeProto& proto);
  static PartialShape UnknownOfRank(int rank);

  bool known_rank() const { return known_rank_; }
  int rank() const { return known_rank_ ? static_cast<int>(dims_.size()) : -1; }
  // -1 when unknown, also when the rank is unknown. Negative indices count from the end.
  int64_t dim(int i) const;
  // REQUIRES: known_rank().
  absl::Span<const int64_t> dims() const { return dims_; }

  bool IsFullyDefined() const;
  // REQUIRES: IsFullyDefined().
  Shape ToShape() const;
  // The number of elements, or -1.
  int64_t num_elements() const;

  // The same dimensions with one replaced. REQUIRES: known rank, index as in dim().
  PartialShape WithDim(int i, int64_t size) const;

  bool IsCompatibleWith(const PartialShape& other) const;
  bool IsCompatibleWith(const Shape& shape) const { return IsCompatibleWith(PartialShape(shape)); }

  // What both say together; InvalidArgument when they contradict each other.
  absl::StatusOr<PartialShape> Merge(const PartialShape& other) const;

  void ToProto(TensorShapeProto* proto) const;
  std::string ToString() const;  // "[?,3]", "<unknown>"

  friend bool operator==(const PartialShape& a, const PartialShape& b) {
    return a.known_rank_ == b.known_rank_ && a.dims_ == b.dims_;
  }

 private:
  bool known_rank_ = false;
  Dims dims_;
};

// The shape to which `a` and `b` broadcast under NumPy's rules: trailing dimensions are aligned, 1
// stretches. InvalidArgument "Incompatible shapes: [2,3] vs. [4]".
absl::StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b);
absl::StatusOr<PartialShape> BroadcastShapes(const PartialShape& a, const PartialShape& b);

}  // namespace weir

#endif  // WEIR_CORE_SHAPE_H_
