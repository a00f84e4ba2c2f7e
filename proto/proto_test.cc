#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "weir/proto/attr_value.pb.h"
#include "weir/proto/config.pb.h"
#include "weir/proto/event.pb.h"
#include "weir/proto/example.pb.h"
#include "weir/proto/graph.pb.h"
#include "weir/proto/meta_graph.pb.h"
#include "weir/proto/saved_model.pb.h"
#include "weir/proto/tensor.pb.h"
#include "weir/proto/tensor_bundle.pb.h"
#include "weir/proto/types.pb.h"

namespace weir {
namespace {

using google::protobuf::TextFormat;

// The bytes of the length-delimited field `number`.
std::string Field(int number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

TEST(Proto, FieldNumbers) {
  EXPECT_EQ(GraphDef::kNodeFieldNumber, 1);
  EXPECT_EQ(GraphDef::kVersionsFieldNumber, 4);
  EXPECT_EQ(NodeDef::kAttrFieldNumber, 5);
  EXPECT_EQ(TensorShapeProto::kDimFieldNumber, 2);
  EXPECT_EQ(TensorProto::kTensorContentFieldNumber, 4);
  EXPECT_EQ(TensorProto::kHalfValFieldNumber, 13);
  EXPECT_EQ(AttrValue::kFuncFieldNumber, 10);
  EXPECT_EQ(AttrValue::ListValue::kFuncFieldNumber, 9);
  EXPECT_EQ(OpDef::kIsStatefulFieldNumber, 17);
  EXPECT_EQ(FunctionDef::kControlRetFieldNumber, 6);
  EXPECT_EQ(ConfigProto::kAllowSoftPlacementFieldNumber, 7);
  EXPECT_EQ(RunOptions::kOutputPartitionGraphsFieldNumber, 5);
  EXPECT_EQ(MetaGraphDef::kSignatureDefFieldNumber, 5);
  EXPECT_EQ(SavedModel::kMetaGraphsFieldNumber, 2);
  EXPECT_EQ(BundleEntryProto::kCrc32CFieldNumber, 6);
  EXPECT_EQ(Event::kMetaGraphDefFieldNumber, 9);
}

TEST(Proto, DataTypes) {
  EXPECT_EQ(DT_UINT64, 23);
  for (int type = DT_FLOAT; type <= DT_UINT64; ++type) {
    ASSERT_TRUE(DataType_IsValid(type + 100));
    EXPECT_EQ(DataType_Name(static_cast<DataType>(type + 100)),
              DataType_Name(static_cast<DataType>(type)) + "_REF");
  }
}

TEST(Proto, Bytes) {
  NodeDef node;
  node.set_name("x");
  node.set_op("Placeholder");
  (*node.mutable_attr())["dtype"].set_type(DT_FLOAT);
  const std::string attr = Field(1, "dtype") + Field(2, "\x30\x01");  // AttrValue.type = 1
  EXPECT_EQ(node.SerializeAsString(), Field(1, "x") + Field(2, "Placeholder") + Field(5, attr));
}

TEST(Proto, ReadsPackedAndUnpacked) {
  VersionDef packed, unpacked;
  ASSERT_TRUE(packed.ParseFromString(Field(3, "\x05\x07")));
  ASSERT_TRUE(unpacked.ParseFromString("\x18\x05\x18\x07"));
  EXPECT_THAT(packed.bad_consumers(), testing::ElementsAre(5, 7));
  EXPECT_THAT(unpacked.bad_consumers(), testing::ElementsAre(5, 7));
}

TEST(Proto, UnknownFieldsSurvive) {
  const std::string later = Field(1, Field(1, "x") + Field(7, "type")) + Field(5, "debug info");
  GraphDef graph;
  ASSERT_TRUE(graph.ParseFromString(later));
  EXPECT_EQ(graph.node(0).name(), "x");
  EXPECT_EQ(graph.SerializeAsString(), later);
}

TEST(Proto, UnknownEnumValuesSurvive) {
  TensorProto tensor;
  ASSERT_TRUE(tensor.ParseFromString("\x08\x1d"));  // DT_INT4 of later versions
  EXPECT_EQ(tensor.dtype(), 29);
  EXPECT_EQ(tensor.SerializeAsString(), "\x08\x1d");
}

TEST(Proto, TextRoundTrip) {
  const std::string text = R"(node {
  name: "c"
  op: "Const"
  input: "^init"
  attr {
    key: "value"
    value {
      tensor {
        dtype: DT_FLOAT
        tensor_shape {
          dim {
            size: 2
          }
        }
        float_val: 1
        float_val: 2.5
      }
    }
  }
}
versions {
  producer: 134
}
)";
  GraphDef graph;
  ASSERT_TRUE(TextFormat::ParseFromString(text, &graph));
  std::string printed;
  ASSERT_TRUE(TextFormat::PrintToString(graph, &printed));
  EXPECT_EQ(printed, text);
}

}  // namespace
}  // namespace weir
