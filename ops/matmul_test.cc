#include "weir/ops/matmul.h"

#include <random>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

template <typename T>
Tensor Random(const Shape& shape, int seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> uniform(-4, 4);
  Tensor t = *Tensor::Make(kDTypeOf<T>, shape);
  for (T& v : t.mutable_values<T>()) {
    if constexpr (std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>) {
      v = T(uniform(random), uniform(random));
    } else {
      v = T(uniform(random));
    }
  }
  return t;
}

template <typename T>
T ConjugateIf(T v, bool conjugate) {
  if constexpr (std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>) {
    return conjugate ? std::conj(v) : v;
  }
  return v;
}

// The definition, for one matrix; small integers, so that every type is exact.
template <typename T>
Tensor Product(const Tensor& a, const Tensor& b, bool ta, bool tb, bool conjugate) {
  const int64_t m = a.dim(ta ? 1 : 0), k = a.dim(ta ? 0 : 1), n = b.dim(tb ? 0 : 1);
  Tensor c = *Tensor::Zeros(kDTypeOf<T>, Shape({m, n}));
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t p = 0; p < k; ++p) {
        const T x = ConjugateIf(a.data<T>()[ta ? p * m + i : i * k + p], conjugate && ta);
        const T y = ConjugateIf(b.data<T>()[tb ? j * k + p : p * n + j], conjugate && tb);
        c.mutable_data<T>()[i * n + j] += x * y;
      }
    }
  }
  return c;
}

template <typename T>
void ExpectProducts(int64_t m, int64_t n, int64_t k) {
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      const Tensor a = Random<T>(ta ? Shape({k, m}) : Shape({m, k}), 1);
      const Tensor b = Random<T>(tb ? Shape({n, k}) : Shape({k, n}), 2);
      OpTest("MatMul")
          .In(a)
          .In(b)
          .Attr("transpose_a", ta)
          .Attr("transpose_b", tb)
          .Expect(Product<T>(a, b, ta, tb, false));
      const Shape lift_a({1, a.dim(0), a.dim(1)}), lift_b({1, b.dim(0), b.dim(1)});
      OpTest("BatchMatMul")
          .In(*a.Reshaped(lift_a))
          .In(*b.Reshaped(lift_b))
          .Attr("adj_x", ta)
          .Attr("adj_y", tb)
          .Expect(*Product<T>(a, b, ta, tb, true).Reshaped(Shape({1, m, n})));
    }
  }
}

TEST(FusedMatMul, Shape) {
  const std::vector<std::string> bias = {"BiasAdd"};
  EXPECT_SHAPE(
      ShapeTest("_FusedMatMul").In("[?,3]").In("[3,4]").In("[4]").AsList(1).Attr("fused_ops", bias),
      "[?,4]");
  EXPECT_SHAPE_ERROR(ShapeTest("_FusedMatMul").In("[2,3]").In("[4,5]").In("[5]").AsList(1),
                     "inner dimensions");
  EXPECT_SHAPE_ERROR(ShapeTest("_FusedMatMul").In("[2,3]").In("[3,5]").In("[1,5]").AsList(1),
                     "rank 1");
}

TEST(FusedMatMul, Values) {
  const auto expect = [](const std::vector<std::string>& ops, std::initializer_list<float> want) {
    OpTest("_FusedMatMul")
        .In<float>({2, 2}, {1, 2, 3, 4})
        .In<float>({2, 2}, {1, -1, 0, 1})  // The product is {1, 1, 3, 1}.
        .In<float>({2}, {10, -2})
        .AsList(1)
        .Attr("fused_ops", ops)
        .Expect<float>({2, 2}, want);
  };
  expect({"BiasAdd"}, {11, -1, 13, -1});
  expect({"BiasAdd", "Relu"}, {11, 0, 13, 0});
  OpTest("_FusedMatMul")
      .In<float>({1, 1}, {1})
      .In<float>({1, 1}, {1})
      .In<float>({1}, {1})
      .AsList(1)
      .Attr("fused_ops", std::vector<std::string>{"BiasAdd", "Elu"})
      .ExpectError("no product with [BiasAdd, Elu]");
  OpTest("_FusedMatMul")
      .In<float>({1, 2}, {1, 2})
      .In<float>({2, 2}, {1, -1, 0, 1})
      .In<float>({3}, {0, 0, 0})
      .AsList(1)
      .Attr("fused_ops", std::vector<std::string>{"BiasAdd"})
      .ExpectError("one element for each of 2 columns or channels");
  for (const bool transposed : {false, true}) {
    OpTest("_FusedMatMul")
        .In<BFloat16>({2, 2}, {1, 2, 3, 4})
        .In<BFloat16>({2, 2}, {1, -1, 0, 1})
        .In<BFloat16>({2}, {-2, 1})
        .AsList(1)
        .Attr("transpose_a", transposed)
        .Attr("fused_ops", std::vector<std::string>{"BiasAdd", "Relu"})
        .Expect<BFloat16>({2, 2}, transposed ? std::initializer_list<BFloat16>{0, 3, 0, 3}
                                             : std::initializer_list<BFloat16>{0, 2, 1, 2});
  }
}

TEST(MatMul, Shape) {
  EXPECT_SHAPE(ShapeTest("MatMul").In("[?,3]").In("[3,4]"), "[?,4]");
  EXPECT_SHAPE(ShapeTest("MatMul")
                   .In("[3,?]")
                   .In("[4,3]")
                   .Attr("transpose_a", true)
                   .Attr("transpose_b", true),
               "[?,4]");
  EXPECT_SHAPE(ShapeTest("MatMul").In("?").In("[3,4]"), "[?,4]");
  EXPECT_SHAPE_ERROR(ShapeTest("MatMul").In("[2,3]").In("[4,5]"), "inner dimensions");
  EXPECT_SHAPE_ERROR(ShapeTest("MatMul").In("[2]").In("[4,5]"), "rank 2");
  EXPECT_SHAPE(ShapeTest("BatchMatMulV2").In("[5,1,2,3]").In("[6,3,4]"), "[5,6,2,4]");
  EXPECT_SHAPE(ShapeTest("BatchMatMulV2").In("[5,3,2]").In("[3,4]").Attr("adj_x", true), "[5,2,4]");
  EXPECT_SHAPE(ShapeTest("BatchMatMul").In("[?,2,3]").In("[6,3,4]"), "[6,2,4]");
  EXPECT_SHAPE_ERROR(ShapeTest("BatchMatMul").In("[5,2,3]").In("[6,3,4]"), "");
  EXPECT_SHAPE_ERROR(ShapeTest("BatchMatMulV2").In("[5,2,3]").In("[5,4,4]"), "inner dimensions");
}

TEST(MatMul, EveryTypeAndTranspose) {
  ExpectProducts<float>(2, 3, 4);
  ExpectProducts<double>(2, 3, 4);
  ExpectProducts<int32_t>(2, 3, 4);
  ExpectProducts<int64_t>(2, 3, 4);
  ExpectProducts<Complex64>(2, 3, 4);
  ExpectProducts<Complex128>(2, 3, 4);
  ExpectProducts<Half>(2, 3, 4);
  ExpectProducts<BFloat16>(2, 3, 4);
}

TEST(MatMul, SizesThatTakeEachWay) {
  ExpectProducts<float>(1, 10, 300);
  ExpectProducts<float>(300, 1, 10);
  ExpectProducts<float>(70, 65, 40);
  ExpectProducts<float>(300, 200, 100);
  ExpectProducts<float>(40, 700, 300);
  ExpectProducts<double>(70, 300, 90);
}

TEST(MatMul, NoElements) {
  OpTest("MatMul").In<float>({2, 0}, {}).In<float>({0, 2}, {}).Expect<float>({2, 2}, {0, 0, 0, 0});
  OpTest("MatMul").In<double>({1, 0}, {}).In<double>({0, 2}, {}).Expect<double>({1, 2}, {0, 0});
  OpTest("MatMul").In<float>({0, 2}, {}).In<float>({2, 2}, {1, 2, 3, 4}).Expect<float>({0, 2}, {});
  OpTest("BatchMatMulV2")
      .In<float>({0, 1, 2}, {})
      .In<float>({2, 1}, {1, 2})
      .Expect<float>({0, 1, 1}, {});
}

TEST(MatMul, WrongShapes) {
  OpTest("MatMul")
      .In<float>({2, 1}, {1, 2})
      .In<float>({2, 1}, {1, 2})
      .ExpectError("inner dimensions differ: [2,1] x [2,1]");
  OpTest("MatMul").In<float>({2}, {1, 2}).In<float>({2, 1}, {1, 2}).ExpectError("");
  OpTest("BatchMatMul").In<float>({2, 1, 1}, {1, 2}).In<float>({1, 1, 1}, {1}).ExpectError("");
}

TEST(BatchMatMulV2, Broadcasts) {
  OpTest("BatchMatMulV2")
      .In<float>({2, 1, 1, 2}, {1, 2, 3, 4})
      .In<float>({3, 2, 1}, {1, 0, 0, 1, 1, 1})
      .Expect<float>({2, 3, 1, 1}, {1, 2, 3, 3, 4, 7});
  OpTest("BatchMatMulV2")
      .In<float>({2, 1, 2}, {1, 2, 3, 4})
      .In<float>({2, 2}, {1, 0, 1, 1})
      .Expect<float>({2, 1, 2}, {3, 2, 7, 4});
  OpTest("BatchMatMulV2")
      .In<int32_t>({1, 2}, {1, 2})
      .In<int32_t>({2, 2, 1}, {1, 2, 3, 4})
      .Expect<int32_t>({2, 1, 1}, {5, 11});
}

TEST(MatMul, GradientsOfEveryTranspose) {
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      GradientTest("MatMul")
          .In(ta ? Shape({4, 2}) : Shape({2, 4}))
          .In(tb ? Shape({3, 4}) : Shape({4, 3}))
          .Attr("transpose_a", ta)
          .Attr("transpose_b", tb)
          .Check();
      for (const char* op : {"BatchMatMul", "BatchMatMulV2"}) {
        GradientTest(op)
            .In(ta ? Shape({2, 4, 2}) : Shape({2, 2, 4}))
            .In(tb ? Shape({2, 3, 4}) : Shape({2, 4, 3}))
            .Attr("adj_x", ta)
            .Attr("adj_y", tb)
            .Check();
      }
    }
  }
  GradientTest("BatchMatMulV2").In({2, 1, 2, 3}).In({3, 3, 2}).Check();
  GradientTest("BatchMatMulV2").In({2, 3}).In({2, 3, 1}).Check();
}

}  // namespace
}  // namespace weir
