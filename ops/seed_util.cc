#include "weir/ops/seed_util.h"

namespace weir {
namespace {

constexpr int64_t kModulus = (int64_t{1} << 31) - 1;
constexpr int64_t kDefaultGraphSeed = 87654321;

int64_t Reduce(int64_t seed) {
  const int64_t remainder = seed % kModulus;
  return remainder < 0 ? remainder + kModulus : remainder;
}

}  // namespace

void SetRandomSeed(const Scope& scope, int64_t seed) {
  scope.state()->has_seed = true;
  scope.state()->seed = seed;
}

OpSeeds SeedsFor(const Scope& scope, std::optional<int64_t> op_seed) {
  const GraphState& state = *scope.state();
  if (!state.has_seed && !op_seed.has_value()) return {};
  OpSeeds seeds;
  seeds.seed = state.has_seed ? Reduce(state.seed) : kDefaultGraphSeed;
  seeds.seed2 = Reduce(op_seed.value_or(state.graph.num_nodes()));
  if (seeds.seed == 0 && seeds.seed2 == 0) seeds.seed2 = kModulus;
  return seeds;
}

}  // namespace weir
