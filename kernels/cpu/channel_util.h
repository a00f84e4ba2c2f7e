#ifndef WEIR_KERNELS_CPU_CHANNEL_UTIL_H_
#define WEIR_KERNELS_CPU_CHANNEL_UTIL_H_

// Work per channel: tensors seen as [outer, channels, inner], where inner is 1 when channels are
// the last dimension, and sums over outer and inner.

#include <algorithm>
#include <complex>
#include <string>
#include <type_traits>

#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

struct ChannelView {
  int64_t outer = 0;
  int64_t channels = 0;
  int64_t inner = 1;
};

// The view of a tensor whose channels are the last dimension, or dimension 1 for "NCHW".
// `outer` is 0 when there are no elements. REQUIRES: rank >= 1; for "NCHW" >= 2.
inline ChannelView ViewChannels(const Shape& shape, absl::string_view data_format) {
  const int channel = data_format == "NCHW" ? 1 : shape.rank() - 1;
  return {shape.num_elements() == 0 ? 0 : shape.Count(0, channel), shape.dim(channel),
          shape.Count(channel + 1, shape.rank())};
}

// Sums of `kSums` values per channel. Partial sums over a fixed number of rows are kept in the
// workspace and added up in order, so that the result does not depend on the number of threads.
//
// Acc is the type of partial sums: 256 terms at most; they are added in Total.
template <int kSums, typename Acc, typename Total = Acc>
class ChannelSums {
 public:
  static constexpr int64_t kRows = 256;

  // Asks for the workspace.
  ChannelSums(KernelPrepare& k, const ChannelView& view) : v_(view) {
    blocks_ = view.inner == 1 ? (view.outer + kRows - 1) / kRows : 0;
    offset_ = k.Workspace(static_cast<size_t>(blocks_ * view.channels) * kSums * sizeof(Acc));
  }

  // Calls result(channel, totals), with an array of kSums totals, for every channel, where total s
  // is the sum of term(element, channel, s) over the channel's elements.
  template <typename Term, typename Result>
  void Run(KernelRun& r, double cost, Term term, Result result) const {
    if (v_.inner != 1) {
      r.ParallelFor(v_.channels, cost * static_cast<double>(v_.outer * v_.inner),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t c = begin; c < end; ++c) SumPlanes(c, term, result);
                    });
      return;
    }
    Acc* partials = r.Workspace<Acc>(offset_);
    r.ParallelFor(blocks_, cost * static_cast<double>(kRows * v_.channels),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t b = begin; b < end; ++b) {
                      SumRows(b, term, partials + b * kSums * v_.channels);
                    }
                  });
    r.ParallelFor(v_.channels, static_cast<double>(blocks_ * kSums),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t c = begin; c < end; ++c) {
                      Total totals[kSums] = {};
                      for (int64_t b = 0; b < blocks_; ++b) {
                        for (int s = 0; s < kSums; ++s) {
                          totals[s] += partials[(b * kSums + s) * v_.channels + c];
                        }
                      }
                      result(c, totals);
                    }
                  });
  }

 private:
  template <typename Term>
  void SumRows(int64_t block, Term term, Acc* __restrict sums) const {
    const int64_t channels = v_.channels;
    std::fill_n(sums, kSums * channels, Acc());
    const int64_t end = std::min(v_.outer, (block + 1) * kRows);
    for (int64_t row = block * kRows; row < end; ++row) {
      for (int s = 0; s < kSums; ++s) {
        for (int64_t c = 0; c < channels; ++c) {
          sums[s * channels + c] += term(row * channels + c, c, s);
        }
      }
    }
  }

  template <typename Term, typename Result>
  void SumPlanes(int64_t c, Term term, Result result) const {
    Total totals[kSums] = {};
    for (int64_t o = 0; o < v_.outer; ++o) {
      const int64_t plane = (o * v_.channels + c) * v_.inner;
      for (int64_t i = 0; i < v_.inner; i += kRows) {
        const int64_t n = std::min(kRows, v_.inner - i);
        for (int s = 0; s < kSums; ++s) {
          Acc sum = Acc();
          for (int64_t j = 0; j < n; ++j) sum += term(plane + i + j, c, s);
          totals[s] += sum;
        }
      }
    }
    result(c, totals);
  }

  ChannelView v_;
  int64_t blocks_ = 0;
  size_t offset_ = 0;
};

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_CHANNEL_UTIL_H_
