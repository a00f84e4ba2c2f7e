#include "weir/ops/dynamic_stitch.h"

#include <algorithm>

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"

namespace weir {
namespace ops {

Output DynamicStitch(const OpScope& scope, absl::Span<const Output> indices,
                     absl::Span<const Output> data) {
  return scope.Op("DynamicStitch").InList(indices).InList(data).Build();
}

Output ParallelDynamicStitch(const OpScope& scope, absl::Span<const Output> indices,
                             absl::Span<const Output> data) {
  return scope.Op("ParallelDynamicStitch").InList(indices).InList(data).Build();
}

}  // namespace ops

namespace {

// What follows the indices' dimensions in a piece of data.
absl::StatusOr<PartialShape> RowShape(const PartialShape& indices, const PartialShape& data) {
  if (!indices.known_rank() || !data.known_rank()) return PartialShape();
  const int lead = indices.rank();
  const PartialShape head(data.dims().subspan(0, std::min(lead, data.rank())));
  if (data.rank() < lead || !head.IsCompatibleWith(indices)) {
    return InvalidArgument("data of shape ", data.ToString(), " does not start with the shape ",
                           indices.ToString(), " of its indices");
  }
  return PartialShape(data.dims().subspan(lead));
}

// The number of rows when all indices are known, else -1.
template <typename Context>
int64_t NumRows(const Context& c, int n, const PartialInts* (*value)(const Context&, int)) {
  int64_t rows = 0;
  for (int i = 0; i < n; ++i) {
    const PartialInts* indices = value(c, i);
    if (indices == nullptr || !indices->FullyKnown()) return -1;
    for (int64_t v : indices->values) {
      // Wider than an index can be: left to the kernel to refuse.
      if (v < 0 || v >= (int64_t{1} << 31)) return -1;
      rows = std::max(rows, v + 1);
    }
  }
  return rows;
}

absl::Status DynamicStitchShape(ShapeContext& c) {
  const int n = c.num_inputs() / 2;
  PartialShape row;
  for (int i = 0; i < n; ++i) {
    ASSIGN_OR_RETURN(const PartialShape this_row, RowShape(c.In(i), c.In(n + i)));
    absl::StatusOr<PartialShape> merged = row.Merge(this_row);
    if (!merged.ok()) {
      return InvalidArgument("the rows of data ", i, " have shape ", this_row.ToString(),
                             ", those before it ", row.ToString());
    }
    row = *std::move(merged);
  }
  if (!row.known_rank()) return c.Unknown();
  Dims dims = {NumRows<ShapeContext>(
      c, n, [](const ShapeContext& context, int i) { return context.Value(i); })};
  dims.insert(dims.end(), row.dims().begin(), row.dims().end());
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(dims));
  return c.Return(std::move(shape));
}

// Known pieces at known indices make a known vector: reductions compute shapes this way.
std::optional<PartialInts> DynamicStitchValue(const ValueContext& c) {
  const int n = c.num_inputs() / 2;
  const int64_t rows =
      NumRows<ValueContext>(c, n, [](const ValueContext& context, int i) { return context.In(i); });
  if (rows < 0 || rows > static_cast<int64_t>(PartialInts::kMaxValues)) return std::nullopt;
  if (c.OutShape().rank() != 1) return std::nullopt;
  PartialInts out;
  out.rank = 1;
  out.values.assign(static_cast<size_t>(rows), PartialInts::kUnknown);
  for (int i = 0; i < n; ++i) {
    const PartialInts& at = *c.In(i);
    const PartialInts* piece = c.In(n + i);
    for (size_t e = 0; e < at.values.size(); ++e) {
      const bool known = piece != nullptr && e < piece->values.size();
      out.values[at.values[e]] = known ? piece->values[e] : PartialInts::kUnknown;
    }
  }
  return out;
}

// Every piece gets the rows of dy at its indices, also rows that a later piece wrote over.
absl::Status DynamicStitchGradient(GradientContext& g) {
  const int n = g.num_inputs() / 2;
  for (int i = 0; i < n; ++i) g.Set(n + i, Call(g.scope(), "GatherV2", g.Grad(0), g.In(i), 0));
  return absl::OkStatus();
}

void AddStitch(OpRegistry& ops, absl::string_view name) {
  ops.Add(name)
      .Doc(
          "merged[indices[m][i..], b..] = data[m][i.., b..]; where indices repeat, the later piece "
          "stands.")
      .In("indices: N * int32")
      .In("data: N * T")
      .Out("merged: T")
      .Attr("N: int >= 1")
      .Attr("T: type")
      .Shape(DynamicStitchShape)
      .Value(DynamicStitchValue)
      .Gradient(DynamicStitchGradient);
}

}  // namespace

void RegisterDynamicStitchOps(OpRegistry& ops) {
  AddStitch(ops, "DynamicStitch");
  AddStitch(ops, "ParallelDynamicStitch");
}

}  // namespace weir
