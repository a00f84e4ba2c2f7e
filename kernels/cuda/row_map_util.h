#ifndef WEIR_KERNELS_CUDA_ROW_MAP_UTIL_H_
#define WEIR_KERNELS_CUDA_ROW_MAP_UTIL_H_

// Kernels that move rows of elements that stay side by side (kernels/common/row_maps.h).

#include "weir/kernels/cuda/rows_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {

template <typename W, typename Map>
struct MapRowsFunction {
  struct Row {
    const W* from;  // nullptr: zeros.
    W* to;
  };

  const W* in;
  W* out;
  int64_t width;
  Map map;

  __device__ Row RowAt(int64_t row) const {
    const int64_t from = map.From(row);
    return {from < 0 ? nullptr : in + from * width, out + row * width};
  }
  __device__ void operator()(const Row& row, int64_t i) const {
    row.to[i] = row.from == nullptr ? W{} : row.from[i];
  }
};

// Row i of output 0, of `inner` elements, becomes row map.From(i) of input 0, or zeros if that is
// negative. Map has `__device__ int64_t From(int64_t) const`. REQUIRES: the output has elements.
template <typename Map>
absl::Status GpuMapRows(const KernelRun& r, int64_t inner, const Map& map) {
  Tensor& out = r.Out(0);
  const char* const in = r.In(0).raw_data();
  const int64_t bytes = inner * static_cast<int64_t>(DataTypeSize(out.dtype()));
  const int64_t rows = out.num_elements() / inner;
  const int64_t word = WidestWord(bytes, Address(in), Address(out.raw_data()));
  return DispatchWord(word, [&]<typename W>(TypeTag<W>) {
    return ForEachInRows(
        r, rows, bytes / word,
        MapRowsFunction<W, Map>{reinterpret_cast<const W*>(in),
                                reinterpret_cast<W*>(out.mutable_raw_data()), bytes / word, map});
  });
}

// A preparation whose maps have room for the dimensions of input 0.
inline constexpr int kMostMapDims = 8;
template <auto kPrepare, auto kMove>
absl::Status PrepareRowMove(KernelPrepare& k) {
  if (k.In(0).shape().rank() > kMostMapDims) {
    return absl::UnimplementedError("rows of many dimensions");
  }
  return PreparePlainMove<kPrepare, kMove>(k);
}

}  // namespace weir

#endif  // WEIR_KERNELS_CUDA_ROW_MAP_UTIL_H_
