#include "weir/ops/linalg.h"

#include <cmath>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Linalg, Shape) {
  EXPECT_SHAPE(ShapeTest("MatrixInverse").In("[2,?,3]"), "[2,3,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("MatrixInverse").In("[2,3]"), "must be square");
  EXPECT_SHAPE_ERROR(ShapeTest("Cholesky").In("[2]"), "rank >= 2");
  EXPECT_SHAPE(ShapeTest("MatrixSolve").In("[?,3,3]").In("[2,3,5]"), "[2,3,5]");
  EXPECT_SHAPE_ERROR(ShapeTest("MatrixSolve").In("[3,3]").In("[4,5]"), "incompatible");
  EXPECT_SHAPE(ShapeTest("LogMatrixDeterminant").In("[4,3,3]"), "[4];[4]");
}

TEST(MatrixInverse, Values) {
  OpTest("MatrixInverse").In<float>({2, 2}, {0, 2, 1, 1}).Expect<float>({2, 2}, {-.5, 1, .5, 0});
  OpTest("MatrixInverse")
      .In<double>({2, 2}, {0, 2, 1, 1})
      .Attr("adjoint", true)
      .Expect<double>({2, 2}, {-.5, .5, 1, 0});
  OpTest("MatrixInverse").In<float>({2, 2}, {1, 2, 2, 4}).ExpectError("not invertible");
  OpTest("MatrixInverse").In<float>({2, 0, 0}, {}).Expect<float>({2, 0, 0}, {});
}

TEST(MatrixSolve, Values) {
  OpTest("MatrixSolve")
      .In<float>({2, 2}, {0, 2, 1, 1})
      .In<float>({2, 1}, {4, 3})
      .Expect<float>({2, 1}, {1, 2});
  const Complex128 i(0, 1);
  OpTest("MatrixSolve")
      .In<Complex128>({1, 1}, {i})
      .In<Complex128>({1, 1}, {1})
      .Attr("adjoint", true)
      .Expect<Complex128>({1, 1}, {i});
}

TEST(MatrixTriangularSolve, ReadsOneHalf) {
  const auto solve = [](OpTest&& test) -> OpTest& {
    return test.In<double>({2, 2}, {2, 3, 1, 4}).In<double>({2, 1}, {4, 10});
  };
  solve(OpTest("MatrixTriangularSolve")).Expect<double>({2, 1}, {2, 2});
  solve(OpTest("MatrixTriangularSolve")).Attr("lower", false).Expect<double>({2, 1}, {-1.75, 2.5});
  solve(OpTest("MatrixTriangularSolve")).Attr("adjoint", true).Expect<double>({2, 1}, {.75, 2.5});
  OpTest("MatrixTriangularSolve")
      .In<float>({1, 1}, {0})
      .In<float>({1, 1}, {1})
      .ExpectError("not invertible");
}

TEST(MatrixDeterminant, Values) {
  OpTest("MatrixDeterminant")
      .In<float>({2, 2, 2}, {0, 2, 1, 1, 1, 2, 2, 4})
      .Expect<float>({2}, {-2, 0});
  OpTest("MatrixDeterminant").In<float>({0, 0}, {}).Expect<float>({}, {1});
  OpTest("LogMatrixDeterminant")
      .In<double>({2, 2}, {0, 2, 1, 1})
      .Expect<double>({}, {-1})
      .Expect<double>({}, {std::log(2.0)});
}

TEST(Cholesky, Values) {
  OpTest("Cholesky").In<float>({2, 2}, {4, 99, 2, 5}).Expect<float>({2, 2}, {2, 0, 1, 2});
  OpTest("Cholesky").In<float>({2, 2}, {1, 2, 2, 1}).ExpectError("not successful");
}

// Well conditioned, and not symmetric.
Tensor Square() { return Tensor::Of<double>({2, 2, 2}, {3, 1, -0.5, 2, 2, -1, 0.5, 1.5}); }

TEST(Linalg, Gradient) {
  for (bool adjoint : {false, true}) {
    GradientTest("MatrixInverse").In(Square()).Attr("adjoint", adjoint).Check();
    GradientTest("MatrixSolve").In(Square()).In({2, 2, 3}).Attr("adjoint", adjoint).Check();
    for (bool lower : {false, true}) {
      GradientTest("MatrixTriangularSolve")
          .In(Square())
          .In({2, 2, 3})
          .Attr("adjoint", adjoint)
          .Attr("lower", lower)
          .Check();
    }
  }
  GradientTest("MatrixDeterminant").In(Square()).Check();
  GradientTest("LogMatrixDeterminant").In(Square()).Check();
}

}  // namespace
}  // namespace weir
