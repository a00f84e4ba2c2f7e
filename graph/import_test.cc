#include "weir/graph/import.h"

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "weir/ops/standard_ops.h"

namespace weir {
namespace {

GraphDef Parse(const std::string& text) {
  GraphDef def;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &def)) << text;
  return def;
}

std::string NodeText(const std::string& name, const std::string& op,
                     const std::vector<std::string>& inputs, const std::string& attrs = "") {
  std::string text = "node { name: '" + name + "' op: '" + op + "'";
  for (const std::string& input : inputs) text += " input: '" + input + "'";
  return text + " " + attrs + " }\n";
}

const char kFloat[] = "attr { key: 'T' value { type: DT_FLOAT } }";
const char kPlaceholder[] = "attr { key: 'dtype' value { type: DT_FLOAT } }";

std::string ImportError(const std::string& text) {
  Graph graph(StandardOps());
  const absl::Status status = ImportGraphDef(Parse(text), graph);
  EXPECT_FALSE(status.ok()) << text;
  EXPECT_EQ(graph.num_nodes(), 0) << text;
  return std::string(status.message());
}

TEST(Import, NodesMayComeInAnyOrder) {
  Graph graph(StandardOps());
  const GraphDef def =
      Parse(NodeText("b", "Neg", {"a"}, kFloat) + NodeText("a", "Placeholder", {}, kPlaceholder));
  ASSERT_TRUE(ImportGraphDef(def, graph).ok());
  EXPECT_EQ(graph.node(0).name(), "a");
  EXPECT_EQ(graph.node(1).inputs()[0], (Endpoint{0, 0}));
}

TEST(Import, RoundTripKeepsNodesAndFillsDefaults) {
  Graph graph(StandardOps());
  const GraphDef def =
      Parse(NodeText("a", "Placeholder", {}, kPlaceholder) +
            NodeText("m", "MatMul", {"a", "a", "^a"}, kFloat) + "versions { producer: 27 }");
  ASSERT_TRUE(ImportGraphDef(def, graph).ok());
  GraphDef out;
  ExportGraphDef(graph, &out);
  ASSERT_EQ(out.node_size(), 2);
  EXPECT_EQ(out.node(1).input(2), "^a");
  EXPECT_FALSE(out.node(1).attr().at("transpose_a").b());
  EXPECT_EQ(out.node(1).attr().count("transpose_b"), 1u);
}

TEST(Import, BadGraphsNameTheNode) {
  const std::string a = NodeText("a", "Placeholder", {}, kPlaceholder);
  EXPECT_EQ(ImportError(NodeText("b", "Neg", {"zzz"}, kFloat)),
            "Neg 'b': input 'zzz' does not exist in the graph");
  EXPECT_NE(ImportError(a + NodeText("b", "Neg", {"a:7"}, kFloat)).find("Neg 'b': input 'a:7'"),
            std::string::npos);
  EXPECT_NE(ImportError(a + a).find("'a' is not unique"), std::string::npos);
  EXPECT_EQ(ImportError(NodeText("x", "Frobnicate", {})),
            "Frobnicate 'x': Op type not registered 'Frobnicate'");
  EXPECT_EQ(ImportError(a + NodeText("b", "Neg", {"^a", "a"}, kFloat)),
            "Neg 'b': Control dependencies must come after regular dependencies");
  EXPECT_EQ(ImportError(a + NodeText("b", "Neg", {"a"})), "Neg 'b': attr 'T' is missing");
  EXPECT_NE(ImportError(a + NodeText("b c", "Neg", {"a"}, kFloat)).find("valid node name"),
            std::string::npos);
  EXPECT_NE(ImportError(a + NodeText("b", "Neg", {"a:-1"}, kFloat)).find("not a tensor name"),
            std::string::npos);
}

TEST(Import, CyclesAreFoundWithANodeOnThem) {
  EXPECT_NE(ImportError(NodeText("p", "Neg", {"q"}, kFloat) + NodeText("q", "Neg", {"p"}, kFloat))
                .find("cycle"),
            std::string::npos);
  EXPECT_NE(ImportError(NodeText("p", "Neg", {"p"}, kFloat)).find("cycle"), std::string::npos);
  EXPECT_NE(
      ImportError(NodeText("p", "NoOp", {"^q"}) + NodeText("q", "NoOp", {"^p"})).find("cycle"),
      std::string::npos);
}

TEST(Import, DeepGraphsNeedNoStack) {
  GraphDef def;
  constexpr int kNodes = 200'000;
  for (int i = kNodes - 1; i >= 0; --i) {  // The worst order: every input comes after its user.
    NodeDef* node = def.add_node();
    node->set_name("n" + std::to_string(i));
    node->set_op("NoOp");
    if (i > 0) node->add_input("^n" + std::to_string(i - 1));
  }
  Graph graph(StandardOps());
  ASSERT_TRUE(ImportGraphDef(def, graph).ok());
  EXPECT_EQ(graph.num_nodes(), kNodes);
}

TEST(Import, NewerAttrsThatSayNothingAreDropped) {
  const std::string newer = std::string(kFloat) + " attr { key: 'new_switch' value { b: false } }";
  const std::string a = NodeText("a", "Placeholder", {}, kPlaceholder);
  Graph graph(StandardOps());
  EXPECT_TRUE(ImportGraphDef(Parse(a + NodeText("m", "MatMul", {"a", "a"}, newer) +
                                   "versions { producer: 1500 }"),
                             graph)
                  .ok());
  EXPECT_EQ(ImportError(a + NodeText("m", "MatMul", {"a", "a"}, newer)),
            "MatMul 'm': the op has no attr 'new_switch'");
}

std::string Attr(const std::string& name, const std::string& value) {
  return " attr { key: '" + name + "' value { " + value + " } }";
}

// The error of importing a TopKV2 'top' with these further attrs from a newer producer.
std::string TopKError(const std::string& attrs) {
  Graph graph(StandardOps());
  const std::string nodes = NodeText("x", "Placeholder", {}, kPlaceholder) +
                            NodeText("k", "Placeholder", {}, Attr("dtype", "type: DT_INT32")) +
                            NodeText("top", "TopKV2", {"x", "k"}, kFloat + attrs);
  const GraphDef def = Parse(nodes + "versions { producer: 1500 }");
  return std::string(ImportGraphDef(def, graph).message());
}

TEST(Import, NewerTypesAreDroppedWhereTheyAreWhatTheyWere) {
  EXPECT_EQ(TopKError(Attr("index_type", "type: DT_INT32") + Attr("Tk", "type: DT_INT32")), "");
  EXPECT_EQ(TopKError(Attr("index_type", "type: DT_INT64")),
            "TopKV2 'top': the op has no attr 'index_type', which a newer producer set to type: "
            "DT_INT64");
  EXPECT_NE(TopKError(Attr("Tnew", "type: DT_FLOAT")).find("'Tnew'"), std::string::npos);
  EXPECT_NE(TopKError(Attr("fraction", "f: 1")).find("'fraction'"), std::string::npos);
  EXPECT_NE(TopKError(Attr("mode", "s: 'fast'")).find("fast"), std::string::npos);
  EXPECT_EQ(TopKError(Attr("mode", "s: ''") + Attr("n", "i: 0") + Attr("l", "list { }")), "");
}

TEST(Import, BatchNormalisationByRunningAveragesIsNotDropped) {
  const auto error = [](const std::string& factor) {
    Graph graph(StandardOps());
    std::string nodes;
    for (const char* name : {"x", "scale", "offset", "mean", "variance"}) {
      nodes += NodeText(name, "Placeholder", {}, kPlaceholder);
    }
    nodes += NodeText("bn", "FusedBatchNormV3", {"x", "scale", "offset", "mean", "variance"},
                      std::string(kFloat) + Attr("U", "type: DT_FLOAT") +
                          Attr("exponential_avg_factor", "f: " + factor));
    return ImportGraphDef(Parse(nodes + "versions { producer: 1500 }"), graph);
  };
  EXPECT_TRUE(error("1.0").ok()) << error("1.0");
  EXPECT_TRUE(absl::IsUnimplemented(error("0.25"))) << error("0.25");
}

TEST(Import, AssignmentsMayChooseToCheckShapes) {
  const std::string handle =
      NodeText("v", "VarHandleOp", {},
               std::string(kPlaceholder) + "attr { key: 'shape' value { shape { } } }");
  const std::string checked =
      std::string(kPlaceholder) + " attr { key: 'validate_shape' value { b: true } }";
  Graph graph(StandardOps());
  EXPECT_TRUE(ImportGraphDef(Parse(handle + NodeText("a", "Placeholder", {}, kPlaceholder) +
                                   NodeText("assign", "AssignVariableOp", {"v", "a"}, checked)),
                             graph)
                  .ok());
}

TEST(Import, PrefixAndInputMap) {
  const Scope scope = Scope::Root();
  const Output x = scope.Named("x").Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
  ImportOptions options;
  options.prefix = "part";
  options.input_map = {{"a", x.endpoint()}};
  const GraphDef def =
      Parse(NodeText("a", "Placeholder", {}, kPlaceholder) + NodeText("b", "Neg", {"a"}, kFloat));
  ASSERT_TRUE(ImportGraphDef(def, scope, options).ok());
  EXPECT_EQ(scope.graph().Find("part/b")->inputs()[0], x.endpoint());
}

TEST(Import, ConsumersThatAreTooOldAreTold) {
  EXPECT_NE(ImportError("versions { min_consumer: 9999 }").find("min consumer"), std::string::npos);
  EXPECT_NE(ImportError("versions { bad_consumers: 134 }").find("disallows"), std::string::npos);
}

TEST(UnknownOps, ListsAllAtOnce) {
  const GraphDef def = Parse(NodeText("a", "Foo", {}) + NodeText("b", "Bar", {}) +
                             NodeText("c", "Foo", {}) + NodeText("d", "NoOp", {}));
  EXPECT_EQ(UnknownOps(def, StandardOps()),
            (std::vector<std::string>{"Bar (1 node)", "Foo (2 nodes)"}));
}

TEST(Import, AnErrorLeavesTheGraphAsItWas) {
  Graph graph(StandardOps());
  const std::string a = NodeText("a", "Placeholder", {}, kPlaceholder);
  ASSERT_TRUE(ImportGraphDef(Parse(a), graph).ok());
  const std::string bad =
      NodeText("b", "Neg", {"a"}, kFloat) + NodeText("c", "Neg", {"b:1"}, kFloat);
  EXPECT_FALSE(ImportGraphDef(Parse(bad), graph).ok());
  EXPECT_EQ(graph.num_nodes(), 1);
  EXPECT_EQ(graph.Find("b"), nullptr);
  ASSERT_TRUE(ImportGraphDef(Parse(NodeText("b", "Neg", {"a"}, kFloat)), graph).ok());
  EXPECT_EQ(graph.Find("b")->id(), 1);
}

std::string FunctionText(const std::string& name, const std::string& op) {
  return "library { function { signature { name: '" + name + "' } node_def { name: 'n' op: '" + op +
         "' } } }";
}

TEST(Import, FunctionsOfSeveralImportsJoin) {
  Graph graph(StandardOps());
  ASSERT_TRUE(ImportGraphDef(Parse(FunctionText("f", "NoOp")), graph).ok());
  ASSERT_TRUE(ImportGraphDef(Parse(FunctionText("f", "NoOp")), graph).ok());
  ASSERT_TRUE(ImportGraphDef(Parse(FunctionText("g", "NoOp")), graph).ok());
  EXPECT_EQ(graph.library->function_size(), 2);
  const std::string other =
      FunctionText("f", "Abort") + NodeText("a", "Placeholder", {}, kPlaceholder);
  EXPECT_EQ(ImportGraphDef(Parse(other), graph).message(),
            "Cannot add function 'f' because a different function with the same name already "
            "exists.");
  EXPECT_EQ(graph.num_nodes(), 0);
  EXPECT_EQ(graph.library->function_size(), 2);
}

TEST(UnknownOps, FunctionsDoNotRunYet) {
  const GraphDef def = Parse(FunctionText("f", "Zap") + NodeText("a", "f", {}) +
                             NodeText("b", "f", {}) + NodeText("c", "NoOp", {}));
  EXPECT_EQ(UnknownOps(def, StandardOps()),
            (std::vector<std::string>{"Zap (1 node)", "f (function, 2 nodes)"}));
}

TEST(Import, ValidateShapeIsAnAttrOfAssignVariableOpAlone) {
  const std::string extra = "attr { key: 'validate_shape' value { b: true } }";
  EXPECT_NE(
      ImportError(NodeText("a", "Placeholder", {}, kPlaceholder + extra)).find("validate_shape"),
      std::string::npos);
}

}  // namespace
}  // namespace weir
