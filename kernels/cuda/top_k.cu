// TopK and TopKV2 (ops/top_k.cc): a block finds the last of a row's largest elements digit by
// digit, collects them, and sorts them, asked to or not.

#include <bit>
#include <limits>

#include "weir/kernels/cpu/top_k_util.h"
#include "weir/kernels/cuda/elementwise_util.h"
#include "weir/kernels/cuda/scan_util.h"

namespace weir {
namespace {

// An element's place in the order of its row: by value, NaN last, then by index.
template <typename T>
using KeyType = std::conditional_t<sizeof(T) == 2, uint16_t,
                                   std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>;

// The largest key comes first; equal elements have the same. REQUIRES: T has a sign.
template <typename T>
__device__ KeyType<T> KeyOf(T x) {
  using Key = KeyType<T>;
  constexpr Key kSign = Key{1} << (8 * sizeof(Key) - 1);
  const Key bits = std::bit_cast<Key>(x);
  if constexpr (std::is_integral_v<T>) {
    return bits ^ kSign;
  } else {
    const auto value = static_cast<ComputeType<T>>(x);
    if (value != value) return 0;
    if (value == 0) return kSign;  // Of either sign.
    return static_cast<Key>((bits & kSign) != 0 ? ~bits : bits | kSign);
  }
}

template <typename Key>
struct Ranked {
  Key key;
  int32_t at;

  __device__ bool IsBefore(const Ranked& other) const {
    return key > other.key || (key == other.key && at < other.at);
  }
};

// The key of the last of the row's `count` first elements, and how many with it are among them.
template <typename Key>
struct Threshold {
  Key key;
  int64_t equals;
};

template <typename T>
__device__ Threshold<KeyType<T>> FindThreshold(const T* row, int64_t n, int64_t count) {
  using Key = KeyType<T>;
  __shared__ unsigned with_digit[256];
  Key found = 0, known = 0;  // The digits found, and a mask of where they are.
  for (int shift = 8 * (sizeof(Key) - 1); shift >= 0; shift -= 8) {
    __syncthreads();  // The counts of the digit before have been read.
    for (unsigned d = threadIdx.x; d < 256; d += kBlockThreads) with_digit[d] = 0;
    __syncthreads();
    for (int64_t i = threadIdx.x; i < n; i += kBlockThreads) {
      const Key key = KeyOf(row[i]);
      if ((key & known) == found) atomicAdd(&with_digit[(key >> shift) & 255], 1u);
    }
    __syncthreads();
    unsigned digit = 255;
    for (; with_digit[digit] < count; --digit) count -= with_digit[digit];
    found |= static_cast<Key>(Key(digit) << shift);
    known |= static_cast<Key>(Key{255} << shift);
  }
  return {found, count};
}

// Leaves the `count` first elements of the row in `ranked`, in any order that is always the same.
template <typename T>
__device__ void Collect(const T* row, int64_t n, int64_t count, Ranked<KeyType<T>>* ranked) {
  const Threshold<KeyType<T>> last = FindThreshold(row, n, count);
  int64_t larger = 0, equal = 0;  // In the tiles before.
  for (int64_t tile = 0; tile < n; tile += kBlockThreads) {
    const int64_t i = tile + threadIdx.x;
    const KeyType<T> key = i < n ? KeyOf(row[i]) : 0;
    const bool is_larger = i < n && key > last.key, is_equal = i < n && key == last.key;
    // Both counts in one number.
    const uint64_t mine = uint64_t{is_larger} | uint64_t{is_equal} << 32;
    uint64_t all;
    const uint64_t upto = ScanBlock(mine, &all, [](uint64_t a, uint64_t b) { return a + b; });
    const int64_t rank = equal + static_cast<int64_t>(upto >> 32) - 1;
    const Ranked<KeyType<T>> element{key, static_cast<int32_t>(i)};
    if (is_larger) ranked[larger + static_cast<int64_t>(upto & 0xffffffffu) - 1] = element;
    if (is_equal && rank < last.equals) ranked[count - last.equals + rank] = element;
    larger += static_cast<int64_t>(all & 0xffffffffu);
    equal += static_cast<int64_t>(all >> 32);
  }
}

// A bitonic sort of `size` elements, a power of two.
template <typename Key>
__device__ void Sort(Ranked<Key>* ranked, int64_t size) {
  for (int64_t sorted = 2; sorted <= size; sorted *= 2) {
    for (int64_t step = sorted / 2; step > 0; step /= 2) {
      for (int64_t i = threadIdx.x; i < size / 2; i += kBlockThreads) {
        const int64_t a = 2 * i - (i & (step - 1)), b = a + step;
        const Ranked<Key> x = ranked[a], y = ranked[b];
        if (y.IsBefore(x) == ((a & sorted) == 0)) {
          ranked[a] = y;
          ranked[b] = x;
        }
      }
      __syncthreads();
    }
  }
}

// `size` is the power of two from plan.count on; each block has room for so many in `scratch`.
template <typename T>
__global__ void TopKKernel(TopKPlan plan, int64_t size, const T* x, Ranked<KeyType<T>>* scratch,
                           T* values, int32_t* indices) {
  Ranked<KeyType<T>>* const ranked = scratch + blockIdx.x * size;
  for (int64_t i = plan.count + threadIdx.x; i < size; i += kBlockThreads) {
    ranked[i] = {0, std::numeric_limits<int32_t>::max()};  // After all elements.
  }
  for (int64_t row = blockIdx.x; row < plan.rows; row += gridDim.x) {
    Collect(x + row * plan.n, plan.n, plan.count, ranked);
    __syncthreads();
    Sort(ranked, size);
    for (int64_t i = threadIdx.x; i < plan.count; i += kBlockThreads) {
      const int32_t at = ranked[i].at;
      values[row * plan.count + i] = x[row * plan.n + at];
      indices[row * plan.count + i] = at;
    }
    __syncthreads();  // The elements have been read.
  }
}

template <typename T>
absl::Status RunTopK(KernelPrepare& k, const TopKPlan& plan) {
  if (plan.rows * plan.count == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  using Entry = Ranked<KeyType<T>>;
  const auto size = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(plan.count)));
  const int64_t blocks = std::min(plan.rows, kMostBlocks);
  const size_t scratch = k.Workspace(static_cast<size_t>(blocks * size) * sizeof(Entry));
  return k.Run([=](KernelRun& r) {
    return Launch(r, TopKKernel<T>, static_cast<unsigned>(blocks), kBlockThreads, plan, size,
                  r.In<T>(0), r.Workspace<Entry>(scratch), r.Out<T>(0), r.Out<int32_t>(1));
  });
}

// Integers of other sizes rarely have a largest sought, and stay on the CPU.
template <int kCountInput>
absl::Status PrepareTopK(KernelPrepare& k) {
  return ForCudaType<Half, BFloat16, float, double, int32_t, int64_t>(
      k, [&]<typename T>() -> absl::Status {
        ASSIGN_OR_RETURN(const TopKPlan plan, PrepareTopKPlan(k, kCountInput));
        if (!k.Attr<bool>("sorted") && plan.count > 1 && plan.count < plan.n) {
          return absl::UnimplementedError("the order of elements that need not be sorted");
        }
        return RunTopK<T>(k, plan);
      });
}

}  // namespace

void RegisterTopKCudaKernels(KernelRegistry& registry) {
  registry.Add("TopK", "GPU", PrepareTopK<-1>);
  registry.Add("TopKV2", "GPU", PrepareTopK<1>);
}

}  // namespace weir
