#include "weir/io/slice_spec.h"

#include <limits>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "weir/io/ordered_code.h"
#include "weir/proto/tensor_slice.pb.h"

namespace weir {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

std::string CodeOf(int64_t value) {
  std::string code;
  AppendOrderedInt64(value, &code);
  return absl::BytesToHexString(code);
}

TEST(OrderedCode, SignedNumbers) {
  EXPECT_EQ(CodeOf(0), "80");
  EXPECT_EQ(CodeOf(1), "81");
  EXPECT_EQ(CodeOf(63), "bf");
  EXPECT_EQ(CodeOf(64), "c040");
  EXPECT_EQ(CodeOf(-1), "7f");
  EXPECT_EQ(CodeOf(-64), "40");
  EXPECT_EQ(CodeOf(-65), "3fbf");
  EXPECT_EQ(CodeOf(8192), "e02000");
  EXPECT_EQ(CodeOf(0x424242), "f0424242");
}

TEST(OrderedCode, NumbersKeepTheirOrderAndComeBack) {
  std::vector<int64_t> values = {kMin, kMin + 1, -1, 0, 1, kMax - 1, kMax};
  for (int bit = 1; bit < 63; ++bit) {
    for (const int64_t near : {-1, 0, 1}) {
      values.push_back((int64_t{1} << bit) + near);
      values.push_back(-(int64_t{1} << bit) + near);
    }
  }
  for (const int64_t a : values) {
    std::string code_a;
    AppendOrderedInt64(a, &code_a);
    absl::string_view in = code_a;
    int64_t back;
    ASSERT_TRUE(ReadOrderedInt64(&in, &back)) << a;
    EXPECT_EQ(back, a);
    EXPECT_TRUE(in.empty());
    for (size_t cut = 0; cut < code_a.size(); ++cut) {
      in = absl::string_view(code_a).substr(0, cut);
      EXPECT_FALSE(ReadOrderedInt64(&in, &back));
    }
    for (const int64_t b : values) {
      std::string code_b;
      AppendOrderedInt64(b, &code_b);
      EXPECT_EQ(code_a < code_b, a < b) << a << " " << b;
    }
  }
}

TEST(OrderedCode, OnlyTheShortestFormIsRead) {
  int64_t value;
  uint64_t number;
  absl::string_view in("\xc0\x01", 2);  // 1 in two bytes
  EXPECT_FALSE(ReadOrderedInt64(&in, &value));
  in = absl::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
  EXPECT_FALSE(ReadOrderedInt64(&in, &value));
  in = absl::string_view("\x02\x00\x01", 3);
  EXPECT_FALSE(ReadOrderedUint64(&in, &number));
  in = absl::string_view("\x09zzzzzzzzz", 10);
  EXPECT_FALSE(ReadOrderedUint64(&in, &number));
}

TEST(OrderedCode, Strings) {
  for (const std::string& text :
       {std::string(), std::string("w"), std::string("a\0b", 3), std::string("\xff\0\xff", 3)}) {
    std::string code;
    AppendOrderedString(text, &code);
    absl::string_view in = code;
    std::string back;
    ASSERT_TRUE(ReadOrderedString(&in, &back));
    EXPECT_EQ(back, text);
    for (size_t cut = 0; cut < code.size(); ++cut) {
      in = absl::string_view(code).substr(0, cut);
      EXPECT_FALSE(ReadOrderedString(&in, &back));
    }
  }
}

TEST(TensorSlice, Keys) {
  EXPECT_EQ(absl::BytesToHexString(SliceKey("w", *TensorSlice::Parse("0,2:-"))),
            "007700010102"
            "8082"
            "807f");
  EXPECT_EQ(absl::BytesToHexString(SliceKey("w", *TensorSlice::Parse("100,200"))),
            "007700010101"
            "c064"
            "c0c8");
}

TEST(TensorSlice, KeysComeBack) {
  for (const char* text : {"", "-", "0,2:-", "100,200:-:5,1"}) {
    const TensorSlice slice = *TensorSlice::Parse(text);
    const std::string key = SliceKey("scope/w", slice);
    std::string name;
    TensorSlice back;
    ASSERT_TRUE(ParseSliceKey(key, &name, &back).ok()) << text;
    EXPECT_EQ(name, "scope/w");
    EXPECT_EQ(back, slice);
    EXPECT_EQ(back.ToString(), text);
    for (size_t cut = 0; cut < key.size(); ++cut) {
      EXPECT_FALSE(ParseSliceKey(key.substr(0, cut), &name, &back).ok());
    }
  }
  std::string name;
  TensorSlice back;
  EXPECT_FALSE(ParseSliceKey("a/plain/name", &name, &back).ok());
}

TEST(TensorSlice, RefusesOtherTexts) {
  for (const char* text : {":", "a", "1", "1,", ",1", "0,0", "-1,2", "0,-1", "0,1,2", "0, 1",
                           "+0,1", "0,9223372036854775808", "1,9223372036854775807", "-:"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(TensorSlice::Parse(text).status())) << text;
  }
  std::string many = "-";
  for (int i = 0; i < 300; ++i) many += ":-";
  EXPECT_FALSE(TensorSlice::Parse(many).ok());
}

TEST(TensorSlice, ShapeWithin) {
  const Shape full({10, 4});
  EXPECT_EQ(TensorSlice::Parse("2,5:-")->ShapeWithin(full).value(), Shape({5, 4}));
  EXPECT_EQ(TensorSlice::Whole(2).ShapeWithin(full).value(), full);
  EXPECT_FALSE(TensorSlice::Parse("6,5:-")->ShapeWithin(full).ok());
  EXPECT_FALSE(TensorSlice::Parse("11,1:-")->ShapeWithin(full).ok());
  EXPECT_FALSE(TensorSlice::Parse("2,5")->ShapeWithin(full).ok());
}

TEST(TensorSlice, MessagesKeepWhatWasGiven) {
  TensorSliceProto proto;
  TensorSlice::Parse("0,2:-")->ToProto(&proto);
  EXPECT_EQ(proto.SerializeAsString(), std::string("\x0a\x02\x10\x02\x0a\x00", 6));
  EXPECT_EQ(TensorSlice::FromProto(proto).value().ToString(), "0,2:-");
  proto.mutable_extent(0)->set_length(0);
  EXPECT_FALSE(TensorSlice::FromProto(proto).ok());
  proto.mutable_extent(0)->set_length(-1);
  EXPECT_FALSE(TensorSlice::FromProto(proto).ok());
  proto.mutable_extent(0)->set_length(kMax);
  proto.mutable_extent(0)->set_start(1);
  EXPECT_FALSE(TensorSlice::FromProto(proto).ok());
}

TEST(ShapeAndSlice, Texts) {
  EXPECT_TRUE(ParseShapeAndSlice("")->whole);
  const ShapeAndSlice parsed = ParseShapeAndSlice("10 4 0,5:-").value();
  EXPECT_FALSE(parsed.whole);
  EXPECT_EQ(parsed.full_shape, Shape({10, 4}));
  EXPECT_EQ(parsed.slice_shape, Shape({5, 4}));
  EXPECT_EQ(parsed.slice.ToString(), "0,5:-");
  for (const char* text : {"10", "10 ", " 0,1", "10  0,1", "-1 -", "10 0,11", "10 4 -", "a -",
                           "9223372036854775807 9223372036854775807 -:-"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseShapeAndSlice(text).status())) << text;
  }
}

}  // namespace
}  // namespace weir
