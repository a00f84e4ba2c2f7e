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

}  // namespace weir
