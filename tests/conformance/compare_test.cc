#include "weir/tests/conformance/compare.h"

#include <limits>

#include "gtest/gtest.h"
#include "weir/tests/conformance/factors.h"

namespace weir::conformance {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

Tensor Floats(std::initializer_list<float> values) { return Tensor::Vector<float>(values); }

TEST(Compare, NamesTheFirstElementThatDiffers) {
  EXPECT_EQ(Difference(Floats({1, 2, 3.5f, 5}), Floats({1, 2, 3, 4}), {1e-5, 0}),
            "element 2 of float [4] is 3.5, expected 3 (2 of 4 differ)");
}

TEST(Compare, TypesAndShapesAreExact) {
  EXPECT_EQ(Difference(Floats({1}), Tensor::Scalar(1.0f), {1, 1}),
            "is float [1], expected float []");
  EXPECT_EQ(Difference(Tensor::Scalar(1), Tensor::Scalar(1.0f), {1, 1}),
            "is int32 [], expected float []");
}

TEST(Compare, AbsoluteToleranceGrowsWithTheLargestElementWhenScaled) {
  const Tensor want = Floats({0, 1000}), got = Floats({0.5f, 1000});
  EXPECT_EQ(Difference(got, want, {0, 1e-3, true}), "");
  EXPECT_NE(Difference(got, want, {0, 1e-3, false}), "");
}

TEST(Compare, NanEqualsNanAndInfinitiesAgreeInSign) {
  EXPECT_EQ(Difference(Floats({kNan, kInf, -kInf}), Floats({kNan, kInf, -kInf}), {}), "");
  EXPECT_NE(Difference(Floats({kInf}), Floats({-kInf}), {1, 1}), "");
  EXPECT_NE(Difference(Floats({kNan}), Floats({0}), {1, 1}), "");
  EXPECT_NE(Difference(Floats({0}), Floats({kNan}), {1, 1}), "");
}

TEST(Compare, IntegersAndStringsAreExactButForTheSlack) {
  EXPECT_NE(Difference(Tensor::Vector<uint8_t>({7}), Tensor::Vector<uint8_t>({8}), {1, 1}), "");
  Tolerance slack;
  slack.integer_slack = 1;
  EXPECT_EQ(Difference(Tensor::Vector<uint8_t>({7}), Tensor::Vector<uint8_t>({8}), slack), "");
  EXPECT_NE(Difference(Tensor::Vector<uint8_t>({7}), Tensor::Vector<uint8_t>({9}), slack), "");
  EXPECT_NE(Difference(Tensor::Scalar("a"), Tensor::Scalar("b"), {1, 1}), "");
}

TEST(Factors, MayDifferBySignsOfColumns) {
  // [[0, 2], [3, 0]] = q * r.
  const Tensor q = Tensor::Of<float>({2, 2}, {0, 1, 1, 0});
  const Tensor r = Tensor::Of<float>({2, 2}, {3, 0, 0, 2});
  const Tensor flipped_q = Tensor::Of<float>({2, 2}, {0, 1, -1, 0});
  const Tensor flipped_r = Tensor::Of<float>({2, 2}, {-3, 0, 0, 2});
  EXPECT_EQ(FactorDifference("Qr", {flipped_q, flipped_r}, {q, r}, {1e-6, 1e-6}), "");
  EXPECT_NE(FactorDifference("Qr", {q, flipped_r}, {q, r}, {1e-6, 1e-6}), "");
}

TEST(Factors, MustBeUnitary) {
  const Tensor e = Floats({1, 4});
  const Tensor v = Tensor::Of<float>({2, 2}, {1, 0, 0, 1});
  const Tensor swapped = Tensor::Of<float>({2, 2}, {0, 1, 1, 0});
  EXPECT_EQ(FactorDifference("SelfAdjointEigV2", {e, v}, {e, v}, {1e-6, 1e-6}), "");
  EXPECT_NE(FactorDifference("SelfAdjointEigV2", {e, swapped}, {e, v}, {1e-6, 1e-6}), "");
  const Tensor singular = Tensor::Of<float>({2, 2}, {1, 0, 1, 0});
  EXPECT_NE(FactorDifference("SelfAdjointEigV2", {e, singular}, {e, v}, {1e-6, 1e-6}), "");
}

}  // namespace
}  // namespace weir::conformance
