// Running sums and products (ops/cum.cc). Where lines are many, a thread walks along each;
// otherwise blocks scan chunks of lines, after the values of all chunks have been found and
// scanned.

#include <algorithm>

#include "weir/kernels/common/scan_functions.h"
#include "weir/kernels/cpu/cum_util.h"
#include "weir/kernels/cuda/elementwise_util.h"
#include "weir/kernels/cuda/scan_util.h"

namespace weir {
namespace {

// Lines along the axis, in the order of the scan.
struct Lines {
  int64_t n, inner;
  bool exclusive, reverse;

  // The place of the line's first element, and how far the next one is.
  __device__ int64_t First(int64_t line) const {
    const int64_t outer = line / inner;
    return (outer * n + (reverse ? n - 1 : 0)) * inner + (line - outer * inner);
  }
  __device__ int64_t Step() const { return reverse ? -inner : inner; }
};

template <typename S, typename T>
struct WalkLine {
  using Acc = typename S::Acc;

  Lines lines;
  const T* x;
  T* y;

  __device__ void operator()(int64_t line) const {
    Acc acc = S::Start();
    int64_t at = lines.First(line);
    for (int64_t i = 0; i < lines.n; ++i, at += lines.Step()) {
      const Acc next = S::Step(acc, static_cast<Acc>(x[at]));
      y[at] = static_cast<T>(lines.exclusive ? acc : next);
      acc = next;
    }
  }
};

// Each block has a chunk of a line, chunk blockIdx.x % chunks. With `totals`, the first of two
// passes: leaves the value of each chunk there. In the second, `starts` has that of all before it.
template <typename S, typename T>
__global__ void ScanChunksKernel(Lines lines, int64_t chunk, int64_t chunks, const T* x, T* y,
                                 typename S::Acc* totals, const typename S::Acc* starts) {
  using Acc = typename S::Acc;
  const int64_t line = blockIdx.x / chunks, first = (blockIdx.x - line * chunks) * chunk;
  const int64_t end = first + chunk < lines.n ? first + chunk : lines.n;
  x += lines.First(line);
  if (y != nullptr) y += lines.First(line);
  Acc before = starts == nullptr ? S::Start() : starts[blockIdx.x];
  if (y != nullptr && lines.exclusive && first == 0 && threadIdx.x == 0) {
    y[0] = static_cast<T>(S::Start());
  }
  for (int64_t tile = first; tile < end; tile += kBlockThreads) {
    const int64_t i = tile + threadIdx.x;
    const Acc value = i < end ? static_cast<Acc>(x[i * lines.Step()]) : S::Start();
    Acc all;
    const Acc upto = ScanBlock(value, &all, [](Acc a, Acc b) { return S::Step(a, b); });
    const int64_t to = lines.exclusive ? i + 1 : i;
    if (y != nullptr && i < end && to < lines.n) {
      y[to * lines.Step()] = static_cast<T>(S::Step(before, upto));
    }
    before = S::Step(before, all);
  }
  if (totals != nullptr && threadIdx.x == 0) totals[blockIdx.x] = before;
}

// Replaces the values of a line's chunks by those of all chunks before them.
template <typename S>
struct ScanTotals {
  using Acc = typename S::Acc;

  int64_t chunks;
  Acc* totals;

  __device__ void operator()(int64_t line) const {
    Acc acc = S::Start();
    for (int64_t i = line * chunks; i < (line + 1) * chunks; ++i) {
      const Acc next = S::Step(acc, totals[i]);
      totals[i] = acc;
      acc = next;
    }
  }
};

// Enough lines for a thread each.
constexpr int64_t kManyLines = 8192;
constexpr int64_t kLeastChunk = 16 * kBlockThreads;
constexpr int64_t kMostChunks = 512;

template <typename S, typename T>
absl::Status RunCum(KernelPrepare& k, const CumPlan& p) {
  using Acc = typename S::Acc;
  const Lines lines{p.n, p.inner, p.exclusive, p.reverse};
  const int64_t count = p.outer * p.inner;
  if (count >= kManyLines || p.n <= 32) {
    return k.Run([=](KernelRun& r) {
      return ForEach(r, count, WalkLine<S, T>{lines, r.In<T>(0), r.Out<T>(0)});
    });
  }
  const int64_t chunk = std::max(kLeastChunk, (p.n + kMostChunks - 1) / kMostChunks);
  const int64_t chunks = (p.n + chunk - 1) / chunk;
  const size_t totals_at =
      k.Workspace(chunks == 1 ? 0 : static_cast<size_t>(count * chunks) * sizeof(Acc));
  return k.Run([=](KernelRun& r) -> absl::Status {
    const auto blocks = static_cast<unsigned>(count * chunks);
    Acc* const totals = chunks == 1 ? nullptr : r.Workspace<Acc>(totals_at);
    if (chunks > 1) {
      RETURN_IF_ERROR(Launch(r, ScanChunksKernel<S, T>, blocks, kBlockThreads, lines, chunk, chunks,
                             r.In<T>(0), nullptr, totals, nullptr));
      RETURN_IF_ERROR(ForEach(r, count, ScanTotals<S>{chunks, totals}));
    }
    return Launch(r, ScanChunksKernel<S, T>, blocks, kBlockThreads, lines, chunk, chunks,
                  r.In<T>(0), r.Out<T>(0), nullptr, totals);
  });
}

template <template <typename> class S, typename... Ts>
absl::Status PrepareCum(KernelPrepare& k) {
  return DispatchType<Ts...>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) -> absl::Status {
    ASSIGN_OR_RETURN(const CumPlan plan, PrepareCumPlan(k));
    if (k.Out(0).shape.num_elements() == 0) {
      return k.Run([](KernelRun&) { return absl::OkStatus(); });
    }
    return RunCum<S<T>, T>(k, plan);
  });
}

// Numbers of other types rarely have running sums, and stay on the CPU.
template <template <typename> class S>
constexpr auto PrepareCumOfNumbers = PrepareCum<S, Half, BFloat16, float, double, int32_t, int64_t>;

}  // namespace

void RegisterCumCudaKernels(KernelRegistry& registry) {
  registry.Add("Cumsum", "GPU", PrepareCumOfNumbers<SumStep>);
  registry.Add("Cumprod", "GPU", PrepareCumOfNumbers<ProdStep>);
  registry.Add("CumulativeLogsumexp", "GPU", PrepareCum<LogSumExpStep, Half, float, double>);
}

}  // namespace weir
