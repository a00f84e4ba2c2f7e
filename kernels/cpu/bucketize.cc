// Bucketize and HistogramFixedWidth (ops/bucketize.cc).

#include <algorithm>
#include <cmath>
#include <vector>

#include "weir/kernels/common/histogram_functions.h"
#include "weir/kernels/cpu/checks_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

absl::StatusOr<std::vector<float>> CheckBucketize(KernelPrepare& k) {
  std::vector<float> boundaries = k.Attr<std::vector<float>>("boundaries");
  if (!std::is_sorted(boundaries.begin(), boundaries.end())) {
    return InvalidArgument("Expected sorted boundaries");
  }
  k.Out(0).SetShape(k.In(0).shape());
  return boundaries;
}

absl::StatusOr<int64_t> CheckHistogram(KernelPrepare& k) {
  if (k.In(1).shape() != Shape({2})) return k.InvalidInput(1, "must be a vector of 2 elements");
  if (k.In(2).shape().rank() != 0) return k.InvalidInput(2, "must be a scalar");
  ASSIGN_OR_RETURN(const int64_t bins, k.IntValue(2));
  if (bins <= 0) return InvalidArgument("nbins should be a positive number, but got '", bins, "'");
  k.Out(0).SetShape(Shape({bins}));
  return bins;
}

namespace {

absl::Status PrepareBucketize(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const std::vector<float> boundaries, CheckBucketize(k));
  const int64_t n = k.In(0).shape().num_elements();
  return DispatchType<int32_t, int64_t, float, double>(
      k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
        return k.Run([=](KernelRun& r) {
          const T* x = r.In<T>(0);
          int32_t* out = r.Out<int32_t>(0);
          r.ParallelFor(n, 4 * std::log2(2.0 + static_cast<double>(boundaries.size())),
                        [&](int64_t begin, int64_t end) {
                          for (int64_t i = begin; i < end; ++i) {
                            const auto after =
                                std::upper_bound(boundaries.begin(), boundaries.end(), x[i]);
                            out[i] = static_cast<int32_t>(after - boundaries.begin());
                          }
                        });
          return absl::OkStatus();
        });
      });
}

absl::Status PrepareHistogram(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const int64_t bins, CheckHistogram(k));
  const int64_t n = k.In(0).shape().num_elements();
  return DispatchType<int32_t, int64_t, float, double>(
      k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
        return DispatchType<int32_t, int64_t>(k.OutType(0), [&]<typename C>(TypeTag<C>) {
          return k.Run([=](KernelRun& r) -> absl::Status {
            const T* x = r.In<T>(0);
            const double low = static_cast<double>(r.In<T>(1)[0]);
            const double high = static_cast<double>(r.In<T>(1)[1]);
            if (!(low < high)) {
              return InvalidArgument("value_range should satisfy value_range[0] < value_range[1], ",
                                     "but got '[", low, ", ", high, "]'");
            }
            C* out = r.Out<C>(0);
            std::fill_n(out, bins, C(0));
            for (int64_t i = 0; i < n; ++i) {
              ++out[BinOf(static_cast<double>(x[i]), low, high, bins)];
            }
            return absl::OkStatus();
          });
        });
      });
}

}  // namespace

void RegisterBucketizeKernels(KernelRegistry& registry) {
  registry.Add("Bucketize", "CPU", PrepareBucketize);
  registry.Add("HistogramFixedWidth", "CPU", PrepareHistogram);
}

}  // namespace weir
