#ifndef WEIR_KERNELS_CPU_BATCH_NORM_UTIL_H_
#define WEIR_KERNELS_CPU_BATCH_NORM_UTIL_H_

#include <string>

#include "weir/kernels/cpu/channel_util.h"

namespace weir {

inline absl::Status CheckChannelVector(KernelPrepare& k, int input, int64_t size) {
  if (k.In(input).shape() == Shape({size})) return absl::OkStatus();
  return k.InvalidInput(input, absl::StrCat("must have shape [", size, "]"));
}

// Checks what FusedBatchNorm is given, sets the outputs' shapes, and returns how the channels lie.
inline absl::StatusOr<ChannelView> PrepareBatchNormChannels(KernelPrepare& k) {
  const Shape& x = k.In(0).shape();
  if (x.rank() != 4) return k.InvalidInput(0, "must have rank 4");
  const ChannelView v = ViewChannels(x, k.Attr<std::string>("data_format"));
  for (int i = 1; i < 5; ++i) {
    // Training ignores the running statistics: TensorFlow 1 passes none, newer producers all.
    const bool ignored = k.Attr<bool>("is_training") && i >= 3;
    if (ignored && k.In(i).shape() == Shape({0})) continue;
    RETURN_IF_ERROR(CheckChannelVector(k, i, v.channels));
  }
  k.Out(0).SetShape(x);
  for (int i = 1; i < 5; ++i) k.Out(i).SetShape(Shape({v.channels}));
  if (k.num_outputs() > 5) k.Out(5).SetShape(Shape());
  return v;
}

// The same for FusedBatchNormGrad.
inline absl::StatusOr<ChannelView> PrepareBatchNormGradChannels(KernelPrepare& k) {
  const Shape& x = k.In(1).shape();
  if (x.rank() != 4) return k.InvalidInput(1, "must have rank 4");
  if (k.In(0).shape() != x) {
    return k.InvalidInput(0, absl::StrCat("must have the shape of x, ", x.ToString()));
  }
  const ChannelView v = ViewChannels(x, k.Attr<std::string>("data_format"));
  for (int i = 2; i < 5; ++i) RETURN_IF_ERROR(CheckChannelVector(k, i, v.channels));
  k.Out(0).SetShape(x);
  k.Out(1).SetShape(Shape({v.channels}));
  k.Out(2).SetShape(Shape({v.channels}));
  k.Out(3).SetShape(Shape());
  k.Out(4).SetShape(Shape());
  return v;
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_BATCH_NORM_UTIL_H_
