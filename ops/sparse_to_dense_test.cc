#include "weir/ops/sparse_to_dense.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(SparseToDense, Shape) {
  EXPECT_SHAPE(ShapeTest("SparseToDense")
                   .In("[4,2]", DT_INT32)
                   .Const(Tensor::Vector<int32_t>({3, 5}))
                   .In("[4]")
                   .In("[]"),
               "[3,5]");
  EXPECT_SHAPE_ERROR(
      ShapeTest("SparseToDense").In("[4,2,1]", DT_INT32).In("[2]", DT_INT32).In("[4]").In("[]"),
      "rank <= 2");
}

TEST(SparseToDense, Values) {
  OpTest("SparseToDense")
      .In<int32_t>({2, 2}, {0, 1, 1, 0})
      .In<int32_t>({2}, {2, 2})
      .In<float>({2}, {5, 6})
      .In<float>({}, {-1})
      .Expect<float>({2, 2}, {-1, 5, 6, -1});
  OpTest("SparseToDense")
      .In<int64_t>({2}, {0, 2})
      .In<int64_t>({1}, {3})
      .In<std::string>({}, {"x"})
      .In<std::string>({}, {"."})
      .Expect<std::string>({3}, {"x", ".", "x"});
}

TEST(SparseToDense, ChecksIndices) {
  const auto at = [](std::initializer_list<int32_t> indices, OpTest&& test) -> OpTest& {
    return test.In<int32_t>({2}, indices)
        .In<int32_t>({1}, {3})
        .In<float>({2}, {1, 2})
        .In<float>({}, {0});
  };
  at({0, 3}, OpTest("SparseToDense")).ExpectError("is out of bounds");
  at({2, 1}, OpTest("SparseToDense")).ExpectError("is out of order");
  at({1, 1}, OpTest("SparseToDense")).ExpectError("is repeated");
  at({2, 1}, OpTest("SparseToDense")).Attr("validate_indices", false).Expect<float>({3}, {0, 2, 1});
}

TEST(SparseToDense, Gradient) {
  GradientTest("SparseToDense")
      .Const(Tensor::Of<int32_t>({2, 2}, {0, 1, 1, 0}))
      .Const(Tensor::Vector<int32_t>({2, 3}))
      .In({2})
      .In(Shape())
      .Check();
}

}  // namespace
}  // namespace weir
