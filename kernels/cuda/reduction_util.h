#ifndef WEIR_KERNELS_CUDA_REDUCTION_UTIL_H_
#define WEIR_KERNELS_CUDA_REDUCTION_UTIL_H_

// Reductions on the GPU. What is computed is a reducer R:
//
//   R::Acc                      what a thread keeps; without constructors, as it stands in shared
//                               memory, and with a ShuffleXor
//   R::Start()                  the Acc of no elements
//   R::Step(acc, x, at)         with one element more, number `at` of those that make the result
//   R::Combine(acc, acc)        of two parts
//   R::Finish(acc, count)       the result, an R::Out, of `count` elements
//
// and where elements come from is a source S:
//
//   S::Element, S::kPack        their type, and how many a thread reads at once
//   source.IsAligned()          whether it may
//   source.Load<N>(i)           elements [i * N, (i + 1) * N), as a Pack
//
// Every order of additions depends on the shapes alone: results are the same in each run.

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {

// Some dimensions of a tensor in a form that a kernel takes by value.
struct StridedDims {
  static constexpr int kMostDims = 4;

  int rank = 0;
  int64_t sizes[kMostDims] = {};
  int64_t strides[kMostDims] = {};

  // Where element i of these dimensions is. Without dimensions, 0.
  __device__ int64_t Offset(int64_t i) const {
    int64_t offset = 0;
    for (int d = rank - 1; d > 0; --d) {
      const int64_t rest = i / sizes[d];
      offset += (i - rest * sizes[d]) * strides[d];
      i = rest;
    }
    return offset + i * strides[0];
  }
};

// How a reduction is done. The innermost dimension, `inner` long, is reduced or kept; the others
// are in `kept` and `reduced`.
//
// If it is reduced, a group of threads makes each result, reading neighbours at the same time.
// Otherwise threads side by side make results side by side, and several of them share a column.
// Where there are too few results for all of the GPU, the elements of each are cut into chunks, and
// a second reduction puts their accumulators together.
struct ReductionPlan {
  StridedDims kept, reduced;
  int64_t inner = 1;
  bool inner_reduced = true;
  int64_t outputs = 1;
  int64_t steps = 1;  // Elements that make one result.
  int64_t count = 1;  // What Finish is told: `steps`, but for the second reduction.
  int64_t chunk = 1;  // Steps of each chunk.
  int64_t chunks = 1;

  // The same in packs of `pack` elements. REQUIRES: `inner`, and a chunk of an inner dimension that
  // is reduced, are whole packs.
  ReductionPlan InPacks(int pack) const;
  // The reduction of the chunks' accumulators, which the first one leaves as [outputs, chunks] if
  // the inner dimension is reduced, and as [chunks, outputs] otherwise.
  ReductionPlan OfChunks() const;
};

// The plan for a shape with elements. Unimplemented when too many kept and reduced dimensions
// alternate.
absl::StatusOr<ReductionPlan> PlanReduction(const Shape& shape, const std::vector<bool>& reduced);

// How threads of a block share its work.
struct RowThreads {
  int group_bits;  // 2 to this power make a result.
  // How far the next element of a thread is, in rows of `inner` elements and elements.
  int64_t row_step, column_step;
};
struct ColumnThreads {
  int width;        // Columns; the threads of each are kBlockThreads / width.
  int64_t columns;  // In total, in packs.
};
RowThreads ThreadsForRows(const ReductionPlan& plan);
ColumnThreads ThreadsForColumns(const ReductionPlan& plan, int pack);

// ---- Sources and accumulators ----

// With more than eight, accumulators of columns may not fit into shared memory.
template <typename T>
inline constexpr int kReductionPack = sizeof(T) < kPackBytes / 8    ? 8
                                      : sizeof(T) <= kPackBytes / 2 ? kPackBytes / sizeof(T)
                                                                    : 1;

template <typename T, int kElements = kReductionPack<T>>
struct ArraySource {
  using Element = T;
  static constexpr int kPack = kElements;

  const T* x;

  bool IsAligned() const { return IsPackAligned(x); }
  template <int kSize>
  __device__ Pack<T, kSize> Load(int64_t i) const {
    if constexpr (kSize == 1) {
      return {x[i]};
    } else {
      return reinterpret_cast<const Pack<T, kSize>*>(x)[i];
    }
  }
};

template <typename T>
  requires std::is_arithmetic_v<T>
__device__ inline T ShuffleXor(T value, int lanes) {
  return __shfl_xor_sync(0xffffffffu, value, lanes);
}

// Puts together what others have made of chunks.
template <typename R>
struct PartsReducer : R {
  static __device__ typename R::Acc Step(typename R::Acc acc, typename R::Acc part, int64_t) {
    return R::Combine(acc, part);
  }
};

// The accumulators of the group of 2^group_bits threads, combined. REQUIRES: all threads of the
// block call this, and a group of more than a warp is the block.
template <typename R>
__device__ typename R::Acc CombineGroup(typename R::Acc acc, int group_bits) {
  const int lanes = 1 << (group_bits < 5 ? group_bits : 5);
  for (int d = lanes / 2; d > 0; d /= 2) acc = R::Combine(acc, ShuffleXor(acc, d));
  if (group_bits <= 5) return acc;
  constexpr int kWarps = kBlockThreads / 32;
  __shared__ typename R::Acc parts[kWarps];
  __syncthreads();  // Those of an earlier call have been read.
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = acc;
  __syncthreads();
  acc = parts[0];
  for (int w = 1; w < kWarps; ++w) acc = R::Combine(acc, parts[w]);
  return acc;
}

// ---- The inner dimension is reduced ----

// Loads that a thread has under way at the same time.
inline constexpr int kLoads = 4;

// Walks over the elements of a thread, each so far from the one before as the threads say.
struct RowCursor {
  int64_t row, column;

  // Where the element is. Moves on.
  __device__ int64_t Next(const ReductionPlan& plan, const RowThreads& threads) {
    const int64_t offset = plan.reduced.Offset(row) + column;
    row += threads.row_step;
    column += threads.column_step;
    if (column >= plan.inner) {
      column -= plan.inner;
      ++row;
    }
    return offset;
  }
};

// Of the elements [begin, end), in packs, those of one thread: every 2^group_bits-th.
template <typename R, int kPack, typename Source>
__device__ typename R::Acc ReduceStretch(const Source& source, const ReductionPlan& plan,
                                         const RowThreads& threads, int64_t base, int64_t begin,
                                         int64_t end) {
  const int64_t step = int64_t{1} << threads.group_bits;
  const int64_t row = begin < plan.inner ? 0 : begin / plan.inner;
  RowCursor cursor{row, begin - row * plan.inner};
  typename R::Acc acc = R::Start();
  int64_t i = begin;
  for (; i + (kLoads - 1) * step < end; i += kLoads * step) {
    Pack<typename Source::Element, kPack> packs[kLoads];
    for (int l = 0; l < kLoads; ++l) {
      packs[l] = source.template Load<kPack>(base + cursor.Next(plan, threads));
    }
    for (int l = 0; l < kLoads; ++l) {
      for (int p = 0; p < kPack; ++p) {
        acc = R::Step(acc, packs[l].values[p], (i + l * step) * kPack + p);
      }
    }
  }
  for (; i < end; i += step) {
    const auto pack = source.template Load<kPack>(base + cursor.Next(plan, threads));
    for (int p = 0; p < kPack; ++p) acc = R::Step(acc, pack.values[p], i * kPack + p);
  }
  return acc;
}

// Writes results to y, or accumulators to `parts` if that is not null.
template <typename R, int kPack, typename Source>
__global__ void ReduceRowsKernel(Source source, ReductionPlan plan, RowThreads threads,
                                 typename R::Acc* parts, typename R::Out* y) {
  const int64_t group = ThreadNumber() >> threads.group_bits;
  const int64_t lane = threadIdx.x & ((1u << threads.group_bits) - 1);
  const int64_t out = plan.chunks == 1 ? group : group / plan.chunks;
  typename R::Acc acc = R::Start();
  if (out < plan.outputs) {
    const int64_t begin = (group - out * plan.chunks) * plan.chunk;
    const int64_t end = begin + plan.chunk < plan.steps ? begin + plan.chunk : plan.steps;
    acc = ReduceStretch<R, kPack>(source, plan, threads, plan.kept.Offset(out), begin + lane, end);
  }
  acc = CombineGroup<R>(acc, threads.group_bits);
  if (lane != 0 || out >= plan.outputs) return;
  if (parts != nullptr) {
    parts[group] = acc;
  } else {
    y[out] = R::Finish(acc, plan.count);
  }
}

// ---- The inner dimension is kept ----

// Of the steps [begin, end), every `step`th, for the columns of one pack.
template <typename R, int kPack, typename Source>
__device__ void ReduceColumns(const Source& source, const StridedDims& reduced, int64_t base,
                              int64_t begin, int64_t end, int64_t step, typename R::Acc* acc) {
  int64_t i = begin;
  for (; i + (kLoads - 1) * step < end; i += kLoads * step) {
    Pack<typename Source::Element, kPack> packs[kLoads];
    for (int l = 0; l < kLoads; ++l) {
      packs[l] = source.template Load<kPack>(base + reduced.Offset(i + l * step));
    }
    for (int l = 0; l < kLoads; ++l) {
      for (int p = 0; p < kPack; ++p) {
        acc[p] = R::Step(acc[p], packs[l].values[p], i + l * step);
      }
    }
  }
  for (; i < end; i += step) {
    const auto pack = source.template Load<kPack>(base + reduced.Offset(i));
    for (int p = 0; p < kPack; ++p) acc[p] = R::Step(acc[p], pack.values[p], i);
  }
}

template <typename R, int kPack, typename Source>
__global__ void ReduceColumnsKernel(Source source, ReductionPlan plan, ColumnThreads threads,
                                    typename R::Acc* parts, typename R::Out* y) {
  const int x = static_cast<int>(threadIdx.x) % threads.width;
  const int row = static_cast<int>(threadIdx.x) / threads.width;
  const int rows = kBlockThreads / threads.width;
  const int64_t tile = blockIdx.x / plan.chunks, chunk = blockIdx.x - tile * plan.chunks;
  const int64_t column = tile * threads.width + x;
  typename R::Acc acc[kPack];
  for (int p = 0; p < kPack; ++p) acc[p] = R::Start();
  if (column < threads.columns) {
    const int64_t kept = column / plan.inner;
    const int64_t base = plan.kept.Offset(kept) + (column - kept * plan.inner);
    const int64_t begin = chunk * plan.chunk;
    const int64_t end = begin + plan.chunk < plan.steps ? begin + plan.chunk : plan.steps;
    ReduceColumns<R, kPack>(source, plan.reduced, base, begin + row, end, rows, acc);
  }
  // The threads of a column halve themselves until one has it all.
  __shared__ typename R::Acc shared[kPack][kBlockThreads];
  for (int p = 0; p < kPack; ++p) shared[p][threadIdx.x] = acc[p];
  for (int half = rows / 2; half > 0; half /= 2) {
    __syncthreads();
    if (row >= half) continue;
    for (int p = 0; p < kPack; ++p) {
      acc[p] = R::Combine(acc[p], shared[p][threadIdx.x + half * threads.width]);
      shared[p][threadIdx.x] = acc[p];
    }
  }
  if (row != 0 || column >= threads.columns) return;
  for (int p = 0; p < kPack; ++p) {
    const int64_t out = column * kPack + p;
    if (parts != nullptr) {
      parts[chunk * plan.outputs + out] = acc[p];
    } else {
      y[out] = R::Finish(acc[p], plan.count);
    }
  }
}

// ---- What kernels call ----

template <typename R, int kPack, typename Source>
absl::Status LaunchReduction(const KernelRun& r, const ReductionPlan& elements,
                             const Source& source, typename R::Acc* parts, typename R::Out* y) {
  const ReductionPlan plan = elements.InPacks(kPack);
  if (plan.inner_reduced) {
    const RowThreads threads = ThreadsForRows(plan);
    const int64_t groups = kBlockThreads >> threads.group_bits;
    const int64_t blocks = (plan.outputs * plan.chunks + groups - 1) / groups;
    return Launch(r, ReduceRowsKernel<R, kPack, Source>, static_cast<unsigned>(blocks),
                  kBlockThreads, source, plan, threads, parts, y);
  }
  const ColumnThreads threads = ThreadsForColumns(plan, kPack);
  const int64_t tiles = (threads.columns + threads.width - 1) / threads.width;
  return Launch(r, ReduceColumnsKernel<R, kPack, Source>,
                static_cast<unsigned>(tiles * plan.chunks), kBlockThreads, source, plan, threads,
                parts, y);
}

// A reduction with all that it needs to run.
template <typename R>
class Reduction {
 public:
  using Acc = typename R::Acc;

  // Asks for the workspace.
  Reduction(KernelPrepare& k, const ReductionPlan& plan) : plan_(plan) {
    const int64_t parts = plan.chunks > 1 ? plan.chunks * plan.outputs : 0;
    parts_ = k.Workspace(static_cast<size_t>(parts) * sizeof(Acc));
  }

  template <typename Source>
  absl::Status Run(const KernelRun& r, const Source& source, typename R::Out* y) const {
    Acc* const parts = plan_.chunks > 1 ? r.Workspace<Acc>(parts_) : nullptr;
    if (plan_.inner % Source::kPack == 0 && source.IsAligned()) {
      RETURN_IF_ERROR((LaunchReduction<R, Source::kPack>(r, plan_, source, parts, y)));
    } else {
      RETURN_IF_ERROR((LaunchReduction<R, 1>(r, plan_, source, parts, y)));
    }
    if (parts == nullptr) return absl::OkStatus();
    return LaunchReduction<PartsReducer<R>, 1>(r, plan_.OfChunks(), ArraySource<Acc>{parts},
                                               nullptr, y);
  }

 private:
  ReductionPlan plan_;
  size_t parts_;
};

// y[i] = the result of no elements.
template <typename R>
struct EmptyResult {
  typename R::Out* y;
  __device__ void operator()(int64_t i) const { y[i] = R::Finish(R::Start(), 0); }
};

// Ends the preparation of a kernel that reduces input 0, of type T, to output 0. Packs of one
// element make for smaller kernels, where the reduction and not the memory takes the time.
template <typename R, typename T, int kPack = kReductionPack<T>>
absl::Status RunReduction(KernelPrepare& k, const Shape& shape, const std::vector<bool>& reduced) {
  if (shape.num_elements() == 0) {
    const int64_t n = k.Out(0).shape.num_elements();
    return k.Run(
        [n](KernelRun& r) { return ForEach(r, n, EmptyResult<R>{r.Out<typename R::Out>(0)}); });
  }
  ASSIGN_OR_RETURN(const ReductionPlan plan, PlanReduction(shape, reduced));
  const Reduction<R> reduction(k, plan);
  return k.Run([reduction](KernelRun& r) {
    return reduction.Run(r, ArraySource<T, kPack>{r.In<T>(0)}, r.Out<typename R::Out>(0));
  });
}

// ---- Sums ----

// Sums of T: floats of 16 bits in float; integers without a sign, so that overflow wraps around.
template <typename T>
struct SumTypes {
  using Acc = ComputeType<T>;
};
template <typename T>
  requires std::is_integral_v<T>
struct SumTypes<T> {
  using Acc = std::make_unsigned_t<T>;
};

template <typename T>
struct SumReducer {
  using Out = T;
  using Acc = typename SumTypes<T>::Acc;
  static __device__ Acc Start() { return Acc(0); }
  static __device__ Acc Step(Acc acc, T x, int64_t) { return acc + static_cast<Acc>(x); }
  static __device__ Acc Combine(Acc a, Acc b) { return a + b; }
  static __device__ T Finish(Acc acc, int64_t) { return static_cast<T>(acc); }
};

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_REDUCTION_UTIL_H_
