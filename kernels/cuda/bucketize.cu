// Bucketize and HistogramFixedWidth (ops/bucketize.cc).

#include <vector>

#include "weir/kernels/common/histogram_functions.h"
#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/atomic_util.h"
#include "weir/kernels/cuda/elementwise_util.h"
#include "weir/kernels/cuda/fill_util.h"

namespace weir {
namespace {

// As many sorted boundaries as a kernel takes by value.
struct Boundaries {
  static constexpr int kMost = 512;

  int count = 0;
  float values[kMost];

  // How many are not after x.
  template <typename T>
  __device__ int32_t CountUpTo(T x) const {
    int low = 0, high = count;
    while (low < high) {
      const int middle = (low + high) / 2;
      if (x < values[middle]) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
};

template <typename T>
struct BucketFunction {
  const T* x;
  int32_t* out;
  int32_t before;  // Boundaries of earlier launches, which left their counts in `out`.
  Boundaries boundaries;

  __device__ void operator()(int64_t i) const {
    const int32_t earlier = before == 0 ? 0 : out[i];
    out[i] = earlier + boundaries.CountUpTo(x[i]);
  }
};

template <typename T>
absl::Status RunBucketize(const KernelRun& r, const std::vector<float>& boundaries) {
  size_t done = 0;
  do {
    BucketFunction<T> f{r.In<T>(0), r.Out<int32_t>(0), static_cast<int32_t>(done), {}};
    const size_t count = std::min<size_t>(boundaries.size() - done, Boundaries::kMost);
    f.boundaries.count = static_cast<int>(count);
    std::copy_n(boundaries.begin() + static_cast<int64_t>(done), count, f.boundaries.values);
    RETURN_IF_ERROR(ForEach(r, r.Out(0).num_elements(), f));
    done += count;
  } while (done < boundaries.size());
  return absl::OkStatus();
}

template <typename T>
absl::Status PrepareBucketize(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const std::vector<float> boundaries, CheckBucketize(k));
  return k.Run([boundaries](KernelRun& r) { return RunBucketize<T>(r, boundaries); });
}

// Counts nothing in a range that is none.
template <typename T, typename Count>
struct HistogramFunction {
  const T* x;
  const T* range;
  Count* counts;
  int64_t bins;

  __device__ void operator()(int64_t i) const {
    const double low = static_cast<double>(range[0]), high = static_cast<double>(range[1]);
    if (low < high) AtomicAdd(counts + BinOf(static_cast<double>(x[i]), low, high, bins), Count(1));
  }
};

template <typename T>
absl::Status PrepareHistogram(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const int64_t bins, CheckHistogram(k));
  const int64_t n = k.In(0).shape().num_elements();
  return DispatchType<int32_t, int64_t>(k.OutType(0), [&]<typename Count>(TypeTag<Count>) {
    return k.Run([n, bins](KernelRun& r) -> absl::Status {
      RETURN_IF_ERROR(GpuFill(r, nullptr, r.Out(0)));
      return ForEach(r, n,
                     HistogramFunction<T, Count>{r.In<T>(0), r.In<T>(1), r.Out<Count>(0), bins});
    });
  });
}

constexpr Types<int64_t, float, double> kTypes;

}  // namespace

void RegisterBucketizeCudaKernels(KernelRegistry& registry) {
  AddForTypes(registry, "Bucketize", kTypes,
              []<typename T>(TypeTag<T>, KernelPrepare& k) { return PrepareBucketize<T>(k); });
  AddForTypes(registry, "HistogramFixedWidth", kTypes,
              []<typename T>(TypeTag<T>, KernelPrepare& k) { return PrepareHistogram<T>(k); });
}

}  // namespace weir
