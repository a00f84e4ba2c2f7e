#include "weir/ops/matrix_band_part.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

OpTest Band(const Tensor& x, int64_t lower, int64_t upper) {
  OpTest test("MatrixBandPart");
  test.In(x).In(Tensor::Scalar(lower)).In(Tensor::Scalar(upper));
  return test;
}

TEST(MatrixBandPart, Shape) {
  EXPECT_SHAPE(ShapeTest("MatrixBandPart").In("[?,2,3]").In("[]", DT_INT64).In("[]", DT_INT64),
               "[?,2,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("MatrixBandPart").In("[3]").In("[]", DT_INT64).In("[]", DT_INT64),
                     "rank");
}

TEST(MatrixBandPart, KeepsTheDiagonalsAskedFor) {
  const Tensor x = Tensor::Of<float>({3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  Band(x, 0, 0).Expect<float>({3, 3}, {1, 0, 0, 0, 5, 0, 0, 0, 9});
  Band(x, -1, 0).Expect<float>({3, 3}, {1, 0, 0, 4, 5, 0, 7, 8, 9});
  Band(x, 1, -1).Expect<float>({3, 3}, {1, 2, 3, 4, 5, 6, 0, 8, 9});
  Band(x, -1, -1).Expect(x);
  Band(Tensor::Of<int8_t>({2, 1, 2}, {1, 2, 3, 4}), 0, 0).Expect<int8_t>({2, 1, 2}, {1, 0, 3, 0});
  Band(Tensor::Of<bool>({2, 1}, {true, true}), 0, 1).Expect<bool>({2, 1}, {true, false});
}

TEST(MatrixBandPart, Errors) {
  const Tensor x = Tensor::Of<float>({1, 2}, {1, 2});
  Band(x, 2, 0).ExpectError("num_lower must be");
  Band(x, 0, 3).ExpectError("num_upper must be");
  Band(Tensor::Vector<float>({1}), 0, 0).ExpectError("");
}

TEST(MatrixBandPart, Gradient) {
  GradientTest("MatrixBandPart")
      .In({2, 3, 3})
      .Const(Tensor::Scalar<int64_t>(1))
      .Const(Tensor::Scalar<int64_t>(0))
      .Check();
}

}  // namespace
}  // namespace weir
