#include "weir/io/checkpoint_v1.h"

#include "gtest/gtest.h"
#include "weir/io/tensor_bundle.h"
#include "weir/tests/memory_env.h"

namespace weir {
namespace {

constexpr char kPath[] = "/model.ckpt";

// Writes the older format, for these tests alone.
class V1Writer {
 public:
  SavedSliceMeta& Declare(const std::string& name, DataType dtype, const Shape& shape) {
    SavedSliceMeta* meta = list_.mutable_meta()->add_tensor();
    meta->set_name(name);
    meta->set_type(dtype);
    shape.ToProto(meta->mutable_shape());
    return *meta;
  }
  // The message of a slice's values, to be filled.
  TensorProto& AddSlice(SavedSliceMeta& meta, const char* text) {
    const TensorSlice slice = TensorSlice::Parse(text).value();
    slice.ToProto(meta.add_slice());
    SavedSlice& saved = *slices_[SliceKey(meta.name(), slice)].mutable_data();
    saved.set_name(meta.name());
    slice.ToProto(saved.mutable_slice());
    return *saved.mutable_data();
  }
  void Write(MemoryEnv& env, const std::string& path = kPath) const {
    auto file = env.NewWritableFile(path).value();
    TableBuilder builder(*file);
    ASSERT_TRUE(builder.Add("", list_.SerializeAsString()).ok());
    for (const auto& [key, record] : slices_) {
      ASSERT_TRUE(builder.Add(key, record.SerializeAsString()).ok());
    }
    ASSERT_TRUE(builder.Finish().ok());
  }
  SavedTensorSlices& list() { return list_; }

 private:
  SavedTensorSlices list_;
  std::map<std::string, SavedTensorSlices> slices_;
};

V1Writer SomeTensors() {
  V1Writer writer;
  TensorProto& v = writer.AddSlice(writer.Declare("v", DT_FLOAT, {2}), "-");
  v.add_float_val(1);
  v.add_float_val(2);
  writer.AddSlice(writer.Declare("step", DT_INT64, {}), "").add_int64_val(7);
  TensorProto& text = writer.AddSlice(writer.Declare("text", DT_STRING, {2}), "-");
  text.add_string_val("ab");
  text.add_string_val("");
  SavedSliceMeta& w = writer.Declare("w", DT_INT16, {4, 2});
  TensorProto& top = writer.AddSlice(w, "0,1:-");
  for (const int i : {0, 1}) top.add_int_val(i);
  TensorProto& bottom = writer.AddSlice(w, "1,3:0,2");
  for (const int i : {2, 3, 4, 5, 6, 7}) bottom.add_int_val(i);
  return writer;
}

TEST(CheckpointV1, ReadsTensorsAndSlices) {
  MemoryEnv env;
  SomeTensors().Write(env);
  const auto reader = OpenCheckpoint(env, kPath).value();
  const auto infos = reader->List().value();
  ASSERT_EQ(infos.size(), 4u);
  EXPECT_EQ(infos[0].name, "step");
  EXPECT_EQ(infos[3].shape, Shape({4, 2}));
  EXPECT_TRUE(infos[3].sliced);
  EXPECT_EQ(reader->Read("v")->ToString(), "float [2] {1, 2}");
  EXPECT_EQ(reader->Read("step")->ToString(), "int64 [] {7}");
  EXPECT_EQ(reader->Read("text")->ToString(), "string [2] {\"ab\", \"\"}");
  EXPECT_EQ(reader->Read("w")->ToString(), "int16 [4,2] {0, 1, 2, 3, 4, 5, 6, 7}");
  EXPECT_EQ(reader->ReadSlice("w", TensorSlice::Parse("-:1,1").value())->ToString(),
            "int16 [4,1] {1, 3, 5, 7}");
  EXPECT_EQ(reader->ReadSlice("w", TensorSlice::Parse("2,1:-").value())->ToString(),
            "int16 [1,2] {4, 5}");
  EXPECT_EQ(reader->Find("x").status(), NotFound("Key x not found in checkpoint"));
}

TEST(CheckpointV1, SeveralFilesAreOneCheckpoint) {
  MemoryEnv env;
  for (int i = 0; i < 2; ++i) {
    V1Writer writer;
    SavedSliceMeta& w = writer.Declare("w", DT_FLOAT, {2});
    writer.AddSlice(w, i == 0 ? "0,1" : "1,1").add_float_val(i + 0.5f);
    writer.Write(env, absl::StrCat("/model-0000", i, "-of-00002"));
  }
  const auto reader = OpenCheckpoint(env, "/model-0000?-of-00002").value();
  EXPECT_EQ(reader->Read("w")->ToString(), "float [2] {0.5, 1.5}");
  EXPECT_TRUE(OpenCheckpoint(env, "/mo*-of-00002").ok());
  EXPECT_FALSE(OpenCheckpoint(env, "/model-?-of-00002").ok());
  const auto half = OpenCheckpoint(env, "/model-00000-of-00002").value();
  EXPECT_TRUE(absl::IsInvalidArgument(half->Read("w").status()));
}

TEST(CheckpointV1, TheNewerFormatIsPreferred) {
  MemoryEnv env;
  EXPECT_FALSE(CheckpointExists(env, kPath));
  EXPECT_TRUE(absl::IsNotFound(OpenCheckpoint(env, kPath).status()));
  SomeTensors().Write(env);
  EXPECT_TRUE(CheckpointExists(env, kPath));
  auto writer = BundleWriter::Create(env, kPath).value();
  ASSERT_TRUE(writer->Add("only", Tensor::Scalar(1)).ok());
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(OpenCheckpoint(env, kPath).value()->List()->size(), 1u);
}

TEST(CheckpointV1, FalseClaimsAreFound) {
  MemoryEnv env;
  const auto read = [&](V1Writer& writer) {
    writer.Write(env);
    const auto reader = OpenCheckpoint(env, kPath);
    return reader.ok() ? (*reader)->Read("x").status() : reader.status();
  };
  V1Writer few;
  few.AddSlice(few.Declare("x", DT_FLOAT, {1 << 30}), "-").add_float_val(1);
  EXPECT_TRUE(absl::IsDataLoss(read(few)));
  V1Writer missing;
  TensorSlice::Whole(1).ToProto(missing.Declare("x", DT_FLOAT, {3}).add_slice());
  EXPECT_TRUE(absl::IsDataLoss(read(missing)));
  V1Writer rank;
  TensorSlice::Whole(2).ToProto(rank.Declare("x", DT_FLOAT, {3}).add_slice());
  EXPECT_TRUE(absl::IsDataLoss(read(rank)));
  V1Writer type;
  type.Declare("x", DT_RESOURCE, {3});
  EXPECT_TRUE(absl::IsDataLoss(read(type)));
  V1Writer newer;
  newer.list().mutable_meta()->mutable_versions()->set_min_consumer(9);
  EXPECT_TRUE(absl::IsInvalidArgument(read(newer)));
  env.SetContent(kPath, "no table");
  EXPECT_TRUE(absl::IsDataLoss(OpenCheckpoint(env, kPath).status()));
}

}  // namespace
}  // namespace weir
