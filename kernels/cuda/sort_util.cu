#include "weir/kernels/cuda/indices_util.h"
#include "weir/kernels/cuda/sort_util.h"

namespace weir {
namespace {

// Sorts runs of kBlockThreads: each index counts those that come before it.
__global__ void SortRunsKernel(int64_t n, DeviceIndices indices, int64_t limit, SortedIndex* to) {
  __shared__ int64_t values[kBlockThreads];
  for (int64_t run = static_cast<int64_t>(blockIdx.x) * kBlockThreads; run < n;
       run += static_cast<int64_t>(gridDim.x) * kBlockThreads) {
    const int length = static_cast<int>(n - run < kBlockThreads ? n - run : kBlockThreads);
    const int mine = static_cast<int>(threadIdx.x);
    __syncthreads();  // The values of the run before have been read.
    int64_t value = -1;
    if (mine < length) {
      value = indices[run + mine];
      if (value < 0 || value >= limit) value = -1;
      values[mine] = value;
    }
    __syncthreads();
    if (mine >= length) continue;
    int rank = 0;
    for (int i = 0; i < length; ++i) {
      rank += values[i] < value || (values[i] == value && i < mine) ? 1 : 0;
    }
    to[run + rank] = {value, run + mine};
  }
}

// How many of the n sorted indices are below `value`, which may be any.
__device__ int64_t CountBelow(const SortedIndex* sorted, int64_t n, int64_t value) {
  int64_t begin = 0;
  while (n > 0) {
    const int64_t half = n / 2;
    if (sorted[begin + half].value < value) {
      begin += half + 1;
      n -= half + 1;
    } else {
      n = half;
    }
  }
  return begin;
}

// Merges neighbouring runs, of which the second has what was later: an index of either goes as far
// behind its place in its run as indices of the other come before it.
struct MergeRuns {
  const SortedIndex* from;
  SortedIndex* to;
  int64_t n, run;  // A power of two.

  __device__ void operator()(int64_t i) const {
    const SortedIndex index = from[i];
    const int64_t first = i & ~(2 * run - 1);
    const int64_t second = first + run < n ? first + run : n;
    const int64_t end = second + run < n ? second + run : n;
    const int64_t passed = i < second
                               ? CountBelow(from + second, end - second, index.value)
                               : CountBelow(from + first, second - first, index.value + 1) - run;
    to[i + passed] = index;
  }
};

}  // namespace

absl::StatusOr<const SortedIndex*> SortIndices(const KernelRun& r, const Tensor& indices,
                                               int64_t limit, SortedIndex* scratch) {
  const int64_t n = indices.num_elements();
  SortedIndex *sorted = scratch, *other = scratch + n;
  if (n == 0) return sorted;
  RETURN_IF_ERROR(Launch(r, SortRunsKernel, BlocksFor(n), kBlockThreads, n, DeviceIndices(indices),
                         limit, sorted));
  for (int64_t run = kBlockThreads; run < n; run *= 2) {
    RETURN_IF_ERROR(ForEach(r, n, MergeRuns{sorted, other, n, run}));
    std::swap(sorted, other);
  }
  return sorted;
}

}  // namespace weir
