#include "weir/ops/linalg.h"

#include <cmath>

#include "weir/graph/gradients.h"
#include "weir/runtime/session.h"
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
  EXPECT_SHAPE(ShapeTest("MatrixDeterminant").In("[?,3,3]"), "[?]");
  EXPECT_SHAPE(ShapeTest("MatrixTriangularSolve").In("[?,3,3]").In("[2,3,5]"), "[2,3,5]");
  EXPECT_SHAPE(ShapeTest("CholeskyGrad").In("[?,3,3]").In("[2,?,3]"), "[2,3,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("CholeskyGrad").In("[3,3]").In("[2,2]"), "");
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

// dA = (S + S') / 2, S = L^-T P L^-1, where P is the lower half of L' dL.
TEST(CholeskyGrad, Values) {
  OpTest("CholeskyGrad")
      .In<double>({2, 2}, {2, 0, 1, 2})
      .In<double>({2, 2}, {1, 0, 0, 1})
      .Expect<double>({2, 2}, {0.3125, -0.125, -0.125, 0.25});
  OpTest("CholeskyGrad")
      .In<double>({1, 1}, {2})
      .In<double>({1, 1}, {3})
      .Expect<double>({1, 1}, {0.75});
}

// The gradient is that of symmetric changes, so the matrix decomposed is b b'.
TEST(Cholesky, Gradient) {
  const Scope s = Scope::Root();
  const Output b =
      s.Op("Placeholder").Attr("dtype", DT_DOUBLE).Attr("shape", PartialShape({2, 2})).Build();
  const Output a = s.Op("BatchMatMulV2").In(b).In(b).Attr("adj_y", true).Build();
  const Output l = s.Op("Cholesky").In(a).Build();
  const Tensor weights = Tensor::Of<double>({2, 2}, {0.7, 0, -1.3, 0.4});
  const Output loss = s.Op("Sum").In(s.Op("Mul").In(l).In(weights).Build()).In({0, 1}).Build();
  absl::StatusOr<std::vector<Output>> grads = AddDenseGradients(s, {loss}, {b});
  ASSERT_TRUE(grads.ok()) << grads.status();
  absl::StatusOr<Session> session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  const std::vector<double> at = {2, 0.5, -1, 1.5};
  const auto fetch = [&](const Output& y, size_t i, double change) {
    std::vector<double> moved = at;
    moved[i] += change;
    const auto got =
        session->Run({{b, Tensor::Of<double>({2, 2}, absl::MakeConstSpan(moved))}}, {y});
    EXPECT_TRUE(got.ok()) << got.status();
    return got.ok() ? (*got)[0] : Tensor::Of<double>({2, 2}, {0, 0, 0, 0});
  };
  for (size_t i = 0; i < 4; ++i) {
    const double above = fetch(loss, i, 1e-5).data<double>()[0];
    const double below = fetch(loss, i, -1e-5).data<double>()[0];
    EXPECT_NEAR(fetch((*grads)[0], i, 0).data<double>()[i], (above - below) / 2e-5, 1e-8) << i;
  }
}

TEST(CholeskyGrad, Gradient) {
  const Tensor lower =
      Tensor::Of<double>({2, 3, 3}, {2, 0, 0, 0.5, 1.5, 0, -1, 0.3, 1, 1, 0, 0, 2, 3, 0, 1, 0, 2});
  GradientTest("CholeskyGrad").In(lower).In({2, 3, 3}).Check();
  GradientTest("CholeskyGrad").In({0, 2, 2}).In({0, 2, 2}).Check();
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
