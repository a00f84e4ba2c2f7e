#include "weir/ops/reverse.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(ReverseV2, Values) {
  const Tensor x = Tensor::Of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto reverse = [&](std::initializer_list<int32_t> axes, std::initializer_list<float> want) {
    OpTest("ReverseV2").In(x).In(Tensor::Vector<int32_t>(axes)).Expect<float>({2, 3}, want);
  };
  reverse({0}, {4, 5, 6, 1, 2, 3});
  reverse({-1}, {3, 2, 1, 6, 5, 4});
  reverse({0, 1}, {6, 5, 4, 3, 2, 1});
  reverse({}, {1, 2, 3, 4, 5, 6});
  OpTest("ReverseV2").In(x).In<int32_t>({1}, {2}).ExpectError("outside of [-2, 2)");
  OpTest("ReverseV2").In(x).In<int32_t>({2}, {1, -1}).ExpectError("more than once");
  OpTest("ReverseV2")
      .In<std::string>({2}, {"a", "b"})
      .In<int64_t>({1}, {0})
      .Expect<std::string>({2}, {"b", "a"});
  OpTest("ReverseV2").In<float>({0}, {}).In<int64_t>({1}, {0}).Expect<float>({0}, {});
}

TEST(ReverseV2, Shape) {
  EXPECT_SHAPE(ShapeTest("ReverseV2").In("[?,3]").In("[?]", DT_INT32), "[?,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("ReverseV2").In("[?,3]").In("[]", DT_INT32), "rank 1");
}

TEST(ReverseV2, Gradient) {
  GradientTest("ReverseV2").In({2, 3}).Const(Tensor::Vector<int32_t>({1})).Check();
  GradientTest("ReverseV2").In({2, 3, 2}).Const(Tensor::Vector<int32_t>({0, -1})).Check();
}

TEST(Reverse, Values) {
  OpTest("Reverse")
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .In<bool>({2}, {false, true})
      .Expect<float>({2, 3}, {3, 2, 1, 6, 5, 4});
  OpTest("Reverse").In<float>({}, {1}).In<bool>({0}, {}).Expect<float>({}, {1});
  OpTest("Reverse")
      .In<float>({2}, {1, 2})
      .In<bool>({2}, {true, true})
      .ExpectError("one entry per axis");
  EXPECT_SHAPE(ShapeTest("Reverse").In("[?,3]").In("[2]", DT_BOOL), "[?,3]");
  GradientTest("Reverse").In({2, 3}).Const(Tensor::Vector<bool>({true, false})).Check();
}

TEST(ReverseSequence, Values) {
  OpTest("ReverseSequence")
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .In<int64_t>({2}, {2, 3})
      .Attr("seq_dim", 1)
      .Expect<float>({2, 3}, {2, 1, 3, 6, 5, 4});
  OpTest("ReverseSequence")
      .In<float>({3, 2}, {1, 2, 3, 4, 5, 6})
      .In<int32_t>({2}, {0, 3})
      .Attr("seq_dim", 0)
      .Attr("batch_dim", 1)
      .Expect<float>({3, 2}, {1, 6, 3, 4, 5, 2});
  OpTest("ReverseSequence")
      .In<std::string>({1, 2, 2}, {"a", "b", "c", "d"})
      .In<int64_t>({1}, {2})
      .Attr("seq_dim", 1)
      .Expect<std::string>({1, 2, 2}, {"c", "d", "a", "b"});
}

TEST(ReverseSequence, Errors) {
  const auto reverse = [](int64_t length, int seq, int batch, const char* words) {
    OpTest("ReverseSequence")
        .In<float>({1, 2}, {1, 2})
        .In<int64_t>({1}, {length})
        .Attr("seq_dim", seq)
        .Attr("batch_dim", batch)
        .ExpectError(words);
  };
  reverse(3, 1, 0, "outside of [0, 2]");
  reverse(-1, 1, 0, "outside of [0, 2]");
  reverse(1, 0, 0, "batch_dim == seq_dim");
  reverse(1, 2, 0, "seq_dim 2 is outside");
  reverse(1, 1, 5, "batch_dim 5 is outside");
}

TEST(ReverseSequence, Shape) {
  EXPECT_SHAPE(ShapeTest("ReverseSequence").In("[?,3]").In("[4]", DT_INT64).Attr("seq_dim", 1),
               "[4,3]");
  EXPECT_SHAPE_ERROR(
      ShapeTest("ReverseSequence").In("[2,3]").In("[4]", DT_INT64).Attr("seq_dim", 1), "4 vs. 2");
}

TEST(ReverseSequence, Gradient) {
  GradientTest("ReverseSequence")
      .In({2, 3, 2})
      .Const(Tensor::Vector<int64_t>({3, 2}))
      .Attr("seq_dim", 1)
      .Check();
  GradientTest("ReverseSequence")
      .In({3, 2})
      .Const(Tensor::Vector<int32_t>({1, 2}))
      .Attr("seq_dim", 0)
      .Attr("batch_dim", 1)
      .Check();
}

}  // namespace
}  // namespace weir
