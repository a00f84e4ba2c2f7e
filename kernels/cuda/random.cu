// Random numbers of given shape. Threads draw groups of values, each from its own place in the
// stream, so that the numbers are those of the CPU; normal ones up to the roundings of functions.

#include "weir/kernels/cpu/random_util.h"
#include "weir/kernels/cuda/elementwise_util.h"
#include "weir/kernels/cuda/random_util.h"

namespace weir {
namespace {

// ---- Where draws begin: kernels of one thread, which leave a generator in the workspace ----

__global__ void SetKernel(Philox generator, Philox* position) { *position = generator; }

__global__ void ReserveKernel(Philox* position, uint64_t blocks, Philox* base) {
  *base = *position;
  position->Skip(blocks);
}

template <typename Seed>
__global__ void StatelessKernel(const Seed* seed, Philox* base) {
  *base = Philox::Stateless(static_cast<uint64_t>(int64_t{seed[0]}),
                            static_cast<uint64_t>(int64_t{seed[1]}));
}

// GeneratorState with the position in the device's memory: after the first run, which sets it, a
// run starts the same kernels with the same arguments each time.
class CudaGeneratorState final : public Resource {
 public:
  CudaGeneratorState(int64_t seed, int64_t seed2) : seeds_(seed, seed2) {}

  const char* type_name() const override { return "Generator"; }

  // Leaves the current position in *base; the stream moves on by `blocks`.
  absl::Status Reserve(const KernelRun& r, uint64_t blocks, Philox* base) {
    ASSIGN_OR_RETURN(Philox* const position, Position(r));
    return Launch(r, ReserveKernel, 1, 1, position, blocks, base);
  }

 private:
  absl::StatusOr<Philox*> Position(const KernelRun& r) {
    MutexLock lock(mu_);
    if (!position_.initialized()) {
      ASSIGN_OR_RETURN(Tensor made,
                       Tensor::Make(DT_UINT8, {int64_t{sizeof(Philox)}}, r.device().allocator()));
      RETURN_IF_ERROR(Launch(r, SetKernel, 1, 1, seeds_.Reserve(r.env(), 0), DataOf(made)));
      position_ = std::move(made);
    }
    return DataOf(position_);
  }
  static Philox* DataOf(Tensor& t) { return reinterpret_cast<Philox*>(t.mutable_raw_data()); }

  Mutex mu_;
  GeneratorState seeds_;
  Tensor position_ ABSL_GUARDED_BY(mu_);
};

// ---- Distributions: Draw<T> makes the group that starts at g, the next is kBlocks<T> behind ----

struct Uniform {
  template <typename T>
  static constexpr uint64_t kBlocks = 1;
  template <typename T>
  __device__ PhiloxValues<T> Draw(Philox g) const {
    return UniformFromBlock<T>(g.Next());
  }
};

struct Normal {
  template <typename T>
  static constexpr uint64_t kBlocks = 1;
  template <typename T>
  __device__ PhiloxValues<T> Draw(Philox g) const {
    return NormalFromBlock<T>(g.Next());
  }
};

struct TruncatedNormal {
  template <typename T>
  static constexpr uint64_t kBlocks = kTruncatedNormalBlocks<T>;
  template <typename T>
  __device__ PhiloxValues<T> Draw(const Philox& g) const {
    return TruncatedNormalGroup<T>(PhiloxWords(g));
  }
};

template <typename Int>
struct UniformInt {
  template <typename T>
  static constexpr uint64_t kBlocks = 1;
  template <typename T>
  __device__ PhiloxValues<T> Draw(Philox g) const {
    return UniformIntFromBlock<T>(g.Next(), low, high);
  }

  Int low, high;
};

// Writes group i of out[0, n).
template <typename Distribution, typename T>
struct DrawGroup {
  static constexpr int kValues = kPhiloxValues<T>;

  Distribution distribution;
  const Philox* base;
  T* out;
  int64_t n;

  __device__ void operator()(int64_t i) const {
    Philox g = *base;
    g.Skip(static_cast<uint64_t>(i) * Distribution::template kBlocks<T>);
    const PhiloxValues<T> drawn = distribution.template Draw<T>(g);
    if ((i + 1) * kValues <= n) {
      Pack<T, kValues> pack;
      for (int j = 0; j < kValues; ++j) pack.values[j] = drawn[j];
      reinterpret_cast<Pack<T, kValues>*>(out)[i] = pack;
    } else {
      for (int j = 0; i * kValues + j < n; ++j) out[i * kValues + j] = drawn[j];
    }
  }
};

// ---- Preparations ----

BeginDraws BeginFor(KernelPrepare& k, bool is_stateless) {
  if (is_stateless) return BeginAtSeed(k, 1);
  const auto values = static_cast<uint64_t>(k.Out(0).shape.num_elements());
  return BeginInNodesStream(k, values * kReservedBlocksPerValue);
}

// Ends the preparation of a kernel that fills output 0.
template <typename T, typename Distribution>
absl::Status RunDraws(KernelPrepare& k, const BeginDraws& begin, const Distribution& distribution) {
  const int64_t n = k.Out(0).shape.num_elements();
  const size_t base_at = k.Workspace(sizeof(Philox));
  return k.Run([=](KernelRun& r) -> absl::Status {
    if (n == 0) return absl::OkStatus();
    Philox* const base = r.Workspace<Philox>(base_at);
    RETURN_IF_ERROR(begin(r, base));
    using Group = DrawGroup<Distribution, T>;
    return ForEach(r, (n - 1) / Group::kValues + 1, Group{distribution, base, r.Out<T>(0), n});
  });
}

template <typename Distribution, bool kStateless>
absl::Status PrepareFloats(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape shape, k.ShapeValue(0));
  if (kStateless) RETURN_IF_ERROR(CheckSeed(k, 1));
  k.Out(0).SetShape(shape);
  const BeginDraws begin = BeginFor(k, kStateless);
  return k.ForType<Half, BFloat16, float, double>(
      "dtype", [&]<typename T>() { return RunDraws<T>(k, begin, Distribution()); });
}

template <bool kStateless>
absl::Status PrepareInts(KernelPrepare& k) {
  constexpr int kLow = kStateless ? 2 : 1;
  ASSIGN_OR_RETURN(const Shape shape, k.ShapeValue(0));
  if (kStateless) RETURN_IF_ERROR(CheckSeed(k, 1));
  RETURN_IF_ERROR(CheckBounds(k, kLow));
  ASSIGN_OR_RETURN(const int64_t low, k.IntValue(kLow));
  ASSIGN_OR_RETURN(const int64_t high, k.IntValue(kLow + 1));
  k.Out(0).SetShape(shape);
  if (shape.num_elements() > 0) RETURN_IF_ERROR(CheckRange(low, high));
  const BeginDraws begin = BeginFor(k, kStateless);
  return DispatchType<int32_t, int64_t>(k.OutType(0), [&]<typename T>(TypeTag<T>) {
    return RunDraws<T>(k, begin, UniformInt<T>{static_cast<T>(low), static_cast<T>(high)});
  });
}

}  // namespace

BeginDraws BeginInNodesStream(KernelPrepare& k, uint64_t blocks) {
  k.KeepsStateOnDevice();
  const int64_t seed = k.Attr<int64_t>("seed"), seed2 = k.Attr<int64_t>("seed2");
  auto state = k.NodeState<CudaGeneratorState>(
      [&] { return std::make_shared<CudaGeneratorState>(seed, seed2); });
  return [=](const KernelRun& r, Philox* base) { return state->Reserve(r, blocks, base); };
}

BeginDraws BeginAtSeed(KernelPrepare& k, int i) {
  return [i, narrow = k.In(i).dtype() == DT_INT32](const KernelRun& r, Philox* base) {
    return narrow ? Launch(r, StatelessKernel<int32_t>, 1, 1, r.In<int32_t>(i), base)
                  : Launch(r, StatelessKernel<int64_t>, 1, 1, r.In<int64_t>(i), base);
  };
}

void RegisterRandomCudaKernels(KernelRegistry& registry) {
  registry.Add("RandomUniform", "GPU", PrepareFloats<Uniform, false>);
  registry.Add("RandomStandardNormal", "GPU", PrepareFloats<Normal, false>);
  registry.Add("TruncatedNormal", "GPU", PrepareFloats<TruncatedNormal, false>);
  registry.Add("RandomUniformInt", "GPU", PrepareInts<false>);
  registry.Add("StatelessRandomUniform", "GPU", PrepareFloats<Uniform, true>);
  registry.Add("StatelessRandomNormal", "GPU", PrepareFloats<Normal, true>);
  registry.Add("StatelessTruncatedNormal", "GPU", PrepareFloats<TruncatedNormal, true>);
  registry.Add("StatelessRandomUniformInt", "GPU", PrepareInts<true>);
}

}  // namespace weir
