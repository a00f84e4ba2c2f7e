#include "weir/ops/cross_entropy.h"

#include <cmath>

#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(SoftmaxCrossEntropy, Shape) {
  EXPECT_SHAPE(ShapeTest("SoftmaxCrossEntropyWithLogits").In("[?,3]").In("[2,3]"), "[2];[2,3]");
  EXPECT_SHAPE(ShapeTest("SoftmaxCrossEntropyWithLogits").In("[4,3]").In("[1,3]"), "[4];[4,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("SoftmaxCrossEntropyWithLogits").In("[2,3]").In("[2,4]"),
                     "Incompatible");
  EXPECT_SHAPE(ShapeTest("SparseSoftmaxCrossEntropyWithLogits").In("[?,3]").In("[2]", DT_INT64),
               "[2];[2,3]");
  EXPECT_SHAPE_ERROR(
      ShapeTest("SparseSoftmaxCrossEntropyWithLogits").In("[3,3]").In("[2]", DT_INT64), "");
}

TEST(SoftmaxCrossEntropy, Values) {
  OpTest("SoftmaxCrossEntropyWithLogits")
      .In<float>({2, 3}, {1, 2, 3, 0, 0, 0})
      .In<float>({2, 3}, {0, 0, 1, .5f, .5f, 0})
      .Expect<float>({2}, {.40760596f, 1.0986123f})
      .Expect<float>({2, 3},
                     {.09003057f, .24472847f, -.33475904f, -.16666667f, -.16666667f, .33333333f});
  OpTest("SparseSoftmaxCrossEntropyWithLogits")
      .In<float>({2, 3}, {1, 2, 3, 0, 0, 0})
      .In<int64_t>({2}, {2, 0})
      .Expect<float>({2}, {.40760596f, 1.0986123f})
      .Expect<float>({2, 3},
                     {.09003057f, .24472847f, -.33475904f, -.66666667f, .33333333f, .33333333f});
  OpTest("SparseSoftmaxCrossEntropyWithLogits")
      .In<float>({0, 3}, {})
      .In<int32_t>({0}, {})
      .Expect<float>({0}, {})
      .Expect<float>({0, 3}, {});
}

TEST(SoftmaxCrossEntropy, StretchesRowsAndClasses) {
  OpTest("SoftmaxCrossEntropyWithLogits")
      .In<float>({2, 2}, {0, 0, 0, 0})
      .In<float>({1, 2}, {0, 1})
      .Expect<float>({2}, {.69314718f, .69314718f})
      .Expect<float>({2, 2}, {.5f, -.5f, .5f, -.5f});
  OpTest("SoftmaxCrossEntropyWithLogits")
      .In<float>({2, 1}, {3, 4})
      .In<float>({2, 2}, {0, 1, 1, 0})
      .Expect<float>({2}, {.69314718f, .69314718f})
      .Expect<float>({2, 2}, {.5f, -.5f, -.5f, .5f});
}

TEST(SoftmaxCrossEntropy, RefusesLabelsThatAreNoClass) {
  for (int64_t label : {-1, 3}) {
    OpTest("SparseSoftmaxCrossEntropyWithLogits")
        .In<float>({1, 3}, {1, 2, 3})
        .In<int64_t>({1}, {label})
        .ExpectError("outside the valid range of [0, 3)");
  }
}

TEST(SoftmaxCrossEntropy, Gradients) {
  const Tensor labels = Tensor::Of<double>({2, 3}, {.2, .3, .5, 1, 0, 0});
  GradientTest("SoftmaxCrossEntropyWithLogits").In({2, 3}).In(labels).Outputs(1).Check();
  GradientTest("SoftmaxCrossEntropyWithLogits").In({2, 3}).Const(labels).Check();
  const Tensor row = Tensor::Of<double>({1, 3}, {.2, .3, .5});
  GradientTest("SoftmaxCrossEntropyWithLogits").In({2, 3}).In(row).Outputs(1).Check();
  GradientTest("SparseSoftmaxCrossEntropyWithLogits")
      .In({3, 4})
      .Const(Tensor::Vector<int64_t>({3, 0, 1}))
      .Check();
}

TEST(SigmoidCrossEntropy, Values) {
  const Scope s = Scope::Root();
  const Output logits = s.Op("Const")
                            .Attr("value", Tensor::Vector<float>({0, 2, -100}))
                            .Attr("dtype", DT_FLOAT)
                            .Build();
  const Output loss =
      ops::SigmoidCrossEntropyWithLogits(s, logits, Tensor::Vector<float>({1, 0, 0}));
  ASSERT_TRUE(s.status().ok()) << s.status();
  absl::StatusOr<Session> session = Session::Create(s);
  ASSERT_TRUE(session.ok()) << session.status();
  absl::StatusOr<std::vector<Tensor>> result = session->Run({}, {loss});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR((*result)[0].data<float>()[0], std::log(2.0), 1e-6);
  EXPECT_NEAR((*result)[0].data<float>()[1], std::log1p(std::exp(2.0)), 1e-6);
  EXPECT_NEAR((*result)[0].data<float>()[2], 0, 1e-6);
}

}  // namespace
}  // namespace weir
