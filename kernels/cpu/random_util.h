#ifndef WEIR_KERNELS_CPU_RANDOM_UTIL_H_
#define WEIR_KERNELS_CPU_RANDOM_UTIL_H_

// What the kernels of random ops share: the generator of a node, and filling a tensor with draws.

#include "weir/core/mutex.h"
#include "weir/core/philox.h"
#include "weir/runtime/kernel.h"

namespace weir {

// Blocks that an op takes from its stream per output element, however few it uses.
inline constexpr uint64_t kReservedBlocksPerValue = 256;

// The stream of a random node, kept by the session. Thread rule: safe from any thread; concurrent
// runs get disjoint parts.
class GeneratorState final : public Resource {
 public:
  GeneratorState(int64_t seed, int64_t seed2)
      : seeded_(seed != 0 || seed2 != 0),
        generator_(static_cast<uint64_t>(seed), static_cast<uint64_t>(seed2)) {}

  const char* type_name() const override { return "Generator"; }

  // A generator at the current position; the stream moves on by `blocks`. Without seeds, the first
  // call takes some from the environment.
  Philox Reserve(Env& env, uint64_t blocks);

 private:
  Mutex mu_;
  bool seeded_ ABSL_GUARDED_BY(mu_);
  Philox generator_ ABSL_GUARDED_BY(mu_);
};

// The generator of the node being prepared, from its attrs seed and seed2.
std::shared_ptr<GeneratorState> NodeGenerator(KernelPrepare& k);

// InvalidArgument unless input i is the seed of a stateless op, two numbers; inputs i and i + 1 are
// the bounds of integers, two scalars; low < high.
absl::Status CheckSeed(const KernelPrepare& k, int i);
absl::Status CheckBounds(const KernelPrepare& k, int i);
absl::Status CheckRange(int64_t low, int64_t high);

// Classes drawn from the rows of logits [batch, classes], `samples` of each: two words of the
// stream for each sample, in order.
struct MultinomialPlan {
  int64_t batch, classes, samples;
  uint64_t blocks;  // To reserve of a node's stream.
};
// The seed of a stateless op is input 2.
absl::StatusOr<MultinomialPlan> PlanMultinomial(KernelPrepare& k, bool is_stateless);

// Writes out[0, n): group g, of kPhiloxValues<T> values, is draw(generator at base + g *
// blocks_per_group). `draw` may use as many blocks as it likes.
template <typename T, typename Draw>
void FillGroups(const KernelRun& r, const Philox& base, uint64_t blocks_per_group, double cost,
                T* out, int64_t n, const Draw& draw) {
  constexpr int64_t kValues = kPhiloxValues<T>;
  const int64_t groups = n / kValues + (n % kValues != 0);
  r.ParallelFor(groups, cost, [&](int64_t begin, int64_t end) {
    Philox generator = base;
    generator.Skip(static_cast<uint64_t>(begin) * blocks_per_group);
    for (int64_t g = begin; g < end; ++g) {
      const PhiloxValues<T> values = draw(Philox(generator));
      generator.Skip(blocks_per_group);
      const int64_t first = g * kValues;
      if (first + kValues <= n) {
        for (int64_t i = 0; i < kValues; ++i) out[first + i] = values[i];
      } else {
        for (int64_t i = 0; first + i < n; ++i) out[first + i] = values[i];
      }
    }
  });
}

// Blocks between the groups of cut normal numbers.
template <typename T>
inline constexpr uint64_t kTruncatedNormalBlocks = kReservedBlocksPerValue * kPhiloxValues<T> / 4;

// The distributions by op name, each filling out[0, n) from `base`.
template <typename T>
void FillUniform(const KernelRun& r, const Philox& base, T* out, int64_t n) {
  FillGroups(r, base, 1, 40, out, n, [](Philox g) { return UniformFromBlock<T>(g.Next()); });
}
template <typename T>
void FillUniformInt(const KernelRun& r, const Philox& base, T low, T high, T* out, int64_t n) {
  FillGroups(r, base, 1, 60, out, n,
             [low, high](Philox g) { return UniformIntFromBlock<T>(g.Next(), low, high); });
}
template <typename T>
void FillNormal(const KernelRun& r, const Philox& base, T* out, int64_t n) {
  FillGroups(r, base, 1, 200, out, n, [](Philox g) { return NormalFromBlock<T>(g.Next()); });
}
template <typename T>
void FillTruncatedNormal(const KernelRun& r, const Philox& base, T* out, int64_t n) {
  FillGroups(r, base, kTruncatedNormalBlocks<T>, 300, out, n,
             [](const Philox& g) { return TruncatedNormalGroup<T>(PhiloxWords(g)); });
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_RANDOM_UTIL_H_
