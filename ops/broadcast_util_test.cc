#include "weir/ops/broadcast_util.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

// Which ops SumToShapeOf adds for inputs of these static shapes, in order.
std::string AddedOps(absl::string_view x_shape, absl::string_view other_shape,
                     absl::string_view grad_shape) {
  const Scope s = Scope::Root();
  const auto placeholder = [&s](absl::string_view shape) -> Output {
    return s.Op("Placeholder").Attr("dtype", DT_FLOAT).Attr("shape", ParseShape(shape)).Build();
  };
  const Output x = placeholder(x_shape), other = placeholder(other_shape),
               grad = placeholder(grad_shape);
  const int before = s.graph().num_nodes();
  EXPECT_TRUE(SumToShapeOf(s, grad, x, other).valid()) << s.status();
  std::string ops;
  for (int i = before; i < s.graph().num_nodes(); ++i) {
    const std::string& op = s.graph().node(i).op().name;
    if (op != "Const") absl::StrAppend(&ops, ops.empty() ? "" : " ", op);
  }
  return ops;
}

TEST(SumToShapeOf, AddsNothingWhenXWasNotStretched) {
  EXPECT_EQ(AddedOps("[2,3]", "[2,3]", "[2,3]"), "");
  EXPECT_EQ(AddedOps("[2,3]", "[3]", "[2,3]"), "");
  EXPECT_EQ(AddedOps("[2,3]", "[]", "[2,3]"), "");
  EXPECT_EQ(AddedOps("[?,3]", "[3]", "[?,3]"), "");
  EXPECT_EQ(AddedOps("[2,1]", "[2,1]", "[2,1]"), "");
}

TEST(SumToShapeOf, SumsOverMissingDimensions) {
  EXPECT_EQ(AddedOps("[3]", "[?,3]", "[?,3]"), "Sum");
  EXPECT_EQ(AddedOps("[]", "[2,?]", "[2,?]"), "Sum");
}

TEST(SumToShapeOf, ReshapesWhereADimensionOfOneWasStretched) {
  EXPECT_EQ(AddedOps("[2,1]", "[2,3]", "[2,3]"), "Sum Reshape");
  EXPECT_EQ(AddedOps("[1,3]", "[4,5,3]", "[4,5,3]"), "Sum Reshape");
}

TEST(SumToShapeOf, DecidesWhileRunningWhenTheShapesAreOpen) {
  EXPECT_EQ(AddedOps("[?]", "[3]", "[3]"), "Shape Shape BroadcastGradientArgs Sum Reshape");
  EXPECT_EQ(AddedOps("?", "[3]", "?"), "Shape Shape BroadcastGradientArgs Sum Reshape");
}

}  // namespace
}  // namespace weir
