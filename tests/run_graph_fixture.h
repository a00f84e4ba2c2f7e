#ifndef WEIR_TESTS_RUN_GRAPH_FIXTURE_H_
#define WEIR_TESTS_RUN_GRAPH_FIXTURE_H_

// What the tests of run_graph share: small models in files, and the program on them.

#include <algorithm>
#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "weir/core/env.h"
#include "weir/graph/import.h"
#include "weir/graph/scope.h"
#include "weir/io/npy.h"
#include "weir/ops/binary.h"
#include "weir/ops/constant.h"
#include "weir/ops/identity.h"
#include "weir/ops/matmul.h"
#include "weir/ops/operators.h"
#include "weir/ops/variables_util.h"
#include "weir/runtime/meta_graph.h"
#include "weir/runtime/saver.h"
#include "weir/runtime/session.h"
#include "weir/tests/program.h"

namespace weir::run_graph {

constexpr char kProgram[] = "tools/run_graph/run_graph";

class RunGraphTest : public testing::Test {
 protected:
  RunGraphTest() : directory_(FreshDirectory()) {}

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::string Content(const std::string& name) const {
    return PosixEnv().ReadFileToString(Path(name)).value_or("(missing)");
  }
  std::string Write(const std::string& name, const std::string& content) const {
    EXPECT_TRUE(PosixEnv().AtomicWriteFile(Path(name), content).ok());
    return Path(name);
  }
  std::string WriteModel(const std::string& name, const Scope& scope) const {
    EXPECT_TRUE(scope.status().ok()) << scope.status();
    GraphDef def;
    ExportGraphDef(scope.graph(), &def);
    return Write(name, def.SerializeAsString());
  }

  // y = x * [[1], [10]], in the scope "net".
  static Scope Linear() {
    const Scope scope = Scope::Root();
    const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {-1, 2});
    const Tensor w = Tensor::Of<float>({2, 1}, {1, 10});
    (void)ops::MatMul(scope.Named("net/y"), x, ops::Const(scope.Named("net/w"), w));
    return scope;
  }

  // A counter "v" from 5 on; "next" counts and gives the new value.
  static Scope Counter() {
    const Scope scope = Scope::Root();
    const ops::Variable v = GetVariable(scope, "v", Shape(), Constant(5));
    const Operation add = v.AssignAdd(scope.Named("add"), 1.0f);
    (void)ops::Identity(scope.Named("next"), v.Read(scope.ControlDependencies({add})));
    (void)ops::Identity(scope.Named("now"), v.Read(scope));
    (void)GlobalVariablesInitializer(scope);
    return scope;
  }

  // Many products of matrices: takes a while.
  static Scope Long(int products) {
    const Scope scope = Scope::Root();
    Output y = ops::Placeholder(scope.Named("x"), DT_FLOAT, {200, 200});
    for (int i = 0; i < products; ++i) y = ops::MatMul(scope, y, y);
    (void)ops::Identity(scope.Named("y"), y);
    return scope;
  }
  std::string LongFeed() const {
    const std::string path = Path("zeros.npy");
    EXPECT_TRUE(
        WriteNpy(PosixEnv(), path, Tensor::Zeros(DT_FLOAT, Shape({200, 200})).value()).ok());
    return "x=@" + path;
  }

  static ProgramResult Run(const std::vector<std::string>& args,
                           const ProgramOptions& options = {}) {
    return RunProgram(kProgram, args, options);
  }

  // Standard output of a run that must succeed, and say nothing else.
  static std::string OutputOf(const std::vector<std::string>& args) {
    const ProgramResult result = Run(args);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    return result.out;
  }

  // An error: its exit code, nothing on standard output, and one line that has all of `words`.
  static void ExpectError(const ProgramResult& result, int exit_code,
                          const std::vector<std::string>& words) {
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err.rfind("run_graph: ", 0), 0u) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.err.back(), '\n');
    for (const std::string& word : words) {
      EXPECT_NE(result.err.find(word), std::string::npos) << word << " in " << result.err;
    }
  }
  static void ExpectError(const std::vector<std::string>& args, int exit_code,
                          const std::vector<std::string>& words) {
    ExpectError(Run(args), exit_code, words);
  }

  const std::string directory_;
};

}  // namespace weir::run_graph

#endif  // WEIR_TESTS_RUN_GRAPH_FIXTURE_H_
