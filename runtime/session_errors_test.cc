// What is wrong with a call or a graph is told by an error that names it, costs nothing that was
// there, and leaves a session that works.

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "weir/core/env.h"
#include "weir/ops/binary.h"
#include "weir/ops/constant.h"
#include "weir/ops/gather.h"
#include "weir/ops/matmul.h"
#include "weir/ops/operators.h"
#include "weir/ops/reshape.h"
#include "weir/ops/variables_util.h"
#include "weir/proto/graph.pb.h"
#include "weir/runtime/session.h"

namespace weir {
namespace {

using absl::StatusCode;

// v += x * w, where x must be a row of 2.
class SessionErrors : public testing::Test {
 protected:
  SessionErrors() {
    const Output x = ops::Placeholder(scope_.Named("x"), DT_FLOAT, {-1, 2});
    const Output any = ops::Placeholder(scope_.Named("any"), DT_FLOAT);
    const Output index = ops::Placeholder(scope_.Named("index"), DT_INT32, {});
    const Output w = ops::Const(scope_.Named("w"), Tensor::Of<float>({2, 1}, {1, 10}));
    const ops::Variable v = GetVariable(scope_, "v", Shape({1, 1}), Zeros());
    const ops::Variable never = GetVariable(scope_, "never", Shape({1}), Zeros());
    const Output y = ops::MatMul(scope_.Named("y"), x, w);
    (void)v.AssignAdd(scope_.Named("add"), y);
    (void)ops::MatMul(scope_.Named("inner"), any, w);
    (void)ops::Reshape(scope_.Named("six"), any, {6});
    (void)ops::Gather(scope_.Named("picked"), w, index);
    (void)never.Read(scope_.Named("read"));
    session_.emplace(Session::Create(scope_, {.threads = 1}).value());
    EXPECT_TRUE(session_->Run({}, {}, {v.initializer()}).ok());
    EXPECT_TRUE(session_->Run({Good()}, {}, {"add"}).ok());
  }

  static FeedRef Good() { return {"x", Tensor::Of<float>({1, 2}, {1, 2})}; }

  // The call must fail so; what was there is there, and the session goes on.
  void ExpectError(const std::vector<FeedRef>& feeds, const std::vector<TensorRef>& fetches,
                   const std::vector<TargetRef>& targets, StatusCode code,
                   const std::vector<std::string>& words) {
    for (int again = 0; again < 2; ++again) {  // Nothing wrong is kept.
      const absl::Status status = session_->Run(feeds, fetches, targets).status();
      EXPECT_EQ(status.code(), code) << status;
      for (const std::string& word : words) {
        EXPECT_NE(status.message().find(word), std::string::npos) << word << " in " << status;
      }
      EXPECT_EQ(status.message().find('\n'), std::string::npos) << status;
      const auto fine = session_->Run({Good()}, {"y", "v/Read/ReadVariableOp"}, {});
      ASSERT_TRUE(fine.ok()) << fine.status();
      EXPECT_EQ((*fine)[0].ToString(), "float [1,1] {21}");
      EXPECT_EQ((*fine)[1].ToString(), "float [1,1] {21}");
    }
  }

  Scope scope_ = Scope::Root();
  std::optional<Session> session_;
};

TEST_F(SessionErrors, FeedsOfAnotherShapeOrRank) {
  for (const Shape& shape :
       {Shape(), Shape({2}), Shape({2, 1}), Shape({1, 3}), Shape({1, 1, 2}), Shape({0})}) {
    ExpectError({{"x", Tensor::Zeros(DT_FLOAT, shape).value()}}, {"y"}, {},
                StatusCode::kInvalidArgument, {"'x:0'", shape.ToString(), "[?,2]"});
  }
}

TEST_F(SessionErrors, FeedsOfAnotherType) {
  for (const DataType dtype : {DT_DOUBLE, DT_HALF, DT_INT32, DT_STRING, DT_BOOL}) {
    ExpectError({{"x", Tensor::Make(dtype, Shape({1, 2})).value()}}, {"y"}, {},
                StatusCode::kInvalidArgument,
                {"'x'", "expects float but " + std::string(DataTypeName(dtype))});
  }
  ExpectError({{"x", Tensor()}}, {"y"}, {}, StatusCode::kInvalidArgument, {"'x'"});
}

TEST_F(SessionErrors, MissingFeeds) {
  ExpectError({}, {"y"}, {}, StatusCode::kInvalidArgument,
              {"You must feed a value for placeholder tensor 'x' with dtype float"});
  ExpectError({}, {}, {"add"}, StatusCode::kInvalidArgument, {"placeholder tensor 'x'"});
  ExpectError({{"any", Tensor::Scalar(1.0f)}}, {"y"}, {}, StatusCode::kInvalidArgument,
              {"placeholder tensor 'x'"});
}

TEST_F(SessionErrors, NamesThatDoNotExist) {
  ExpectError({{"zzz", Tensor::Scalar(1.0f)}}, {"y"}, {}, StatusCode::kNotFound, {"feed", "'zzz'"});
  ExpectError({Good()}, {"zzz"}, {}, StatusCode::kNotFound, {"fetch", "'zzz'"});
  ExpectError({Good()}, {}, {"zzz"}, StatusCode::kNotFound, {"target", "'zzz'"});
  ExpectError({Good()}, {"y:1"}, {}, StatusCode::kInvalidArgument, {"'y:1'", "MatMul 'y'"});
  ExpectError({Good()}, {"y:-1"}, {}, StatusCode::kInvalidArgument, {"'y:-1'"});
  ExpectError({Good()}, {"y:"}, {}, StatusCode::kInvalidArgument, {"'y:'"});
  ExpectError({Good()}, {""}, {}, StatusCode::kNotFound, {"''"});
  ExpectError({Good()}, {"^y"}, {}, StatusCode::kNotFound, {"'^y'"});
  ExpectError({Good()}, {}, {""}, StatusCode::kNotFound, {"''"});
}

TEST_F(SessionErrors, UninitialisedVariables) {
  ExpectError({}, {"read"}, {}, StatusCode::kFailedPrecondition,
              {"ReadVariableOp 'read'", "never"});
}

TEST_F(SessionErrors, ShapesThatOnlyTheRunShows) {
  const Tensor four = Tensor::Of<float>({2, 2}, {1, 2, 3, 4});
  ExpectError({{"any", Tensor::Vector<float>({1, 2})}}, {"inner"}, {}, StatusCode::kInvalidArgument,
              {"MatMul 'inner'", "session_errors_test.cc:"});
  ExpectError({{"any", Tensor::Of<float>({1, 3}, {1, 2, 3})}}, {"inner"}, {},
              StatusCode::kInvalidArgument, {"MatMul 'inner'", "[1,3]"});
  ExpectError({{"any", four}}, {"six"}, {}, StatusCode::kInvalidArgument, {"Reshape 'six'"});
  for (const int32_t index : {-1, 2, INT32_MAX, INT32_MIN}) {
    ExpectError({{"index", Tensor::Scalar(index)}}, {"picked"}, {}, StatusCode::kInvalidArgument,
                {"'picked'", std::to_string(index)});
  }
}

// --- Graphs ---

absl::Status CreateFrom(const std::string& text) {
  GraphDef def;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &def)) << text;
  return Session::Create(def).status();
}

std::string Node(const std::string& name, const std::string& op,
                 const std::vector<std::string>& inputs, const std::string& attrs) {
  std::string text = "node { name: '" + name + "' op: '" + op + "'";
  for (const std::string& input : inputs) text += " input: '" + input + "'";
  return text + " " + attrs + " }\n";
}

std::string Type(const char* attr, const char* type) {
  return std::string("attr { key: '") + attr + "' value { type: " + type + " } } ";
}

TEST(SessionGraphErrors, EachNamesTheNode) {
  const std::string f = Node("f", "Placeholder", {}, Type("dtype", "DT_FLOAT"));
  const std::string i = Node("i", "Placeholder", {}, Type("dtype", "DT_INT32"));
  const std::string s = Node("s", "Const", {},
                             Type("dtype", "DT_FLOAT") +
                                 "attr { key: 'value' value { tensor { dtype: DT_FLOAT "
                                 "tensor_shape { dim { size: 3 } } float_val: 1 } } }");
  const struct {
    std::string text;
    StatusCode code;
    std::string words;
  } cases[] = {
      {Node("n", "Frobnicate", {}, ""), StatusCode::kNotFound, "Frobnicate 'n'"},
      {f + Node("n", "Neg", {"n"}, Type("T", "DT_FLOAT")), StatusCode::kInvalidArgument,
       "Neg 'n': is part of a cycle"},
      {Node("a", "NoOp", {"^b"}, "") + Node("b", "NoOp", {"^a"}, ""), StatusCode::kInvalidArgument,
       "cycle"},
      {f + i + Node("n", "AddV2", {"f", "i"}, Type("T", "DT_FLOAT")), StatusCode::kInvalidArgument,
       "AddV2 'n'"},
      {f + Node("n", "AddV2", {"f"}, Type("T", "DT_FLOAT")), StatusCode::kInvalidArgument,
       "AddV2 'n'"},
      {f + Node("n", "Neg", {"f", "f"}, Type("T", "DT_FLOAT")), StatusCode::kInvalidArgument,
       "Neg 'n'"},
      {f + Node("n", "Neg", {"f"}, Type("T", "DT_STRING")), StatusCode::kInvalidArgument,
       "Neg 'n'"},
      {f + Node("n", "Neg", {"f"}, Type("T", "DT_FLOAT") + Type("U", "DT_FLOAT")),
       StatusCode::kInvalidArgument, "Neg 'n'"},
      {s + Node("n", "MatMul", {"s", "s"}, Type("T", "DT_FLOAT")), StatusCode::kInvalidArgument,
       "MatMul 'n'"},
      {Node("n", "Const", {}, Type("dtype", "DT_FLOAT")), StatusCode::kInvalidArgument,
       "Const 'n'"},
      {Node("n", "Const", {},
            Type("dtype", "DT_FLOAT") +
                "attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: "
                "-1 } } } } }"),
       StatusCode::kInvalidArgument, "Const 'n'"},
      {Node("n", "Const", {},
            Type("dtype", "DT_FLOAT") +
                "attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: "
                "4611686018427387904 } dim { size: 4 } } float_val: 1 } } }"),
       StatusCode::kInvalidArgument, "Const 'n'"},
  };
  for (const auto& c : cases) {
    const absl::Status status = CreateFrom(c.text);
    if (status.ok()) {  // Then the first run must tell.
      GraphDef def;
      ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(c.text, &def));
      const absl::Status run = Session::Create(def)->Run({}, {"n"}).status();
      EXPECT_EQ(run.code(), c.code) << c.text << run;
      EXPECT_NE(run.message().find(c.words), std::string::npos) << c.text << run;
      continue;
    }
    EXPECT_EQ(status.code(), c.code) << c.text << status;
    EXPECT_NE(status.message().find(c.words), std::string::npos) << c.text << status;
  }
}

TEST(SessionGraphErrors, ExtendingByABadGraphLeavesTheSessionAsItWas) {
  const Scope scope = Scope::Root();
  (void)ops::Const(scope.Named("c"), 1.0f);
  Session session = Session::Create(scope).value();
  for (const std::string& text :
       {Node("a", "Neg", {"c"}, Type("T", "DT_FLOAT")) + Node("b", "Frobnicate", {}, ""),
        Node("a", "Neg", {"zzz"}, Type("T", "DT_FLOAT")),
        Node("c", "Neg", {"c"}, Type("T", "DT_FLOAT"))}) {
    GraphDef def;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &def));
    EXPECT_FALSE(session.Extend(def).ok()) << text;
    EXPECT_EQ(session.graph().num_nodes(), 1) << text;
    EXPECT_TRUE(session.Run({}, {"c"}).ok());
  }
  GraphDef good;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      Node("a", "Neg", {"c"}, Type("T", "DT_FLOAT")), &good));
  ASSERT_TRUE(session.Extend(good).ok());
  EXPECT_EQ(session.Run({}, {"a"}).value()[0].ToString(), "float [] {-1}");
}

TEST(SessionLimits, AFewBytesThatSpellALargeConstantCountAgainstTheLimit) {
  GraphDef def;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      Node("c", "Const", {},
           Type("dtype", "DT_UINT8") +
               "attr { key: 'value' value { tensor { dtype: DT_UINT8 tensor_shape { dim { size: "
               "100000000 } } int_val: 7 } } }"),
      &def));
  const Session session = Session::Create(def, {.threads = 1, .memory_limit = 1'000'000}).value();
  EXPECT_EQ(session.Run({}, {"c"}).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(SessionLimits, StringsAndFoldedExpressionsCountAgainstTheLimit) {
  const Scope scope = Scope::Root();
  const Output n = ops::Const(scope, Tensor::Vector<int32_t>({100'000}));
  const Output strings = scope.Op("Fill").In(n).In(Tensor::Scalar("text")).Build();
  const Output numbers = scope.Op("Fill").In(n).In(1.0).Build();
  const Session session = Session::Create(scope, {.threads = 1, .memory_limit = 100'000}).value();
  for (const Output& output : {strings, numbers}) {
    EXPECT_EQ(session.Run({}, {}, {output.op()}).status().code(),
              absl::StatusCode::kResourceExhausted);
  }
}

TEST(SessionLimits, ADeadlineCutsAStepShort) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT, {-1, -1});
  const Output y = scope.Op("MatMul").In(x).In(x).Build();
  const Session session = Session::Create(scope, {.threads = 1}).value();
  const Tensor large = Tensor::Zeros(DT_FLOAT, Shape({2000, 2000})).value();
  const auto run = [&](int64_t timeout_ms) {
    return session.Run({FeedRef(x, large)}, {TensorRef(y)}, {}, {.timeout_ms = timeout_ms});
  };
  EXPECT_EQ(run(1).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(run(INT64_MAX).ok());  // Longer than time itself.
}

TEST(SessionNames, ANameWithACommaIsNotTwo) {
  const Scope scope = Scope::Root();
  (void)ops::Const(scope.Named("a"), 1.0f);
  (void)ops::Const(scope.Named("b"), 2.0f);
  const Session session = Session::Create(scope).value();
  ASSERT_TRUE(session.Run({}, {"a", "b"}).ok());
  EXPECT_EQ(session.Prepare({}, {"a,b"}).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace weir
