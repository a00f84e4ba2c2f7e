#include "weir/runtime/saver.h"

#include <cstdlib>

#include "gtest/gtest.h"
#include "weir/core/env.h"
#include "weir/io/tensor_bundle.h"
#include "weir/ops/constant.h"
#include "weir/ops/matmul.h"
#include "weir/ops/operators.h"
#include "weir/ops/variables_util.h"
#include "weir/runtime/freeze.h"
#include "weir/runtime/meta_graph.h"

namespace weir {
namespace {

class SaverTest : public testing::Test {
 protected:
  SaverTest() {
    std::string name = testing::TempDir() + "/saver_XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    for (bool resource : {true, false}) {
      variables_.push_back(GetVariable(scope_, resource ? "r" : "v", Shape({2}), Constant(1),
                                       {.use_resource = resource, .collections = {}}));
    }
    init_ = GlobalVariablesInitializer(scope_);
    add_ = Group(scope_, {variables_[0].AssignAdd(scope_, {1.0f, 2.0f}),
                          variables_[1].AssignAdd(scope_, {10.0f, 20.0f})});
  }

  Session Open(bool initialise) {
    Session session = *Session::Create(scope_);
    if (initialise) {
      EXPECT_TRUE(session.Run({}, {}, {init_}).ok());
    }
    return session;
  }
  std::string Values(Session& session) {
    const auto values = session.Run({}, {variables_[0], variables_[1]});
    if (!values.ok()) return std::string(values.status().message());
    return (*values)[0].ToString() + " " + (*values)[1].ToString();
  }
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  std::string directory_;
  Scope scope_ = Scope::Root();
  std::vector<ops::Variable> variables_;
  Operation init_, add_;
};

constexpr char kAfterAdd[] = "float [2] {2, 3} float [2] {11, 21}";

TEST_F(SaverTest, RestoresBothKindsOfVariablesInAFreshSession) {
  for (bool sharded : {false, true}) {
    SaverOptions options;
    options.sharded = sharded;
    Saver saver(scope_, options);
    Session session = Open(true);
    ASSERT_TRUE(session.Run({}, {}, {add_}).ok());
    const auto path = saver.Save(session, Path("model"), 7);
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, Path("model-7"));
    EXPECT_EQ(LatestCheckpoint(PosixEnv(), directory_), *path);
    Session fresh = Open(false);
    ASSERT_TRUE(saver.Restore(fresh, *path).ok());
    EXPECT_EQ(Values(fresh), kAfterAdd);
    Session bare = Open(false);
    ASSERT_TRUE(RestoreVariables(bare, PosixEnv(), *path).ok());
    EXPECT_EQ(Values(bare), kAfterAdd);
  }
}

TEST_F(SaverTest, KeepsTheNewestCheckpoints) {
  SaverOptions options;
  options.max_to_keep = 2;
  Saver saver(scope_, options);
  Session session = Open(true);
  for (int step = 1; step <= 4; ++step) {
    ASSERT_TRUE(saver.Save(session, Path("m"), step).ok());
  }
  EXPECT_EQ(saver.checkpoints(), (std::vector<std::string>{Path("m-3"), Path("m-4")}));
  EXPECT_FALSE(PosixEnv().FileExists(Path("m-2.index")));
  EXPECT_FALSE(PosixEnv().FileExists(Path("m-2.data-00000-of-00001")));
  EXPECT_FALSE(PosixEnv().FileExists(Path("m-2.meta")));
  EXPECT_TRUE(PosixEnv().FileExists(Path("m-3.meta")));
  // A later process takes over the list.
  Saver later(scope_, options);
  ASSERT_TRUE(later.RecoverCheckpoints(PosixEnv(), directory_).ok());
  ASSERT_TRUE(later.Save(session, Path("m"), 5).ok());
  EXPECT_FALSE(PosixEnv().FileExists(Path("m-3.index")));
}

TEST_F(SaverTest, NamesInTheCheckpointMayDiffer) {
  SaverOptions options;
  options.variables = {{"old/name", "r"}};
  Saver saver(scope_, options);
  Session session = Open(true);
  ASSERT_TRUE(saver.Save(session, Path("renamed")).ok());
  const auto reader = BundleReader::Open(PosixEnv(), Path("renamed"));
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE((*reader)->Find("old/name").ok());
  EXPECT_FALSE((*reader)->Find("v").ok());
}

TEST_F(SaverTest, ErrorsSayWhatIsMissing) {
  Saver saver(scope_);
  Session session = Open(true);
  EXPECT_NE(saver.Restore(session, Path("none")).message().find("not a valid checkpoint"),
            std::string::npos);
  ASSERT_TRUE(PosixEnv().AtomicWriteFile(Path("file"), "not a directory").ok());
  EXPECT_FALSE(saver.Save(session, Path("file/m")).ok());
  EXPECT_EQ(LatestCheckpoint(PosixEnv(), directory_), std::nullopt);
  SaverOptions only_r;
  only_r.variables = {{"r", "r"}};
  Saver part(scope_, only_r);
  ASSERT_TRUE(part.Save(session, Path("part")).ok());
  const absl::Status status = saver.Restore(session, Path("part"));
  EXPECT_NE(status.message().find("Key v not found in checkpoint"), std::string::npos) << status;
}

TEST_F(SaverTest, PartsOfAVariableComeFromTheWhole) {
  const Scope scope = Scope::Root();
  for (int i = 0; i < 2; ++i) {
    (void)GetVariable(scope, "w/part_" + std::to_string(i), Shape({2, 3}), Constant(i + 1));
    GraphState::VariableRecord& record = scope.state()->variables[i];
    record.full_name = "w";
    record.slice = i == 0 ? "4 3 0,2:0,3" : "4 3 2,2:0,3";
  }
  const Operation init = GlobalVariablesInitializer(scope);
  Saver saver(scope);
  Session session = *Session::Create(scope);
  ASSERT_TRUE(session.Run({}, {}, {init}).ok());
  ASSERT_TRUE(saver.Save(session, Path("parts")).ok());
  const auto reader = BundleReader::Open(PosixEnv(), Path("parts"));
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->Read("w")->ToString(), "float [4,3] {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2}");
  Session bare = *Session::Create(scope);
  const auto& records = scope.state()->variables;
  ASSERT_TRUE(RestoreVariables(bare, PosixEnv(), Path("parts"), records).ok());
  const auto second = bare.Run({}, {ops::Variable(scope.state(), 1)});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)[0].ToString(), "float [2,3] {2, 2, 2, 2, 2, 2}");
  // Without the records nothing tells that the parts are of "w".
  EXPECT_TRUE(absl::IsNotFound(RestoreVariables(bare, PosixEnv(), Path("parts"))));
}

TEST_F(SaverTest, DamageIsReportedAndTheValuesStay) {
  Saver saver(scope_);
  Session session = Open(true);
  ASSERT_TRUE(saver.Save(session, Path("m")).ok());
  ASSERT_TRUE(session.Run({}, {}, {add_}).ok());
  const std::string data = Path("m.data-00000-of-00001");
  std::string bytes = *PosixEnv().ReadFileToString(data);
  bytes[3] ^= 1;
  ASSERT_TRUE(PosixEnv().AtomicWriteFile(data, bytes).ok());
  EXPECT_EQ(saver.Restore(session, Path("m")).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Values(session), kAfterAdd);
}

TEST_F(SaverTest, MetaGraphBringsVariablesAndSaver) {
  Saver saver(scope_);
  Session session = Open(true);
  ASSERT_TRUE(session.Run({}, {}, {add_}).ok());
  ASSERT_TRUE(saver.Save(session, Path("m")).ok());
  MetaGraphDef meta;
  ASSERT_TRUE(meta.ParseFromString(*PosixEnv().ReadFileToString(Path("m.meta"))));
  const Scope imported = Scope::Root();
  ASSERT_TRUE(ImportMetaGraph(meta, imported).ok());
  EXPECT_EQ(imported.state()->variables.size(), 2u);
  EXPECT_EQ(TrainableVariables(imported).size(), 2u);
  const Saver theirs(imported, meta.saver_def());
  Session fresh = *Session::Create(imported);
  ASSERT_TRUE(theirs.Restore(fresh, Path("m")).ok());
  EXPECT_EQ(Values(fresh), kAfterAdd);
}

TEST_F(SaverTest, AMetaGraphThatFailsLeavesTheScopeAsItWas) {
  MetaGraphDef meta;
  ASSERT_TRUE(ExportMetaGraph(scope_, nullptr, &meta).ok());
  (*meta.mutable_collection_def())["variables"].mutable_bytes_list()->add_value("\x07");
  const Scope imported = Scope::Root();
  EXPECT_FALSE(ImportMetaGraph(meta, imported).ok());
  EXPECT_EQ(imported.graph().num_nodes(), 0);
  const std::string& name = meta.graph_def().node(0).name();
  EXPECT_EQ(imported.Named(name).Op("NoOp").Build().name(), name);
}

TEST_F(SaverTest, FrozenGraphsNeedNoCheckpoint) {
  const Output y = ops::Variable(variables_[0]) + variables_[1].value();
  const Output named = scope_.Named("y").Op("Identity").In(y).Build();
  Session session = Open(true);
  ASSERT_TRUE(session.Run({}, {}, {add_}).ok());
  const auto frozen = FreezeGraph(session, {"y"});
  ASSERT_TRUE(frozen.ok()) << frozen.status();
  for (const NodeDef& node : frozen->node()) {
    EXPECT_EQ(node.op().find("Var"), std::string::npos) << node.op();
  }
  Session fresh = *Session::Create(*frozen);
  const auto out = fresh.Run({}, {"y"});
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ((*out)[0].ToString(), "float [2] {13, 24}");
  EXPECT_FALSE(FreezeGraph(session, {"nothing"}).ok());
  Session uninitialised = Open(false);
  EXPECT_EQ(FreezeGraph(uninitialised, {"y"}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace weir
