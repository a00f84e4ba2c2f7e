// TopK and TopKV2 (ops/top_k.cc): a block finds the last of a row's largest elements digit by
// digit, collects them, and sorts them. Of few, long rows blocks first collect those of parts.
// Those that need not be sorted come in the order of the heap that the CPU's kernel makes.

#include <algorithm>
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
__host__ __device__ KeyType<T> KeyOf(T x) {
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

// Elements of a row from `first` on.
template <typename T>
struct RowElements {
  using Key = KeyType<T>;
  const T* row;
  int64_t first;

  __device__ Ranked<Key> operator[](int64_t i) const {
    return {KeyOf(row[first + i]), static_cast<int32_t>(first + i)};
  }
};

// `elements` are n things with an operator[] that gives a Ranked<Key>; of equal keys the indices
// ascend.
template <typename Key, typename Elements>
__device__ Threshold<Key> FindThreshold(const Elements& elements, int64_t n, int64_t count) {
  __shared__ unsigned with_digit[256];
  Key found = 0, known = 0;  // The digits found, and a mask of where they are.
  for (int shift = 8 * (sizeof(Key) - 1); shift >= 0; shift -= 8) {
    __syncthreads();  // The counts of the digit before have been read.
    for (unsigned d = threadIdx.x; d < 256; d += kBlockThreads) with_digit[d] = 0;
    __syncthreads();
    for (int64_t i = threadIdx.x; i < n; i += kBlockThreads) {
      const Key key = elements[i].key;
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

// Leaves the `count` first elements in `ranked`, in an order that is always the same: those with
// equal keys by index.
template <typename Key, typename Elements>
__device__ void Collect(const Elements& elements, int64_t n, int64_t count, Ranked<Key>* ranked) {
  const Threshold<Key> last = FindThreshold<Key>(elements, n, count);
  int64_t larger = 0, equal = 0;  // In the tiles before.
  for (int64_t tile = 0; tile < n; tile += kBlockThreads) {
    const int64_t i = tile + threadIdx.x;
    const Ranked<Key> element = i < n ? elements[i] : Ranked<Key>{0, 0};
    const bool is_larger = i < n && element.key > last.key;
    const bool is_equal = i < n && element.key == last.key;
    // Both counts in one number.
    const uint64_t mine = uint64_t{is_larger} | uint64_t{is_equal} << 32;
    uint64_t all;
    const uint64_t upto = ScanBlock(mine, &all, [](uint64_t a, uint64_t b) { return a + b; });
    const int64_t rank = equal + static_cast<int64_t>(upto >> 32) - 1;
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

// Rows of elements as they are, and rows of candidates.
template <typename T>
struct ElementRows {
  const T* x;
  int64_t n;

  __device__ RowElements<T> operator()(int64_t row) const { return {x + row * n, 0}; }
};
template <typename Key>
struct CandidateRows {
  const Ranked<Key>* candidates;
  int64_t n;

  __device__ const Ranked<Key>* operator()(int64_t row) const { return candidates + row * n; }
};

// The first elements of `rows`, which were made of those of x. `size` is the power of two from
// plan.count on; each block has room for so many in `scratch`.
template <typename Key, typename Rows>
__global__ void TopKKernel(TopKPlan plan, int64_t size, Rows rows, Ranked<Key>* scratch,
                           const Key* x, Key* values, int32_t* indices) {
  Ranked<Key>* const ranked = scratch + blockIdx.x * size;
  for (int64_t i = plan.count + threadIdx.x; i < size; i += kBlockThreads) {
    ranked[i] = {0, std::numeric_limits<int32_t>::max()};  // After all elements.
  }
  for (int64_t row = blockIdx.x; row < plan.rows; row += gridDim.x) {
    Collect(rows(row), rows.n, plan.count, ranked);
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

// Each block leaves the first elements of a part of a row, which has `part` or, at the row's end,
// more. REQUIRES: each part has plan.count.
template <typename T>
__global__ void TopOfPartsKernel(TopKPlan plan, int64_t part, int64_t parts, const T* x,
                                 Ranked<KeyType<T>>* candidates) {
  const int64_t row = blockIdx.x / parts, first = (blockIdx.x - row * parts) * part;
  const bool is_last = blockIdx.x % parts == parts - 1;
  Collect(RowElements<T>{x + row * plan.n, first}, is_last ? plan.n - first : part, plan.count,
          candidates + blockIdx.x * plan.count);
}

// How many parts of a row blocks look at: as many as keep the GPU busy, and as are much longer than
// what comes of them.
constexpr int64_t kWantedBlocks = 264;
constexpr int64_t kLeastPart = 8192;

int64_t PartsOf(const TopKPlan& plan) {
  const int64_t least = std::max(kLeastPart, 8 * plan.count);
  return std::clamp<int64_t>(kWantedBlocks / plan.rows, 1, std::max<int64_t>(1, plan.n / least));
}

template <typename T>
absl::Status RunTopK(KernelPrepare& k, const TopKPlan& plan) {
  if (plan.rows * plan.count == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  using Key = KeyType<T>;
  const auto size = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(plan.count)));
  const auto blocks = static_cast<unsigned>(std::min(plan.rows, kMostBlocks));
  const int64_t parts = PartsOf(plan);
  const size_t scratch_at = k.Workspace(static_cast<size_t>(blocks * size) * sizeof(Ranked<Key>));
  const size_t candidates_at = k.Workspace(
      parts == 1 ? 0 : static_cast<size_t>(plan.rows * parts * plan.count) * sizeof(Ranked<Key>));
  return k.Run([=](KernelRun& r) -> absl::Status {
    auto* const scratch = r.Workspace<Ranked<Key>>(scratch_at);
    const Key* const x = r.In<Key>(0);
    Key* const values = r.Out<Key>(0);
    if (parts == 1) {
      return Launch(r, TopKKernel<Key, ElementRows<T>>, blocks, kBlockThreads, plan, size,
                    ElementRows<T>{r.In<T>(0), plan.n}, scratch, x, values, r.Out<int32_t>(1));
    }
    auto* const candidates = r.Workspace<Ranked<Key>>(candidates_at);
    RETURN_IF_ERROR(Launch(r, TopOfPartsKernel<T>, static_cast<unsigned>(plan.rows * parts),
                           kBlockThreads, plan, plan.n / parts, parts, r.In<T>(0), candidates));
    return Launch(r, TopKKernel<Key, CandidateRows<Key>>, blocks, kBlockThreads, plan, size,
                  CandidateRows<Key>{candidates, parts * plan.count}, scratch, x, values,
                  r.Out<int32_t>(1));
  });
}

// Of elements by their indices.
template <typename T>
struct IsBefore {
  const T* row;

  __host__ __device__ bool operator()(int32_t a, int32_t b) const {
    const KeyType<T> x = KeyOf(row[a]), y = KeyOf(row[b]);
    return x > y || (x == y && a < b);
  }
};

// A block has a row. Its threads look for elements before the heap's last, and the first of them
// puts these in, as SelectByHeap of the CPU does. Each block has room for plan.count + 1 in
// `scratch`. REQUIRES: plan.count < plan.n.
template <typename T>
__global__ void TopKByHeapKernel(TopKPlan plan, const T* x, int32_t* scratch, T* values,
                                 int32_t* indices) {
  __shared__ int32_t found[kBlockThreads];
  int32_t* const heap = scratch + blockIdx.x * (plan.count + 1);
  int32_t* const end = heap + plan.count + 1;
  for (int64_t row = blockIdx.x; row < plan.rows; row += gridDim.x) {
    const IsBefore<T> is_before{x + row * plan.n};
    if (threadIdx.x == 0) {
      for (int32_t i = 0; i <= plan.count; ++i) heap[i] = i;
      std::make_heap(heap, end, is_before);
      std::pop_heap(heap, end, is_before);
    }
    __syncthreads();
    for (int64_t tile = plan.count + 1; tile < plan.n; tile += kBlockThreads) {
      const int64_t at = tile + threadIdx.x;
      const auto i = static_cast<int32_t>(at);
      const int is_found = at < plan.n && is_before(i, heap[0]) ? 1 : 0;
      int all;
      const int upto = ScanBlock(is_found, &all, [](int a, int b) { return a + b; });
      if (is_found != 0) found[upto - 1] = i;
      __syncthreads();
      for (int j = 0; threadIdx.x == 0 && j < all; ++j) {
        if (!is_before(found[j], heap[0])) continue;
        end[-1] = found[j];
        std::pop_heap(heap, end, is_before);
      }
      __syncthreads();
    }
    for (int64_t i = threadIdx.x; i < plan.count; i += kBlockThreads) {
      values[row * plan.count + i] = x[row * plan.n + heap[i]];
      indices[row * plan.count + i] = heap[i];
    }
    __syncthreads();  // The heap has been read.
  }
}

template <typename T>
absl::Status RunTopKByHeap(KernelPrepare& k, const TopKPlan& plan) {
  if (plan.rows == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  const int64_t blocks = std::min(plan.rows, kMostBlocks);
  const size_t scratch =
      k.Workspace(static_cast<size_t>(blocks * (plan.count + 1)) * sizeof(int32_t));
  return k.Run([=](KernelRun& r) {
    return Launch(r, TopKByHeapKernel<T>, static_cast<unsigned>(blocks), kBlockThreads, plan,
                  r.In<T>(0), r.Workspace<int32_t>(scratch), r.Out<T>(0), r.Out<int32_t>(1));
  });
}

// Integers of other sizes rarely have a largest sought, and stay on the CPU.
template <int kCountInput>
absl::Status PrepareTopK(KernelPrepare& k) {
  return ForCudaType<Half, BFloat16, float, double, int32_t, int64_t>(
      k, [&]<typename T>() -> absl::Status {
        ASSIGN_OR_RETURN(const TopKPlan plan, PrepareTopKPlan(k, kCountInput));
        if (!k.Attr<bool>("sorted") && plan.count > 1 && plan.count < plan.n) {
          return RunTopKByHeap<T>(k, plan);
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
