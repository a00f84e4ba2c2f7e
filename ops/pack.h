#ifndef WEIR_OPS_PACK_H_
#define WEIR_OPS_PACK_H_

#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// The values, all of one shape, along a new axis `axis` in [-rank-1, rank].
// y[..., i, ...] = values[i][...].
Output Pack(const OpScope& scope, absl::Span<const Output> values, int64_t axis = 0);

// The inverse: value[..., i, ...] for i in [0, num), without the axis. `num` may be -1 when the
// graph knows the extent. Errors: InvalidArgument when the extent is not `num`.
std::vector<Output> Unpack(const OpScope& scope, const Input& value, int64_t num = -1,
                           int64_t axis = 0);

}  // namespace weir::ops

#endif  // WEIR_OPS_PACK_H_
