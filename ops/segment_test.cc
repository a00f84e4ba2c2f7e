#include "weir/ops/segment.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor Ids(std::initializer_list<int32_t> ids) { return Tensor::Vector<int32_t>(ids); }
Tensor Count(int32_t n) { return Tensor::Scalar<int32_t>(n); }

TEST(Segment, Shape) {
  EXPECT_SHAPE(ShapeTest("UnsortedSegmentSum").In("[4,2,3]").In("[4]", DT_INT32).Const(Count(5)),
               "[5,2,3]");
  EXPECT_SHAPE(
      ShapeTest("UnsortedSegmentMax").In("[4,2,3]").In("[4,2]", DT_INT32).In("[]", DT_INT32),
      "[?,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("UnsortedSegmentSum").In("[4]").In("[3]", DT_INT32).Const(Count(5)),
                     "does not start with");
  EXPECT_SHAPE_ERROR(ShapeTest("UnsortedSegmentSum").In("[4]").In("[4]", DT_INT32).Const(Count(-1)),
                     "negative");
  EXPECT_SHAPE(ShapeTest("SegmentMean").In("[4,2]").In("[4]", DT_INT32), "[?,2]");
  EXPECT_SHAPE_ERROR(ShapeTest("SegmentSum").In("[4,2]").In("[3]", DT_INT32), "same size");
  EXPECT_SHAPE(ShapeTest("SparseSegmentMean").In("[9,2]").In("[4]", DT_INT32).In("[4]", DT_INT32),
               "[?,2]");
  EXPECT_SHAPE_ERROR(
      ShapeTest("SparseSegmentSum").In("[9,2]").In("[4]", DT_INT32).In("[3]", DT_INT32),
      "same size");
  EXPECT_SHAPE(ShapeTest("SparseSegmentMeanGrad")
                   .In("[2,3]")
                   .In("[4]", DT_INT32)
                   .In("[4]", DT_INT32)
                   .Const(Count(7)),
               "[7,3]");
}

TEST(Segment, ShapesOfTheOthers) {
  for (const char* op : {"UnsortedSegmentProd", "UnsortedSegmentMin"}) {
    EXPECT_SHAPE(ShapeTest(op).In("[4,2,3]").In("[4]", DT_INT32).Const(Count(5)), "[5,2,3]");
  }
  for (const char* op : {"SegmentProd", "SegmentMax", "SegmentMin"}) {
    EXPECT_SHAPE(ShapeTest(op).In("[4,2]").In("[4]", DT_INT32), "[?,2]");
  }
  const auto rows = [](const char* op) {
    return ShapeTest(op).In("[9,2]").In("[4]", DT_INT32).In("[4]", DT_INT32);
  };
  EXPECT_SHAPE(rows("SparseSegmentSqrtN"), "[?,2]");
  EXPECT_SHAPE(rows("SparseSegmentSqrtNGrad").Const(Count(7)), "[7,2]");
  for (const char* op : {"SparseSegmentSumWithNumSegments", "SparseSegmentMeanWithNumSegments",
                         "SparseSegmentSqrtNWithNumSegments"}) {
    EXPECT_SHAPE(rows(op).Const(Count(7)), "[7,2]");
    EXPECT_SHAPE_ERROR(rows(op).Const(Count(-1)), "negative");
  }
}

TEST(UnsortedSegment, Values) {
  const auto rows = [](OpTest&& test) -> OpTest& {
    return test.In<float>({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}).In(Ids({2, 0, 2, -1})).In(Count(3));
  };
  const float high = std::numeric_limits<float>::max();
  rows(OpTest("UnsortedSegmentSum")).Expect<float>({3, 2}, {3, 4, 0, 0, 6, 8});
  rows(OpTest("UnsortedSegmentProd")).Expect<float>({3, 2}, {3, 4, 1, 1, 5, 12});
  rows(OpTest("UnsortedSegmentMax")).Expect<float>({3, 2}, {3, 4, -high, -high, 5, 6});
  rows(OpTest("UnsortedSegmentMin")).Expect<float>({3, 2}, {3, 4, high, high, 1, 2});
}

TEST(UnsortedSegment, IdsOfSeveralDimensions) {
  OpTest("UnsortedSegmentSum")
      .In<int64_t>({2, 2}, {1, 2, 3, 4})
      .In<int64_t>({2, 2}, {0, 1, 1, 1})
      .In(Count(2))
      .Expect<int64_t>({2}, {1, 9});
  OpTest("UnsortedSegmentSum")
      .In<float>({2}, {1, 2})
      .In(Ids({0, 2}))
      .In(Count(2))
      .ExpectError("segment_ids[1] = 2 is out of range [0, 2)");
}

TEST(UnsortedSegment, HalfSumsAreRoundedOnce) {
  // Added one by one in half precision, the ones would be lost at 2048.
  Tensor data = *Tensor::Make(DT_HALF, Shape({4096}));
  Tensor ids = *Tensor::Zeros(DT_INT32, Shape({4096}));
  for (Half& h : data.mutable_values<Half>()) h = Half(1.0f);
  OpTest("UnsortedSegmentSum").In(data).In(ids).In(Count(1)).Expect<Half>({1}, {Half(4096.0f)});
}

TEST(Segment, Values) {
  const auto rows = [](OpTest&& test) -> OpTest& {
    return test.In<float>({4, 1}, {4, 2, 3, 7}).In(Ids({0, 0, 2, 2}));
  };
  rows(OpTest("SegmentSum")).Expect<float>({3, 1}, {6, 0, 10});
  rows(OpTest("SegmentMean")).Expect<float>({3, 1}, {3, 0, 5});
  rows(OpTest("SegmentProd")).Expect<float>({3, 1}, {8, 1, 21});
  rows(OpTest("SegmentMax")).Expect<float>({3, 1}, {4, 0, 7});
  rows(OpTest("SegmentMin")).Expect<float>({3, 1}, {2, 0, 3});
}

TEST(Segment, RefusesIdsThatDecrease) {
  OpTest("SegmentSum").In<float>({2}, {1, 2}).In(Ids({1, 0})).ExpectError("not increasing");
  OpTest("SegmentSum").In<float>({2}, {1, 2}).In(Ids({-1, 0})).ExpectError("must be >= 0");
  OpTest("SegmentSum").In<float>({0, 2}, {}).In(Ids({})).Expect<float>({0, 2}, {});
}

TEST(SparseSegment, Values) {
  const auto rows = [](OpTest&& test) -> OpTest& {
    return test.In<float>({3, 1}, {1, 2, 4}).In(Ids({2, 0, 2})).In(Ids({0, 0, 2}));
  };
  const float root = std::sqrt(2.0f);
  rows(OpTest("SparseSegmentSum")).Expect<float>({3, 1}, {5, 0, 4});
  rows(OpTest("SparseSegmentMean")).Expect<float>({3, 1}, {2.5, 0, 4});
  rows(OpTest("SparseSegmentSqrtN")).Expect<float>({3, 1}, {5 / root, 0, 4});
  rows(OpTest("SparseSegmentSumWithNumSegments")).In(Count(4)).Expect<float>({4, 1}, {5, 0, 4, 0});
  rows(OpTest("SparseSegmentSumWithNumSegments")).In(Count(2)).ExpectError("num_segments");
  rows(OpTest("SparseSegmentMeanWithNumSegments"))
      .In(Count(4))
      .Expect<float>({4, 1}, {2.5, 0, 4, 0});
  rows(OpTest("SparseSegmentSqrtNWithNumSegments"))
      .In(Count(4))
      .Expect<float>({4, 1}, {5 / root, 0, 4, 0});
  rows(OpTest("SparseSegmentMeanGrad")).In(Count(3)).Expect<float>({3, 1}, {.5, 0, 4.5});
  OpTest("SparseSegmentSum")
      .In<float>({1}, {1})
      .In(Ids({1}))
      .In(Ids({0}))
      .ExpectError("indices[0] = 1 is not in [0, 1)");
  OpTest("SparseSegmentSqrtNGrad")
      .In<float>({1}, {1})
      .In(Ids({0}))
      .In(Ids({1}))
      .In(Count(1))
      .ExpectError("Segment id 1 out of range");
}

TEST(UnsortedSegment, Gradient) {
  for (const char* op :
       {"UnsortedSegmentSum", "UnsortedSegmentProd", "UnsortedSegmentMax", "UnsortedSegmentMin"}) {
    GradientTest(op).In({4, 3}).Const(Ids({1, 0, 1, -1})).Const(Count(2)).Check();
    GradientTest(op).In({3}).Const(Ids({1, 0, 1})).Const(Count(2)).Check();
    GradientTest(op)
        .In({2, 2, 3})
        .Const(Tensor::Of<int32_t>({2, 2}, {1, 0, 1, -1}))
        .Const(Count(2))
        .Check();
  }
}

TEST(UnsortedSegment, ProductGradientAroundZeros) {
  const Tensor data = Tensor::Vector<double>({0, 2, 3, 0, 0, 5});
  GradientTest("UnsortedSegmentProd")
      .In(data)
      .Const(Ids({0, 0, 0, 1, 1, 1}))
      .Const(Count(2))
      .Check();
}

TEST(Segment, Gradient) {
  for (const char* op : {"SegmentSum", "SegmentMean", "SegmentProd", "SegmentMax", "SegmentMin"}) {
    GradientTest(op).In({4, 3}).Const(Ids({0, 0, 1, 1})).Check();
    GradientTest(op).In({4}).Const(Ids({0, 1, 1, 1})).Check();
  }
}

TEST(SparseSegment, Gradient) {
  for (const char* op : {"SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN"}) {
    GradientTest(op).In({3, 2}).Const(Ids({2, 0, 2})).Const(Ids({0, 0, 1})).Check();
  }
  for (const char* op : {"SparseSegmentSumWithNumSegments", "SparseSegmentMeanWithNumSegments",
                         "SparseSegmentSqrtNWithNumSegments"}) {
    GradientTest(op).In({3, 2}).Const(Ids({2, 0, 2})).Const(Ids({0, 0, 1})).Const(Count(4)).Check();
  }
  for (const char* op : {"SparseSegmentMeanGrad", "SparseSegmentSqrtNGrad"}) {
    GradientTest(op).In({2, 2}).Const(Ids({2, 0, 2})).Const(Ids({0, 0, 1})).Const(Count(4)).Check();
  }
}

TEST(Segment, NanWinsInAnyOrder) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const std::vector<float>& row : {std::vector<float>{1, kNan}, {kNan, 1}}) {
    const Tensor data = Tensor::Vector<float>(row);
    for (const char* op : {"SegmentMax", "SegmentMin"}) {
      OpTest(op).In(data).In(Ids({0, 0})).Expect<float>({1}, {kNan});
    }
    for (const char* op : {"UnsortedSegmentMax", "UnsortedSegmentMin"}) {
      OpTest(op).In(data).In(Ids({0, 0})).In(Count(1)).Expect<float>({1}, {kNan});
    }
  }
}

}  // namespace
}  // namespace weir
