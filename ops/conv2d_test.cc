#include "weir/ops/conv2d.h"

#include <random>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

using Ints = std::vector<int64_t>;

TEST(Conv2D, Shape) {
  const auto conv = [] { return ShapeTest("Conv2D").Attr("strides", Ints{1, 2, 2, 1}); };
  EXPECT_SHAPE(conv().Attr("padding", "SAME").In("[?,7,8,3]").In("[3,3,3,5]"), "[?,4,4,5]");
  EXPECT_SHAPE(conv().Attr("padding", "VALID").In("[?,7,8,3]").In("[3,3,3,5]"), "[?,3,3,5]");
  EXPECT_SHAPE(conv().Attr("padding", "SAME").In("[2,?,8,?]").In("[3,3,?,5]"), "[2,?,4,5]");
  EXPECT_SHAPE(conv().Attr("padding", "SAME").In("<unknown>").In("<unknown>"), "[?,?,?,?]");
  EXPECT_SHAPE(ShapeTest("Conv2D")
                   .Attr("strides", Ints{1, 1, 2, 2})
                   .Attr("padding", "EXPLICIT")
                   .Attr("explicit_paddings", Ints{0, 0, 0, 0, 1, 2, 0, 1})
                   .Attr("data_format", "NCHW")
                   .In("[2,3,7,8]")
                   .In("[3,3,3,5]"),
               "[2,5,4,4]");
  EXPECT_SHAPE_ERROR(conv().Attr("padding", "SAME").In("[2,7,8,3]").In("[3,3,2,5]"), "multiple");
  EXPECT_SHAPE_ERROR(conv().Attr("padding", "VALID").In("[2,1,1,3]").In("[9,9,3,5]"), "negative");
  EXPECT_SHAPE_ERROR(conv().Attr("padding", "SAME").In("[2,7,8]").In("[3,3,2,5]"), "rank 4");
}

TEST(Conv2D, BackpropShape) {
  const auto back = [](const char* op) {
    return ShapeTest(op).Attr("strides", Ints{1, 1, 1, 1}).Attr("padding", "SAME");
  };
  EXPECT_SHAPE(back("Conv2DBackpropInput")
                   .Const(Tensor::Vector<int32_t>({2, 4, 4, 3}))
                   .In("[3,3,3,5]")
                   .In("[2,4,4,5]"),
               "[2,4,4,3]");
  EXPECT_SHAPE(back("Conv2DBackpropFilter").In("[2,4,4,3]").In("[4]", DT_INT32).In("[2,4,4,5]"),
               "[?,?,?,?]");
  EXPECT_SHAPE_ERROR(back("Conv2DBackpropInput")
                         .Const(Tensor::Vector<int32_t>({2, 4, 4}))
                         .In("[3,3,3,5]")
                         .In("[2,4,4,5]"),
                     "");
}

TEST(Conv2D, IsCrossCorrelation) {
  OpTest("Conv2D")
      .Attr("strides", Ints{1, 1, 1, 1})
      .Attr("padding", "VALID")
      .In<float>({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6})
      .In<float>({1, 2, 1, 1}, {10, 1})
      .Expect<float>({1, 2, 2, 1}, {12, 23, 45, 56});
  OpTest("Conv2D")
      .Attr("strides", Ints{1, 1, 1, 1})
      .Attr("padding", "SAME")
      .In<double>({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6})
      .In<double>({1, 2, 1, 1}, {10, 1})
      .Expect<double>({1, 2, 3, 1}, {12, 23, 30, 45, 56, 60});
}

TEST(Conv2D, GroupsSeeTheirOwnChannels) {
  OpTest("Conv2D")
      .Attr("strides", Ints{1, 1, 1, 1})
      .Attr("padding", "VALID")
      .In<double>({1, 1, 1, 2}, {3, 5})
      .In<double>({1, 1, 1, 4}, {1, 2, 3, 4})
      .Expect<double>({1, 1, 1, 4}, {3, 6, 15, 20});
}

OpTest& SetFused(OpTest&& test, const std::vector<std::string>& fused_ops) {
  return test.Attr("strides", Ints{1, 1, 1, 1})
      .Attr("padding", "VALID")
      .Attr("fused_ops", fused_ops);
}

TEST(FusedConv2D, Shape) {
  const auto conv = [] {
    return ShapeTest("_FusedConv2D")
        .Attr("strides", Ints{1, 2, 2, 1})
        .Attr("padding", "SAME")
        .Attr("fused_ops", std::vector<std::string>{"BiasAdd"});
  };
  EXPECT_SHAPE(conv().In("[?,7,8,3]").In("[3,3,3,5]").In("[5]").AsList(1), "[?,4,4,5]");
  EXPECT_SHAPE_ERROR(conv().In("[2,7,8,3]").In("[3,3,2,5]").In("[5]").AsList(1), "multiple");
  EXPECT_SHAPE_ERROR(conv().In("[2,7,8,3]").In("[3,3,3,5]").In("[1,5]").AsList(1), "rank 1");
}

TEST(FusedConv2D, Values) {
  const std::vector<std::string> bias = {"BiasAdd"}, relu = {"BiasAdd", "Relu"};
  for (const bool with_relu : {false, true}) {
    SetFused(OpTest("_FusedConv2D"), with_relu ? relu : bias)
        .In<float>({1, 1, 2, 1}, {1, 2})
        .In<float>({1, 1, 1, 2}, {1, -1})  // The convolution is {1, -1, 2, -2}.
        .In<float>({2}, {-1.5, 1.5})
        .AsList(1)
        .Expect<float>({1, 1, 2, 2}, with_relu ? std::initializer_list<float>{0, .5, .5, 0}
                                               : std::initializer_list<float>{-.5, .5, .5, -.5});
  }
  SetFused(OpTest("_FusedConv2D"), relu)
      .Attr("data_format", "NCHW")
      .In<double>({1, 1, 1, 2}, {1, 2})
      .In<double>({1, 1, 1, 2}, {1, -1})
      .In<double>({2}, {-1.5, 1.5})
      .AsList(1)
      .Expect<double>({1, 2, 1, 2}, {0, .5, .5, 0});
  SetFused(OpTest("_FusedConv2D"), bias)
      .In<BFloat16>({0, 3, 3, 1}, {})
      .In<BFloat16>({1, 1, 1, 2}, {1, 2})
      .In<BFloat16>({2}, {1, 2})
      .AsList(1)
      .Expect<BFloat16>({0, 3, 3, 2}, {});
}

TEST(FusedConv2D, Errors) {
  const auto expect = [](const std::vector<std::string>& fused_ops, const Shape& bias,
                         const char* error) {
    SetFused(OpTest("_FusedConv2D"), fused_ops)
        .In<float>({1, 1, 1, 1}, {1})
        .In<float>({1, 1, 1, 2}, {1, 2})
        .In(Tensor::Zeros(DT_FLOAT, bias).value())
        .AsList(1)
        .ExpectError(error);
  };
  expect({"BiasAdd", "Elu"}, Shape({2}), "no product with [BiasAdd, Elu]");
  expect({"BiasAdd"}, Shape({3}), "one element for each of 2 columns or channels");
}

TEST(Conv2D, EmptyBatch) {
  OpTest("Conv2D")
      .Attr("strides", Ints{1, 1, 1, 1})
      .Attr("padding", "SAME")
      .In<float>({0, 3, 3, 1}, {})
      .In<float>({1, 1, 1, 2}, {1, 2})
      .Expect<float>({0, 3, 3, 2}, {});
  OpTest("Conv2DBackpropFilter")
      .Attr("strides", Ints{1, 1, 1, 1})
      .Attr("padding", "SAME")
      .In<float>({0, 3, 3, 1}, {})
      .In<int32_t>({4}, {1, 1, 1, 2})
      .In<float>({0, 3, 3, 2}, {})
      .Expect<float>({1, 1, 1, 2}, {0, 0});
}

TEST(Conv2D, RefusesBackpropOfAnotherShape) {
  OpTest("Conv2DBackpropInput")
      .Attr("strides", Ints{1, 1, 1, 1})
      .Attr("padding", "VALID")
      .In<int32_t>({4}, {1, 3, 3, 1})
      .In<float>({2, 2, 1, 1}, {1, 2, 3, 4})
      .In<float>({1, 3, 2, 1}, {1, 2, 3, 4, 5, 6})
      .ExpectError("shape");
}

Tensor Random(DataType type, const Shape& shape, int seed) {
  std::mt19937 generator(static_cast<uint32_t>(seed));
  std::uniform_real_distribution<float> uniform(-1, 1);
  absl::StatusOr<Tensor> t = Tensor::Make(type, shape);
  if (!t.ok()) return Tensor();
  for (int64_t i = 0; i < shape.num_elements(); ++i) {
    const float v = uniform(generator);
    if (type == DT_FLOAT) {
      t->mutable_data<float>()[i] = v;
    } else {
      t->mutable_data<double>()[i] = v;
    }
  }
  return *std::move(t);
}

struct Attrs {
  Ints strides = {1, 1, 1, 1};
  const char* padding = "SAME";
  Ints explicit_paddings = {};
  const char* format = "NHWC";
  Ints dilations = {1, 1, 1, 1};
};

OpTest& Set(OpTest& test, const Attrs& a) {
  return test.Attr("strides", a.strides)
      .Attr("padding", a.padding)
      .Attr("explicit_paddings", a.explicit_paddings)
      .Attr("data_format", a.format)
      .Attr("dilations", a.dilations);
}

// float may run on another kernel than double: their results agree.
void CompareTypes(const Shape& image, const Shape& filter, const Attrs& attrs) {
  const auto run = [&](const char* op, DataType type) -> Tensor {
    OpTest conv("Conv2D");
    auto y = Set(conv, attrs).In(Random(type, image, 1)).In(Random(type, filter, 2)).Outputs();
    EXPECT_TRUE(y.ok()) << y.status();
    if (!y.ok() || std::string(op) == "Conv2D") return y.ok() ? (*y)[0] : Tensor();
    const Tensor dy = Random(type, (*y)[0].shape(), 3);
    OpTest back(op);
    Set(back, attrs);
    const auto sizes = [](const Shape& s) {
      std::vector<int32_t> dims(s.dims().begin(), s.dims().end());
      return Tensor::Vector<int32_t>(absl::MakeConstSpan(dims));
    };
    if (std::string(op) == "Conv2DBackpropInput") {
      back.In(sizes(image)).In(Random(type, filter, 2)).In(dy);
    } else {
      back.In(Random(type, image, 1)).In(sizes(filter)).In(dy);
    }
    auto result = back.Outputs();
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? (*result)[0] : Tensor();
  };
  for (const char* op : {"Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"}) {
    const Tensor narrow = run(op, DT_FLOAT), wide = run(op, DT_DOUBLE);
    ASSERT_EQ(narrow.shape(), wide.shape());
    for (int64_t i = 0; i < wide.num_elements(); ++i) {
      const double want = wide.data<double>()[i];
      ASSERT_NEAR(narrow.data<float>()[i], want, 2e-4 * (1 + std::abs(want))) << op << " " << i;
    }
  }
}

TEST(Conv2D, FloatAgreesWithDouble) {
  CompareTypes({2, 8, 9, 3}, {3, 3, 3, 16}, {});
  CompareTypes({13, 14, 14, 8}, {5, 5, 8, 16}, {});  // Several chunks of two sizes.
  CompareTypes({3, 28, 28, 1}, {5, 5, 1, 32}, {});
  CompareTypes({2, 7, 9, 5}, {3, 2, 5, 7}, {{1, 2, 3, 1}, "VALID"});
  CompareTypes({2, 7, 9, 5}, {1, 1, 5, 8}, {{1, 2, 2, 1}});
  CompareTypes({2, 7, 9, 8}, {3, 3, 8, 8}, {{1, 1, 1, 1}, "SAME", {}, "NHWC", {1, 2, 2, 1}});
  CompareTypes({2, 8, 7, 9}, {3, 3, 8, 8}, {{1, 1, 2, 2}, "SAME", {}, "NCHW"});
  CompareTypes({2, 7, 9, 8}, {3, 3, 8, 8}, {{1, 1, 2, 1}, "EXPLICIT", {0, 0, 2, 0, 1, 3, 0, 0}});
  CompareTypes({2, 7, 9, 8}, {3, 3, 4, 16}, {});
}

TEST(Conv2D, FirstAndSecondGradients) {
  const std::vector<Attrs> variants = {
      {},
      {{1, 2, 1, 1}, "VALID"},
      {{1, 1, 1, 1}, "SAME", {}, "NHWC", {1, 2, 1, 1}},
      {{1, 2, 1, 1}, "EXPLICIT", {0, 0, 1, 0, 2, 1, 0, 0}},
  };
  for (const Attrs& a : variants) {
    const auto test = [&](const char* op) {
      return GradientTest(op)
          .Attr("strides", a.strides)
          .Attr("padding", a.padding)
          .Attr("explicit_paddings", a.explicit_paddings)
          .Attr("dilations", a.dilations);
    };
    test("Conv2D").In({2, 4, 5, 2}).In({2, 3, 2, 3}).Check();
    OpTest conv("Conv2D");
    auto y = Set(conv, a)
                 .In(Random(DT_DOUBLE, {2, 4, 5, 2}, 1))
                 .In(Random(DT_DOUBLE, {2, 3, 2, 3}, 2))
                 .Outputs();
    ASSERT_TRUE(y.ok()) << y.status();
    const Shape out = (*y)[0].shape();
    test("Conv2DBackpropInput")
        .Const(Tensor::Vector<int32_t>({2, 4, 5, 2}))
        .In({2, 3, 2, 3})
        .In(out)
        .Check();
    test("Conv2DBackpropFilter")
        .In({2, 4, 5, 2})
        .Const(Tensor::Vector<int32_t>({2, 3, 2, 3}))
        .In(out)
        .Check();
  }
  GradientTest("Conv2D")
      .Attr("strides", Ints{1, 1, 1, 2})
      .Attr("padding", "SAME")
      .Attr("data_format", "NCHW")
      .In({2, 2, 4, 5})
      .In({2, 3, 2, 3})
      .Check();
}

}  // namespace
}  // namespace weir
