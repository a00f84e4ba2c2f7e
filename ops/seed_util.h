#ifndef WEIR_OPS_SEED_UTIL_H_
#define WEIR_OPS_SEED_UTIL_H_

#include <cstdint>
#include <optional>

#include "weir/graph/scope.h"

namespace weir {

// Sets the seed of the graph: from here on every random op that is not given a seed of its own gets
// one that depends on this and on the number of ops before it.
void SetRandomSeed(const Scope& scope, int64_t seed);

// The attrs `seed` and `seed2` of a random op.
struct OpSeeds {
  int64_t seed = 0;
  int64_t seed2 = 0;
};

// From the graph's seed and the op's, with M = 2^31 - 1:
//   graph and op: (graph mod M, op mod M)      only op: (87654321, op mod M)
//   only graph: (graph mod M, number of ops in the graph mod M)
//   neither: (0, 0), which stands for a seed drawn anew by every session
// A pair that comes out as (0, 0) becomes (0, M).
OpSeeds SeedsFor(const Scope& scope, std::optional<int64_t> op_seed);

}  // namespace weir

#endif  // WEIR_OPS_SEED_UTIL_H_
