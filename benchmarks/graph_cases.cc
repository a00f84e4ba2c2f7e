#include "absl/strings/str_cat.h"
#include "weir/benchmarks/cases.h"
#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/ops/binary.h"
#include "weir/ops/constant.h"
#include "weir/ops/operators.h"

namespace weir::benchmarks {
namespace {

absl::Status CallFloor(const Suite& suite) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope, DT_FLOAT, {});
  const Output y = x + 1.0f;
  ASSIGN_OR_RETURN(Session session, Session::Create(scope, suite.session_options()));
  ASSIGN_OR_RETURN(const Callable step, session.Prepare({x}, {y}));
  return suite.Time("call_floor", step, {Tensor::Scalar<float>(1)}, 1);
}

// A chain of n dependent additions.
struct Chain {
  explicit Chain(int64_t n) {
    x = ops::Placeholder(scope, DT_FLOAT, {});
    y = x;
    for (int64_t i = 0; i < n; ++i) y = ops::AddV2(scope, y, x);
  }
  Scope scope = Scope::Root();
  Output x, y;
};

absl::Status ChainOps(const Suite& suite, const std::string& name, int64_t n) {
  const Chain chain(n);
  SessionOptions plain = suite.session_options();
  plain.optimize = false;
  ASSIGN_OR_RETURN(Session session, Session::Create(chain.scope, plain));
  ASSIGN_OR_RETURN(const Callable step, session.Prepare({chain.x}, {chain.y}));
  return suite.Time(name, step, {Tensor::Scalar<float>(1)}, 1, {.units = n});
}

// Build, import and prepare, per node.
absl::Status GraphBuild(const Suite& suite, int64_t n) {
  RETURN_IF_ERROR(suite.Time(absl::StrCat("graph_build_", n),
                             [&] { return Chain(n).scope.status(); }, {.units = n}));
  const Chain chain(n);
  GraphDef def;
  ExportGraphDef(chain.scope.graph(), &def);
  const auto import = [&] {
    Graph graph(chain.scope.graph().registry());
    return ImportGraphDef(def, graph);
  };
  RETURN_IF_ERROR(suite.Time(absl::StrCat("graph_import_", n), import, {.units = n}));
  const auto prepare = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(Session session, Session::Create(chain.scope, suite.session_options()));
    ASSIGN_OR_RETURN(const Callable step, session.Prepare({chain.x}, {chain.y}));
    return step({Tensor::Scalar<float>(1)}).status();
  };
  return suite.Time(absl::StrCat("graph_prepare_", n), prepare, {.units = n});
}

absl::Status GradientBuild(const Suite& suite, const std::string& name, int64_t n) {
  int64_t created = 0;
  const auto build = [&]() -> absl::Status {
    const Scope scope = Scope::Root();
    const Output x = ops::Placeholder(scope, DT_FLOAT, {});
    Output y = x;
    for (int64_t i = 0; i < n; ++i) y = ops::Mul(scope, y, x);
    const int before = scope.graph().num_nodes();
    RETURN_IF_ERROR(AddGradients(scope, {y}, {x}).status());
    created = scope.graph().num_nodes() - before;
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(build());
  return suite.Time(name, build, {.units = created + n});
}

}  // namespace

void RunGraphCases(Suite& suite) {
  suite.Run("call_floor", [&] { return CallFloor(suite); });
  const auto chain = [&](int64_t n) {
    const std::string name = absl::StrCat("chain_ops_", n);
    suite.Run(name, [&] { return ChainOps(suite, name, suite.Size(n, n / 100)); });
  };
  chain(1'000);
  if (suite.on_device()) return;  // The rest is the host's.
  chain(100'000);
  for (int64_t n : {1'000, 100'000, 1'000'000}) {
    suite.Run(absl::StrCat("graph_build_", n), [&] { return GraphBuild(suite, n); });
  }
  suite.Run("gradient_build_chain_10000",
            [&] { return GradientBuild(suite, "gradient_build_chain_10000", 10'000); });
}

}  // namespace weir::benchmarks
