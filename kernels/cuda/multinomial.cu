// Multinomial and StatelessMultinomial (ops/random.cc): a block adds up the weights of a row, and
// finds for each sample the class whose stretch of the sum it falls into.

#include <cmath>
#include <limits>

#include "weir/kernels/common/numbers.h"
#include "weir/kernels/cpu/random_util.h"
#include "weir/kernels/cuda/random_util.h"
#include "weir/kernels/cuda/scan_util.h"

namespace weir {
namespace {

struct Larger {
  __device__ double operator()(double a, double b) const { return a < b ? b : a; }
};
struct Sum {
  __device__ double operator()(double a, double b) const { return a + b; }
};

// upto[c] = the sum of the weights of classes [0, c], those without a finite logit having none.
template <typename T>
__device__ void AddWeights(const T* logits, int64_t classes, double* upto) {
  const auto logit_of = [&](int64_t c) { return static_cast<double>(logits[c]); };
  double top = static_cast<double>(std::numeric_limits<T>::lowest()), of_block;
  for (int64_t c = threadIdx.x; c < classes; c += kBlockThreads) {
    if (std::isfinite(logit_of(c))) top = Larger()(top, logit_of(c));
  }
  ScanBlock(top, &of_block, Larger());
  double before = 0;
  for (int64_t tile = 0; tile < classes; tile += kBlockThreads) {
    const int64_t c = tile + threadIdx.x;
    const bool has_weight = c < classes && std::isfinite(logit_of(c));
    const double weight = has_weight ? std::exp(logit_of(c) - of_block) : 0;
    double all;
    const double sum = ScanBlock(weight, &all, Sum());
    if (c < classes) upto[c] = before + sum;
    before += all;
  }
}

// The first class behind whose stretch `target` is not.
__device__ int64_t ClassAt(const double* upto, int64_t classes, double target) {
  int64_t begin = 0, end = classes;
  while (begin < end) {
    const int64_t middle = begin + (end - begin) / 2;
    if (upto[middle] > target) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  return begin;
}

// Each block has room for the sums of a row in `scratch`. One of the outputs is wanted.
template <typename T>
__global__ void MultinomialKernel(MultinomialPlan plan, const T* logits, const Philox* base,
                                  double* scratch, int32_t* narrow, int64_t* wide) {
  double* const upto = scratch + blockIdx.x * plan.classes;
  for (int64_t row = blockIdx.x; row < plan.batch; row += gridDim.x) {
    AddWeights(logits + row * plan.classes, plan.classes, upto);
    __syncthreads();
    const double total = upto[plan.classes - 1];
    for (int64_t j = threadIdx.x; j < plan.samples; j += kBlockThreads) {
      const int64_t sample = row * plan.samples + j;
      Philox generator = *base;
      generator.Skip(static_cast<uint64_t>(sample / 2));  // A block has the words of two.
      const auto words = generator.Next();
      const size_t at = sample % 2 == 0 ? 0 : 2;
      const double target = UniformDouble(words[at], words[at + 1]) * total;
      int64_t drawn = ClassAt(upto, plan.classes, target);
      // Rounding may have taken the target to the end.
      if (total > 0 && drawn == plan.classes) drawn = plan.classes - 1;
      if (wide != nullptr) {
        wide[sample] = drawn;
      } else {
        narrow[sample] = static_cast<int32_t>(drawn);
      }
    }
    __syncthreads();  // The sums have been read.
  }
}

template <bool kStateless>
absl::Status PrepareMultinomial(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const MultinomialPlan plan, PlanMultinomial(k, kStateless));
  if (k.Out(0).shape.num_elements() == 0) {
    return k.Run([](KernelRun&) { return absl::OkStatus(); });
  }
  const BeginDraws begin = kStateless ? BeginAtSeed(k, 2) : BeginInNodesStream(k, plan.blocks);
  const int64_t blocks = std::min(plan.batch, kMostBlocks);
  const size_t base_at = k.Workspace(sizeof(Philox));
  const size_t scratch_at =
      k.Workspace(static_cast<size_t>(blocks * plan.classes) * sizeof(double));
  const bool is_wide = k.OutType(0) == DT_INT64;
  return DispatchFloating(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) -> absl::Status {
      Philox* const base = r.Workspace<Philox>(base_at);
      RETURN_IF_ERROR(begin(r, base));
      return Launch(r, MultinomialKernel<T>, static_cast<unsigned>(blocks), kBlockThreads, plan,
                    r.In<T>(0), base, r.Workspace<double>(scratch_at),
                    is_wide ? nullptr : r.Out<int32_t>(0), is_wide ? r.Out<int64_t>(0) : nullptr);
    });
  });
}

}  // namespace

void RegisterMultinomialCudaKernels(KernelRegistry& registry) {
  registry.Add("Multinomial", "GPU", PrepareMultinomial<false>);
  registry.Add("StatelessMultinomial", "GPU", PrepareMultinomial<true>);
}

}  // namespace weir
