#ifndef WEIR_KERNELS_CUDA_DYNAMIC_UTIL_H_
#define WEIR_KERNELS_CUDA_DYNAMIC_UTIL_H_

// Kernels whose outputs' sizes depend on elements: what they count is read back to the host, which
// waits for it, before the outputs are allocated.

#include <vector>

#include "weir/core/device_memory.h"
#include "weir/kernels/cuda/fill_util.h"
#include "weir/kernels/cuda/scan_util.h"

namespace weir {

// The n values at `from`, which the host waits for.
template <typename T>
absl::StatusOr<std::vector<T>> ReadBack(const KernelRun& r, const T* from, int64_t n) {
  std::vector<T> values(static_cast<size_t>(n));
  RETURN_IF_ERROR(r.device().allocator().device_memory()->CopyOut(values.data(), from,
                                                                  values.size() * sizeof(T)));
  return values;
}

template <typename T>
absl::StatusOr<T> ReadBack(const KernelRun& r, const T* from) {
  ASSIGN_OR_RETURN(const std::vector<T> values, ReadBack(r, from, 1));
  return values[0];
}

// Each block has a row of `length` counts, and replaces each by the sum of those before it;
// totals[row] gets the sum of all.
template <typename T>
__global__ void StartsOfRowsKernel(int64_t length, T* counts, T* totals) {
  counts += blockIdx.x * length;
  T before = 0;
  for (int64_t tile = 0; tile < length; tile += kBlockThreads) {
    const int64_t i = tile + threadIdx.x;
    const T count = i < length ? counts[i] : 0;
    T all;
    const T upto = ScanBlock(count, &all, [](T a, T b) { return a + b; });
    if (i < length) counts[i] = before + upto - count;
    before += all;
  }
  if (threadIdx.x == 0) totals[blockIdx.x] = before;
}

// Each block has a chunk of [0, n), and counts what it keeps.
template <typename Keep>
__global__ void CountKeptKernel(int64_t n, int64_t chunk, Keep keep, int64_t* counts) {
  const int64_t first = blockIdx.x * chunk, end = first + chunk < n ? first + chunk : n;
  int64_t mine = 0, all;
  for (int64_t i = first + threadIdx.x; i < end; i += kBlockThreads) mine += keep(i) ? 1 : 0;
  ScanBlock(mine, &all, [](int64_t a, int64_t b) { return a + b; });
  if (threadIdx.x == 0) counts[blockIdx.x] = all;
}

// The same chunks, with starts[blockIdx.x] kept before this one.
template <typename Keep, typename Take>
__global__ void TakeKeptKernel(int64_t n, int64_t chunk, Keep keep, const int64_t* starts,
                               Take take) {
  const int64_t first = blockIdx.x * chunk, end = first + chunk < n ? first + chunk : n;
  int64_t before = starts[blockIdx.x];
  for (int64_t tile = first; tile < end; tile += kBlockThreads) {
    const int64_t i = tile + threadIdx.x;
    const int kept = i < end && keep(i) ? 1 : 0;
    int all;
    const int upto = ScanBlock(kept, &all, [](int a, int b) { return a + b; });
    if (kept != 0) take(i, before + upto - 1);
    before += all;
  }
}

// Those of [0, n) that `keep`, a functor with `__device__ bool operator()(int64_t) const`, holds
// for, in their order.
class Compaction {
 public:
  Compaction(KernelPrepare& k, int64_t n)
      : n_(n),
        chunk_(std::max(kLeastChunk, (n + kMostBlocks - 1) / kMostBlocks)),
        chunks_((n + chunk_ - 1) / chunk_),
        counts_(k.Workspace(static_cast<size_t>(chunks_ + 1) * sizeof(int64_t))) {}

  // How many they are.
  template <typename Keep>
  absl::StatusOr<int64_t> Count(const KernelRun& r, const Keep& keep) const {
    if (n_ == 0) return 0;
    int64_t* const counts = r.Workspace<int64_t>(counts_);
    RETURN_IF_ERROR(Launch(r, CountKeptKernel<Keep>, static_cast<unsigned>(chunks_), kBlockThreads,
                           n_, chunk_, keep, counts));
    RETURN_IF_ERROR(Launch(r, StartsOfRowsKernel<int64_t>, 1, kBlockThreads, chunks_, counts,
                           counts + chunks_));
    return ReadBack(r, counts + chunks_);
  }

  // Calls take(i, rank) on the device for each i of them, the rank-th. REQUIRES: Count was called.
  template <typename Keep, typename Take>
  absl::Status ForEachKept(const KernelRun& r, const Keep& keep, const Take& take) const {
    if (n_ == 0) return absl::OkStatus();
    return Launch(r, TakeKeptKernel<Keep, Take>, static_cast<unsigned>(chunks_), kBlockThreads, n_,
                  chunk_, keep, r.Workspace<int64_t>(counts_), take);
  }

 private:
  static constexpr int64_t kLeastChunk = 4 * kBlockThreads;

  int64_t n_, chunk_, chunks_;
  size_t counts_;
};

// How the bits of a number say what it is, so that numbers of one width share kernels.
template <typename W>
struct NumberBits {
  W magnitude;  // All but the sign. A number is zero when these bits are.
  W infinity;   // Whose magnitude is larger is NaN.

  __device__ bool IsZero(W bits) const { return (bits & magnitude) == 0; }
  __device__ bool IsNan(W bits) const { return (bits & magnitude) > infinity; }
  // Equal numbers but NaN have the same.
  __device__ W KeyOf(W bits) const { return IsZero(bits) ? W{0} : bits; }
};

// Calls f(NumberBits<W>()) for the real numbers or booleans of `type`.
template <typename F>
absl::Status DispatchNumberBits(DataType type, F&& f) {
  switch (type) {
    case DT_HALF: return f(NumberBits<uint16_t>{0x7fff, 0x7c00});
    case DT_BFLOAT16: return f(NumberBits<uint16_t>{0x7fff, 0x7f80});
    case DT_FLOAT: return f(NumberBits<uint32_t>{0x7fffffff, 0x7f800000});
    case DT_DOUBLE: return f(NumberBits<uint64_t>{~uint64_t{0} >> 1, uint64_t{0x7ff} << 52});
    default: break;
  }
  if (IsIntegerType(type) || IsQuantizedType(type) || type == DT_BOOL) {
    return DispatchWidth(type, [&]<typename W>(TypeTag<W>) -> absl::Status {
      if constexpr (std::is_integral_v<W>) {
        return f(NumberBits<W>{static_cast<W>(~W{0}), static_cast<W>(~W{0})});
      }
      return absl::OkStatus();
    });
  }
  return absl::UnimplementedError("the GPU compares no such elements");
}

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_DYNAMIC_UTIL_H_
