#include "weir/ops/matmul.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/broadcast_util.h"
#include "weir/ops/term_util.h"

namespace weir {
namespace ops {

Output MatMul(const OpScope& scope, const Input& a, const Input& b, const MatMulOptions& options) {
  return scope.Op("MatMul")
      .In(a)
      .In(b)
      .Attr("transpose_a", options.transpose_a)
      .Attr("transpose_b", options.transpose_b)
      .Build();
}

namespace {

Output Batch(const OpScope& scope, absl::string_view op, const Input& x, const Input& y,
             const BatchMatMulOptions& options) {
  return scope.Op(op).In(x).In(y).Attr("adj_x", options.adj_x).Attr("adj_y", options.adj_y).Build();
}

}  // namespace

Output BatchMatMul(const OpScope& scope, const Input& x, const Input& y,
                   const BatchMatMulOptions& options) {
  return Batch(scope, "BatchMatMul", x, y, options);
}

Output BatchMatMulV2(const OpScope& scope, const Input& x, const Input& y,
                     const BatchMatMulOptions& options) {
  return Batch(scope, "BatchMatMulV2", x, y, options);
}

}  // namespace ops

namespace {

absl::Status InnerDimensionsDiffer(const PartialShape& a, const PartialShape& b) {
  return InvalidArgument("inner dimensions differ: ", a.ToString(), " x ", b.ToString());
}

// The last two dimensions of a product. `a` and `b` have known ranks >= 2.
absl::Status ProductExtents(const PartialShape& a, const PartialShape& b, bool transpose_a,
                            bool transpose_b, int64_t* rows, int64_t* columns) {
  const int64_t inner_a = a.dim(transpose_a ? -2 : -1), inner_b = b.dim(transpose_b ? -1 : -2);
  if (inner_a >= 0 && inner_b >= 0 && inner_a != inner_b) return InnerDimensionsDiffer(a, b);
  *rows = a.dim(transpose_a ? -1 : -2);
  *columns = b.dim(transpose_b ? -2 : -1);
  return absl::OkStatus();
}

absl::Status MatMulShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape a, c.WithRank(0, 2));
  ASSIGN_OR_RETURN(const PartialShape b, c.WithRank(1, 2));
  int64_t rows, columns;
  RETURN_IF_ERROR(ProductExtents(a, b, c.Attr<bool>("transpose_a"), c.Attr<bool>("transpose_b"),
                                 &rows, &columns));
  return c.Return(PartialShape({rows, columns}));
}

PartialShape BatchOf(const PartialShape& shape) {
  return PartialShape(shape.dims().subspan(0, shape.rank() - 2));
}

absl::Status BatchMatMulShapeImpl(ShapeContext& c, bool broadcasts) {
  ASSIGN_OR_RETURN(const PartialShape x, c.WithRankAtLeast(0, 2));
  ASSIGN_OR_RETURN(const PartialShape y, c.WithRankAtLeast(1, 2));
  if (!x.known_rank() || !y.known_rank()) {
    // Without broadcasting both have one rank; the batch is that of the known one, as far as it
    // goes.
    return c.Unknown();
  }
  int64_t rows, columns;
  RETURN_IF_ERROR(
      ProductExtents(x, y, c.Attr<bool>("adj_x"), c.Attr<bool>("adj_y"), &rows, &columns));
  PartialShape batch;
  if (broadcasts) {
    ASSIGN_OR_RETURN(batch, BroadcastShapes(BatchOf(x), BatchOf(y)));
  } else {
    ASSIGN_OR_RETURN(batch, BatchOf(x).Merge(BatchOf(y)));
  }
  Dims dims(batch.dims().begin(), batch.dims().end());
  dims.push_back(rows);
  dims.push_back(columns);
  ASSIGN_OR_RETURN(PartialShape out, PartialShape::Make(dims));
  return c.Return(std::move(out));
}

// A bias has one element per column.
absl::Status FusedMatMulShape(ShapeContext& c) {
  RETURN_IF_ERROR(MatMulShape(c));
  if (c.num_inputs() < 3) return absl::OkStatus();
  return c.WithRank(2, 1).status();
}

// With C = op(A) op(B): dA = dC op(B)^H and dB = op(A)^H dC, each transposed back where it is
// stored transposed. Plain transposes conjugate the factor for complex numbers.
absl::Status MatMulGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const bool ta = g.Attr<bool>("transpose_a"), tb = g.Attr<bool>("transpose_b");
  const Output a = Conj(Term(s, g.In(0))), b = Conj(Term(s, g.In(1))), dc = g.Grad(0);
  const auto product = [&s](const Output& l, const Output& r, bool tl, bool tr) {
    return ops::MatMul(s, l, r, {.transpose_a = tl, .transpose_b = tr});
  };
  return g.Return({ta ? product(b, dc, tb, true) : product(dc, b, false, !tb),
                   tb ? product(dc, a, true, ta) : product(a, dc, !ta, false)});
}

// The same with adjoints. The products' batch is reduced to each input's.
absl::Status BatchMatMulGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const bool ax = g.Attr<bool>("adj_x"), ay = g.Attr<bool>("adj_y");
  const Output x = g.In(0), y = g.In(1), dz = g.Grad(0);
  const absl::string_view op = g.op().node().op().name;
  const auto product = [&](const Output& l, const Output& r, bool al, bool ar) -> Output {
    return s.Op(op).In(l).In(r).Attr("adj_x", al).Attr("adj_y", ar).Build();
  };
  const Output dx = ax ? product(y, dz, ay, true) : product(dz, y, false, !ay);
  const Output dy = ay ? product(dz, x, true, ax) : product(x, dz, !ax, false);
  if (op == "BatchMatMul") return g.Return({dx, dy});
  // x and dz have the matrix extents of dx in other places: what matters is the batch, which is
  // dx's own shape against x's.
  return g.Return({SumToShapeOf(s, dx, x, dx), SumToShapeOf(s, dy, y, dy)});
}

}  // namespace

void RegisterMatmulOps(OpRegistry& ops) {
  constexpr char kTypes[] =
      "T: {bfloat16, half, float, double, int32, int64, complex64, complex128}";
  ops.Add("MatMul")
      .Doc("The product of two matrices, [m, k] x [k, n] = [m, n].")
      .In("a: T")
      .In("b: T")
      .Out("product: T")
      .Attr("transpose_a: bool = false")
      .Attr("transpose_b: bool = false")
      .Attr(kTypes)
      .Shape(MatMulShape)
      .Gradient(MatMulGradient);
  ops.Add("_FusedMatMul")
      .Doc(
          "The product of two matrices, and what fused_ops then make of it: ['BiasAdd'] adds "
          "args[0] to each row, and ['BiasAdd', 'Relu'] takes the positive part of that. Made of "
          "single nodes when a program is compiled for a device that has it.")
      .In("a: T")
      .In("b: T")
      .In("args: num_args * T")
      .Out("product: T")
      .Attr("transpose_a: bool = false")
      .Attr("transpose_b: bool = false")
      .Attr("T: {bfloat16, half, float}")
      .Attr("num_args: int >= 0")
      .Attr("fused_ops: list(string) = []")
      .Attr("epsilon: float = 0.0001")
      .Shape(FusedMatMulShape)
      .NotDifferentiable();
  ops.Add("BatchMatMul")
      .Doc("The products of the matrices in the last two dimensions; the others are equal.")
      .In("x: T")
      .In("y: T")
      .Out("output: T")
      .Attr(kTypes)
      .Attr("adj_x: bool = false")
      .Attr("adj_y: bool = false")
      .Shape([](ShapeContext& c) { return BatchMatMulShapeImpl(c, false); })
      .Gradient(BatchMatMulGradient);
  ops.Add("BatchMatMulV2")
      .Doc("The products of the matrices in the last two dimensions; the others broadcast.")
      .In("x: T")
      .In("y: T")
      .Out("output: T")
      .Attr(kTypes)
      .Attr("adj_x: bool = false")
      .Attr("adj_y: bool = false")
      .Shape([](ShapeContext& c) { return BatchMatMulShapeImpl(c, true); })
      .Gradient(BatchMatMulGradient);
}

}  // namespace weir
