#ifndef WEIR_RUNTIME_FREEZE_H_
#define WEIR_RUNTIME_FREEZE_H_

#include <string>
#include <vector>

#include "weir/proto/graph.pb.h"
#include "weir/runtime/session.h"

namespace weir {

// The part of the session's graph that computes `outputs` (node or tensor names), with every
// variable replaced by a constant of its present value: a graph that runs without a checkpoint.
// Names stay. Errors: NotFound for an unknown output; FailedPrecondition for a variable without a
// value; InvalidArgument, naming the node, when an output depends on an op that writes a variable.
absl::StatusOr<GraphDef> FreezeGraph(const Session& session,
                                     const std::vector<std::string>& outputs);

}  // namespace weir

#endif  // WEIR_RUNTIME_FREEZE_H_
