#ifndef WEIR_GRAPH_SIGNATURE_H_
#define WEIR_GRAPH_SIGNATURE_H_

// The one validator of nodes against their op's signature: builders, importer and session all come
// through Graph::AddNode, which calls it.

#include <vector>

#include "absl/types/span.h"
#include "weir/graph/attrs.h"
#include "weir/graph/op_spec.h"

namespace weir {

struct BoundSignature {
  std::vector<DataType> inputs;  // As the op declares them: a Ref argument has a ref type.
  std::vector<DataType> outputs;
};

// Fills absent attrs that have a default; checks that every attr is there, of the right kind and
// among the allowed values, that no other attr is (names starting with "_" are free), and that the
// inputs' number and types are what the attrs say. A reference is accepted where a plain value is
// wanted, not the reverse. InvalidArgument says what was expected and what came.
absl::StatusOr<BoundSignature> BindSignature(const OpSpec& op,
                                             absl::Span<const DataType> input_types,
                                             AttrMap& attrs);

}  // namespace weir

#endif  // WEIR_GRAPH_SIGNATURE_H_
