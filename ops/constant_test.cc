#include "weir/ops/constant.h"

#include "weir/graph/graph.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Const, IsItsValue) {
  OpTest("Const")
      .Attr("value", Tensor::Of<float>({2}, {1, 2}))
      .Attr("dtype", DT_FLOAT)
      .Expect<float>({2}, {1, 2});
  OpTest("Const")
      .Attr("value", Tensor::Scalar("a\0b"))
      .Attr("dtype", DT_STRING)
      .Expect<std::string>({}, {"a"});
  OpTest("Const")
      .Attr("value", Tensor::Of<double>({0, 3}, {}))
      .Attr("dtype", DT_DOUBLE)
      .Expect<double>({0, 3}, {});
}

TEST(Const, TypeMustAgree) {
  EXPECT_SHAPE_ERROR(
      ShapeTest("Const").Attr("value", Tensor::Scalar<float>(1)).Attr("dtype", DT_INT32),
      "the value is of type float");
}

TEST(Const, BuilderRepeatsOneValue) {
  const Scope s = Scope::Root();
  const Output filled = ops::Const(s, 2.5f, Shape({2, 2}));
  ASSERT_TRUE(s.status().ok()) << s.status();
  EXPECT_EQ(filled.shape(), PartialShape({2, 2}));
  const Tensor value = filled.op().node().attrs().Value<Tensor>("value");
  EXPECT_EQ(value.values<float>(), absl::Span<const float>({2.5f, 2.5f, 2.5f, 2.5f}));
  const Output same = ops::Const(s, filled);
  EXPECT_EQ(same.endpoint(), filled.endpoint());
}

TEST(Const, BuilderNeedsOneElementToRepeat) {
  const Scope s = Scope::Root();
  EXPECT_FALSE(ops::Const(s, {1, 2}, Shape({4})).valid());
  EXPECT_FALSE(s.status().ok());
}

TEST(Const, SmallIntegersAreKnown) {
  const Scope s = Scope::Root();
  const Output c = ops::Const(s, {3, -1});
  const PartialInts* known = c.op().node().output_value(0);
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->rank, 1);
  EXPECT_EQ(known->values, (absl::InlinedVector<int64_t, 4>{3, -1}));
  EXPECT_EQ(ops::Const(s, 1.5f).op().node().output_value(0), nullptr);
}

TEST(ScalarConst, HasTheType) {
  const Scope s = Scope::Root();
  for (DataType type :
       {DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE, DT_INT8, DT_UINT64, DT_BOOL, DT_COMPLEX128}) {
    EXPECT_EQ(ops::ScalarConst(s, type, 1).type(), type);
  }
  EXPECT_TRUE(s.status().ok()) << s.status();
  EXPECT_FALSE(ops::ScalarConst(s, DT_STRING, 1).valid());
}

TEST(Zeros, AreConstantOrFilled) {
  const Scope s = Scope::Root();
  EXPECT_EQ(ops::Zeros(s, Shape({2, 3})).op().node().op().name, "Const");
  const Output large = ops::Ones(s, Shape({100, 100}), DT_INT64);
  EXPECT_EQ(large.op().node().op().name, "Fill");
  EXPECT_EQ(large.shape(), PartialShape({100, 100}));
  EXPECT_EQ(large.type(), DT_INT64);
  EXPECT_EQ(ops::Zeros(s, Shape({2}), DT_STRING).type(), DT_STRING);
  EXPECT_TRUE(s.status().ok()) << s.status();
}

TEST(Placeholder, SaysWhatMustBeFed) {
  OpTest("Placeholder")
      .Attr("dtype", DT_FLOAT)
      .Attr("shape", PartialShape({-1, 784}))
      .ExpectError("with dtype float and shape [?,784]");
  OpTest("Placeholder")
      .Attr("dtype", DT_INT32)
      .Attr("shape", PartialShape(Shape()))
      .ExpectError("with dtype int32");
}

TEST(PlaceholderWithDefault, IsItsInput) {
  OpTest("PlaceholderWithDefault")
      .In<float>({2}, {1, 2})
      .Attr("shape", PartialShape({-1}))
      .Expect<float>({2}, {1, 2});
  EXPECT_SHAPE(ShapeTest("PlaceholderWithDefault").In("[2,3]").Attr("shape", PartialShape({-1, 3})),
               "[?,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("PlaceholderWithDefault").In("[2]").Attr("shape", PartialShape({3})),
                     "not compatible");
  GradientTest("PlaceholderWithDefault").In({2, 3}).Attr("shape", PartialShape()).Check();
}

TEST(ZerosLike, HaveShapeAndType) {
  OpTest("ZerosLike").In<float>({2}, {1, 2}).Expect<float>({2}, {0, 0});
  OpTest("ZerosLike").In<std::string>({2}, {"a", "b"}).Expect<std::string>({2}, {"", ""});
  OpTest("ZerosLike").In<Complex64>({1}, {{1, 2}}).Expect<Complex64>({1}, {{0, 0}});
  OpTest("OnesLike").In<int64_t>({1, 2}, {5, 6}).Expect<int64_t>({1, 2}, {1, 1});
  OpTest("OnesLike")
      .In<Half>({2}, {Half(0.0f), Half(3.0f)})
      .Expect<Half>({2}, {Half(1.0f), Half(1.0f)});
  EXPECT_SHAPE(ShapeTest("ZerosLike").In("[?,3]"), "[?,3]");
}

TEST(Fill, Values) {
  OpTest("Fill")
      .In<int32_t>({2}, {2, 3})
      .In<float>({}, {7})
      .Expect<float>({2, 3}, {7, 7, 7, 7, 7, 7});
  OpTest("Fill").In<int64_t>({0}, {}).In<std::string>({}, {"x"}).Expect<std::string>({}, {"x"});
  OpTest("Fill").In<int32_t>({2}, {0, 3}).In<float>({}, {7}).Expect<float>({0, 3}, {});
}

TEST(Fill, Errors) {
  OpTest("Fill").In<int32_t>({1}, {-2}).In<float>({}, {7}).ExpectError("Fill");
  OpTest("Fill").In<int32_t>({1}, {2}).In<float>({1}, {7}).ExpectError("Fill");
  OpTest("Fill")
      .In<int64_t>({2}, {INT64_C(1) << 40, INT64_C(1) << 40})
      .In<float>({}, {7})
      .ExpectError("Fill");
}

TEST(Fill, Shape) {
  EXPECT_SHAPE(ShapeTest("Fill").In("[2]", DT_INT32).In("[]"), "[?,?]");
  EXPECT_SHAPE(ShapeTest("Fill").Const(Tensor::Vector<int32_t>({2, 3})).In("[]"), "[2,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("Fill").Const(Tensor::Vector<int32_t>({2})).In("[1]"), "rank 0");
}

TEST(Fill, Gradient) {
  for (const Tensor& dims : {Tensor::Vector<int32_t>({}), Tensor::Vector<int32_t>({4}),
                             Tensor::Vector<int32_t>({2, 3})}) {
    GradientTest("Fill").Const(dims).In(Shape()).Check();
  }
}

TEST(Range, Integers) {
  OpTest("Range").In<int32_t>({}, {3}).In<int32_t>({}, {18}).In<int32_t>({}, {3}).Expect<int32_t>(
      {5}, {3, 6, 9, 12, 15});
  OpTest("Range").In<int64_t>({}, {5}).In<int64_t>({}, {-1}).In<int64_t>({}, {-2}).Expect<int64_t>(
      {3}, {5, 3, 1});
  OpTest("Range").In<int32_t>({}, {2}).In<int32_t>({}, {2}).In<int32_t>({}, {1}).Expect<int32_t>(
      {0}, {});
  OpTest("Range")
      .In<int64_t>({}, {INT64_MAX - 2})
      .In<int64_t>({}, {INT64_MAX})
      .In<int64_t>({}, {2})
      .Expect<int64_t>({1}, {INT64_MAX - 2});
}

TEST(Range, Floats) {
  OpTest("Range").In<float>({}, {0}).In<float>({}, {1}).In<float>({}, {.4f}).Expect<float>(
      {3}, {0, .4f, .8f});
  OpTest("Range").In<double>({}, {1}).In<double>({}, {0}).In<double>({}, {-.5}).Expect<double>(
      {2}, {1, .5});
}

TEST(Range, Errors) {
  const auto range = [](auto start, auto limit, auto delta) {
    OpTest("Range")
        .In(Tensor::Scalar(start))
        .In(Tensor::Scalar(limit))
        .In(Tensor::Scalar(delta))
        .ExpectError("Requires");
  };
  range(0, 5, 0);
  range(5, 0, 1);
  range(0, 5, -1);
  range(0.0f, 5.0f, 0.0f);
  range(0.0f, 5.0f, -1.0f);
  OpTest("Range")
      .In<int64_t>({}, {INT64_MIN})
      .In<int64_t>({}, {INT64_MAX})
      .In<int64_t>({}, {1})
      .ExpectError("too many elements");
  OpTest("Range")
      .In<float>({}, {0})
      .In<float>({}, {INFINITY})
      .In<float>({}, {1})
      .ExpectError("not finite");
  OpTest("Range").In<float>({}, {0}).In<float>({}, {1}).In<float>({}, {NAN}).ExpectError(
      "not finite");
}

TEST(Range, ShapeAndValueAreKnownForConstants) {
  EXPECT_SHAPE(ShapeTest("Range")
                   .Const(Tensor::Scalar<int32_t>(0))
                   .Const(Tensor::Scalar<int32_t>(7))
                   .Const(Tensor::Scalar<int32_t>(2)),
               "[4]");
  EXPECT_SHAPE(ShapeTest("Range").In("[]").In("[]").In("[]"), "[?]");
  EXPECT_SHAPE_ERROR(ShapeTest("Range").In("[]").In("[2]").In("[]"), "rank 0");
  const Scope s = Scope::Root();
  const Output axes = ops::Range(s, 1, 7, 2);
  ASSERT_TRUE(s.status().ok()) << s.status();
  const PartialInts* known = axes.op().node().output_value(0);
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->values, (absl::InlinedVector<int64_t, 4>{1, 3, 5}));
}

TEST(LinSpace, Values) {
  OpTest("LinSpace")
      .In<float>({}, {10})
      .In<float>({}, {12})
      .In<int32_t>({}, {3})
      .Expect<float>({3}, {10, 11, 12});
  OpTest("LinSpace")
      .In<double>({}, {4})
      .In<double>({}, {0})
      .In<int64_t>({}, {1})
      .Expect<double>({1}, {4});
  OpTest("LinSpace")
      .In<float>({}, {0})
      .In<float>({}, {1})
      .In<int32_t>({}, {0})
      .ExpectError("Requires num > 0");
  EXPECT_SHAPE(ShapeTest("LinSpace").In("[]").In("[]").Const(Tensor::Scalar<int32_t>(5)), "[5]");
  EXPECT_SHAPE(ShapeTest("LinSpace").In("[]").In("[]").In("[]", DT_INT32), "[?]");
}

TEST(Placeholder, SecondVersionNeedsAShape) {
  EXPECT_SHAPE(
      ShapeTest("PlaceholderV2").Attr("dtype", DT_FLOAT).Attr("shape", PartialShape({2, -1})),
      "[2,?]");
  EXPECT_SHAPE_ERROR(ShapeTest("PlaceholderV2").Attr("dtype", DT_FLOAT), "shape");
  OpTest("PlaceholderV2")
      .Attr("dtype", DT_FLOAT)
      .Attr("shape", PartialShape({2}))
      .ExpectError("feed");
}

TEST(Const, AnEmptyTensorIsAnError) {
  const Scope s = Scope::Root();
  EXPECT_TRUE(ops::Const(s, Tensor::Of<float>({0, 3}, {})).valid()) << s.status();
  EXPECT_FALSE(ops::Const(s, Tensor()).valid());
  EXPECT_NE(s.status().message().find("constant_test.cc"), std::string::npos) << s.status();
}

}  // namespace
}  // namespace weir
