#include "weir/ops/lrn.h"

#include <cmath>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

OpTest Lrn(const char* op) {
  OpTest test(op);
  test.Attr("depth_radius", 1).Attr("bias", 2.0f).Attr("alpha", 0.5f).Attr("beta", 0.75f);
  return test;
}

TEST(Lrn, Shape) {
  EXPECT_SHAPE(ShapeTest("LRN").In("[?,2,3,4]"), "[?,2,3,4]");
  EXPECT_SHAPE_ERROR(ShapeTest("LRN").In("[2,3,4]"), "rank 4");
  EXPECT_SHAPE(ShapeTest("LRNGrad").In("[?,2,3,4]").In("[1,?,3,4]").In("[1,2,?,4]"), "[1,2,3,4]");
}

TEST(Lrn, DividesByTheNeighbourhood) {
  const auto y = [](double x, double squares) {
    return static_cast<float>(x * std::pow(2 + 0.5 * squares, -0.75));
  };
  Lrn("LRN")
      .In<float>({1, 1, 1, 3}, {1, 2, 3})
      .Expect<float>({1, 1, 1, 3}, {y(1, 5), y(2, 14), y(3, 13)});
  Lrn("LRN").In<float>({0, 1, 1, 3}, {}).Expect<float>({0, 1, 1, 3}, {});
}

TEST(Lrn, GradientIsTheDerivative) {
  const std::vector<double> x = {1, -2, 3, 0.5}, dy = {0.3, -0.7, 1.1, 0.2};
  const auto output = [](const std::vector<double>& v, size_t d) {
    double squares = 0;
    for (size_t i = d == 0 ? 0 : d - 1; i < v.size() && i <= d + 1; ++i) squares += v[i] * v[i];
    return v[d] * std::pow(2 + 0.5 * squares, -0.75);
  };
  std::vector<float> want(4), inputs(4), grads(4), outputs(4);
  for (size_t i = 0; i < 4; ++i) {
    std::vector<double> up = x, down = x;
    up[i] += 1e-5;
    down[i] -= 1e-5;
    double sum = 0;
    for (size_t d = 0; d < 4; ++d) sum += dy[d] * (output(up, d) - output(down, d));
    want[i] = static_cast<float>(sum / 2e-5);
    inputs[i] = static_cast<float>(x[i]);
    grads[i] = static_cast<float>(dy[i]);
    outputs[i] = static_cast<float>(output(x, i));
  }
  const Shape shape({1, 1, 1, 4});
  Lrn("LRNGrad")
      .In(Tensor::Of<float>(shape, absl::MakeConstSpan(grads)))
      .In(Tensor::Of<float>(shape, absl::MakeConstSpan(inputs)))
      .In(Tensor::Of<float>(shape, absl::MakeConstSpan(outputs)))
      .Expect(Tensor::Of<float>(shape, absl::MakeConstSpan(want)));
}

TEST(Lrn, BothOpsAreDifferentiable) {
  for (int64_t radius : {0, 1, 5}) {
    const auto test = [&](const char* op) {
      return GradientTest(op)
          .Float()
          .Attr("depth_radius", radius)
          .Attr("bias", 2.0f)
          .Attr("alpha", 0.5f)
          .Attr("beta", 0.75f);
    };
    const Shape shape({1, 2, 2, 3});
    test("LRN").In(shape).Check();
    test("LRNGrad").In(shape).In(shape).In(shape).Check();
  }
}

TEST(Lrn, RefusesANegativeRadius) {
  OpTest("LRN").Attr("depth_radius", -1).In<float>({1, 1, 1, 1}, {1}).ExpectError("depth_radius");
}

}  // namespace
}  // namespace weir
