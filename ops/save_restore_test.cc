#include "weir/ops/save_restore.h"

#include "weir/ops/constant.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor Strings(std::initializer_list<std::string> values) {
  return Tensor::Vector<std::string>(values);
}

std::string PathOf(const std::string& name) { return testing::TempDir() + "/" + name; }

absl::Status RunOp(const Scope& scope, const Operation& target) {
  const auto session = Session::Create(scope);
  return session.ok() ? session->Run({}, {}, {target}).status() : session.status();
}

absl::StatusOr<std::vector<Tensor>> Restore(const std::string& prefix, const Tensor& names,
                                            const Tensor& slices,
                                            const std::vector<DataType>& dtypes) {
  const Scope s = Scope::Root();
  const Operation restore = ops::RestoreV2(s, prefix, names, slices, dtypes);
  const auto session = Session::Create(s);
  if (!session.ok()) return session.status();
  std::vector<TensorRef> fetches;
  for (int i = 0; i < restore.num_outputs(); ++i) fetches.push_back(restore.out(i));
  return session->Run({}, fetches, {});
}

class SaveRestoreTest : public testing::Test {
 protected:
  // A checkpoint with w = [[1, 2], [3, 4]], n = 7 and words = ["a", "bc"].
  void SetUp() override {
    const Scope s = Scope::Root();
    const Output w = ops::Const(s, Tensor::Of<float>(Shape({2, 2}), {1, 2, 3, 4}));
    const Output n = ops::Const(s, Tensor::Scalar<int64_t>(7));
    const Output words = ops::Const(s, Strings({"a", "bc"}));
    const absl::Status saved = RunOp(s, ops::SaveV2(s, prefix_, Strings({"w", "n", "words"}),
                                                    Strings({"", "", ""}), {w, n, words}));
    ASSERT_TRUE(saved.ok()) << saved;
  }
  const std::string prefix_ = PathOf("save_restore/model.ckpt");
};

TEST_F(SaveRestoreTest, GivesBackWhatWasSaved) {
  const auto restored = Restore(prefix_, Strings({"n", "words", "w"}), Strings({"", "", ""}),
                                {DT_INT64, DT_STRING, DT_FLOAT});
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ((*restored)[0].ToString(), "int64 [] {7}");
  EXPECT_EQ((*restored)[1].data<std::string>()[1], "bc");
  EXPECT_EQ((*restored)[2].ToString(), "float [2,2] {1, 2, 3, 4}");
}

TEST_F(SaveRestoreTest, GivesBackAPart) {
  const auto restored = Restore(prefix_, Strings({"w"}), Strings({"2 2 -:1,1"}), {DT_FLOAT});
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ((*restored)[0].ToString(), "float [2,1] {2, 4}");
}

TEST_F(SaveRestoreTest, SaysWhatDoesNotFit) {
  const auto missing = Restore(prefix_, Strings({"x"}), Strings({""}), {DT_FLOAT});
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound) << missing.status();
  EXPECT_NE(missing.status().message().find("x not found in checkpoint"), std::string::npos);
  const auto type = Restore(prefix_, Strings({"w"}), Strings({""}), {DT_INT32});
  EXPECT_NE(type.status().message().find(
                "tensor_name = w; expected dtype int32 does not equal original dtype float"),
            std::string::npos)
      << type.status();
  const auto shape = Restore(prefix_, Strings({"w"}), Strings({"3 2 -:-"}), {DT_FLOAT});
  EXPECT_NE(shape.status().message().find("does not match the shape stored in checkpoint: [2,2]"),
            std::string::npos)
      << shape.status();
  EXPECT_FALSE(Restore(prefix_ + "_none", Strings({"w"}), Strings({""}), {DT_FLOAT}).ok());
  EXPECT_FALSE(Restore(prefix_, Strings({"w"}), Strings({"nonsense"}), {DT_FLOAT}).ok());
}

TEST(SaveV2, PutsPartsTogether) {
  const std::string prefix = PathOf("parts.ckpt");
  for (int part : {0, 1}) {
    const Scope s = Scope::Root();
    const float first = static_cast<float>(part);
    const Output rows = ops::Const(s, Tensor::Of<float>(Shape({1, 2}), {first, first}));
    const std::string slice = part == 0 ? "2 2 0,1:-" : "2 2 1,1:-";
    const absl::Status saved = RunOp(
        s, ops::SaveV2(s, prefix + std::to_string(part), Strings({"w"}), Strings({slice}), {rows}));
    ASSERT_TRUE(saved.ok()) << saved;
  }
  const Scope s = Scope::Root();
  const absl::Status merged =
      RunOp(s, ops::MergeV2Checkpoints(s, Strings({prefix + "0", prefix + "1"}), prefix, false));
  ASSERT_TRUE(merged.ok()) << merged;
  const auto restored = Restore(prefix, Strings({"w"}), Strings({""}), {DT_FLOAT});
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ((*restored)[0].ToString(), "float [2,2] {0, 0, 1, 1}");
}

TEST(SaveV2, RefusesASliceOfAnotherShape) {
  const Scope s = Scope::Root();
  const Output w = ops::Const(s, Tensor::Of<float>(Shape({1, 2}), {1, 2}));
  const absl::Status saved =
      RunOp(s, ops::SaveV2(s, PathOf("bad.ckpt"), Strings({"w"}), Strings({"4 2 0,2:-"}), {w}));
  EXPECT_NE(saved.message().find("does not match the shape of the tensor to save"),
            std::string::npos)
      << saved;
}

TEST(SaveV2, NeedsANamePerTensor) {
  EXPECT_SHAPE_ERROR(ShapeTest("SaveV2")
                         .In("[]", DT_STRING)
                         .In("[2]", DT_STRING)
                         .In("[1]", DT_STRING)
                         .In("[3]")
                         .AsList(1),
                     "one entry for each of 1 tensors");
}

TEST(SaveRestore, Shapes) {
  EXPECT_SHAPE(ShapeTest("RestoreV2")
                   .In("[]", DT_STRING)
                   .Const(Strings({"a", "b"}))
                   .Const(Strings({"", "4 2:0,1"}))
                   .Attr("dtypes", std::vector<DataType>{DT_FLOAT, DT_INT32}),
               "<unknown>;<unknown>");
  EXPECT_SHAPE(
      ShapeTest("ShardedFilename").In("[]", DT_STRING).In("[]", DT_INT32).In("[]", DT_INT32), "[]");
  EXPECT_SHAPE(ShapeTest("ShardedFilespec").In("[]", DT_STRING).In("[]", DT_INT32), "[]");
}

TEST(ShardedFilename, CountsInFiveDigits) {
  OpTest("ShardedFilename")
      .In(Tensor::Scalar<std::string>("a/b"))
      .In<int32_t>({}, {1})
      .In<int32_t>({}, {12})
      .Expect(Tensor::Scalar<std::string>("a/b-00001-of-00012"));
  OpTest("ShardedFilespec")
      .In(Tensor::Scalar<std::string>("a/b"))
      .In<int32_t>({}, {12})
      .Expect(Tensor::Scalar<std::string>("a/b-\?\?\?\?\?-of-00012"));
}

}  // namespace
}  // namespace weir
