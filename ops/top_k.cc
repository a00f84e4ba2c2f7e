#include "weir/ops/top_k.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/array_util.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {

TopKResult TopKV2(const OpScope& scope, const Input& input, const Input& k,
                  const TopKOptions& options) {
  const Operation op = scope.Op("TopKV2").In(input).In(k).Attr("sorted", options.sorted).Build();
  return {op.out(0), op.out(1)};
}

Output NthElement(const OpScope& scope, const Input& input, const Input& n,
                  const NthElementOptions& options) {
  return scope.Op("NthElement").In(input).In(n).Attr("reverse", options.reverse).Build();
}

}  // namespace ops

namespace {

absl::Status TopShape(ShapeContext& c, std::optional<int64_t> k) {
  ASSIGN_OR_RETURN(const PartialShape input, c.WithRankAtLeast(0, 1));
  if (k.has_value() && *k < 0) return InvalidArgument("k must not be negative, but is ", *k);
  if (!input.known_rank()) return c.Unknown();
  const int64_t row = input.dim(-1);
  if (k.has_value() && row >= 0 && *k > row) {
    return InvalidArgument("input must have at least k = ", *k, " columns, but has ", row);
  }
  const PartialShape out = input.WithDim(-1, k.value_or(PartialShape::kUnknown));
  c.SetOut(0, out);
  c.SetOut(1, out);
  return absl::OkStatus();
}

// dinput = dvalues at the chosen positions of the rows, 0 elsewhere.
absl::Status TopKGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output x = g.In(0), indices = g.Out(1), dvalues = g.Grad(0);
  if (!x.valid() || !indices.valid() || !dvalues.valid()) return absl::OkStatus();
  const Output shape = s.Op("Shape").In(x).Build();
  const Output last = s.Op("Sub").In(s.Op("Rank").In(x).Build()).In(1).Build();
  const Output row = s.Op("GatherV2").In(shape).In(last).In(0).Build();
  const Output size = s.Op("Size").In(x).Build();
  const Output at_least_one = s.Op("Maximum").In(row).In(1).Build();
  const Output rows = s.Op("FloorDiv").In(size).In(at_least_one).Build();
  // Position in the flat tensor = row number * row length + index.
  const Output numbers = s.Op("Range").In(0).In(rows).In(1).Build();
  const Output begins = s.Op("Mul").In(numbers).In(row).Build();
  const Output column = s.Op("ExpandDims").In(begins).In(1).Build();
  const Output indices_shape = s.Op("Shape").In(indices).Build();
  const Output k = s.Op("GatherV2").In(indices_shape).In(last).In(0).Build();
  const Output matrix = s.Op("Pack").InList({Input(rows), Input(k)}).Build();
  const Output flat =
      s.Op("AddV2").In(s.Op("Reshape").In(indices).In(matrix).Build()).In(column).Build();
  const Output places = s.Op("Reshape").In(flat).In(Tensor::Vector<int32_t>({-1, 1})).Build();
  const Output updates = s.Op("Reshape").In(dvalues).In(Tensor::Vector<int32_t>({-1})).Build();
  const Output flat_shape = s.Op("ExpandDims").In(size).In(0).Build();
  const Output scattered = s.Op("ScatterNd").In(places).In(updates).In(flat_shape).Build();
  g.Set(0, s.Op("Reshape").In(scattered).In(shape).Build());
  return absl::OkStatus();
}

absl::Status NthShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape input, c.WithRankAtLeast(0, 1));
  const std::optional<int64_t> n = c.IntValue(1);
  if (n.has_value() && *n < 0) return InvalidArgument("n must not be negative, but is ", *n);
  if (!input.known_rank()) return c.Unknown();
  if (n.has_value() && input.dim(-1) >= 0 && *n >= input.dim(-1)) {
    return InvalidArgument("input must have more than n = ", *n, " columns, but has ",
                           input.dim(-1));
  }
  return c.Return(PartialShape(input.dims().subspan(0, input.rank() - 1)));
}

// dinput = dvalues shared among the elements that equal the value.
absl::Status NthElementGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Term dy = Term(s, g.Grad(0)).Apply("ExpandDims", -1);
  if (!dy.output().valid()) return absl::OkStatus();
  const Output value = s.Op("ExpandDims").In(g.Out(0)).In(-1).Build();
  const Output equal = s.Op("Equal").In(value).In(g.In(0)).Build();
  const Term indicators(s, s.Op("Cast").In(equal).Attr("DstT", dy.output().type()).Build());
  const Term ties(s, s.Op("Sum")
                         .In(indicators.output())
                         .In(Tensor::Vector<int32_t>({-1}))
                         .Attr("keep_dims", true)
                         .Build());
  return g.Return({indicators / ties * dy, Output()});
}

constexpr char kReal[] =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";

}  // namespace

void RegisterTopKOps(OpRegistry& ops) {
  ops.Add("TopKV2")
      .Doc("The k largest elements of each row, the lower index first among equals.")
      .In("input: T")
      .In("k: int32")
      .Out("values: T")
      .Out("indices: int32")
      .Attr("sorted: bool = true")
      .Attr(kReal)
      .Shape([](ShapeContext& c) -> absl::Status {
        RETURN_IF_ERROR(c.WithRank(1, 0).status());
        return TopShape(c, c.IntValue(1));
      })
      .Gradient(TopKGradient);
  ops.Add("TopK")
      .Doc("The k largest elements of each row, the lower index first among equals.")
      .In("input: T")
      .Out("values: T")
      .Out("indices: int32")
      .Attr("k: int >= 0")
      .Attr("sorted: bool = true")
      .Attr(kReal)
      .DeprecatedAt(7)
      .Shape([](ShapeContext& c) { return TopShape(c, c.Attr<int64_t>("k")); })
      .Gradient(TopKGradient);
  ops.Add("NthElement")
      .Doc("The element at position n of each row, if the row were sorted.")
      .In("input: T")
      .In("n: int32")
      .Out("values: T")
      .Attr("reverse: bool = false")
      .Attr(kReal)
      .Shape(NthShape)
      .Gradient(NthElementGradient);
}

}  // namespace weir
