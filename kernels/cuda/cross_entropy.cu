#include "weir/kernels/cpu/cross_entropy_util.h"
#include "weir/kernels/cuda/fill_util.h"
#include "weir/kernels/cuda/softmax_util.h"

namespace weir {
namespace {

// A [batch, classes] input, of which either extent may be 1 and stretched.
template <typename T>
struct StretchedInput {
  const T* x;
  int64_t row_step, class_step;

  __device__ ComputeType<T> At(int64_t row, int64_t i) const {
    return static_cast<ComputeType<T>>(x[row * row_step + i * class_step]);
  }
};

// loss = sum_j z_j (ln(sum) - (x_j - max)); backprop = exp(x - max) / sum - z
template <typename T>
struct CrossEntropyRow {
  using C = ComputeType<T>;
  static constexpr bool kSums = true;

  StretchedInput<T> logits, labels;
  int64_t n;
  T* loss;
  T* backprop;

  __device__ C Load(int64_t row, int64_t i) const { return logits.At(row, i); }
  __device__ C Store(int64_t row, int64_t i, C shifted, const RowStats<C>& stats) const {
    const C z = labels.At(row, i);
    backprop[row * n + i] = T(std::exp(shifted) * stats.scale - z);
    return z * (stats.log_sum - shifted);
  }
  __device__ void Finish(int64_t row, C sum) const { loss[row] = T(sum); }
};

// The steps of input `i` along `both`, without a pointer.
template <typename T>
StretchedInput<T> StretchOf(const KernelPrepare& k, int i, const Shape& both) {
  const Shape& x = k.In(i).shape();
  return {nullptr, x.dim(0) == both.dim(0) ? x.dim(1) : 0, x.dim(1) == both.dim(1) ? 1 : 0};
}

absl::Status PrepareCrossEntropy(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape both, PrepareCrossEntropyShapes(k));
  const int64_t rows = both.dim(0), n = both.dim(1);
  return ForCudaType<Half, BFloat16, float, double>(k, [&]<typename T>() {
    const CrossEntropyRow<T> row{StretchOf<T>(k, 0, both), StretchOf<T>(k, 1, both), n, nullptr,
                                 nullptr};
    return k.Run([=](KernelRun& r) {
      if (n == 0) return GpuFill(r, nullptr, r.Out(0));
      CrossEntropyRow<T> f = row;
      f.logits.x = r.In<T>(0);
      f.labels.x = r.In<T>(1);
      f.loss = r.Out<T>(0);
      f.backprop = r.Out<T>(1);
      return RunSoftmaxRows(r, rows, n, f);
    });
  });
}

// loss = ln(sum) - (x_label - max); backprop = exp(x - max) / sum - (1 at the label)
//
// A label out of range, an error on the CPU, makes its row's loss and backprop NaN, as it does on
// TensorFlow's GPU: whether there is one shows only on the device, after the step has gone on.
template <typename T, typename Label>
struct SparseCrossEntropyRow {
  using C = ComputeType<T>;
  static constexpr bool kSums = false;

  const T* x;
  const Label* labels;
  int64_t n;
  T* loss;
  T* backprop;

  __device__ C Load(int64_t row, int64_t i) const { return static_cast<C>(x[row * n + i]); }
  __device__ C Store(int64_t row, int64_t i, C shifted, const RowStats<C>& stats) const {
    const int64_t label = labels[row];
    if (label < 0 || label >= n) {
      constexpr C kNan = std::numeric_limits<C>::quiet_NaN();
      backprop[row * n + i] = T(kNan);
      if (i == 0) loss[row] = T(kNan);
      return C(0);
    }
    const C probability = std::exp(shifted) * stats.scale;
    backprop[row * n + i] = T(i == label ? probability - C(1) : probability);
    if (i == label) loss[row] = T(stats.log_sum - shifted);
    return C(0);
  }
};

absl::Status PrepareSparseCrossEntropy(KernelPrepare& k) {
  RETURN_IF_ERROR(PrepareSparseCrossEntropyShapes(k));
  const int64_t rows = k.In(0).shape().dim(0), n = k.In(0).shape().dim(1);
  return ForCudaType<Half, BFloat16, float, double>(k, [&]<typename T>() {
    return k.ForType<int32_t, int64_t>("Tlabels", [&]<typename Label>() {
      return k.Run([=](KernelRun& r) {
        if (n == 0) {  // No label is in range.
          constexpr auto kNan = std::numeric_limits<ComputeType<T>>::quiet_NaN();
          return ForEach(r, rows, SetTo<T>{r.Out<T>(0), T(kNan)});
        }
        return RunSoftmaxRows(r, rows, n,
                              SparseCrossEntropyRow<T, Label>{r.In<T>(0), r.In<Label>(1), n,
                                                              r.Out<T>(0), r.Out<T>(1)});
      });
    });
  });
}

}  // namespace

void RegisterCrossEntropyCudaKernels(KernelRegistry& registry) {
  registry.Add("SoftmaxCrossEntropyWithLogits", "GPU", PrepareCrossEntropy);
  registry.Add("SparseSoftmaxCrossEntropyWithLogits", "GPU", PrepareSparseCrossEntropy);
}

}  // namespace weir
