#include "weir/ops/activation.h"

#include <cmath>
#include <limits>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(Activation, KeepsTheShape) {
  for (const char* op : {"Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign", "LeakyRelu"}) {
    EXPECT_SHAPE(ShapeTest(op).In("[2,?]"), "[2,?]");
    EXPECT_SHAPE(ShapeTest(op).In("<unknown>"), "<unknown>");
  }
}

TEST(Activation, GradientsNeedOneShape) {
  for (const char* op : {"ReluGrad", "Relu6Grad", "EluGrad", "SeluGrad", "SoftplusGrad",
                         "SoftsignGrad", "LeakyReluGrad"}) {
    EXPECT_SHAPE(ShapeTest(op).In("[2,?]").In("[?,3]"), "[2,3]");
    EXPECT_SHAPE_ERROR(ShapeTest(op).In("[2]").In("[3]"), "");
    OpTest(op).In<float>({3}, {1, 2, 3}).In<float>({1}, {1}).ExpectError("");
  }
}

TEST(Relu, CutsBelowZero) {
  OpTest("Relu").In<float>({5}, {-2, -0.5f, 0, 3, kInf}).Expect<float>({5}, {0, 0, 0, 3, kInf});
  OpTest("Relu").In<float>({1}, {kNan}).Expect<float>({1}, {kNan});
  OpTest("Relu").In<int8_t>({3}, {-128, 0, 127}).Expect<int8_t>({3}, {0, 0, 127});
  OpTest("Relu").In<Half>({2}, {Half(-1.f), Half(1.5f)}).Expect<Half>({2}, {Half(0.f), Half(1.5f)});
  OpTest("Relu").In<float>({0, 3}, {}).Expect<float>({0, 3}, {});
}

TEST(Relu6, CutsAtBothEnds) {
  OpTest("Relu6").In<double>({4}, {-1, 2, 6, 9}).Expect<double>({4}, {0, 2, 6, 6});
  OpTest("Relu6Grad")
      .In<float>({4}, {1, 2, 3, 4})
      .In<float>({4}, {-1, 2, 6, 0})
      .Expect<float>({4}, {0, 2, 0, 0});
}

TEST(Elu, IsExponentialBelowZero) {
  OpTest("Elu").In<double>({3}, {-1, 0, 2}).Expect<double>({3}, {std::expm1(-1), 0, 2});
  OpTest("Selu").In<float>({3}, {-1, 0, 2}).Expect<float>({3}, {-1.1113307f, 0, 2.101402f});
}

TEST(Softplus, DoesNotOverflow) {
  OpTest("Softplus")
      .In<float>({5}, {-100, -1, 0, 1, 100})
      .Expect<float>({5}, {3.7835059e-44f, 0.31326169f, 0.69314718f, 1.3132617f, 100});
}

TEST(Softsign, IsBounded) {
  OpTest("Softsign").In<float>({3}, {-1, 0, 3}).Expect<float>({3}, {-0.5f, 0, 0.75f});
}

TEST(LeakyRelu, UsesAlpha) {
  OpTest("LeakyRelu").In<float>({3}, {-1, 0, 3}).Expect<float>({3}, {-0.2f, 0, 3});
  OpTest("LeakyRelu").Attr("alpha", 1.5f).In<float>({2}, {-1, 3}).Expect<float>({2}, {-1.5f, 3});
}

// Away from the corners of the functions.
const Tensor& Points() {
  static const Tensor* const points =
      new Tensor(Tensor::Of<double>({2, 3}, {-1.5, -0.4, 0.3, 1.7, 5.5, 7.2}));
  return *points;
}

TEST(Activation, FirstAndSecondGradients) {
  for (const char* op : {"Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign", "LeakyRelu"}) {
    GradientTest(op).In(Points()).Check();
  }
  for (const char* op : {"ReluGrad", "Relu6Grad", "EluGrad", "SeluGrad", "SoftplusGrad",
                         "SoftsignGrad", "LeakyReluGrad"}) {
    GradientTest(op).In({2, 3}).In(Points()).Check();
  }
  GradientTest("LeakyRelu").Attr("alpha", 0.7f).In(Points()).Check();
  GradientTest("LeakyReluGrad").Attr("alpha", 0.7f).In({2, 3}).In(Points()).Check();
}

}  // namespace
}  // namespace weir
