#include "weir/ops/debug.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

// The message of an assertion that fails with this tensor as data.
std::string Failure(const Tensor& data, int64_t summarize) {
  OpTest test("Assert");
  test.In<bool>({}, {false}).In(data).AsList(1).Attr("summarize", summarize);
  const auto outputs = test.Outputs();
  EXPECT_FALSE(outputs.ok());
  const std::string message(outputs.status().message());
  const size_t at = message.find("assertion failed: ");
  EXPECT_NE(at, std::string::npos) << message;
  return at == std::string::npos ? message : message.substr(at + 18);
}

TEST(Assert, PassesWhenTrue) {
  OpTest test("Assert");
  test.In<bool>({}, {true}).In<float>({2}, {1, 2}).AsList(1);
  const auto outputs = test.Outputs();
  EXPECT_TRUE(outputs.ok()) << outputs.status();
}

TEST(Assert, ShowsItsData) {
  EXPECT_EQ(Failure(Tensor::Vector<float>({1, 2.5}), 3), "[1 2.5]");
  EXPECT_EQ(Failure(Tensor::Vector<int32_t>({1, 2, 3, 4}), 3), "[1 2 3...]");
  EXPECT_EQ(Failure(Tensor::Vector<int32_t>({1, 2, 3, 4}), -1), "[1 2 3 4]");
  EXPECT_EQ(Failure(Tensor::Scalar<std::string>("a\nb"), 3), "[a\\nb]");
  EXPECT_EQ(Failure(Tensor::Scalar<bool>(true), 3), "[1]");
  EXPECT_EQ(Failure(Tensor::Of<int8_t>(Shape({2, 2}), {1, 2, 3, 4}), 4), "[[1 2][3 4]]");
  EXPECT_EQ(Failure(Tensor::Of<float>(Shape({0}), std::initializer_list<float>{}), 3), "[]");
}

TEST(Assert, NeedsAScalar) {
  EXPECT_SHAPE_ERROR(ShapeTest("Assert").In("[2]", DT_BOOL).In("[]").AsList(1), "rank 0");
}

TEST(Print, Shape) { EXPECT_SHAPE(ShapeTest("Print").In("[2,?]").In("[3]").AsList(1), "[2,?]"); }

TEST(Print, PassesItsInputOn) {
  testing::internal::CaptureStderr();
  OpTest("Print")
      .In<float>({2}, {1, 2})
      .In<int32_t>({3}, {7, 8, 9})
      .AsList(1)
      .Attr("message", "values: ")
      .Expect<float>({2}, {1, 2});
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("values: [7 8 9]\n"), std::string::npos) << text;
}

TEST(Print, StopsAfterFirstN) {
  testing::internal::CaptureStderr();
  OpTest("Print")
      .In<float>({1}, {1})
      .In<float>({1}, {2})
      .AsList(1)
      .Attr("first_n", 0)
      .Expect<float>({1}, {1});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Print, Gradient) {
  testing::internal::CaptureStderr();
  GradientTest("Print").In({2, 3}).Const(Tensor::Scalar<double>(1)).AsList(1).Check();
  testing::internal::GetCapturedStderr();
}

TEST(PrintV2, WritesToTheStream) {
  testing::internal::CaptureStdout();
  OpTest test("PrintV2");
  test.In(Tensor::Scalar<std::string>("hello")).Attr("output_stream", "stdout").Attr("end", "!");
  const auto outputs = test.Outputs();
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_NE(text.find("hello!"), std::string::npos) << text;
}

TEST(PrintV2, RefusesAnUnknownStream) {
  OpTest("PrintV2")
      .In(Tensor::Scalar<std::string>("hello"))
      .Attr("output_stream", "printer")
      .ExpectError("Unknown output stream: printer");
}

}  // namespace
}  // namespace weir
