#include "weir/ops/matrix_diag.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(MatrixDiag, Values) {
  OpTest("MatrixDiag")
      .In<float>({2, 2}, {1, 2, 3, 4})
      .Expect<float>({2, 2, 2}, {1, 0, 0, 2, 3, 0, 0, 4});
  OpTest("MatrixDiag")
      .In<std::string>({2}, {"a", "b"})
      .Expect<std::string>({2, 2}, {"a", "", "", "b"});
  OpTest("MatrixDiag").In<float>({0}, {}).Expect<float>({0, 0}, {});
  OpTest("MatrixDiag").In<float>({}, {1}).ExpectError("MatrixDiag");
  EXPECT_SHAPE(ShapeTest("MatrixDiag").In("[?,3]"), "[?,3,3]");
  GradientTest("MatrixDiag").In({2, 3}).Check();
}

TEST(MatrixDiagPart, Values) {
  OpTest("MatrixDiagPart").In<float>({2, 3}, {1, 2, 3, 4, 5, 6}).Expect<float>({2}, {1, 5});
  OpTest("MatrixDiagPart")
      .In<bool>({2, 2, 1}, {true, false, false, true})
      .Expect<bool>({2, 1}, {true, false});
  OpTest("MatrixDiagPart").In<float>({0, 3}, {}).Expect<float>({0}, {});
  EXPECT_SHAPE(ShapeTest("MatrixDiagPart").In("[?,2,3]"), "[?,2]");
  EXPECT_SHAPE(ShapeTest("MatrixDiagPart").In("[2,?,3]"), "[2,?]");
  EXPECT_SHAPE_ERROR(ShapeTest("MatrixDiagPart").In("[3]"), "rank");
}

TEST(MatrixDiagPart, Gradient) {
  for (const Shape& x : {Shape({3, 3}), Shape({2, 3, 2}), Shape({2, 3})}) {
    GradientTest("MatrixDiagPart").In(x).Check();
  }
}

TEST(MatrixSetDiag, Values) {
  OpTest("MatrixSetDiag")
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .In<float>({2}, {7, 8})
      .Expect<float>({2, 3}, {7, 2, 3, 4, 8, 6});
  OpTest("MatrixSetDiag").In<float>({2, 2}, {1, 2, 3, 4}).In<float>({1}, {7}).ExpectError("[2]");
  EXPECT_SHAPE(ShapeTest("MatrixSetDiag").In("[?,2,3]").In("[2,2]"), "[?,2,3]");
  GradientTest("MatrixSetDiag").In({2, 3, 2}).In({2, 2}).Check();
}

TEST(MatrixDiagV2, Values) {
  const auto diag = [](const Tensor& diagonal, std::initializer_list<int32_t> k, int32_t rows,
                       int32_t columns, const Shape& shape, std::initializer_list<float> want) {
    OpTest("MatrixDiagV2")
        .In(diagonal)
        .In(Tensor::Vector<int32_t>(k))
        .In<int32_t>({}, {rows})
        .In<int32_t>({}, {columns})
        .In<float>({}, {9})
        .Expect<float>(shape, want);
  };
  const Tensor one = Tensor::Vector<float>({1, 2});
  diag(one, {0}, -1, -1, {2, 2}, {1, 9, 9, 2});
  diag(one, {1}, -1, -1, {3, 3}, {9, 1, 9, 9, 9, 2, 9, 9, 9});
  diag(one, {-1}, -1, 2, {3, 2}, {9, 9, 1, 9, 9, 2});
  diag(Tensor::Of<float>({2, 2}, {1, 2, 3, 0}), {-1, 0}, -1, -1, {2, 2}, {1, 9, 3, 2});
}

TEST(MatrixDiagV2, Errors) {
  const auto diag = [](std::initializer_list<int32_t> k, int32_t rows, int32_t columns,
                       const char* words) {
    OpTest("MatrixDiagV2")
        .In<float>({2}, {1, 2})
        .In(Tensor::Vector<int32_t>(k))
        .In<int32_t>({}, {rows})
        .In<int32_t>({}, {columns})
        .In<float>({}, {9})
        .ExpectError(words);
  };
  diag({0}, 1, -1, "number of rows is too small");
  diag({0}, -1, 1, "number of columns is too small");
  diag({0}, 3, 3, "not consistent");
  diag({1, 0}, -1, -1, "must not be larger");
  diag({0, 1, 2}, -1, -1, "one or two elements");
}

TEST(MatrixDiagPartV2, Values) {
  const auto part = [](std::initializer_list<int32_t> k, const Shape& shape,
                       std::initializer_list<float> want) {
    OpTest("MatrixDiagPartV2")
        .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
        .In(Tensor::Vector<int32_t>(k))
        .In<float>({}, {9})
        .Expect<float>(shape, want);
  };
  part({0}, {2}, {1, 5});
  part({2}, {1}, {3});
  part({-1, 1}, {3, 2}, {2, 6, 1, 5, 4, 9});
  OpTest("MatrixDiagPartV2")
      .In<float>({1, 2}, {1, 2})
      .In<int32_t>({}, {2})
      .In<float>({}, {0})
      .ExpectError("outside of a matrix of 1 x 2");
}

TEST(MatrixSetDiagV2, Values) {
  OpTest("MatrixSetDiagV2")
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .In<float>({2, 2}, {7, 8, 9, 0})
      .In<int32_t>({2}, {-1, 0})
      .Expect<float>({2, 3}, {7, 2, 3, 9, 8, 6});
}

TEST(MatrixDiagV2, Shape) {
  const Tensor band = Tensor::Vector<int32_t>({-1, 1}), any = Tensor::Scalar<int32_t>(-1);
  EXPECT_SHAPE(ShapeTest("MatrixDiagV2").In("[?,3,4]").Const(band).Const(any).Const(any).In("[]"),
               "[?,4,4]");
  EXPECT_SHAPE(ShapeTest("MatrixDiagPartV2").In("[?,4,5]").Const(band).In("[]"), "[?,3,4]");
  EXPECT_SHAPE(ShapeTest("MatrixDiagPartV2").In("[4,5]").In("[2]", DT_INT32).In("[]"), "<unknown>");
  EXPECT_SHAPE(ShapeTest("MatrixSetDiagV2").In("[4,?]").In("[3,?]").Const(band), "[4,?]");
}

TEST(MatrixDiagV2, Gradient) {
  const Tensor band = Tensor::Vector<int32_t>({-1, 1}), any = Tensor::Scalar<int32_t>(-1);
  GradientTest("MatrixDiagV2")
      .In({2, 3, 3})
      .Const(band)
      .Const(any)
      .Const(any)
      .Const(Tensor::Scalar<double>(0))
      .Check();
  GradientTest("MatrixDiagPartV2").In({3, 4}).Const(band).Const(Tensor::Scalar<double>(5)).Check();
  GradientTest("MatrixSetDiagV2").In({3, 3}).In({3, 3}).Const(band).Check();
}

TEST(Diag, Values) {
  OpTest("Diag").In<float>({2}, {1, 2}).Expect<float>({2, 2}, {1, 0, 0, 2});
  OpTest("Diag").In<int32_t>({1, 2}, {1, 2}).Expect<int32_t>({1, 2, 1, 2}, {1, 0, 0, 2});
  EXPECT_SHAPE(ShapeTest("Diag").In("[2,?]"), "[2,?,2,?]");
  EXPECT_SHAPE_ERROR(ShapeTest("Diag").In("[]"), "rank");
  GradientTest("Diag").In({2, 2}).Check();
}

TEST(DiagPart, Values) {
  OpTest("DiagPart").In<float>({2, 2}, {1, 2, 3, 4}).Expect<float>({2}, {1, 4});
  OpTest("DiagPart").In<float>({1, 2, 1, 2}, {1, 2, 3, 4}).Expect<float>({1, 2}, {1, 4});
  EXPECT_SHAPE(ShapeTest("DiagPart").In("[2,?,?,3]"), "[2,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("DiagPart").In("[2]"), "even");
  GradientTest("DiagPart").In({2, 3, 2, 3}).Check();
}

}  // namespace
}  // namespace weir
