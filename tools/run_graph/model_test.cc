#include "weir/tools/run_graph/model.h"

#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "weir/graph/import.h"
#include "weir/ops/standard_ops.h"
#include "weir/runtime/meta_graph.h"
#include "weir/tests/memory_env.h"
#include "weir/tests/run_graph_fixture.h"

namespace weir::run_graph {
namespace {

class ModelTest : public RunGraphTest {
 protected:
  ModelTest() {
    google::protobuf::SetLogHandler(nullptr);
    EXPECT_TRUE(ExportMetaGraph(Linear(), nullptr, &meta_).ok());
  }

  // Reads the model and imports it. What is damaged names the file, or a node of it.
  absl::Status Load(const std::string& path, const std::string& content) {
    env_.SetContent(path, content);
    const absl::StatusOr<MetaGraphDef> meta = ReadModel(env_, path);
    if (!meta.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(meta.status())) << meta.status();
      EXPECT_NE(meta.status().message().find(path + ":"), std::string::npos) << meta.status();
      return meta.status();
    }
    if (!UnknownOps(meta->graph_def(), StandardOps()).empty()) return Unimplemented("unknown op");
    return ImportMetaGraph(*meta, Scope::Root());
  }

  MemoryEnv env_;
  MetaGraphDef meta_;
};

TEST_F(ModelTest, CutFilesAreDamagedUnlessTheCutIsBetweenFields) {
  const GraphDef& graph = meta_.graph_def();
  const std::string whole = graph.SerializeAsString();
  std::vector<size_t> between = {0};
  ASSERT_EQ(whole[0], '\n');  // Alone, the first tag is the text of an empty graph.
  for (const NodeDef& node : graph.node()) {
    between.push_back(between.back() + 2 + node.ByteSizeLong());  // Tag and length.
  }
  between.push_back(whole.size());
  for (size_t size = 0; size <= whole.size(); ++size) {
    const absl::Status status = Load("/m.pb", whole.substr(0, size));
    const bool sound = std::find(between.begin(), between.end(), size) != between.end();
    EXPECT_EQ(status.ok(), sound || size == 1) << size << status;
  }
}

TEST_F(ModelTest, FlippedBitsEndInAnErrorOrAnotherGraph) {
  for (const char* path : {"/m.pb", "/m.meta"}) {
    const std::string whole = absl::string_view(path) == "/m.pb"
                                  ? meta_.graph_def().SerializeAsString()
                                  : meta_.SerializeAsString();
    ASSERT_TRUE(Load(path, whole).ok());
    for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
      std::string damaged = whole;
      damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      EXPECT_FALSE(absl::IsInternal(Load(path, damaged))) << bit;
    }
  }
}

TEST_F(ModelTest, DamageIsPlaced) {
  const auto error = [&](const std::string& path, const std::string& content) {
    return std::string(Load(path, content).message());
  };
  const std::string graph = meta_.graph_def().SerializeAsString();
  const std::string first = meta_.graph_def().node(0).SerializeAsString();
  const std::string second = std::to_string(2 + first.size());
  EXPECT_EQ(error("/m.pb", graph.substr(0, first.size() + 10)),
            "/m.pb: is neither a binary nor a text GraphDef, or is damaged: the field at byte " +
                second + " is cut, behind node 'x'");
  std::string damaged = graph;
  damaged[2 + first.size() + 3] = '\x7f';  // The length of the second node's name.
  EXPECT_EQ(error("/m.pb", damaged),
            "/m.pb: is neither a binary nor a text GraphDef, or is damaged: node 1 at byte " +
                second + ", behind node 'x'");
  std::string meta = meta_.SerializeAsString();
  const size_t begin = meta.find(graph);
  ASSERT_NE(begin, std::string::npos);
  EXPECT_EQ(error("/m.meta", meta.replace(begin, damaged.size(), damaged)),
            "/m.meta: is not a MetaGraphDef, or is damaged: node 1 at byte " +
                std::to_string(begin + 2 + first.size()) + ", behind node 'x'");
  EXPECT_EQ(error("/m.pb", std::string("\x0f\x01", 2)),
            "/m.pb: is neither a binary nor a text GraphDef, or is damaged: byte 0");
  EXPECT_EQ(error("/m.pbtxt", "node {\n  name: 3\n}"), "/m.pbtxt:2:9: Expected string, got: 3");
}

}  // namespace
}  // namespace weir::run_graph
