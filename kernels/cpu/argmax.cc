// ArgMax and ArgMin (ops/argmax.cc).

#include <vector>

#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {
namespace {

// Whether x replaces `best`. NaN is replaced by any number and replaces none.
template <typename T, bool kMax>
bool IsBetter(T x, T best) {
  if constexpr (std::is_integral_v<T>) {
    return kMax ? x > best : x < best;
  } else {
    return (kMax ? x > best : x < best) || (best != best && x == x);
  }
}

// The extremum of n elements that are `stride` apart.
template <typename T, bool kMax>
int64_t FindBest(const T* x, int64_t n, int64_t stride) {
  using C = ComputeType<T>;
  C best = x[0];
  int64_t at = 0;
  for (int64_t i = 1; i < n; ++i) {
    const C value = x[i * stride];
    if (IsBetter<C, kMax>(value, best)) {
      best = value;
      at = i;
    }
  }
  return at;
}

template <bool kMax>
absl::Status PrepareArg(KernelPrepare& k) {
  const Shape& x = k.In(0).shape();
  if (x.rank() < 1) return k.InvalidInput(0, "needs rank >= 1");
  ASSIGN_OR_RETURN(int64_t axis, k.IntValue(1));
  if (axis < -x.rank() || axis >= x.rank()) {
    return InvalidArgument("Expected dimension in the range [", -x.rank(), ", ", x.rank(),
                           "), but got ", axis);
  }
  if (axis < 0) axis += x.rank();
  Dims dims(x.dims().begin(), x.dims().end());
  dims.erase(dims.begin() + axis);
  ASSIGN_OR_RETURN(const Shape out, Shape::Make(dims));
  k.Out(0).SetShape(out);
  const int64_t n = x.dim(static_cast<int>(axis));
  const int64_t outputs = out.num_elements();
  if (n == 0 && outputs > 0) {
    return InvalidArgument("Reduction axis ", axis, " is empty in shape ", x.ToString());
  }
  const int64_t inner = x.Count(static_cast<int>(axis) + 1, x.rank());
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return DispatchType<int32_t, int64_t>(k.OutType(0), [&]<typename Index>(TypeTag<Index>) {
      return k.Run([=](KernelRun& r) {
        const T* in = r.In<T>(0);
        Index* result = r.Out<Index>(0);
        r.ParallelFor(outputs, 2 * static_cast<double>(n), [=](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            const T* line = in + i / inner * n * inner + i % inner;
            result[i] = static_cast<Index>(FindBest<T, kMax>(line, n, inner));
          }
        });
        return absl::OkStatus();
      });
    });
  });
}

}  // namespace

void RegisterArgmaxKernels(KernelRegistry& registry) {
  registry.Add("ArgMax", "CPU", PrepareArg<true>);
  registry.Add("ArgMin", "CPU", PrepareArg<false>);
}

}  // namespace weir
