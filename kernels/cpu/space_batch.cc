#include <algorithm>

#include "weir/kernels/cpu/move_util.h"
#include "weir/kernels/cpu/strided_util.h"
#include "weir/ops/space_batch_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// One of the spatial axes: `space` positions, cut into `blocks` blocks of `block` after `before`
// positions were put in front.
struct BlockAxis {
  int64_t space, blocks, block, before;
};

// The image side is [batch, space..., inner], the block side [block positions * batch, blocks...,
// inner], where inner joins all axes behind the spatial ones.
struct BlockPlan {
  absl::InlinedVector<BlockAxis, 4> axes;
  int64_t batch = 1;
  int64_t inner = 1;
};

BlockPlan PlanBlocks(const Shape& image, const Shape& blocked, absl::Span<const int64_t> block,
                     absl::Span<const int64_t> amounts) {
  BlockPlan plan;
  plan.batch = image.dim(0);
  plan.inner = image.Count(static_cast<int>(block.size()) + 1, image.rank());
  for (size_t i = 0; i < block.size(); ++i) {
    const int axis = static_cast<int>(i) + 1;
    plan.axes.push_back({.space = image.dim(axis),
                         .blocks = blocked.dim(axis),
                         .block = block[i],
                         .before = amounts[2 * i]});
  }
  // Innermost axes that are neither cut nor shifted belong to the inner run.
  while (!plan.axes.empty() && plan.axes.back().block == 1 &&
         plan.axes.back().space == plan.axes.back().blocks) {
    plan.inner *= plan.axes.back().space;
    plan.axes.pop_back();
  }
  return plan;
}

// The row of the image at which row `row` of the block side comes from, or -1 when it lies in the
// padding.
int64_t ImageRow(const BlockPlan& plan, int64_t row) {
  int64_t rest = row, blocks = 1;
  for (const BlockAxis& axis : plan.axes) blocks *= axis.blocks;
  int64_t position = rest / blocks;  // In the joined axis of block positions and batch.
  rest %= blocks;
  const int64_t batch = position % plan.batch;
  position /= plan.batch;
  int64_t image = 0, step = 1;
  for (size_t d = plan.axes.size(); d-- > 0;) {
    const BlockAxis& axis = plan.axes[d];
    const int64_t at = rest % axis.blocks * axis.block + position % axis.block - axis.before;
    if (at < 0 || at >= axis.space) return -1;
    image += at * step;
    step *= axis.space;
    rest /= axis.blocks;
    position /= axis.block;
  }
  return image + batch * step;
}

// The row of the block side that holds row `row` of the image.
int64_t BlockRow(const BlockPlan& plan, int64_t row) {
  int64_t rest = row, position = 0, positions = 1, blocked = 0, step = 1;
  for (size_t d = plan.axes.size(); d-- > 0;) {
    const BlockAxis& axis = plan.axes[d];
    const int64_t at = rest % axis.space + axis.before;
    position += at % axis.block * positions;
    positions *= axis.block;
    blocked += at / axis.block * step;
    step *= axis.blocks;
    rest /= axis.space;
  }
  return (position * plan.batch + rest) * step + blocked;
}

absl::Status RunBlocks(KernelPrepare& k, const BlockPlan& plan, bool to_batch) {
  const int64_t n = k.Out(0).shape.num_elements();
  if (n == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  const int64_t rows = n / plan.inner;
  return DispatchElements(k.OutType(0), [&]<typename T>(TypeTag<T>) {
    return k.Run([plan, rows, to_batch](KernelRun& r) {
      const T* in = r.In<T>(0);
      T* out = r.Out<T>(0);
      const double cost = static_cast<double>(plan.inner) + 16;
      r.ParallelFor(rows, cost, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          const int64_t from = to_batch ? ImageRow(plan, row) : BlockRow(plan, row);
          T* const to = out + row * plan.inner;
          if (from < 0) {
            std::fill_n(to, plan.inner, T());
          } else {
            CopyRow(in + from * plan.inner, to, plan.inner);
          }
        }
      });
      return absl::OkStatus();
    });
  });
}

// `blocks` and the [n, 2] input `amounts` (paddings or crops) of the op.
template <bool kToBatch>
absl::Status PrepareBlocks(KernelPrepare& k, const Dims& block, int amounts_input) {
  ASSIGN_OR_RETURN(const Tensor table, k.Value(amounts_input));
  if (table.rank() != 2 || table.dim(1) != 2 ||
      table.dim(0) != static_cast<int64_t>(block.size())) {
    return k.InvalidInput(amounts_input, absl::StrCat("must have shape [", block.size(), ",2]"));
  }
  ASSIGN_OR_RETURN(const Tensor flat, table.Reshaped(Shape({table.num_elements()})));
  ASSIGN_OR_RETURN(const Dims amounts, IntVector(flat, "paddings or crops"));
  const Shape& x = k.In(0).shape();
  ASSIGN_OR_RETURN(const PartialShape out, kToBatch ? SpaceToBatchShape(x, block, amounts)
                                                    : BatchToSpaceShape(x, block, amounts));
  const Shape y = out.ToShape();
  k.Out(0).SetShape(y);
  return RunBlocks(
      k, kToBatch ? PlanBlocks(x, y, block, amounts) : PlanBlocks(y, x, block, amounts), kToBatch);
}

template <bool kToBatch>
absl::Status PrepareBlocksND(KernelPrepare& k) {
  if (k.In(1).shape().rank() != 1) return k.InvalidInput(1, "must be a vector");
  ASSIGN_OR_RETURN(const Dims block, k.IntValues(1));
  return PrepareBlocks<kToBatch>(k, block, 2);
}

template <bool kToBatch>
absl::Status PrepareBlocks2D(KernelPrepare& k) {
  if (k.In(0).shape().rank() != 4) return k.InvalidInput(0, "must have rank 4");
  return PrepareBlocks<kToBatch>(k, Dims(2, k.Attr<int64_t>("block_size")), 1);
}

// The order in which the output reads the input: the image side has each spatial axis as
// [blocks, block], the depth side has both block axes in front of the channels.
// REQUIRES: x is not empty.
StridedView DepthView(const Shape& x, int64_t block, const std::string& format, bool to_depth) {
  const bool last = format == "NHWC";
  const ImageAxes axes = AxesOfFormat(format);
  const int64_t scale = to_depth ? block : 1;
  const int64_t h = x.dim(axes.height) / scale, w = x.dim(axes.width) / scale;
  const int64_t c = to_depth ? x.dim(axes.channels) : x.dim(axes.channels) / block / block;
  const int64_t n = x.dim(0), v = axes.rank == 5 ? x.dim(4) : 1;
  const Dims s = RowMajorStrides(x);
  const int64_t sn = s[0], sh = s[static_cast<size_t>(axes.height)];
  const int64_t sw = s[static_cast<size_t>(axes.width)];
  const int64_t sc = s[static_cast<size_t>(axes.channels)];
  // How far apart neighbours along the two axes of a block, and blocks, lie in the input.
  const int64_t block_h = to_depth ? sh : block * c * sc, block_w = to_depth ? sw : c * sc;
  const int64_t step_h = to_depth ? sh * block : sh, step_w = to_depth ? sw * block : sw;
  StridedView view;
  view.Add(n, sn);
  if (to_depth && last) {
    view.Add(h, step_h);
    view.Add(w, step_w);
    view.Add(block, block_h);
    view.Add(block, block_w);
    view.Add(c, sc);
  } else if (to_depth) {
    view.Add(block, block_h);
    view.Add(block, block_w);
    view.Add(c, sc);
    view.Add(h, step_h);
    view.Add(w, step_w);
  } else {
    if (!last) view.Add(c, sc);
    view.Add(h, step_h);
    view.Add(block, block_h);
    view.Add(w, step_w);
    view.Add(block, block_w);
    if (last) view.Add(c, sc);
  }
  view.Add(v, 1);
  return view;
}

template <bool kToDepth>
absl::Status PrepareDepth(KernelPrepare& k) {
  const Shape& x = k.In(0).shape();
  const int64_t block = k.Attr<int64_t>("block_size");
  const std::string format = k.Attr<std::string>("data_format");
  ASSIGN_OR_RETURN(const PartialShape out, kToDepth ? SpaceToDepthShape(x, block, format)
                                                    : DepthToSpaceShape(x, block, format));
  k.Out(0).SetShape(out.ToShape());
  if (x.num_elements() == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  const StridedView view = DepthView(x, block, format, kToDepth).Simplified();
  return k.Run(
      [view, dtype = k.OutType(0)](KernelRun& r) { return CopyThroughView(r, dtype, view, 0, 0); });
}

}  // namespace

void RegisterSpaceBatchKernels(KernelRegistry& kernels) {
  kernels.Add("SpaceToBatchND", "CPU", PrepareBlocksND<true>);
  kernels.Add("BatchToSpaceND", "CPU", PrepareBlocksND<false>);
  kernels.Add("SpaceToBatch", "CPU", PrepareBlocks2D<true>);
  kernels.Add("BatchToSpace", "CPU", PrepareBlocks2D<false>);
  kernels.Add("SpaceToDepth", "CPU", PrepareDepth<true>);
  kernels.Add("DepthToSpace", "CPU", PrepareDepth<false>);
}

}  // namespace weir
