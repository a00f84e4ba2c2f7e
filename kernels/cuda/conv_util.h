#ifndef WEIR_KERNELS_CUDA_CONV_UTIL_H_
#define WEIR_KERNELS_CUDA_CONV_UTIL_H_

// What the kernels of convolutions over two and three dimensions have in common.

#include "weir/kernels/common/numbers.h"
#include "weir/kernels/cpu/conv_util.h"
#include "weir/kernels/cuda/launch_util.h"

namespace weir {

// Positions and channels are numbers of 32 bits, which divide fast; offsets have 64.
struct ConvAxis {
  int input, kernel, stride, dilation, before, output;

  // The input position that output position `at` sees through a tap; negative: none.
  __device__ int InputAt(int at, int tap) const {
    const int position = at * stride - before + tap * dilation;
    return position < input ? position : -1;  // Negative in the padding before.
  }
  // The output position that sees input position `at` through a tap; negative: none.
  __device__ int OutputAt(int at, int tap) const {
    const int shifted = at + before - tap * dilation;
    if (stride == 1 || shifted < 0) return shifted < output ? shifted : -1;
    const int position = shifted / stride;
    return position < output && position * stride == shifted ? position : -1;
  }
};

// How far apart neighbours in a batch of images lie. A point is a position, counted along rows and
// layers.
struct ConvStrides {
  int64_t image, point, channel;

  __device__ int64_t At(int n, int p, int c) const { return n * image + p * point + c * channel; }
};

// A place in an image, or a tap of the filter.
struct ConvPlace {
  int layer, row, column;
};
// The i-th of layers of rows and columns. Of one layer it takes one division.
__device__ inline ConvPlace ConvPlaceAt(int i, int layers, int rows, int columns) {
  int layer = 0, row = i / columns;
  const int column = i - row * columns;
  if (layers > 1) {
    layer = row / rows;
    row -= layer * rows;
  }
  return {layer, row, column};
}

// Images of two dimensions have one layer.
struct ConvSizes {
  int batch, groups, group_in, group_out;
  ConvAxis layers, rows, columns;
  ConvStrides in, out;

  __host__ __device__ int taps() const { return layers.kernel * rows.kernel * columns.kernel; }
  __host__ __device__ int in_points() const { return layers.input * rows.input * columns.input; }
  __host__ __device__ int out_points() const {
    return layers.output * rows.output * columns.output;
  }
  __host__ __device__ int in_depth() const { return groups * group_in; }
  __host__ __device__ int out_depth() const { return groups * group_out; }

  // The point of the input that a point of the output sees through a tap; negative: none.
  __device__ int InputPoint(const ConvPlace& at, const ConvPlace& tap) const {
    const int z = layers.InputAt(at.layer, tap.layer), y = rows.InputAt(at.row, tap.row);
    const int x = columns.InputAt(at.column, tap.column);
    return z < 0 || y < 0 || x < 0 ? -1 : (z * rows.input + y) * columns.input + x;
  }
  // The point of the output that sees a point of the input through a tap; negative: none.
  __device__ int OutputPoint(const ConvPlace& at, const ConvPlace& tap) const {
    const int z = layers.OutputAt(at.layer, tap.layer), y = rows.OutputAt(at.row, tap.row);
    const int x = columns.OutputAt(at.column, tap.column);
    return z < 0 || y < 0 || x < 0 ? -1 : (z * rows.output + y) * columns.output + x;
  }
};

// Unimplemented for sizes that do not fit.
absl::StatusOr<ConvSizes> ConvSizesOf(const ConvGeometry& g);

// After a convolution that k.Run has been given, the bias of _FusedConv2D and maybe a Relu, as
// single nodes would compute them.
absl::Status RunBiasAndRelu(KernelPrepare& k);

// Blocks that a pass should have, if its sums are long enough to be shared out: about two for each
// part of a large GPU.
inline constexpr int64_t kWantedConvBlocks = 264;
inline constexpr int64_t kMostConvSplits = 64;

// result[i] = the sum of what each split has at i, in their order.
template <typename T>
struct AddSplits {
  using C = ComputeType<T>;
  int splits;
  int64_t elements;
  const C* partial;
  T* result;

  __device__ void operator()(int64_t i) const {
    C sum = 0;
    for (int split = 0; split < splits; ++split) sum += partial[split * elements + i];
    result[i] = T(sum);
  }
};

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_CONV_UTIL_H_
