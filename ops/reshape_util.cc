#include "weir/ops/reshape_util.h"

#include "weir/ops/array_util.h"

namespace weir {

absl::StatusOr<PartialShape> ReshapedShape(const PartialShape& x, absl::Span<const int64_t> dims) {
  Dims out(dims.begin(), dims.end());
  int64_t known = 1;
  int hole = -1;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == -1) {
      if (hole >= 0) {
        return InvalidArgument("Only one input size may be -1, not both ", hole, " and ", i);
      }
      hole = static_cast<int>(i);
      continue;
    }
    if (out[i] < 0) return InvalidArgument("Size ", i, " must be non-negative, not ", out[i]);
    ASSIGN_OR_RETURN(known, MultiplyExtents(known, out[i]));
  }
  const int64_t n = x.num_elements();
  if (hole < 0) {
    if (n >= 0 && n != known) {
      return InvalidArgument("Input to reshape is a tensor with ", n,
                             " values, but the requested shape has ", known);
    }
    return PartialShape::Make(out);
  }
  if (n < 0) return PartialShape::Make(out);
  if (known == 0) {
    return InvalidArgument(
        "reshape cannot infer the missing input size for an empty tensor unless all specified "
        "input sizes are non-zero");
  }
  if (n % known != 0) {
    return InvalidArgument("Input to reshape is a tensor with ", n,
                           " values, but the requested shape requires a multiple of ", known);
  }
  out[static_cast<size_t>(hole)] = n / known;
  return PartialShape::Make(out);
}

absl::StatusOr<PartialShape> SqueezedShape(const PartialShape& x, absl::Span<const int64_t> axes) {
  if (!x.known_rank()) return PartialShape();
  std::vector<bool> drop(static_cast<size_t>(x.rank()), false);
  for (int64_t given : axes) {
    ASSIGN_OR_RETURN(const int axis, ResolveAxis(given, x.rank(), "squeeze_dims entry"));
    if (x.dim(axis) > 1 || x.dim(axis) == 0) {
      return InvalidArgument("Can not squeeze dim[", axis, "], expected a dimension of 1, got ",
                             x.dim(axis));
    }
    drop[static_cast<size_t>(axis)] = true;
  }
  Dims out;
  for (int i = 0; i < x.rank(); ++i) {
    if (axes.empty()) {
      // An unknown extent may turn out to be 1, and then the rank is smaller.
      if (x.dim(i) == PartialShape::kUnknown) return PartialShape();
      if (x.dim(i) != 1) out.push_back(x.dim(i));
    } else if (!drop[static_cast<size_t>(i)]) {
      out.push_back(x.dim(i));
    }
  }
  return PartialShape::Make(out);
}

absl::StatusOr<PartialShape> ExpandedShape(const PartialShape& x, int64_t axis) {
  ASSIGN_OR_RETURN(const int at, ResolveAxis(axis, x.rank() + 1, "dim"));
  Dims out = DimsOf(x);
  out.insert(out.begin() + at, 1);
  return PartialShape::Make(out);
}

absl::StatusOr<PartialShape> BitcastShape(const PartialShape& x, DataType from, DataType to) {
  const int64_t from_size = static_cast<int64_t>(DataTypeSize(from));
  const int64_t to_size = static_cast<int64_t>(DataTypeSize(to));
  if (from_size == to_size || !x.known_rank()) return x;
  if (from_size == 0 || to_size == 0 || (from_size % to_size != 0 && to_size % from_size != 0)) {
    return InvalidArgument("cannot bitcast from ", DataTypeName(from), " to ", DataTypeName(to));
  }
  Dims out = DimsOf(x);
  if (from_size > to_size) {
    out.push_back(from_size / to_size);
    return PartialShape::Make(out);
  }
  const int64_t ratio = to_size / from_size;
  if (out.empty() || (out.back() != ratio && out.back() != PartialShape::kUnknown)) {
    return InvalidArgument("Cannot bitcast from ", DataTypeName(from), " to ", DataTypeName(to),
                           ": the last dimension must be ", ratio, ", but the shape is ",
                           x.ToString());
  }
  out.pop_back();
  return PartialShape::Make(out);
}

}  // namespace weir
