#include <algorithm>

#include "weir/kernels/cpu/move_util.h"
#include "weir/kernels/cpu/moving_util.h"
#include "weir/ops/space_batch_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

BlockPlan PlanBlocks(const Shape& image, const Shape& blocked, absl::Span<const int64_t> block,
                     absl::Span<const int64_t> amounts, bool to_batch) {
  BlockPlan plan;
  plan.to_batch = to_batch;
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

template <typename T>
void MoveRows(const KernelRun& r, const BlockPlan& plan, const T* in, T* out, int64_t rows) {
  const auto rank = static_cast<int>(plan.axes.size());
  r.ParallelFor(rows, static_cast<double>(plan.inner) + 16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t from = plan.to_batch ? ImageRow(plan.axes.data(), rank, plan.batch, row)
                                         : BlockRow(plan.axes.data(), rank, plan.batch, row);
      T* const to = out + row * plan.inner;
      if (from < 0) {
        std::fill_n(to, plan.inner, T());
      } else {
        CopyRow(in + from * plan.inner, to, plan.inner);
      }
    }
  });
}

absl::Status MoveBlocks(KernelRun& r, const BlockPlan& plan) {
  return DispatchElements(r.Out(0).dtype(), [&]<typename T>(TypeTag<T>) {
    MoveRows(r, plan, r.In<T>(0), r.Out<T>(0), r.Out(0).num_elements() / plan.inner);
    return absl::OkStatus();
  });
}

// `blocks` and the [n, 2] input `amounts` (paddings or crops) of the op.
absl::Status PrepareBlocks(KernelPrepare& k, bool to_batch, const Dims& block, int amounts_input,
                           BlockMove move) {
  ASSIGN_OR_RETURN(const Tensor table, k.Value(amounts_input));
  if (table.rank() != 2 || table.dim(1) != 2 ||
      table.dim(0) != static_cast<int64_t>(block.size())) {
    return k.InvalidInput(amounts_input, absl::StrCat("must have shape [", block.size(), ",2]"));
  }
  ASSIGN_OR_RETURN(const Tensor flat, table.Reshaped(Shape({table.num_elements()})));
  ASSIGN_OR_RETURN(const Dims amounts, IntVector(flat, "paddings or crops"));
  const Shape& x = k.In(0).shape();
  ASSIGN_OR_RETURN(const PartialShape out, to_batch ? SpaceToBatchShape(x, block, amounts)
                                                    : BatchToSpaceShape(x, block, amounts));
  const Shape y = out.ToShape();
  k.Out(0).SetShape(y);
  if (y.num_elements() == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  const BlockPlan plan =
      to_batch ? PlanBlocks(x, y, block, amounts, true) : PlanBlocks(y, x, block, amounts, false);
  return k.Run([plan, move](KernelRun& r) { return move(r, plan); });
}

absl::Status PrepareBlocksND(KernelPrepare& k, bool to_batch, BlockMove move) {
  if (k.In(1).shape().rank() != 1) return k.InvalidInput(1, "must be a vector");
  ASSIGN_OR_RETURN(const Dims block, k.IntValues(1));
  return PrepareBlocks(k, to_batch, block, 2, move);
}

absl::Status PrepareBlocks2D(KernelPrepare& k, bool to_batch, BlockMove move) {
  if (k.In(0).shape().rank() != 4) return k.InvalidInput(0, "must have rank 4");
  return PrepareBlocks(k, to_batch, Dims(2, k.Attr<int64_t>("block_size")), 1, move);
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

absl::Status PrepareDepth(KernelPrepare& k, bool to_depth, ViewCopy copy) {
  const Shape& x = k.In(0).shape();
  const int64_t block = k.Attr<int64_t>("block_size");
  const std::string format = k.Attr<std::string>("data_format");
  ASSIGN_OR_RETURN(const PartialShape out, to_depth ? SpaceToDepthShape(x, block, format)
                                                    : DepthToSpaceShape(x, block, format));
  k.Out(0).SetShape(out.ToShape());
  if (x.num_elements() == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  const StridedView view = DepthView(x, block, format, to_depth).Simplified();
  return k.Run(
      [copy, view, dtype = k.OutType(0)](KernelRun& r) { return copy(r, dtype, view, 0, 0); });
}

}  // namespace

absl::Status PrepareSpaceToBatchND(KernelPrepare& k, BlockMove move) {
  return PrepareBlocksND(k, /*to_batch=*/true, move);
}
absl::Status PrepareBatchToSpaceND(KernelPrepare& k, BlockMove move) {
  return PrepareBlocksND(k, /*to_batch=*/false, move);
}
absl::Status PrepareSpaceToBatch(KernelPrepare& k, BlockMove move) {
  return PrepareBlocks2D(k, /*to_batch=*/true, move);
}
absl::Status PrepareBatchToSpace(KernelPrepare& k, BlockMove move) {
  return PrepareBlocks2D(k, /*to_batch=*/false, move);
}
absl::Status PrepareSpaceToDepth(KernelPrepare& k, ViewCopy copy) {
  return PrepareDepth(k, /*to_depth=*/true, copy);
}
absl::Status PrepareDepthToSpace(KernelPrepare& k, ViewCopy copy) {
  return PrepareDepth(k, /*to_depth=*/false, copy);
}

void RegisterSpaceBatchKernels(KernelRegistry& kernels) {
  kernels.Add("SpaceToBatchND", "CPU", PrepareMove<PrepareSpaceToBatchND, MoveBlocks>);
  kernels.Add("BatchToSpaceND", "CPU", PrepareMove<PrepareBatchToSpaceND, MoveBlocks>);
  kernels.Add("SpaceToBatch", "CPU", PrepareMove<PrepareSpaceToBatch, MoveBlocks>);
  kernels.Add("BatchToSpace", "CPU", PrepareMove<PrepareBatchToSpace, MoveBlocks>);
  kernels.Add("SpaceToDepth", "CPU", PrepareMove<PrepareSpaceToDepth, CopyThroughView>);
  kernels.Add("DepthToSpace", "CPU", PrepareMove<PrepareDepthToSpace, CopyThroughView>);
}

}  // namespace weir
