#ifndef WEIR_RUNTIME_PLACER_H_
#define WEIR_RUNTIME_PLACER_H_

#include <cstdint>
#include <vector>

#include "weir/graph/graph.h"
#include "weir/runtime/device.h"
#include "weir/runtime/kernel.h"

namespace weir {

// By node: an index into the session's devices.
using Placement = std::vector<uint8_t>;

struct PlacementOptions {
  // What a node asks for and no device has is left out, part by part, instead of being an error.
  bool soft = true;
};

// Chooses a device for each node of `needed`, as TensorFlow does: nodes that share a variable (by a
// reference or a resource handle) or are colocated by "_class" go together; the device fields of
// all of a group are merged; among the devices that match and have kernels for the whole group, the
// first that is not the host is taken, else the host. devices[0] is the host. Variables of strings
// are on the host. Nodes that are not needed count in their groups, so that a variable is in one
// place for all programs.
//
// Nodes with int32 (and bool) inputs and outputs alone run on the host, whatever device they ask
// for: such numbers are shapes, axes and counters, which the host needs.
//
// InvalidArgument, naming the node, when the fields of a group contradict each other, do not follow
// the grammar, or name what no device is.
absl::StatusOr<Placement> Place(const Graph& graph, const std::vector<bool>& needed,
                                absl::Span<Device* const> devices, const KernelRegistry& kernels,
                                const PlacementOptions& options);

}  // namespace weir

#endif  // WEIR_RUNTIME_PLACER_H_
