#ifndef WEIR_KERNELS_CUDA_CHANNEL_UTIL_H_
#define WEIR_KERNELS_CUDA_CHANNEL_UTIL_H_

// Element-wise work on tensors whose channels have constants of their own.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "weir/kernels/cpu/channel_util.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {

// The tensor as rows of neighbours. Either the channels are the last dimension and a row has each
// of them once, or each row is of one channel.
struct ChannelRows {
  int64_t rows, columns;
  int64_t channels;
  bool last;
  int width;      // Threads of a block along a row, a power of two.
  int64_t tiles;  // Blocks along a row.
};

// With columns in packs of `pack` elements, which divides them.
inline ChannelRows RowsOf(const ChannelView& v, int pack) {
  ChannelRows p;
  p.last = v.inner == 1;
  p.rows = p.last ? v.outer : v.outer * v.channels;
  p.columns = (p.last ? v.channels : v.inner) / pack;
  p.channels = v.channels;
  p.width = static_cast<int>(
      std::bit_ceil(static_cast<uint64_t>(std::clamp<int64_t>(p.columns, 1, kBlockThreads))));
  p.tiles = (p.columns + p.width - 1) / p.width;
  return p;
}

// Calls f.Apply<kPack, kLast>(i, c) for every pack i, of channel c, or of the channels
// [c * kPack, (c + 1) * kPack) if channels are the last dimension, kLast.
template <int kPack, bool kLast, typename F>
__global__ void ChannelKernel(F f, ChannelRows p) {
  const int height = kBlockThreads / p.width;
  const int64_t block_row = blockIdx.x / p.tiles, tile = blockIdx.x - block_row * p.tiles;
  const int64_t column = tile * p.width + threadIdx.x % p.width;
  if (column >= p.columns) return;
  const int64_t step = gridDim.x / p.tiles * height;
  for (int64_t row = block_row * height + threadIdx.x / p.width; row < p.rows; row += step) {
    f.template Apply<kPack, kLast>(row * p.columns + column, kLast ? column : row % p.channels);
  }
}

template <int kPack, typename F>
absl::Status LaunchChannels(const KernelRun& r, const ChannelView& v, const F& f) {
  const ChannelRows p = RowsOf(v, kPack);
  const int64_t height = kBlockThreads / p.width;
  const int64_t most = std::max<int64_t>(1, kMostBlocks / p.tiles);
  const int64_t high = std::min((p.rows + height - 1) / height, most);
  return Launch(r, p.last ? ChannelKernel<kPack, true, F> : ChannelKernel<kPack, false, F>,
                static_cast<unsigned>(p.tiles * high), kBlockThreads, f, p);
}

// Calls f for every element. F also has kPack, the elements that it takes at once, and
// IsAligned(), whether it can.
template <typename F>
absl::Status ForEachOfChannels(const KernelRun& r, const ChannelView& v, const F& f) {
  if (v.outer == 0) return absl::OkStatus();
  const int64_t columns = v.inner == 1 ? v.channels : v.inner;
  if (columns % F::kPack == 0 && f.IsAligned()) return LaunchChannels<F::kPack>(r, v, f);
  return LaunchChannels<1>(r, v, f);
}

// The values of a pack's channels.
template <typename T, int kPack, bool kLast>
struct OfChannels {
  const T* first;

  __device__ OfChannels(const T* values, int64_t c) : first(values + (kLast ? c * kPack : c)) {}
  __device__ T operator[](int i) const { return first[kLast ? i : 0]; }
};

// Reductions to one result per channel, over [outer, channels, inner].
inline Shape ChannelShape(const ChannelView& v) { return Shape({v.outer, v.channels, v.inner}); }
inline std::vector<bool> AllButChannels() { return {true, false, true}; }

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_CHANNEL_UTIL_H_
