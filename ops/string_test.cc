#include "weir/ops/string.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(String, Shape) {
  EXPECT_SHAPE(ShapeTest("StringJoin").In("[]", DT_STRING).In("[2,?]", DT_STRING).AsList(2),
               "[2,?]");
  EXPECT_SHAPE_ERROR(ShapeTest("StringJoin").In("[3]", DT_STRING).In("[2]", DT_STRING).AsList(2),
                     "do not match");
  EXPECT_SHAPE(ShapeTest("ReduceJoin")
                   .In("[2,3]", DT_STRING)
                   .Const(Tensor::Scalar<int32_t>(-1))
                   .Attr("keep_dims", true),
               "[2,1]");
  EXPECT_SHAPE(ShapeTest("StringSplit").In("[?]", DT_STRING).In("[]", DT_STRING), "[?,2];[?];[2]");
  EXPECT_SHAPE(ShapeTest("StringSplitV2").In("[?]", DT_STRING).In("[]", DT_STRING),
               "[?,2];[?];[2]");
  EXPECT_SHAPE(ShapeTest("AsString").In("[2,?]"), "[2,?]");
  for (const char* op :
       {"StringLength", "StringToNumber", "StringLower", "StringUpper", "StringStrip"}) {
    EXPECT_SHAPE(ShapeTest(op).In("[2,?]", DT_STRING), "[2,?]");
  }
  EXPECT_SHAPE(ShapeTest("Substr").In("[2,3]", DT_STRING).In("[]", DT_INT32).In("[]", DT_INT32),
               "[2,3]");
}

TEST(StringJoin, Values) {
  OpTest("StringJoin")
      .In<std::string>({2}, {"a", "b"})
      .In<std::string>({}, {"x"})
      .AsList(2)
      .Attr("separator", "-")
      .Expect<std::string>({2}, {"a-x", "b-x"});
}

TEST(ReduceJoin, FirstDimensionNamedRunsFastest) {
  const auto join = [](std::initializer_list<int32_t> indices, OpTest&& test) -> OpTest& {
    return test.In<std::string>({2, 2}, {"a", "b", "c", "d"}).In(Tensor::Vector<int32_t>(indices));
  };
  join({0, 1}, OpTest("ReduceJoin")).Expect<std::string>({}, {"acbd"});
  join({1, 0}, OpTest("ReduceJoin")).Expect<std::string>({}, {"abcd"});
  join({0}, OpTest("ReduceJoin")).Attr("separator", "+").Expect<std::string>({2}, {"a+c", "b+d"});
  join({}, OpTest("ReduceJoin")).Expect<std::string>({2, 2}, {"a", "b", "c", "d"});
  join({2}, OpTest("ReduceJoin")).ExpectError("Invalid reduction dimension 2");
  join({0, -2}, OpTest("ReduceJoin")).ExpectError("Duplicate reduction dimension");
}

TEST(AsString, WritesAsPrintf) {
  OpTest("AsString")
      .In<float>({2}, {3.14f, -1})
      .Expect<std::string>({2}, {"3.140000", "-1.000000"});
  OpTest("AsString")
      .In<int32_t>({1}, {7})
      .Attr("width", 4)
      .Attr("fill", "0")
      .Expect<std::string>({1}, {"0007"});
  OpTest("AsString")
      .In<double>({1}, {1234.5})
      .Attr("scientific", true)
      .Attr("precision", 2)
      .Expect<std::string>({1}, {"1.23e+03"});
  OpTest("AsString")
      .In<double>({1}, {0.5})
      .Attr("shortest", true)
      .Expect<std::string>({1}, {"0.5"});
  OpTest("AsString").In<bool>({2}, {true, false}).Expect<std::string>({2}, {"true", "false"});
  OpTest("AsString")
      .In<Complex64>({1}, {{1, -2}})
      .Attr("precision", 1)
      .Expect<std::string>({1}, {"(1.0,-2.0)"});
  OpTest("AsString").In<int32_t>({1}, {7}).Attr("scientific", true).ExpectError("not supported");
  OpTest("AsString").In<float>({1}, {7}).Attr("fill", "x").Attr("width", 9).ExpectError("Fill");
}

TEST(StringToNumber, Values) {
  OpTest("StringToNumber").In<std::string>({2}, {"1.5", " -3e2 "}).Expect<float>({2}, {1.5, -300});
  OpTest("StringToNumber")
      .In<std::string>({1}, {"-42"})
      .Attr("out_type", DT_INT64)
      .Expect<int64_t>({1}, {-42});
  OpTest("StringToNumber").In<std::string>({1}, {"x1"}).ExpectError("could not correctly convert");
}

TEST(Substr, Values) {
  OpTest("Substr")
      .In<std::string>({2}, {"hello", "world"})
      .In<int32_t>({}, {1})
      .In<int32_t>({}, {3})
      .Expect<std::string>({2}, {"ell", "orl"});
  OpTest("Substr")
      .In<std::string>({2}, {"hello", "world"})
      .In<int64_t>({2}, {-2, 0})
      .In<int64_t>({2}, {9, 1})
      .Expect<std::string>({2}, {"lo", "w"});
  OpTest("Substr")
      .In<std::string>({}, {"\xC3\xA4"
                            "b\xC3\xB6"})
      .In<int32_t>({}, {1})
      .In<int32_t>({}, {2})
      .Attr("unit", "UTF8_CHAR")
      .Expect<std::string>({}, {"b\xC3\xB6"});
  OpTest("Substr")
      .In<std::string>({}, {"abc"})
      .In<int32_t>({}, {4})
      .In<int32_t>({}, {1})
      .ExpectError("pos 4 out of range");
}

TEST(StringLength, Values) {
  OpTest("StringLength").In<std::string>({2}, {"", "\xC3\xA4"}).Expect<int32_t>({2}, {0, 2});
  OpTest("StringLength")
      .In<std::string>({1}, {"\xC3\xA4"})
      .Attr("unit", "UTF8_CHAR")
      .Expect<int32_t>({1}, {1});
}

TEST(StringSplit, AtEveryByteOfTheDelimiter) {
  OpTest("StringSplit")
      .In<std::string>({2}, {"a b,c", " d"})
      .In<std::string>({}, {" ,"})
      .Expect<int64_t>({4, 2}, {0, 0, 0, 1, 0, 2, 1, 0})
      .Expect<std::string>({4}, {"a", "b", "c", "d"})
      .Expect<int64_t>({2}, {2, 3});
  OpTest("StringSplit")
      .In<std::string>({1}, {"a,,b"})
      .In<std::string>({}, {","})
      .Attr("skip_empty", false)
      .Skip()
      .Expect<std::string>({3}, {"a", "", "b"});
}

TEST(StringSplitV2, AsPython) {
  OpTest("StringSplitV2")
      .In<std::string>({2}, {" a  b ", ""})
      .In<std::string>({}, {""})
      .Expect<int64_t>({2, 2}, {0, 0, 0, 1})
      .Expect<std::string>({2}, {"a", "b"})
      .Expect<int64_t>({2}, {2, 2});
  OpTest("StringSplitV2")
      .In<std::string>({1}, {"a<>b<>c"})
      .In<std::string>({}, {"<>"})
      .Attr("maxsplit", 1)
      .Skip()
      .Expect<std::string>({2}, {"a", "b<>c"});
}

TEST(String, CaseAndSpaces) {
  OpTest("StringLower").In<std::string>({1}, {"AbC"}).Expect<std::string>({1}, {"abc"});
  OpTest("StringUpper").In<std::string>({1}, {"AbC"}).Expect<std::string>({1}, {"ABC"});
  OpTest("StringStrip").In<std::string>({1}, {"\t a b\n"}).Expect<std::string>({1}, {"a b"});
}

}  // namespace
}  // namespace weir
