#include "weir/ops/depthwise_conv.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

using Ints = std::vector<int64_t>;

TEST(DepthwiseConv, Shape) {
  const auto conv = [] {
    return ShapeTest("DepthwiseConv2dNative")
        .Attr("strides", Ints{1, 1, 1, 1})
        .Attr("padding", "VALID");
  };
  EXPECT_SHAPE(conv().In("[?,7,8,3]").In("[3,3,3,2]"), "[?,5,6,6]");
  EXPECT_SHAPE(conv().In("[?,7,8,?]").In("[3,3,3,2]"), "[?,5,6,6]");
  EXPECT_SHAPE_ERROR(conv().In("[2,7,8,4]").In("[3,3,3,2]"), "channels");
  const auto back = [](const char* op) {
    return ShapeTest(op).Attr("strides", Ints{1, 1, 1, 1}).Attr("padding", "VALID");
  };
  EXPECT_SHAPE(back("DepthwiseConv2dNativeBackpropInput")
                   .Const(Tensor::Vector<int32_t>({2, 7, 8, 3}))
                   .In("[3,3,3,2]")
                   .In("[2,5,6,6]"),
               "[2,7,8,3]");
  EXPECT_SHAPE(back("DepthwiseConv2dNativeBackpropFilter")
                   .In("[2,7,8,3]")
                   .Const(Tensor::Vector<int32_t>({3, 3, 3, 2}))
                   .In("[2,5,6,6]"),
               "[3,3,3,2]");
}

TEST(DepthwiseConv, KeepsChannelsApart) {
  OpTest("DepthwiseConv2dNative")
      .Attr("strides", Ints{1, 1, 1, 1})
      .Attr("padding", "VALID")
      .In<float>({1, 1, 2, 2}, {1, 2, 3, 4})
      .In<float>({1, 2, 2, 1}, {1, 10, 100, 1000})
      .Expect<float>({1, 1, 1, 2}, {301, 4020});
  OpTest("DepthwiseConv2dNative")
      .Attr("strides", Ints{1, 1, 1, 1})
      .Attr("padding", "VALID")
      .In<float>({1, 1, 1, 2}, {1, 2})
      .In<float>({1, 1, 2, 2}, {1, 10, 100, 1000})
      .Expect<float>({1, 1, 1, 4}, {1, 10, 200, 2000});
}

TEST(DepthwiseConv, BackpropValues) {
  const auto with = [](OpTest&& test) -> OpTest& {
    return test.Attr("strides", Ints{1, 1, 1, 1}).Attr("padding", "VALID");
  };
  with(OpTest("DepthwiseConv2dNativeBackpropInput"))
      .In<int32_t>({4}, {1, 1, 2, 2})
      .In<float>({1, 2, 2, 1}, {1, 10, 100, 1000})
      .In<float>({1, 1, 1, 2}, {2, 3})
      .Expect<float>({1, 1, 2, 2}, {2, 30, 200, 3000});
  with(OpTest("DepthwiseConv2dNativeBackpropFilter"))
      .In<float>({1, 1, 2, 2}, {1, 2, 3, 4})
      .In<int32_t>({4}, {1, 2, 2, 1})
      .In<float>({1, 1, 1, 2}, {2, 3})
      .Expect<float>({1, 2, 2, 1}, {2, 6, 6, 12});
}

TEST(DepthwiseConv, Gradients) {
  for (int64_t multiplier : {1, 2}) {
    for (const char* padding : {"SAME", "VALID"}) {
      const auto test = [&](const char* op) {
        return GradientTest(op).Attr("strides", Ints{1, 1, 1, 1}).Attr("padding", padding);
      };
      const bool same = std::string(padding) == "SAME";
      const Shape image({2, 4, 5, 2}), filter({2, 3, 2, multiplier}),
          out({2, same ? 4 : 3, same ? 5 : 3, 2 * multiplier});
      test("DepthwiseConv2dNative").In(image).In(filter).Check();
      test("DepthwiseConv2dNativeBackpropInput")
          .Const(Tensor::Vector<int32_t>({2, 4, 5, 2}))
          .In(filter)
          .In(out)
          .Check();
      test("DepthwiseConv2dNativeBackpropFilter")
          .In(image)
          .Const(Tensor::Vector<int32_t>({2, 3, 2, static_cast<int32_t>(multiplier)}))
          .In(out)
          .Check();
    }
  }
}

TEST(DepthwiseConv, ChannelsFirst) {
  OpTest("DepthwiseConv2dNative")
      .Attr("strides", Ints{1, 1, 1, 1})
      .Attr("padding", "VALID")
      .Attr("data_format", "NCHW")
      .In<double>({1, 2, 1, 2}, {1, 3, 2, 4})
      .In<double>({1, 2, 2, 1}, {1, 10, 100, 1000})
      .Expect<double>({1, 2, 1, 1}, {301, 4020});
}

}  // namespace
}  // namespace weir
