#ifndef WEIR_KERNELS_CPU_BIAS_ADD_UTIL_H_
#define WEIR_KERNELS_CPU_BIAS_ADD_UTIL_H_

#include <string>

#include "weir/kernels/cpu/channel_util.h"

namespace weir {

// Checks the rank of input 0, and returns how its channels lie.
inline absl::StatusOr<ChannelView> ViewBiasChannels(const KernelPrepare& k) {
  const std::string format = k.Attr<std::string>("data_format");
  const int rank = format == "NCHW" ? 3 : 2;
  const Shape& value = k.In(0).shape();
  if (value.rank() < rank) return k.InvalidInput(0, absl::StrCat("needs rank >= ", rank));
  return ViewChannels(value, format);
}

// Checks what BiasAdd is given, sets the output's shape, and returns how the channels lie.
inline absl::StatusOr<ChannelView> PrepareBiasChannels(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ChannelView v, ViewBiasChannels(k));
  const Shape& value = k.In(0).shape();
  if (k.In(1).shape() != Shape({v.channels})) {
    return k.InvalidInput(1, absl::StrCat("must have one element for each of the ", v.channels,
                                          " channels of ", value.ToString()));
  }
  k.Out(0).SetShape(value).MayReuse(0);
  return v;
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_BIAS_ADD_UTIL_H_
