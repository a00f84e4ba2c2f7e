#include "weir/ops/split.h"

#include "weir/graph/graph.h"
#include "weir/ops/constant.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Split, Values) {
  OpTest("Split")
      .In<int32_t>({}, {1})
      .In<float>({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8})
      .Attr("num_split", 2)
      .Expect<float>({2, 2}, {1, 2, 5, 6})
      .Expect<float>({2, 2}, {3, 4, 7, 8});
  OpTest("Split")
      .In<int32_t>({}, {-2})
      .In<std::string>({2, 1}, {"a", "b"})
      .Attr("num_split", 2)
      .Expect<std::string>({1, 1}, {"a"})
      .Expect<std::string>({1, 1}, {"b"});
  OpTest("Split")
      .In<int32_t>({}, {0})
      .In<float>({2}, {1, 2})
      .Attr("num_split", 1)
      .Expect<float>({2}, {1, 2});
  OpTest("Split")
      .In<int32_t>({}, {0})
      .In<float>({0, 2}, {})
      .Attr("num_split", 2)
      .Expect<float>({0, 2}, {})
      .Expect<float>({0, 2}, {});
}

TEST(Split, Errors) {
  const auto split = [](int32_t axis, int n, const char* words) {
    OpTest("Split")
        .In<int32_t>({}, {axis})
        .In<float>({4}, {1, 2, 3, 4})
        .Attr("num_split", n)
        .ExpectError(words);
  };
  split(0, 3, "should evenly divide");
  split(1, 2, "outside of [-1, 1)");
  split(-2, 2, "outside of [-1, 1)");
  split(0, 0, "num_split");
  OpTest("Split").In<int32_t>({}, {0}).In<float>({}, {1}).Attr("num_split", 1).ExpectError("Split");
}

TEST(Split, Shape) {
  const ShapeTest split =
      ShapeTest("Split").Const(Tensor::Scalar<int32_t>(1)).In("[?,4]").Attr("num_split", 2);
  EXPECT_SHAPE(split, "[?,2];[?,2]");
  EXPECT_SHAPE(ShapeTest("Split").In("[]", DT_INT32).In("[?,4]").Attr("num_split", 2),
               "[?,?];[?,?]");
  EXPECT_SHAPE(
      ShapeTest("Split").Const(Tensor::Scalar<int32_t>(0)).In("[?,4]").Attr("num_split", 2),
      "[?,4];[?,4]");
}

TEST(Split, Gradient) {
  GradientTest("Split").Const(Tensor::Scalar<int32_t>(-1)).In({2, 6}).Attr("num_split", 3).Check();
  GradientTest("Split").Const(Tensor::Scalar<int32_t>(0)).In({4}).Attr("num_split", 1).Check();
  GradientTest("Split")
      .Const(Tensor::Scalar<int32_t>(0))
      .In({4})
      .Attr("num_split", 2)
      .Outputs(1)
      .Check();
}

TEST(SplitV, Values) {
  OpTest("SplitV")
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .In<int64_t>({2}, {1, 2})
      .In<int32_t>({}, {1})
      .Attr("num_split", 2)
      .Expect<float>({2, 1}, {1, 4})
      .Expect<float>({2, 2}, {2, 3, 5, 6});
  OpTest("SplitV")
      .In<float>({3}, {1, 2, 3})
      .In<int32_t>({3}, {0, -1, 1})
      .In<int32_t>({}, {-1})
      .Attr("num_split", 3)
      .Expect<float>({0}, {})
      .Expect<float>({2}, {1, 2})
      .Expect<float>({1}, {3});
}

TEST(SplitV, Errors) {
  const auto split = [](std::initializer_list<int64_t> sizes, const char* words) {
    OpTest("SplitV")
        .In<float>({4}, {1, 2, 3, 4})
        .In<int64_t>({static_cast<int64_t>(sizes.size())}, sizes)
        .In<int32_t>({}, {0})
        .Attr("num_split", 2)
        .ExpectError(words);
  };
  split({1, 2}, "add up to 3");
  split({5, -1}, "add up to 5");
  split({-1, -1}, "only be one -1");
  split({-2, 6}, "must be >= 0");
  split({INT64_MAX, INT64_MAX}, "overflow");
  split({4}, "num_split = 2");
}

TEST(SplitV, Shape) {
  const auto split = [](const char* x, const Tensor& sizes) {
    return ShapeTest("SplitV")
        .In(x)
        .Const(sizes)
        .Const(Tensor::Scalar<int32_t>(0))
        .Attr("num_split", 2);
  };
  EXPECT_SHAPE(split("[5,?]", Tensor::Vector<int64_t>({2, -1})), "[2,?];[3,?]");
  EXPECT_SHAPE(split("[?,3]", Tensor::Vector<int64_t>({2, -1})), "[2,3];[?,3]");
  EXPECT_SHAPE(split("<unknown>", Tensor::Vector<int64_t>({2, -1})), "<unknown>;<unknown>");
}

TEST(SplitV, Gradient) {
  GradientTest("SplitV")
      .In({2, 5})
      .Const(Tensor::Vector<int64_t>({1, 0, 4}))
      .Const(Tensor::Scalar<int32_t>(1))
      .Attr("num_split", 3)
      .Check();
}

TEST(SplitV, Builder) {
  const Scope s = Scope::Root();
  const std::vector<Output> parts = ops::SplitV(s, ops::Zeros(s, Shape({5})), {2, 3}, 0);
  ASSERT_TRUE(s.status().ok()) << s.status();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[1].shape(), PartialShape({3}));
}

}  // namespace
}  // namespace weir
