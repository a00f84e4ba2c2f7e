#include "weir/ops/transpose.h"

#include <numeric>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor Counting(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.num_elements()));
  std::iota(values.begin(), values.end(), 0.0f);
  return Tensor::Of<float>(shape, absl::MakeConstSpan(values));
}

TEST(Transpose, Values) {
  OpTest("Transpose")
      .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
      .In<int32_t>({2}, {1, 0})
      .Expect<float>({3, 2}, {1, 4, 2, 5, 3, 6});
  OpTest("Transpose")
      .In<std::string>({1, 2}, {"a", "b"})
      .In<int64_t>({2}, {1, 0})
      .Expect<std::string>({2, 1}, {"a", "b"});
  OpTest("Transpose")
      .In<std::string>({2, 2}, {"a", "b", "c", "d"})
      .In<int64_t>({2}, {1, 0})
      .Expect<std::string>({2, 2}, {"a", "c", "b", "d"});
  OpTest("Transpose").In<float>({}, {3}).In<int32_t>({0}, {}).Expect<float>({}, {3});
  OpTest("Transpose").In<float>({0, 3}, {}).In<int32_t>({2}, {1, 0}).Expect<float>({3, 0}, {});
  OpTest("Transpose")
      .In<Complex64>({1, 2}, {{1, 2}, {3, 4}})
      .In<int32_t>({2}, {1, 0})
      .Expect<Complex64>({2, 1}, {{1, 2}, {3, 4}});
}

// Every permutation of four axes against the definition, at extents below and above a block.
TEST(Transpose, EveryPermutation) {
  for (const Shape& shape : {Shape({2, 3, 4, 5}), Shape({1, 3, 1, 2}), Shape({2, 33, 1, 40})}) {
    const Tensor x = Counting(shape);
    int32_t perm[] = {0, 1, 2, 3};
    do {
      const Shape out(
          {shape.dim(perm[0]), shape.dim(perm[1]), shape.dim(perm[2]), shape.dim(perm[3])});
      std::vector<float> want;
      int64_t i[4];
      int64_t at[4];
      for (i[0] = 0; i[0] < out.dim(0); ++i[0])
        for (i[1] = 0; i[1] < out.dim(1); ++i[1])
          for (i[2] = 0; i[2] < out.dim(2); ++i[2])
            for (i[3] = 0; i[3] < out.dim(3); ++i[3]) {
              for (int d = 0; d < 4; ++d) at[perm[d]] = i[d];
              want.push_back(static_cast<float>(
                  ((at[0] * shape.dim(1) + at[1]) * shape.dim(2) + at[2]) * shape.dim(3) + at[3]));
            }
      OpTest("Transpose")
          .In(x)
          .In(Tensor::Vector<int32_t>(absl::MakeConstSpan(perm)))
          .Expect(Tensor::Of<float>(out, absl::MakeConstSpan(want)));
    } while (std::next_permutation(perm, perm + 4));
  }
}

TEST(Transpose, Errors) {
  const auto transpose = [](std::initializer_list<int32_t> perm, const char* words) {
    OpTest("Transpose")
        .In<float>({1, 2}, {1, 2})
        .In<int32_t>({static_cast<int64_t>(perm.size())}, perm)
        .ExpectError(words);
  };
  transpose({0}, "must have 2 entries");
  transpose({0, 2}, "outside of [0, 2)");
  transpose({-1, 0}, "outside of [0, 2)");
  transpose({1, 1}, "more than once");
}

TEST(Transpose, Shape) {
  EXPECT_SHAPE(ShapeTest("Transpose").In("[2,?,3]").Const(Tensor::Vector<int32_t>({2, 0, 1})),
               "[3,2,?]");
  EXPECT_SHAPE(ShapeTest("Transpose").In("[2,3]").In("[2]", DT_INT32), "[?,?]");
  EXPECT_SHAPE(ShapeTest("Transpose").In("<unknown>").In("[2]", DT_INT32), "[?,?]");
  EXPECT_SHAPE(ShapeTest("Transpose").In("<unknown>").In("[?]", DT_INT32), "<unknown>");
}

TEST(Transpose, Gradient) {
  GradientTest("Transpose").In({2, 3}).Const(Tensor::Vector<int32_t>({1, 0})).Check();
  GradientTest("Transpose").In({2, 3, 2}).Const(Tensor::Vector<int32_t>({2, 0, 1})).Check();
  GradientTest("ConjugateTranspose").In({2, 3}).Const(Tensor::Vector<int32_t>({1, 0})).Check();
}

TEST(ConjugateTranspose, Values) {
  OpTest("ConjugateTranspose")
      .In<Complex64>({1, 2}, {{1, 2}, {3, -4}})
      .In<int32_t>({2}, {1, 0})
      .Expect<Complex64>({2, 1}, {{1, -2}, {3, 4}});
  OpTest("ConjugateTranspose")
      .In<float>({2}, {1, 2})
      .In<int32_t>({1}, {0})
      .Expect<float>({2}, {1, 2});
  EXPECT_SHAPE(ShapeTest("ConjugateTranspose").In("[2,?]").Const(Tensor::Vector<int32_t>({1, 0})),
               "[?,2]");
}

TEST(InvertPermutation, Values) {
  OpTest("InvertPermutation")
      .In<int32_t>({5}, {3, 4, 0, 2, 1})
      .Expect<int32_t>({5}, {2, 4, 3, 0, 1});
  OpTest("InvertPermutation").In<int64_t>({0}, {}).Expect<int64_t>({0}, {});
  OpTest("InvertPermutation").In<int32_t>({2}, {0, 2}).ExpectError("2 is not between 0 and 2");
  OpTest("InvertPermutation").In<int32_t>({2}, {-1, 0}).ExpectError("-1 is not between 0 and 2");
  OpTest("InvertPermutation").In<int32_t>({2}, {1, 1}).ExpectError("1 is duplicated");
  EXPECT_SHAPE(ShapeTest("InvertPermutation").In("[?]", DT_INT32), "[?]");
  EXPECT_SHAPE_ERROR(ShapeTest("InvertPermutation").In("[2,2]", DT_INT32), "rank 1");
}

}  // namespace
}  // namespace weir
