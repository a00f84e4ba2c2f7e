#include "weir/tests/scale/large_graphs.h"

#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/ops/optimizer_util.h"
#include "weir/ops/standard_ops.h"
#include "weir/ops/variables_util.h"
#include "weir/runtime/session.h"

namespace weir {
namespace {

Output Scalar(const Scope& s, float value) {
  // Not a constant, which would be folded with all that follows.
  return s.Named("x")
      .Op("PlaceholderWithDefault")
      .In(value)
      .Attr("shape", PartialShape(Shape()))
      .Build();
}

void Chain(LargeGraph& g, int n) {
  g.loss = g.xs[0];
  for (int i = 0; i < n; ++i) g.loss = g.scope.Op("Tanh").In(g.loss).Build();
}

void Diamonds(LargeGraph& g, int n) {
  g.loss = g.xs[0];
  for (int i = 0; i < n; ++i) g.loss = g.scope.Op("AddV2").In(g.loss).In(g.loss).Build();
}

std::vector<Output> Consumers(const LargeGraph& g, int n) {
  std::vector<Output> consumers;
  for (int i = 0; i < n; ++i) consumers.push_back(g.scope.Op("Tanh").In(g.xs[0]).Build());
  return consumers;
}

void Fan(LargeGraph& g, int n) { g.loss = g.scope.Op("AddN").InList(Consumers(g, n)).Build(); }

void Control(LargeGraph& g, int n) {
  std::vector<Operation> before;
  for (const Output& output : Consumers(g, n)) before.push_back(output.op());
  const Scope after = g.scope.ControlDependencies(before);
  g.loss = after.Op("AddN").InList(Consumers(g, n)).Build();
}

void Names(LargeGraph& g, int n) {
  g.loss = g.xs[0];
  for (int i = 0; i < n; ++i) {
    g.loss = g.scope.Sub("same").Named("name").Op("Tanh").In(g.loss).Build();
    g.loss = g.scope.Named("name").Op("Tanh").In(g.loss).Build();
  }
}

void Pieces(LargeGraph& g, int n) {
  const Output filled = g.scope.Op("Fill").In({n}).In(g.xs[0]).Build();
  const Operation unpack = g.scope.Op("Unpack").In(filled).Attr("num", n).Build();
  std::vector<Output> pieces;
  for (int i = 0; i < n; ++i) pieces.push_back(g.scope.Op("Tanh").In(unpack.out(i)).Build());
  const Output packed = g.scope.Op("Pack").InList(pieces).Build();
  g.loss = g.scope.Op("Sum").In(packed).In(0).Build();
}

void Variables(LargeGraph& g, int n) {
  std::vector<Output> terms;
  for (int i = 0; i < n; ++i) {
    terms.push_back(g.scope.Op("Mul")
                        .In(GetVariable(g.scope, absl::StrCat("v", i), Shape(), Ones()))
                        .In(g.xs[0])
                        .Build());
  }
  g.loss = g.scope.Op("AddN").InList(terms).Build();
  g.xs.clear();
}

constexpr struct {
  const char* name;
  void (*build)(LargeGraph& g, int n);
} kShapes[] = {{"chain", Chain},        {"diamonds", Diamonds}, {"fan", Fan},
               {"control", Control},    {"names", Names},       {"pieces", Pieces},
               {"variables", Variables}};

}  // namespace

const std::vector<std::string>& LargeGraphShapes() {
  static const auto* const names = [] {
    auto* list = new std::vector<std::string>;
    for (const auto& shape : kShapes) list->push_back(shape.name);
    return list;
  }();
  return *names;
}

absl::StatusOr<LargeGraph> BuildLargeGraph(absl::string_view shape, int n) {
  for (const auto& candidate : kShapes) {
    if (candidate.name != shape) continue;
    LargeGraph g;
    g.xs = {Scalar(g.scope, 0.5f)};
    candidate.build(g, n);
    RETURN_IF_ERROR(g.scope.status());
    g.fetches.push_back(g.loss.name());
    return g;
  }
  return InvalidArgument("there is no shape '", shape, "'");
}

absl::Status DifferentiateLargeGraph(LargeGraph& g) {
  if (g.xs.empty()) {
    g.train = AdamOptimizer(1e-3f).Minimize(g.scope, g.loss).name();
    g.init = GlobalVariablesInitializer(g.scope).name();
    return g.scope.status();
  }
  ASSIGN_OR_RETURN(const std::vector<Output> gradients, AddDenseGradients(g.scope, {g.loss}, g.xs));
  for (const Output& gradient : gradients) g.fetches.push_back(gradient.name());
  return absl::OkStatus();
}

GraphDef ExportLargeGraph(const LargeGraph& g) {
  GraphDef def;
  ExportGraphDef(g.scope.graph(), &def);
  return def;
}

absl::StatusOr<Graph> ImportLargeGraph(const GraphDef& def) {
  Graph graph(StandardOps());
  RETURN_IF_ERROR(ImportGraphDef(def, graph));
  return graph;
}

absl::Status PrepareLargeGraph(const LargeGraph& g, const Graph& imported) {
  SessionOptions options;
  options.threads = 1;
  ASSIGN_OR_RETURN(const Session session, Session::Create(imported, options));
  if (!g.init.empty()) RETURN_IF_ERROR(session.Run({}, {}, {g.init}).status());
  std::vector<TargetRef> targets;
  if (!g.train.empty()) targets.emplace_back(g.train);
  ASSIGN_OR_RETURN(
      const Callable call,
      session.Prepare({}, std::vector<TensorRef>(g.fetches.begin(), g.fetches.end()), targets));
  return call({}).status();
}

}  // namespace weir
