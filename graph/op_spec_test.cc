#include "weir/graph/op_spec.h"

#include "gtest/gtest.h"
#include "weir/graph/signature.h"

namespace weir {
namespace {

class Signature : public testing::Test {
 protected:
  Signature() {
    ops_.Add("Join")
        .In("values: N * T")
        .In("axis: Tidx")
        .Out("output: T")
        .Attr("N: int >= 2")
        .Attr("T: {float, int32}")
        .Attr("Tidx: {int32, int64} = int32")
        .Attr("mode: {'SUM', 'MEAN'} = 'SUM'");
    ops_.Add("Set").In("ref: Ref(T)").In("value: T").Out("out: Ref(T)").Attr("T: type");
    ops_.Add("Many").In("xs: types").Out("ys: types").Attr("types: list(type) >= 1");
    EXPECT_TRUE(ops_.Seal().ok());
  }

  absl::StatusOr<BoundSignature> Bind(const char* op, std::vector<DataType> inputs, AttrMap attrs) {
    attrs_ = std::move(attrs);
    return BindSignature(*ops_.Find(op), inputs, attrs_);
  }

  OpRegistry ops_;
  AttrMap attrs_;
};

AttrMap Attrs(std::initializer_list<std::pair<const char*, AttrValue>> attrs) {
  AttrMap map;
  for (const auto& [name, value] : attrs) map.Set(name, value);
  return map;
}

TEST_F(Signature, FillsDefaultsAndExpandsLists) {
  const auto bound = Bind("Join", {DT_FLOAT, DT_FLOAT, DT_INT32},
                          Attrs({{"N", MakeAttr(2)}, {"T", MakeAttr(DT_FLOAT)}}));
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(bound->outputs, std::vector<DataType>{DT_FLOAT});
  EXPECT_EQ(attrs_.Value<std::string>("mode"), "SUM");
}

TEST_F(Signature, SaysWhatIsWrong) {
  const auto message = [&](const char* op, std::vector<DataType> inputs, AttrMap attrs) {
    return std::string(Bind(op, inputs, std::move(attrs)).status().message());
  };
  EXPECT_EQ(message("Join", {}, Attrs({{"T", MakeAttr(DT_FLOAT)}})), "attr 'N' is missing");
  EXPECT_EQ(message("Join", {}, Attrs({{"N", MakeAttr(1)}, {"T", MakeAttr(DT_FLOAT)}})),
            "attr 'N' is 1, but must be at least 2");
  EXPECT_EQ(message("Join", {}, Attrs({{"N", MakeAttr(2)}, {"T", MakeAttr(DT_STRING)}})),
            "attr 'T' is string, but must be one of float, int32");
  EXPECT_EQ(message("Join", {DT_FLOAT, DT_FLOAT, DT_FLOAT},
                    Attrs({{"N", MakeAttr(2)}, {"T", MakeAttr(DT_FLOAT)}})),
            "input 2 must be int32, but is float");
  EXPECT_EQ(message("Join", {DT_FLOAT}, Attrs({{"N", MakeAttr(2)}, {"T", MakeAttr(DT_FLOAT)}})),
            "needs 3 inputs, but has 1");
  EXPECT_EQ(message("Set", {DT_FLOAT, DT_FLOAT}, Attrs({{"T", MakeAttr(DT_FLOAT)}})),
            "input 0 must be float_ref, but is float");
  EXPECT_EQ(message("Many", {}, Attrs({{"types", MakeAttr(std::vector<DataType>{})}})),
            "attr 'types' has 0 entries, but needs at least 1");
  EXPECT_EQ(message("Set", {DT_FLOAT_REF, DT_FLOAT},
                    Attrs({{"T", MakeAttr(DT_FLOAT)}, {"extra", MakeAttr(1)}})),
            "the op has no attr 'extra'");
}

TEST_F(Signature, ReferencesStandForValuesNotTheReverse) {
  EXPECT_TRUE(Bind("Set", {DT_FLOAT_REF, DT_FLOAT_REF}, Attrs({{"T", MakeAttr(DT_FLOAT)}})).ok());
}

TEST(OpRegistry, KeepsTheFirstBadDeclaration) {
  OpRegistry ops;
  ops.Add("Bad").In("x: Nothing").Attr("a: nonsense");
  const absl::Status status = ops.Seal();
  EXPECT_NE(status.message().find("Bad"), std::string::npos);
  OpRegistry twice;
  twice.Add("A");
  twice.Add("A");
  EXPECT_FALSE(twice.Seal().ok());
}

}  // namespace
}  // namespace weir
