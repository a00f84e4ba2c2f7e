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

TEST(TextProto, UnknownFieldsAreSkippedOnRequest) {
  const auto parse = [](const std::string& text) {
    CheckpointState state;
    const absl::Status status = ParseTextProto(text, &state, UnknownFields::kSkip);
    return status.ok() ? state.model_checkpoint_path() : std::string(status.message());
  };
  testing::internal::CaptureStderr();
  EXPECT_EQ(parse(R"(experimental_type { type_id: TFT_PRODUCT args { type_id: 3 } args <> }
                     numbers: [1, -2.5, {}] text: "a" 'b' 7: 8  [ext.name] { x: 1 }
                     model_checkpoint_path: "model-7")"),
            "model-7");
  EXPECT_EQ(parse(""), "");
  // Errors in what is skipped are errors, with their place, and so is a text of something else.
  EXPECT_EQ(parse("model_checkpoint_path: 'a'\nnonsense {").substr(0, 2), "2:");
  EXPECT_EQ(parse("model_checkpoint_path: 'a'\nnonsense").substr(0, 2), "2:");
  EXPECT_EQ(parse("\n\nsubject: 'hello' body: 'world'").substr(0, 2), "3:");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(TextProto, DeepNestingIsAnError) {
  for (const char* open : {"unknown { ", "unknown: [", "unknown: {"}) {
    std::string text = "model_checkpoint_path: 'a' ";
    for (int i = 0; i < 100'000; ++i) text += i == 0 || open[8] == ' ' ? open : open + 9;
    CheckpointState state;
    EXPECT_EQ(ParseTextProto(text, &state, UnknownFields::kSkip).code(),
              absl::StatusCode::kDataLoss);
  }
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "list_value { values { ";
  StructuredValue value;
  EXPECT_EQ(ParseTextProto(text, &value).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace weir
