#include "weir/tools/run_graph/literal.h"

#include "gtest/gtest.h"

namespace weir::run_graph {
namespace {

std::string Parsed(absl::string_view text, DataType dtype) {
  const absl::StatusOr<Tensor> tensor = ParseLiteral(text, dtype);
  return tensor.ok() ? tensor->ToString() : std::string(tensor.status().message());
}

TEST(Literal, ShapesAreThoseOfTheLists) {
  EXPECT_EQ(Parsed(" [ [1,2,3] , [4,5,6] ] ", DT_INT32), "int32 [2,3] {1, 2, 3, 4, 5, 6}");
  EXPECT_EQ(Parsed("[]", DT_FLOAT), "float [0] {}");
  EXPECT_EQ(Parsed("[[], []]", DT_FLOAT), "float [2,0] {}");
  EXPECT_EQ(Parsed("7", DT_INT8), "int8 [] {7}");
}

TEST(Literal, ValuesMustFitTheType) {
  EXPECT_EQ(Parsed("[127, -128]", DT_INT8), "int8 [2] {127, -128}");
  EXPECT_EQ(Parsed("18446744073709551615", DT_UINT64), "uint64 [] {18446744073709551615}");
  EXPECT_EQ(Parsed("128", DT_INT8), "'128' is not a int8");
  EXPECT_EQ(Parsed("-1", DT_UINT32), "'-1' is not a uint32");
  EXPECT_EQ(Parsed("1.5", DT_INT64), "'1.5' is not a int64");
  EXPECT_EQ(Parsed("[0.1, nan, -inf]", DT_DOUBLE), "double [3] {0.10000000000000001, nan, -inf}");
  EXPECT_EQ(Parsed("0.1", DT_HALF), "half [] {0.0999756}");
  EXPECT_EQ(Parsed("maybe", DT_BOOL), "'maybe' is not a bool");
}

TEST(Literal, Strings) {
  EXPECT_EQ(Parsed("a, [b]", DT_STRING), "string [] {\"a, [b]\"}");
  EXPECT_EQ(Parsed("", DT_STRING), "string [] {\"\"}");
  EXPECT_EQ(Parsed("\"[b\"", DT_STRING), "string [] {\"[b\"}");
  EXPECT_EQ(Parsed("[a b, 'c]']", DT_STRING), "string [2] {\"a b\", \"c]\"}");
}

TEST(Literal, ErrorsSayWhere) {
  EXPECT_EQ(Parsed("[1, [2]]", DT_FLOAT), "'[1, [2]]': the lists are ragged at character 6");
  EXPECT_EQ(Parsed("[[1], [2, 3]]", DT_FLOAT),
            "'[[1], [2, 3]]': the lists are ragged at character 13");
  EXPECT_EQ(Parsed("[1, 2", DT_FLOAT), "'[1, 2': ']' is missing at character 6");
  EXPECT_EQ(Parsed("[1] 2", DT_FLOAT), "'[1] 2': unexpected text at character 5");
  EXPECT_EQ(Parsed("[1,]", DT_FLOAT), "'[1,]': a value is missing at character 4");
  EXPECT_EQ(Parsed("", DT_FLOAT), "'': a value is missing at character 1");
  EXPECT_EQ(Parsed("['a]", DT_STRING), "'['a]': the closing quote is missing at character 2");
  const std::string deep(1000, '[');
  EXPECT_NE(Parsed(deep, DT_FLOAT).find("nested too deeply"), std::string::npos);
}

TEST(Literal, TypesWithoutATextAreNamed) {
  EXPECT_NE(Parsed("1", DT_RESOURCE).find("resource"), std::string::npos);
  EXPECT_NE(Parsed("1", DT_QINT8).find("qint8"), std::string::npos);
}

}  // namespace
}  // namespace weir::run_graph
