#include "weir/ops/slice.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"

namespace weir {
namespace ops {

Output Slice(const OpScope& scope, const Input& input, const Input& begin, const Input& size) {
  return scope.Op("Slice").In(input).In(begin).In(size).Build();
}

}  // namespace ops

namespace {

// One dimension of the result, -1 when it is not known.
absl::StatusOr<int64_t> SlicedSize(int d, int64_t dim, int64_t begin, int64_t size) {
  constexpr int64_t kUnknown = PartialInts::kUnknown;
  if (begin != kUnknown && (begin < 0 || (dim >= 0 && begin > dim))) {
    return InvalidArgument("Expected begin[", d, "] in [0, ", dim, "], but got ", begin);
  }
  if (size == kUnknown) return PartialShape::kUnknown;
  if (size < -1) return InvalidArgument("Expected size[", d, "] >= -1, but got ", size);
  if (size == -1) {
    if (dim < 0) return PartialShape::kUnknown;
    return begin == kUnknown ? PartialShape::kUnknown : dim - begin;
  }
  const int64_t room = begin == kUnknown ? dim : dim - begin;
  if (dim >= 0 && size > room) {
    return InvalidArgument("Expected size[", d, "] in [0, ", room, "], but got ", size);
  }
  return size;
}

absl::Status SliceShape(ShapeContext& c) {
  PartialShape input = c.In(0);
  for (int i = 1; i <= 2; ++i) {
    ASSIGN_OR_RETURN(const PartialShape ends, c.WithRank(i, 1));
    const int64_t length = ends.dim(0);
    if (length < 0) continue;
    if (length > kMaxRank) return InvalidArgument("slices ", length, " dimensions");
    absl::StatusOr<PartialShape> merged =
        input.Merge(PartialShape::UnknownOfRank(static_cast<int>(length)));
    if (!merged.ok()) {
      return InvalidArgument(
          "begin and size need one entry per dimension of input, which has shape ",
          input.ToString(), ", but have ", length);
    }
    input = *std::move(merged);
  }
  if (!input.known_rank()) return c.Unknown();
  const auto entry = [&](int i, size_t d) {
    const PartialInts* value = c.Value(i);
    return value && d < value->values.size() ? value->values[d] : PartialInts::kUnknown;
  };
  Dims dims(input.rank());
  for (int d = 0; d < input.rank(); ++d) {
    ASSIGN_OR_RETURN(dims[d], SlicedSize(d, input.dim(d), entry(1, d), entry(2, d)));
  }
  return c.Return(PartialShape(dims));
}

// A piece of a known vector is known.
std::optional<PartialInts> SliceValue(const ValueContext& c) {
  const PartialInts* input = c.In(0);
  const PartialInts* begin = c.In(1);
  const int64_t n = c.OutShape().num_elements();
  if (input == nullptr || begin == nullptr || input->rank != 1 || n < 0) return std::nullopt;
  if (begin->values.size() != 1 || !begin->FullyKnown()) return std::nullopt;
  const int64_t first = begin->values[0];
  const int64_t length = static_cast<int64_t>(input->values.size());
  if (first < 0 || first > length || n > length - first) return std::nullopt;
  PartialInts out;
  out.rank = 1;
  out.values.assign(input->values.begin() + first, input->values.begin() + first + n);
  return out;
}

// dx is dy with zeros where the slice left something out: Pad(dy, [begin, shape(x) - shape(y) -
// begin]).
absl::Status SliceGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const DataType type = g.InType(1);
  const Output begin = g.In(1);
  const Output left_out = Call(s, "Sub", ShapeAs(s, g.In(0), type), ShapeAs(s, g.Out(0), type));
  const Output before = Call(s, "ExpandDims", begin, 1);
  const Output after = Call(s, "ExpandDims", Call(s, "Sub", left_out, begin), 1);
  return g.Return({Call(s, "Pad", g.Grad(0), Concat(s, {before, after}, 1)), Output(), Output()});
}

}  // namespace

void RegisterSliceOps(OpRegistry& ops) {
  ops.Add("Slice")
      .Doc(
          "output[i0, i1, ...] = input[begin[0] + i0, begin[1] + i1, ...]; the output has shape "
          "`size`, where -1 means to the end of the dimension.")
      .In("input: T")
      .In("begin: Index")
      .In("size: Index")
      .Out("output: T")
      .Attr("T: type")
      .Attr("Index: {int32, int64}")
      .Shape(SliceShape)
      .Value(SliceValue)
      .Gradient(SliceGradient);
}

}  // namespace weir
