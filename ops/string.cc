#include "weir/ops/string.h"

#include "weir/graph/shape_context.h"

namespace weir {
namespace ops {

Output StringJoin(const OpScope& scope, absl::Span<const Output> inputs,
                  const StringJoinOptions& options) {
  return scope.Op("StringJoin").InList(inputs).Attr("separator", options.separator).Build();
}

Output ReduceJoin(const OpScope& scope, const Input& inputs, const Input& reduction_indices,
                  const ReduceJoinOptions& options) {
  return scope.Op("ReduceJoin")
      .In(inputs)
      .In(reduction_indices)
      .Attr("keep_dims", options.keep_dims)
      .Attr("separator", options.separator)
      .Build();
}

Output AsString(const OpScope& scope, const Input& input, const AsStringOptions& options) {
  return scope.Op("AsString")
      .In(input)
      .Attr("precision", options.precision)
      .Attr("scientific", options.scientific)
      .Attr("shortest", options.shortest)
      .Attr("width", options.width)
      .Attr("fill", options.fill)
      .Build();
}

Output Substr(const OpScope& scope, const Input& input, const Input& pos, const Input& len,
              const StringUnitOptions& options) {
  return scope.Op("Substr").In(input).In(pos).In(len).Attr("unit", options.unit).Build();
}

Output StringLength(const OpScope& scope, const Input& input, const StringUnitOptions& options) {
  return scope.Op("StringLength").In(input).Attr("unit", options.unit).Build();
}

StringPieces StringSplit(const OpScope& scope, const Input& input, const Input& delimiter,
                         const StringSplitOptions& options) {
  const Operation op = scope.Op("StringSplit")
                           .In(input)
                           .In(delimiter)
                           .Attr("skip_empty", options.skip_empty)
                           .Build();
  return {op.out(0), op.out(1), op.out(2)};
}

StringPieces StringSplitV2(const OpScope& scope, const Input& input, const Input& sep,
                           const StringSplitV2Options& options) {
  const Operation op =
      scope.Op("StringSplitV2").In(input).In(sep).Attr("maxsplit", options.maxsplit).Build();
  return {op.out(0), op.out(1), op.out(2)};
}

Output StringToNumber(const OpScope& scope, const Input& string_tensor, DataType out_type) {
  return scope.Op("StringToNumber").In(string_tensor).Attr("out_type", out_type).Build();
}

Output StringLower(const OpScope& scope, const Input& input) {
  return scope.Op("StringLower").In(input).Build();
}

Output StringUpper(const OpScope& scope, const Input& input) {
  return scope.Op("StringUpper").In(input).Build();
}

Output StringStrip(const OpScope& scope, const Input& input) {
  return scope.Op("StringStrip").In(input).Build();
}

}  // namespace ops

namespace {

absl::Status SameShape(ShapeContext& c) { return c.SameAsInput(0); }

// Scalars go with anything; the others have one shape.
absl::Status StringJoinShape(ShapeContext& c) {
  PartialShape shape = PartialShape(Shape());
  bool maybe_scalar = false;
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (c.In(i).rank() == 0) continue;
    if (!c.In(i).known_rank()) {
      maybe_scalar = true;
      continue;
    }
    absl::StatusOr<PartialShape> merged = shape.rank() == 0 ? c.In(i) : shape.Merge(c.In(i));
    if (!merged.ok()) {
      return InvalidArgument("Input shapes do not match: ", shape.ToString(), " and ",
                             c.In(i).ToString());
    }
    shape = *std::move(merged);
  }
  if (maybe_scalar && shape.rank() == 0) return c.Unknown();
  return c.Return(std::move(shape));
}

absl::Status ReduceJoinShape(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRankAtMost(1, 1).status());
  const PartialShape& inputs = c.In(0);
  const std::optional<std::vector<int64_t>> indices = c.IntValues(1);
  const bool keep_dims = c.Attr<bool>("keep_dims");
  if (!inputs.known_rank()) return c.Unknown();
  if (!indices.has_value()) {
    return keep_dims ? c.Return(PartialShape::UnknownOfRank(inputs.rank())) : c.Unknown();
  }
  std::vector<bool> reduced(inputs.rank(), false);
  for (int64_t i : *indices) {
    const int64_t d = i < 0 ? i + inputs.rank() : i;
    if (d < 0 || d >= inputs.rank()) {
      return InvalidArgument("Invalid reduction dimension ", i, " for input with ", inputs.rank(),
                             " dimension(s)");
    }
    if (reduced[d]) return InvalidArgument("Duplicate reduction dimension ", i);
    reduced[d] = true;
  }
  Dims dims;
  for (int d = 0; d < inputs.rank(); ++d) {
    if (!reduced[d]) {
      dims.push_back(inputs.dim(d));
    } else if (keep_dims) {
      dims.push_back(1);
    }
  }
  return c.Return(PartialShape(absl::MakeConstSpan(dims)));
}

absl::Status SubstrShape(ShapeContext& c) {
  absl::StatusOr<PartialShape> ends = c.In(1).Merge(c.In(2));
  if (!ends.ok())
    return InvalidArgument("pos and len must have one shape: ", ends.status().message());
  ASSIGN_OR_RETURN(PartialShape shape, BroadcastShapes(c.In(0), *ends));
  return c.Return(std::move(shape));
}

absl::Status SplitShape(ShapeContext& c) {
  RETURN_IF_ERROR(c.WithRank(0, 1).status());
  RETURN_IF_ERROR(c.WithRankAtMost(1, 1).status());
  c.SetOut(0, PartialShape({-1, 2}));
  c.SetOut(1, PartialShape({-1}));
  c.SetOut(2, PartialShape({2}));
  return absl::OkStatus();
}

OpDeclaration AddSplit(OpRegistry& ops, absl::string_view name, absl::string_view separator) {
  OpDeclaration op = ops.Add(name);
  op.In("input: string")
      .In(separator)
      .Out("indices: int64")
      .Out("values: string")
      .Out("shape: int64")
      .Shape(SplitShape)
      .NotDifferentiable();
  return op;
}

OpDeclaration AddElementwise(OpRegistry& ops, absl::string_view name, absl::string_view doc) {
  OpDeclaration op = ops.Add(name);
  op.Doc(doc).In("input: string").Shape(SameShape).NotDifferentiable();
  return op;
}

}  // namespace

void RegisterStringOps(OpRegistry& ops) {
  ops.Add("StringJoin")
      .Doc("Joins strings element by element, with the separator between them.")
      .In("inputs: N * string")
      .Out("output: string")
      .Attr("N: int >= 1")
      .Attr("separator: string = ''")
      .Shape(StringJoinShape)
      .NotDifferentiable();
  ops.Add("ReduceJoin")
      .Doc("Joins strings along dimensions; the first of reduction_indices runs fastest.")
      .In("inputs: string")
      .In("reduction_indices: int32")
      .Out("output: string")
      .Attr("keep_dims: bool = false")
      .Attr("separator: string = ''")
      .Shape(ReduceJoinShape)
      .NotDifferentiable();
  ops.Add("AsString")
      .Doc("Writes numbers and booleans as printf would.")
      .In("input: T")
      .Out("output: string")
      .Attr("T: {int8, int16, int32, int64, complex64, complex128, float, double, bool}")
      .Attr("precision: int = -1")
      .Attr("scientific: bool = false")
      .Attr("shortest: bool = false")
      .Attr("width: int = -1")
      .Attr("fill: string = ''")
      .Shape(SameShape)
      .NotDifferentiable();
  ops.Add("Substr")
      .Doc("`len` bytes or characters of each string from `pos` on.")
      .In("input: string")
      .In("pos: T")
      .In("len: T")
      .Out("output: string")
      .Attr("T: {int32, int64}")
      .Attr("unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'")
      .Shape(SubstrShape)
      .NotDifferentiable();
  AddElementwise(ops, "StringLength", "The number of bytes or characters of each string.")
      .Out("output: int32")
      .Attr("unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'");
  AddSplit(ops, "StringSplit", "delimiter: string")
      .Doc("Splits strings at every byte of the delimiter; the pieces form a sparse matrix.")
      .Attr("skip_empty: bool = true");
  AddSplit(ops, "StringSplitV2", "sep: string")
      .Doc("Splits strings as Python's str.split does; the pieces form a sparse matrix.")
      .Attr("maxsplit: int = -1");
  ops.Add("StringToNumber")
      .Doc("Parses each string as a number.")
      .In("string_tensor: string")
      .Out("output: out_type")
      .Attr("out_type: {float, double, int32, int64} = float")
      .Shape(SameShape)
      .NotDifferentiable();
  AddElementwise(ops, "StringLower", "ASCII letters in lower case.")
      .Out("output: string")
      .Attr("encoding: string = ''");
  AddElementwise(ops, "StringUpper", "ASCII letters in upper case.")
      .Out("output: string")
      .Attr("encoding: string = ''");
  AddElementwise(ops, "StringStrip", "Each string without white space at its ends.")
      .Out("output: string");
}

}  // namespace weir
