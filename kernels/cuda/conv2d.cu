// The three passes of convolution over two or three dimensions, each as a product of matrices that
// are not built but read from the tensors where they are needed. In groups or not, channels last or
// first.

#include "weir/kernels/cuda/conv_util.h"

namespace weir {
namespace {

// A position in the batch.
struct Position {
  int image;
  ConvPlace place;
};
__device__ inline Position PositionAt(int i, int layers, int rows, int columns) {
  const int points = layers * rows * columns, image = i / points;
  return {image, ConvPlaceAt(i - image * points, layers, rows, columns)};
}
__device__ inline Position OutputAt(int i, const ConvSizes& s) {
  return PositionAt(i, s.layers.output, s.rows.output, s.columns.output);
}

// A tap of the filter and a channel behind it.
struct Weight {
  ConvPlace tap;
  int channel;
};
__device__ inline Weight WeightAt(int i, const ConvSizes& s, int channels) {
  const int tap = i / channels;
  return {ConvPlaceAt(tap, s.layers.kernel, s.rows.kernel, s.columns.kernel), i - tap * channels};
}

// Each pass is a product C[m, n] = sum over k of A[m, k] B[k, n], for each group. It tells
//   rows, columns, depth   the extents of m, n and k
//   Row, RowAt(m)          what a thread computes once for a row of A
//   A(group, row, k)       an element of A
//   B(group, k, n)         an element of B
//   Place(group, m, n)     the element of the result's tensor that is C[m, n]
//   kDepthFirstA, B        whether neighbours along k, not along m or n, lie side by side when
//                          channels come last

// y[point, o] = sum over (tap, i) of x[point at tap, i] * w[tap, i, o]
template <typename T>
struct ForwardPass {
  static constexpr bool kDepthFirstA = true, kDepthFirstB = false;
  using Row = Position;

  ConvSizes s;
  const T* x;
  const T* w;
  int rows, columns, depth;

  __device__ Row RowAt(int m) const { return OutputAt(m, s); }
  __device__ T A(int group, const Row& at, int k) const {
    const Weight weight = WeightAt(k, s, s.group_in);
    const int point = s.InputPoint(at.place, weight.tap);
    if (point < 0) return T(0);
    return x[s.in.At(at.image, point, group * s.group_in + weight.channel)];
  }
  __device__ T B(int group, int k, int n) const {
    return w[int64_t{k} * s.out_depth() + group * s.group_out + n];
  }
  __device__ int64_t Place(int group, int m, int n) const {
    const int image = m / s.out_points();
    return s.out.At(image, m - image * s.out_points(), group * s.group_out + n);
  }
};

// dx[point, i] = sum over (tap, o) of dy[the point that sees it through tap, o] * w[tap, i, o]
template <typename T>
struct InputPass {
  static constexpr bool kDepthFirstA = true, kDepthFirstB = true;
  using Row = Position;

  ConvSizes s;
  const T* dy;
  const T* w;
  int rows, columns, depth;

  __device__ Row RowAt(int m) const {
    return PositionAt(m, s.layers.input, s.rows.input, s.columns.input);
  }
  __device__ T A(int group, const Row& at, int k) const {
    const Weight weight = WeightAt(k, s, s.group_out);
    const int point = s.OutputPoint(at.place, weight.tap);
    if (point < 0) return T(0);
    return dy[s.out.At(at.image, point, group * s.group_out + weight.channel)];
  }
  __device__ T B(int group, int k, int n) const {
    const int tap = k / s.group_out, o = k - tap * s.group_out;
    return w[(int64_t{tap} * s.group_in + n) * s.out_depth() + group * s.group_out + o];
  }
  __device__ int64_t Place(int group, int m, int n) const {
    const int image = m / s.in_points();
    return s.in.At(image, m - image * s.in_points(), group * s.group_in + n);
  }
};

// dw[tap, i, o] = sum over points of x[point at tap, i] * dy[point, o]
template <typename T>
struct FilterPass {
  static constexpr bool kDepthFirstA = false, kDepthFirstB = false;
  using Row = Weight;

  ConvSizes s;
  const T* x;
  const T* dy;
  int rows, columns, depth;

  __device__ Row RowAt(int m) const { return WeightAt(m, s, s.group_in); }
  __device__ T A(int group, const Row& weight, int k) const {
    const Position at = OutputAt(k, s);
    const int point = s.InputPoint(at.place, weight.tap);
    if (point < 0) return T(0);
    return x[s.in.At(at.image, point, group * s.group_in + weight.channel)];
  }
  __device__ T B(int group, int k, int n) const {
    const int image = k / s.out_points();
    return dy[s.out.At(image, k - image * s.out_points(), group * s.group_out + n)];
  }
  __device__ int64_t Place(int group, int m, int n) const {
    return int64_t{m} * s.out_depth() + group * s.group_out + n;
  }
};

constexpr int kTileRows = 64, kTileDepth = 16;
constexpr int kSide = 16;  // Threads along each side of a tile.
constexpr int kConvThreads = kSide * kSide;

// Element i that a thread moves of a tile of kTileDepth by kExtent (rows of A or columns of B):
// its k and its other index. Neighbouring threads move what lies side by side.
template <bool kDepthFirst, int kExtent>
struct TileShare {
  static constexpr int kCount = kTileDepth * kExtent / kConvThreads;

  static __device__ int Depth(int thread, int i) {
    return kDepthFirst ? thread % kTileDepth : thread / kExtent + i * (kConvThreads / kExtent);
  }
  static __device__ int Other(int thread, int i) {
    return kDepthFirst ? thread / kTileDepth + i * (kConvThreads / kTileDepth) : thread % kExtent;
  }
};

// One tile of C per block, for the k in one of `splits` parts of the depth. The elements for the
// next step wait in registers while those of this one are multiplied. With several splits the sums
// go to `partial`, which has a copy of the result's tensor, of `elements`, for each.
template <typename Pass, typename T, int kTileColumns>
__global__ void __launch_bounds__(kConvThreads)
    ConvKernel(Pass pass, int splits, int split_depth, int64_t elements, T* result,
               ComputeType<T>* partial) {
  using C = ComputeType<T>;
  using ShareA = TileShare<Pass::kDepthFirstA, kTileRows>;
  using ShareB = TileShare<Pass::kDepthFirstB, kTileColumns>;
  constexpr int kRows = kTileRows / kSide, kColumns = kTileColumns / kSide;  // Of a thread.
  // The padding of 2 keeps the writes of a warp, whichever way round, in different banks.
  __shared__ C a[kTileDepth][kTileRows + 2];
  __shared__ C b[kTileDepth][kTileColumns + 2];

  const int thread = static_cast<int>(threadIdx.x);
  const int group = static_cast<int>(blockIdx.z) / splits;
  const int split = static_cast<int>(blockIdx.z) - group * splits;
  const int first_row = static_cast<int>(blockIdx.x) * kTileRows;
  const int first_column = static_cast<int>(blockIdx.y) * kTileColumns;
  const int begin = split * split_depth;
  const int end = pass.depth - begin < split_depth ? pass.depth : begin + split_depth;

  // With kDepthFirst all elements of A that this thread moves are of different rows, else of one.
  constexpr int kDistinctRows = Pass::kDepthFirstA ? ShareA::kCount : 1;
  typename Pass::Row rows[kDistinctRows] = {};
  for (int i = 0; i < kDistinctRows; ++i) {
    const int m = first_row + ShareA::Other(thread, i);
    if (m < pass.rows) rows[i] = pass.RowAt(m);
  }
  C next_a[ShareA::kCount], next_b[ShareB::kCount];
  const auto load = [&](int from) {
    for (int i = 0; i < ShareA::kCount; ++i) {
      const int k = from + ShareA::Depth(thread, i);
      const bool inside = k < end && first_row + ShareA::Other(thread, i) < pass.rows;
      next_a[i] = inside ? C(pass.A(group, rows[i % kDistinctRows], k)) : C(0);
    }
    for (int i = 0; i < ShareB::kCount; ++i) {
      const int k = from + ShareB::Depth(thread, i);
      const int n = first_column + ShareB::Other(thread, i);
      next_b[i] = k < end && n < pass.columns ? C(pass.B(group, k, n)) : C(0);
    }
  };

  const int tx = thread % kSide, ty = thread / kSide;
  C sums[kRows][kColumns] = {};
  load(begin);
  for (int from = begin; from < end; from += kTileDepth) {
    for (int i = 0; i < ShareA::kCount; ++i) {
      a[ShareA::Depth(thread, i)][ShareA::Other(thread, i)] = next_a[i];
    }
    for (int i = 0; i < ShareB::kCount; ++i) {
      b[ShareB::Depth(thread, i)][ShareB::Other(thread, i)] = next_b[i];
    }
    __syncthreads();
    if (end - from > kTileDepth) load(from + kTileDepth);
    for (int k = 0; k < kTileDepth; ++k) {
      C left[kRows], right[kColumns];
      for (int i = 0; i < kRows; ++i) left[i] = a[k][ty + i * kSide];
      for (int j = 0; j < kColumns; ++j) right[j] = b[k][tx + j * kSide];
      for (int i = 0; i < kRows; ++i) {
        for (int j = 0; j < kColumns; ++j) sums[i][j] += left[i] * right[j];
      }
    }
    __syncthreads();
  }

  for (int i = 0; i < kRows; ++i) {
    const int m = first_row + ty + i * kSide;
    for (int j = 0; j < kColumns; ++j) {
      const int n = first_column + tx + j * kSide;
      if (m >= pass.rows || n >= pass.columns) continue;
      const int64_t place = pass.Place(group, m, n);
      if (splits == 1) {
        result[place] = T(sums[i][j]);
      } else {
        partial[split * elements + place] = sums[i][j];
      }
    }
  }
}

constexpr int64_t kMostGridRows = 65535;  // Blocks along y or z.
constexpr int64_t kLeastSplitDepth = 8 * kTileDepth;

int64_t TilesOf(int64_t extent, int64_t tile) { return (extent + tile - 1) / tile; }

// How a pass is shared out.
struct ConvLaunch {
  bool narrow = false;  // Tiles of 32 columns, not 64.
  dim3 blocks;
  int splits = 1;
  int split_depth = 0;
};

absl::StatusOr<ConvLaunch> PlanLaunch(int64_t rows, int64_t columns, int64_t depth,
                                      int64_t groups) {
  ConvLaunch l;
  l.narrow = columns <= 32;
  const int64_t x = TilesOf(rows, kTileRows), y = TilesOf(columns, l.narrow ? 32 : 64);
  const int64_t blocks = std::max<int64_t>(1, x * y * groups);
  const int64_t splits = std::clamp<int64_t>(
      std::min(kWantedConvBlocks / blocks, depth / kLeastSplitDepth), 1, kMostConvSplits);
  l.split_depth = static_cast<int>(TilesOf(TilesOf(depth, splits), kTileDepth) * kTileDepth);
  l.splits = depth == 0 ? 1 : static_cast<int>(TilesOf(depth, l.split_depth));
  if (y > kMostGridRows || groups * l.splits > kMostGridRows) {
    return absl::UnimplementedError("convolutions of so many channels");
  }
  l.blocks = dim3(static_cast<unsigned>(x), static_cast<unsigned>(y),
                  static_cast<unsigned>(groups * l.splits));
  return l;
}

// Pass over the elements of inputs `a` and `b`.
template <template <typename> class Pass, typename T>
absl::Status PreparePass(KernelPrepare& k, const ConvSizes& s, int a, int b, int64_t rows,
                         int64_t columns, int64_t depth) {
  ASSIGN_OR_RETURN(const ConvLaunch l, PlanLaunch(rows, columns, depth, s.groups));
  const int64_t elements = k.Out(0).shape.num_elements();
  if (elements == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  const size_t partial =
      l.splits == 1
          ? 0
          : k.Workspace(static_cast<size_t>(l.splits * elements) * sizeof(ComputeType<T>));
  return k.Run([=](KernelRun& r) -> absl::Status {
    const Pass<T> pass{s,
                       r.In<T>(a),
                       r.In<T>(b),
                       static_cast<int>(rows),
                       static_cast<int>(columns),
                       static_cast<int>(depth)};
    T* const result = r.Out<T>(0);
    auto* const sums = l.splits == 1 ? nullptr : r.Workspace<ComputeType<T>>(partial);
    RETURN_IF_ERROR(Launch(r, l.narrow ? ConvKernel<Pass<T>, T, 32> : ConvKernel<Pass<T>, T, 64>,
                           l.blocks, kConvThreads, pass, l.splits, l.split_depth, elements, result,
                           sums));
    if (l.splits == 1) return absl::OkStatus();
    return ForEach(r, elements, AddSplits<T>{l.splits, elements, sums, result});
  });
}

PrepareFn Direct(int spatial, ConvPass pass) {
  return [=](KernelPrepare& k) -> absl::Status {
    ASSIGN_OR_RETURN(const ConvGeometry g, ReadConvGeometry(k, {spatial, false, pass}));
    ASSIGN_OR_RETURN(const ConvSizes s, ConvSizesOf(g));
    const int64_t inputs = g.batch * g.input_points(), outputs = g.batch * g.output_points();
    const int64_t taps_in = g.taps() * g.group_in(), taps_out = g.taps() * g.group_out();
    return k.ForType<Half, BFloat16, float, double>("T", [&]<typename T>() -> absl::Status {
      switch (pass) {
        case ConvPass::kForward:
          k.Out(0).SetShape(g.output);
          return PreparePass<ForwardPass, T>(k, s, 0, 1, outputs, g.group_out(), taps_in);
        case ConvPass::kBackpropInput:
          k.Out(0).SetShape(g.input);
          return PreparePass<InputPass, T>(k, s, 2, 1, inputs, g.group_in(), taps_out);
        case ConvPass::kBackpropFilter:
          k.Out(0).SetShape(g.filter);
          return PreparePass<FilterPass, T>(k, s, 0, 2, taps_in, g.group_out(), outputs);
      }
      return Internal("unknown pass");
    });
  };
}

absl::Status PrepareFused(KernelPrepare& k) {
  RETURN_IF_ERROR(Direct(2, ConvPass::kForward)(k));
  return RunBiasAndRelu(k);
}

}  // namespace

void RegisterConv2dCudaKernels(KernelRegistry& registry) {
  const auto add = [&](const char* op, int spatial, ConvPass pass) {
    registry.Add(op, "GPU", Direct(spatial, pass), "direct");
  };
  add("Conv2D", 2, ConvPass::kForward);
  registry.Add("_FusedConv2D", "GPU", PrepareFused, "direct");
  add("Conv2DBackpropInput", 2, ConvPass::kBackpropInput);
  add("Conv2DBackpropFilter", 2, ConvPass::kBackpropFilter);
  add("Conv3D", 3, ConvPass::kForward);
  add("Conv3DBackpropInputV2", 3, ConvPass::kBackpropInput);
  add("Conv3DBackpropFilterV2", 3, ConvPass::kBackpropFilter);
}

}  // namespace weir
