#include <atomic>
#include <cmath>

#include "weir/kernels/cpu/cross_entropy_util.h"
#include "weir/kernels/cpu/softmax_util.h"

namespace weir {
namespace {

// A [batch, classes] input, of which either extent may be 1 and stretched.
struct Stretch {
  int64_t row_step = 0;  // Elements from one row to the next; 0: all rows are the first.
  bool classes = false;  // One element stands for all classes.

  Stretch(const Shape& from, const Shape& to)
      : row_step(from.dim(0) == to.dim(0) ? from.dim(1) : 0), classes(from.dim(1) != to.dim(1)) {}

  // The row, spread out into `scratch` where one element stands for all.
  template <typename T>
  const T* Row(const T* x, int64_t row, int64_t n, T* scratch) const {
    const T* from = x + row * row_step;
    if (!classes) return from;
    std::fill_n(scratch, n, *from);
    return scratch;
  }
};

// loss = sum_j z_j (ln(sum) - (x_j - max)); backprop = exp(x - max) / sum - z
template <typename T>
void CrossEntropyRow(const T* x, const T* z, int64_t n, T* loss, T* backprop) {
  using C = ComputeType<T>;
  C* exps = nullptr;
  if constexpr (std::is_same_v<T, C>) exps = backprop;
  const RowExp<C> row = ExpRow<T, C>(x, n, exps);
  const C log_sum = std::log(row.sum);
  C sums[4] = {};
  for (int64_t i = 0; i < n; ++i) {
    sums[i & 3] += C(z[i]) * (log_sum - (C(x[i]) - row.max));
  }
  *loss = T((sums[0] + sums[1]) + (sums[2] + sums[3]));
  const C scale = C(1) / row.sum;
  for (int64_t i = 0; i < n; ++i) {
    const C e = exps != nullptr ? exps[i] : ExpOf(C(x[i]) - row.max);
    backprop[i] = T(e * scale - C(z[i]));
  }
}

absl::Status PrepareCrossEntropy(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape both, PrepareCrossEntropyShapes(k));
  const int64_t rows = both.dim(0), n = both.dim(1);
  const Stretch logits(k.In(0).shape(), both), labels(k.In(1).shape(), both);
  return k.ForType<Half, BFloat16, float, double>("T", [&]<typename T>() {
    const size_t spread = sizeof(T) * static_cast<size_t>(both.num_elements());
    const size_t x_scratch = k.Workspace(logits.classes ? spread : 0);
    const size_t z_scratch = k.Workspace(labels.classes ? spread : 0);
    return k.Run([=](KernelRun& r) {
      r.ParallelFor(rows, static_cast<double>(n) * 12, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          T* loss = r.Out<T>(0) + row;
          if (n == 0) {
            *loss = T(0);
            continue;
          }
          const T* x = logits.Row(r.In<T>(0), row, n, r.Workspace<T>(x_scratch) + row * n);
          const T* z = labels.Row(r.In<T>(1), row, n, r.Workspace<T>(z_scratch) + row * n);
          CrossEntropyRow(x, z, n, loss, r.Out<T>(1) + row * n);
        }
      });
      return absl::OkStatus();
    });
  });
}

// loss = ln(sum) - (x_label - max); backprop = exp(x - max) / sum - (1 at the label)
template <typename T>
void SparseCrossEntropyRow(const T* x, int64_t label, int64_t n, T* loss, T* backprop) {
  using C = ComputeType<T>;
  C* exps = nullptr;
  if constexpr (std::is_same_v<T, C>) exps = backprop;
  const RowExp<C> row = ExpRow<T, C>(x, n, exps);
  *loss = T(std::log(row.sum) - (C(x[label]) - row.max));
  const C scale = C(1) / row.sum;
  for (int64_t i = 0; i < n; ++i) {
    const C e = exps != nullptr ? exps[i] : ExpOf(C(x[i]) - row.max);
    backprop[i] = T(e * scale);
  }
  const C at_label = exps != nullptr ? C(backprop[label]) : ExpOf(C(x[label]) - row.max) * scale;
  backprop[label] = T(at_label - C(1));
}

template <typename T, typename Label>
absl::Status RunSparse(KernelPrepare& k, int64_t rows, int64_t n) {
  return k.Run([=](KernelRun& r) -> absl::Status {
    std::atomic<int64_t> bad_row = -1;
    r.ParallelFor(rows, static_cast<double>(n) * 12, [&](int64_t begin, int64_t end) {
      const Label* labels = r.In<Label>(1);
      for (int64_t row = begin; row < end; ++row) {
        const int64_t label = labels[row];
        if (label < 0 || label >= n) {
          bad_row = row;
          continue;
        }
        SparseCrossEntropyRow(r.In<T>(0) + row * n, label, n, r.Out<T>(0) + row,
                              r.Out<T>(1) + row * n);
      }
    });
    const int64_t bad = bad_row;
    if (bad < 0) return absl::OkStatus();
    return InvalidArgument("Received a label value of ", r.In<Label>(1)[bad],
                           " which is outside the valid range of [0, ", n, ").");
  });
}

absl::Status PrepareSparseCrossEntropy(KernelPrepare& k) {
  RETURN_IF_ERROR(PrepareSparseCrossEntropyShapes(k));
  const int64_t rows = k.In(0).shape().dim(0), n = k.In(0).shape().dim(1);
  return k.ForType<Half, BFloat16, float, double>("T", [&]<typename T>() {
    return k.ForType<int32_t, int64_t>(
        "Tlabels", [&]<typename Label>() { return RunSparse<T, Label>(k, rows, n); });
  });
}

}  // namespace

void RegisterCrossEntropyKernels(KernelRegistry& kernels) {
  kernels.Add("SoftmaxCrossEntropyWithLogits", "CPU", PrepareCrossEntropy);
  kernels.Add("SparseSoftmaxCrossEntropyWithLogits", "CPU", PrepareSparseCrossEntropy);
}

}  // namespace weir
