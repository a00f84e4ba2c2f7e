#include "weir/core/shape.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "weir/proto/tensor_shape.pb.h"

namespace weir {
namespace {

// The product of the dimensions that are > 0 must fit even if another dimension is 0, so that no
// later computation on a part of the shape can overflow.
absl::StatusOr<int64_t> CheckDims(absl::Span<const int64_t> dims, bool allow_unknown) {
  if (dims.size() > kMaxRank) {
    return InvalidArgument("rank ", dims.size(), " is above the limit of ", kMaxRank);
  }
  int64_t product = 1;
  bool empty = false;
  for (int64_t d : dims) {
    if (d == 0) {
      empty = true;
    } else if (d == PartialShape::kUnknown && allow_unknown) {
      continue;
    } else if (d < 0) {
      return InvalidArgument("dimension ", d, " of [", absl::StrJoin(dims, ","),
                             "] must not be negative");
    } else if (!CheckedMul(product, d, &product)) {
      return InvalidArgument("[", absl::StrJoin(dims, ","), "] has too many elements");
    }
  }
  return empty ? 0 : product;
}

Dims DimsOf(const TensorShapeProto& proto) {
  Dims dims;
  dims.reserve(proto.dim_size());
  for (const auto& d : proto.dim()) dims.push_back(d.size());
  return dims;
}

}  // namespace

Shape::Shape(std::initializer_list<int64_t> dims) : dims_(dims) {
  for (int64_t d : dims) num_elements_ *= d;
}

absl::StatusOr<Shape> Shape::Make(absl::Span<const int64_t> dims) {
  ASSIGN_OR_RETURN(const int64_t count, CheckDims(dims, /*allow_unknown=*/false));
  Shape shape;
  shape.dims_.assign(dims.begin(), dims.end());
  shape.num_elements_ = count;
  return shape;
}

absl::StatusOr<Shape> Shape::FromProto(const TensorShapeProto& proto) {
  if (proto.unknown_rank()) return InvalidArgument("the shape has no rank");
  return Make(DimsOf(proto));
}

int64_t Shape::Count(int begin, int end) const {
  if (begin < 0) begin += rank();
  if (end < 0) end += rank();
  int64_t count = 1;
  for (int i = begin; i < end; ++i) count *= dims_[i];
  return count;
}

Shape Shape::WithDim(int i, int64_t size) const {
  Shape shape = *this;
  shape.dims_[i < 0 ? i + rank() : i] = size;
  shape.num_elements_ = shape.Count(0, shape.rank());
  return shape;
}

void Shape::ToProto(TensorShapeProto* proto) const {
  proto->Clear();
  for (int64_t d : dims_) proto->add_dim()->set_size(d);
}

std::string Shape::ToString() const { return absl::StrCat("[", absl::StrJoin(dims_, ","), "]"); }

PartialShape::PartialShape(const Shape& shape)
    : known_rank_(true), dims_(shape.dims().begin(), shape.dims().end()) {}

PartialShape::PartialShape(std::initializer_list<int64_t> dims) : known_rank_(true), dims_(dims) {}

PartialShape::PartialShape(absl::Span<const int64_t> dims)
    : known_rank_(true), dims_(dims.begin(), dims.end()) {}

absl::StatusOr<PartialShape> PartialShape::Make(absl::Span<const int64_t> dims) {
  RETURN_IF_ERROR(CheckDims(dims, /*allow_unknown=*/true).status());
  return PartialShape(dims);
}

absl::StatusOr<PartialShape> PartialShape::FromProto(const TensorShapeProto& proto) {
  if (proto.unknown_rank()) return PartialShape();
  return Make(DimsOf(proto));
}

PartialShape PartialShape::UnknownOfRank(int rank) {
  PartialShape shape;
  shape.known_rank_ = true;
  shape.dims_.assign(rank, kUnknown);
  return shape;
}

int64_t PartialShape::dim(int i) const {
  if (!known_rank_) return kUnknown;
  const int index = i < 0 ? i + rank() : i;
  return index < 0 || index >= rank() ? kUnknown : dims_[index];
}

bool PartialShape::IsFullyDefined() const {
  return known_rank_ &&
         std::none_of(dims_.begin(), dims_.end(), [](int64_t d) { return d == kUnknown; });
}

Shape PartialShape::ToShape() const { return Shape::Make(dims_).value_or(Shape()); }

int64_t PartialShape::num_elements() const {
  return IsFullyDefined() ? ToShape().num_elements() : kUnknown;
}

PartialShape PartialShape::WithDim(int i, int64_t size) const {
  PartialShape shape = *this;
  shape.dims_[i < 0 ? i + rank() : i] = size;
  return shape;
}

bool PartialShape::IsCompatibleWith(const PartialShape& other) const {
  if (!known_rank_ || !other.known_rank_) return true;
  if (dims_.size() != other.dims_.size()) return false;
  for (size_t i = 0; i < dims_.size(); ++i) {
    if (dims_[i] != other.dims_[i] && dims_[i] != kUnknown && other.dims_[i] != kUnknown) {
      return false;
    }
  }
  return true;
}

absl::StatusOr<PartialShape> PartialShape::Merge(const PartialShape& other) const {
  if (!IsCompatibleWith(other)) {
    return InvalidArgument("shapes ", ToString(), " and ", other.ToString(), " are not compatible");
  }
  if (!known_rank_) return other;
  PartialShape merged = *this;
  if (other.known_rank_) {
    for (size_t i = 0; i < dims_.size(); ++i) {
      if (dims_[i] == kUnknown) merged.dims_[i] = other.dims_[i];
    }
  }
  RETURN_IF_ERROR(CheckDims(merged.dims_, /*allow_unknown=*/true).status());
  return merged;
}

void PartialShape::ToProto(TensorShapeProto* proto) const {
  proto->Clear();
  if (!known_rank_) proto->set_unknown_rank(true);
  for (int64_t d : dims_) proto->add_dim()->set_size(d);
}

std::string PartialShape::ToString() const {
  if (!known_rank_) return "<unknown>";
  return absl::StrCat("[",
                      absl::StrJoin(dims_, ",",
                                    [](std::string* out, int64_t d) {
                                      absl::StrAppend(out, d == kUnknown ? "?" : absl::StrCat(d));
                                    }),
                      "]");
}

absl::StatusOr<PartialShape> BroadcastShapes(const PartialShape& a, const PartialShape& b) {
  if (!a.known_rank() || !b.known_rank()) return PartialShape();
  const int rank = std::max(a.rank(), b.rank());
  Dims dims(rank);
  for (int i = 1; i <= rank; ++i) {
    const int64_t x = i <= a.rank() ? a.dim(-i) : 1;
    const int64_t y = i <= b.rank() ? b.dim(-i) : 1;
    int64_t& out = dims[rank - i];
    if (x == y || y == 1) {
      out = x;
    } else if (x == 1) {
      out = y;
    } else if (x == PartialShape::kUnknown) {
      out = y;
    } else if (y == PartialShape::kUnknown) {
      out = x;
    } else {
      return InvalidArgument("Incompatible shapes: ", a.ToString(), " vs. ", b.ToString());
    }
  }
  return PartialShape::Make(dims);
}

absl::StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b) {
  if (a == b) return a;
  ASSIGN_OR_RETURN(const PartialShape shape, BroadcastShapes(PartialShape(a), PartialShape(b)));
  return Shape::Make(shape.dims());
}

}  // namespace weir
