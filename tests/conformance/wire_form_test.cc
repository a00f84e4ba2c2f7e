#include "weir/tests/conformance/wire_form.h"

#include "gtest/gtest.h"
#include "weir/proto/graph.pb.h"
#include "weir/proto/node_def.pb.h"
#include "weir/proto/versions.pb.h"

namespace weir::conformance {
namespace {

// The bytes of the length-delimited field `number`.
std::string Field(int number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

template <typename Message>
std::string Form(const std::string& bytes) {
  return CanonicalWireForm(bytes, *Message::descriptor()).value_or("not a message");
}

TEST(CanonicalWireForm, IsSharedByEqualMessages) {
  EXPECT_EQ(Form<VersionDef>(Field(3, "\x05\x07")),
            Form<VersionDef>("\x18\x05\x18\x07"));  // Packed.
  EXPECT_EQ(Form<VersionDef>("\x08\x05\x10\x07"), Form<VersionDef>("\x10\x07\x08\x05"));
  EXPECT_EQ(Form<VersionDef>(std::string("\x08\x00", 2)), Form<VersionDef>(""));
  EXPECT_EQ(Form<NodeDef>(Field(1, "a") + Field(1, "b")), Form<NodeDef>(Field(1, "b")));
  const std::string k = Field(5, Field(1, "k") + Field(2, "")), l = Field(5, Field(1, "l"));
  EXPECT_EQ(Form<NodeDef>(k + l), Form<NodeDef>(l + k));
  EXPECT_EQ(Form<GraphDef>(Field(1, k + l)), Form<GraphDef>(Field(1, l + k)));
}

TEST(CanonicalWireForm, DiffersForOthers) {
  EXPECT_NE(Form<VersionDef>("\x18\x05\x18\x07"), Form<VersionDef>("\x18\x07\x18\x05"));
  EXPECT_NE(Form<NodeDef>(Field(3, "a") + Field(3, "b")), Form<NodeDef>(Field(3, "ab")));
  EXPECT_NE(Form<NodeDef>(Field(1, "a")), Form<NodeDef>(Field(2, "a")));
  EXPECT_NE(Form<NodeDef>(Field(15, "new")), Form<NodeDef>(""));
  // A message that is there says more than none.
  EXPECT_NE(Form<GraphDef>(Field(4, "")), Form<GraphDef>(""));
}

TEST(CanonicalWireForm, RefusesWhatIsNoMessage) {
  for (const std::string bytes : {"\x0a\x05x", "\x08", "\x0b", "\x0a\x02\x0a\x05"}) {
    EXPECT_FALSE(CanonicalWireForm(bytes, *GraphDef::descriptor()).has_value());
  }
}

TEST(CountUnknown, LooksInside) {
  GraphDef graph;
  ASSERT_TRUE(graph.ParseFromString(Field(1, Field(1, "x") + Field(15, "new")) + Field(14, "new")));
  EXPECT_EQ(CountUnknown(graph), 2);
  graph.DiscardUnknownFields();
  EXPECT_EQ(CountUnknown(graph), 0);
}

}  // namespace
}  // namespace weir::conformance
