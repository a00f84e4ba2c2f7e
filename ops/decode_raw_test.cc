#include "weir/ops/decode_raw.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(DecodeRaw, Shape) {
  EXPECT_SHAPE(ShapeTest("DecodeRaw").In("[2,3]", DT_STRING).Attr("out_type", DT_FLOAT), "[2,3,?]");
}

TEST(DecodeRaw, Values) {
  const std::string bytes("\x01\x00\x02\x01", 4);
  OpTest("DecodeRaw")
      .In(Tensor::Scalar(bytes))
      .Attr("out_type", DT_INT16)
      .Expect<int16_t>({2}, {1, 258});
  OpTest("DecodeRaw")
      .In(Tensor::Scalar(bytes))
      .Attr("out_type", DT_INT16)
      .Attr("little_endian", false)
      .Expect<int16_t>({2}, {256, 513});
  OpTest("DecodeRaw")
      .In(Tensor::Vector<std::string>({"ab", "cd"}))
      .Attr("out_type", DT_UINT8)
      .Expect<uint8_t>({2, 2}, {'a', 'b', 'c', 'd'});
}

TEST(DecodeRaw, RefusesOddLengths) {
  OpTest("DecodeRaw")
      .In(Tensor::Scalar("abc"))
      .Attr("out_type", DT_INT16)
      .ExpectError("not a multiple of 2");
  OpTest("DecodeRaw")
      .In(Tensor::Vector<std::string>({"ab", "c"}))
      .Attr("out_type", DT_UINT8)
      .ExpectError("all be the same size");
}

}  // namespace
}  // namespace weir
