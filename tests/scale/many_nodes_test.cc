// No phase fails, or recurses as deep as the graph, for 100,000 nodes.

#include <map>
#include <string>

#include "gtest/gtest.h"
#include "weir/graph/graph.h"
#include "weir/tests/scale/large_graphs.h"

namespace weir {
namespace {

class ManyNodesTest : public testing::TestWithParam<std::string> {};

TEST_P(ManyNodesTest, PassAllPhases) {
  // Some of the shapes have more nodes than their n.
  const std::map<std::string, int> fewer = {
      {"control", 50000}, {"names", 50000}, {"variables", 6000}};
  const auto it = fewer.find(GetParam());
  const int n = it == fewer.end() ? 100000 : it->second;
  absl::StatusOr<LargeGraph> graph = BuildLargeGraph(GetParam(), n);
  ASSERT_TRUE(graph.ok()) << graph.status();
  const absl::Status differentiated = DifferentiateLargeGraph(*graph);
  ASSERT_TRUE(differentiated.ok()) << differentiated;
  const GraphDef def = ExportLargeGraph(*graph);
  EXPECT_GE(def.node_size(), 100000);
  const absl::StatusOr<Graph> imported = ImportLargeGraph(def);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->num_nodes(), def.node_size());
  const absl::Status prepared = PrepareLargeGraph(*graph, *imported);
  EXPECT_TRUE(prepared.ok()) << prepared;
}

INSTANTIATE_TEST_SUITE_P(Shapes, ManyNodesTest, testing::ValuesIn(LargeGraphShapes()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace weir
