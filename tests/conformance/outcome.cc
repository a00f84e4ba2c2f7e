#include "weir/tests/conformance/outcome.h"

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "weir/graph/import.h"
#include "weir/ops/standard_ops.h"
#include "weir/proto/graph.pb.h"

namespace weir::conformance {
namespace {

constexpr char kUnregistered[] = "Op type not registered '";
constexpr char kNoKernel[] = "there is no kernel for CPU";

}  // namespace

std::string MissingOps(const GraphDef& def) {
  return absl::StrJoin(UnknownOps(def, StandardOps()), ", ");
}

Outcome OutcomeOfError(const absl::Status& status, const GraphDef& def, absl::string_view stage) {
  const std::string message(status.message());
  // What differentiation adds is not in the GraphDef, so the message itself is looked at as well.
  if (absl::StrContains(message, kUnregistered)) {
    const std::string missing = MissingOps(def);
    return Outcome::Skipped(absl::StrCat("not registered: ", missing.empty() ? message : missing));
  }
  if (absl::StrContains(message, kNoKernel)) {
    return Outcome::Skipped(absl::StrCat("no kernel: ", message));
  }
  return Outcome::Failed(absl::StrCat(stage, ": ", status.ToString()));
}

}  // namespace weir::conformance
