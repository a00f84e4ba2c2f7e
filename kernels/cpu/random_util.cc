#include "weir/kernels/cpu/random_util.h"

#include "weir/core/env.h"

namespace weir {

Philox GeneratorState::Reserve(Env& env, uint64_t blocks) {
  MutexLock lock(mu_);
  if (!seeded_) {
    generator_ = Philox(env.Random64(), env.Random64());
    seeded_ = true;
  }
  const Philox position = generator_;
  generator_.Skip(blocks);
  return position;
}

std::shared_ptr<GeneratorState> NodeGenerator(KernelPrepare& k) {
  const int64_t seed = k.Attr<int64_t>("seed");
  const int64_t seed2 = k.Attr<int64_t>("seed2");
  return k.NodeState<GeneratorState>([&] { return std::make_shared<GeneratorState>(seed, seed2); });
}

absl::Status CheckSeed(const KernelPrepare& k, int i) {
  if (k.In(i).shape() == Shape({2})) return absl::OkStatus();
  return k.InvalidInput(i, "must have shape [2]");
}

absl::Status CheckBounds(const KernelPrepare& k, int i) {
  for (int bound : {i, i + 1}) {
    if (k.In(bound).shape().rank() != 0) return k.InvalidInput(bound, "must be a scalar");
  }
  return absl::OkStatus();
}

absl::Status CheckRange(int64_t low, int64_t high) {
  if (low < high) return absl::OkStatus();
  return InvalidArgument("Need minval < maxval, got ", low, " >= ", high);
}

}  // namespace weir
