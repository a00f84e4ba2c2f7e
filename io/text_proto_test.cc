#include "weir/io/text_proto.h"

#include "gtest/gtest.h"
#include "weir/proto/checkpoint_state.pb.h"
#include "weir/proto/struct.pb.h"

namespace weir {
namespace {

TEST(TextProto, Parses) {
  CheckpointState state;
  ASSERT_TRUE(ParseTextProto("model_checkpoint_path: \"model-7\"  # the latest", &state).ok());
  EXPECT_EQ(state.model_checkpoint_path(), "model-7");
}

TEST(TextProto, AnErrorTellsItsPlaceAndStaysOffStandardError) {
  CheckpointState state;
  testing::internal::CaptureStderr();
  const absl::Status status = ParseTextProto("model_checkpoint_path: \"a\"\n  nonsense: 3", &state);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message().substr(0, 2), "2:") << status;
}

TEST(TextProto, DeepNestingIsAnError) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "list_value { values { ";
  StructuredValue value;
  EXPECT_EQ(ParseTextProto(text, &value).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace weir
