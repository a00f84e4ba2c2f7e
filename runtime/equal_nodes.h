#ifndef WEIR_RUNTIME_EQUAL_NODES_H_
#define WEIR_RUNTIME_EQUAL_NODES_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "weir/graph/graph.h"

namespace weir {

// Whether a tensor of this type stands for something that several nodes may share and change.
bool IsReference(DataType type);

// Whether a node's outputs, of which it has some, depend on nothing but its inputs' values and
// attrs: it has no state, and refers to none.
bool IsPure(const Node& node);

// Appends what nodes of one op with the same attrs on one device have in common, and no others;
// attrs that begin with "_" say nothing about the result. False if attrs are too long for their
// comparison to pay.
bool AppendKind(const Node& node, uint8_t device, std::string* key);

// Finds nodes of a program that compute the same: nodes of one kind with the same input slots.
class EqualNodes {
 public:
  // The place (the id, or that of the node that it stands for) of the first node that was asked for
  // and is equal to `node`; its own if there is none before, if it is not pure, and if it has long
  // attrs, whose comparison would not pay.
  NodeId FirstEqual(const Node& node, NodeId place, uint8_t device,
                    absl::Span<const uint32_t> input_slots);

 private:
  absl::flat_hash_map<std::string, NodeId> first_by_key_;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_EQUAL_NODES_H_
