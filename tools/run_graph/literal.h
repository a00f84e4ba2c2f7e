#ifndef WEIR_TOOLS_RUN_GRAPH_LITERAL_H_
#define WEIR_TOOLS_RUN_GRAPH_LITERAL_H_

#include "weir/core/tensor.h"

namespace weir::run_graph {

// The tensor that a text spells: "3", "-1e-3", "true", "abc" (for strings, quotes optional outside
// of lists), or nested lists "[[1, 2], [3, 4]]" of equal lengths. InvalidArgument says where it
// stops making sense, or which value does not fit the type.
absl::StatusOr<Tensor> ParseLiteral(absl::string_view text, DataType dtype);

}  // namespace weir::run_graph

#endif  // WEIR_TOOLS_RUN_GRAPH_LITERAL_H_
