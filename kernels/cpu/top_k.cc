// TopK, TopKV2 and NthElement (ops/top_k.cc).

#include <algorithm>
#include <numeric>
#include <vector>

#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/kernels/cpu/top_k_util.h"

namespace weir {
namespace {

// Whether a goes before b: NaN comes last, so that this is an order whatever the input.
template <typename T>
bool IsLarger(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return a > b;
  } else {
    return a > b || (b != b && a == a);
  }
}

// Leaves the k first of 0..n-1 at the front, in the order of TensorFlow's heap of k elements, which
// programs came to rely on where they ask for no order. `order` has room for k + 1 <= n.
template <typename Before>
void SelectByHeap(int32_t n, int64_t k, const Before& before, int32_t* order) {
  std::iota(order, order + k + 1, 0);
  std::make_heap(order, order + k + 1, before);
  std::pop_heap(order, order + k + 1, before);
  for (int32_t i = static_cast<int32_t>(k) + 1; i < n; ++i) {
    if (!before(i, order[0])) continue;
    order[k] = i;
    std::pop_heap(order, order + k + 1, before);
  }
}

// The k first of the row's indices in order of value; equal values by index.
template <typename T>
void SelectTop(const T* row, int64_t n, int64_t k, bool sorted, int32_t* order) {
  using C = ComputeType<T>;
  const auto before = [row](int32_t a, int32_t b) {
    const C x = row[a], y = row[b];
    return IsLarger<C>(x, y) || (!IsLarger<C>(y, x) && a < b);
  };
  if (!sorted && k < n) return SelectByHeap(static_cast<int32_t>(n), k, before, order);
  std::iota(order, order + n, 0);
  if (k < n) std::nth_element(order, order + k, order + n, before);
  std::sort(order, order + k, before);
}

// `count_input`: the input that holds the count, or -1 for the attr.
absl::Status PrepareTopK(KernelPrepare& k, int count_input) {
  ASSIGN_OR_RETURN(const TopKPlan plan, PrepareTopKPlan(k, count_input));
  const int64_t rows = plan.rows, n = plan.n, count = plan.count;
  const bool sorted = k.Attr<bool>("sorted");
  if (rows * count == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  const size_t offset =
      count == 1 ? 0 : k.Workspace(static_cast<size_t>(rows * n) * sizeof(int32_t));
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const T* in = r.In<T>(0);
      T* values = r.Out<T>(0);
      int32_t* indices = r.Out<int32_t>(1);
      int32_t* scratch = r.Workspace<int32_t>(offset);
      r.ParallelFor(rows, 8 * static_cast<double>(n), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const T* row = in + i * n;
          if (count == 1) {
            using C = ComputeType<T>;
            int32_t best = 0;
            for (int64_t j = 1; j < n; ++j) {
              if (IsLarger<C>(row[j], row[best])) best = static_cast<int32_t>(j);
            }
            indices[i] = best;
            values[i] = row[best];
            continue;
          }
          int32_t* order = scratch + i * n;
          SelectTop(row, n, count, sorted, order);
          for (int64_t j = 0; j < count; ++j) {
            indices[i * count + j] = order[j];
            values[i * count + j] = row[order[j]];
          }
        }
      });
      return absl::OkStatus();
    });
  });
}

absl::Status PrepareNthElement(KernelPrepare& k) {
  const Shape& input = k.In(0).shape();
  if (input.rank() < 1) return k.InvalidInput(0, "needs rank >= 1");
  if (k.In(1).shape().rank() != 0) return k.InvalidInput(1, "must be a scalar");
  ASSIGN_OR_RETURN(const int64_t nth, k.IntValue(1));
  const int64_t n = input.dim(-1);
  if (nth < 0 || nth >= n) {
    return InvalidArgument("n must be in [0, ", n, "), the length of the rows, but is ", nth);
  }
  ASSIGN_OR_RETURN(const Shape out, Shape::Make(input.dims().subspan(0, input.rank() - 1)));
  k.Out(0).SetShape(out);
  const int64_t rows = out.num_elements();
  const int64_t position = k.Attr<bool>("reverse") ? n - 1 - nth : nth;
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    const size_t offset = k.Workspace(static_cast<size_t>(rows * n) * sizeof(T));
    return k.Run([=](KernelRun& r) {
      const T* in = r.In<T>(0);
      T* values = r.Out<T>(0);
      T* scratch = r.Workspace<T>(offset);
      r.ParallelFor(rows, 6 * static_cast<double>(n), [=](int64_t begin, int64_t end) {
        using C = ComputeType<T>;
        for (int64_t i = begin; i < end; ++i) {
          T* row = scratch + i * n;
          std::copy_n(in + i * n, n, row);
          std::nth_element(row, row + position, row + n, [](const T& a, const T& b) {
            return IsLarger<C>(static_cast<C>(b), static_cast<C>(a));
          });
          values[i] = row[position];
        }
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

absl::StatusOr<TopKPlan> PrepareTopKPlan(KernelPrepare& k, int count_input) {
  if (count_input >= 0 && k.In(count_input).shape().rank() != 0) {
    return k.InvalidInput(count_input, "must be a scalar");
  }
  int64_t count;
  if (count_input >= 0) {
    ASSIGN_OR_RETURN(count, k.IntValue(count_input));
  } else {
    count = k.Attr<int64_t>("k");
  }
  const Shape& input = k.In(0).shape();
  if (input.rank() < 1) return k.InvalidInput(0, "needs rank >= 1");
  const int64_t n = input.dim(-1);
  if (count < 0) return InvalidArgument("Need k >= 0, got ", count);
  if (count > n)
    return InvalidArgument("input must have at least k = ", count, " columns, but has ", n);
  if (n > INT32_MAX) return k.InvalidInput(0, "has rows too long for int32 indices");
  const Shape out = input.WithDim(-1, count);
  k.Out(0).SetShape(out);
  k.Out(1).SetShape(out);
  return TopKPlan{input.Count(0, input.rank() - 1), n, count};
}

void RegisterTopKKernels(KernelRegistry& registry) {
  registry.Add("TopK", "CPU", [](KernelPrepare& k) { return PrepareTopK(k, -1); });
  registry.Add("TopKV2", "CPU", [](KernelPrepare& k) { return PrepareTopK(k, 1); });
  registry.Add("NthElement", "CPU", PrepareNthElement);
}

}  // namespace weir
