#include "weir/ops/bucketize.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(Bucketize, CountsBoundariesBelow) {
  const std::vector<float> boundaries = {0, 10, 100};
  EXPECT_SHAPE(ShapeTest("Bucketize").In("[?,2]").Attr("boundaries", boundaries), "[?,2]");
  OpTest("Bucketize")
      .In<float>({3, 2}, {-5, 10000, 150, 10, 5, 100})
      .Attr("boundaries", boundaries)
      .Expect<int32_t>({3, 2}, {0, 3, 3, 2, 1, 3});
  OpTest("Bucketize")
      .In<int64_t>({2}, {-1, 10})
      .Attr("boundaries", boundaries)
      .Expect<int32_t>({2}, {0, 2});
  OpTest("Bucketize")
      .In<float>({1}, {1})
      .Attr("boundaries", std::vector<float>({2, 1}))
      .ExpectError("sorted");
}

TEST(HistogramFixedWidth, EndsTakeWhatIsOutside) {
  EXPECT_SHAPE(ShapeTest("HistogramFixedWidth").In("?").In("[2]").Const(Tensor::Scalar<int32_t>(5)),
               "[5]");
  EXPECT_SHAPE_ERROR(ShapeTest("HistogramFixedWidth").In("?").In("[3]").In("[]", DT_INT32),
                     "value_range");
  OpTest("HistogramFixedWidth")
      .In<float>({6}, {-1, 0, 1.5f, 2, 5, 15})
      .In<float>({2}, {0, 5})
      .In<int32_t>({}, {5})
      .Expect<int32_t>({5}, {2, 1, 1, 0, 2});
  OpTest("HistogramFixedWidth")
      .In<double>({1}, {1})
      .In<double>({2}, {0, 2})
      .In<int32_t>({}, {2})
      .Attr("dtype", DT_INT64)
      .Expect<int64_t>({2}, {0, 1});
  OpTest("HistogramFixedWidth")
      .In<float>({1}, {1})
      .In<float>({2}, {2, 2})
      .In<int32_t>({}, {2})
      .ExpectError("value_range");
  OpTest("HistogramFixedWidth")
      .In<float>({1}, {1})
      .In<float>({2}, {0, 2})
      .In<int32_t>({}, {0})
      .ExpectError("nbins");
}

}  // namespace
}  // namespace weir
