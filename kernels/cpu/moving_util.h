#ifndef WEIR_KERNELS_CPU_MOVING_UTIL_H_
#define WEIR_KERNELS_CPU_MOVING_UTIL_H_

// Preparations of ops that move elements without looking at them. Checks, shapes and what goes
// where are the same on every device; how elements are moved is an argument. Each is defined in the
// file of its op.

#include "weir/kernels/common/row_maps.h"
#include "weir/kernels/cpu/box_copy_util.h"
#include "weir/kernels/cpu/joined_util.h"
#include "weir/kernels/cpu/strided_util.h"
#include "weir/ops/extract_image_patches_util.h"

namespace weir {

// CopyBox, or what does the same on a device.
using BoxCopy = absl::Status (*)(const KernelRun& r, DataType dtype, const Box& box,
                                 const char* from, char* to);
// Copies `box` into output 0, a dense array of shape `whole`, and sets what lies outside of it to
// the one element of input `value`, or to zeros if that is negative. The box has a dimension for
// each of `whole`.
using BoxCopyIntoFill = absl::Status (*)(const KernelRun& r, DataType dtype, const Box& box,
                                         const Shape& whole, int value, const char* from);
// CopyThroughView.
using ViewCopy = absl::Status (*)(KernelRun& r, DataType dtype, const StridedView& view, int in,
                                  int out);
// JoinInputs, with its first input.
using Join = absl::Status (*)(KernelRun& r, DataType dtype, const JoinedRows& joined, int first);
// CutInput, with its input.
using Cut = absl::Status (*)(KernelRun& r, DataType dtype, const JoinedRows& joined, int in);

// Ops of rows (row_maps.h), each `inner` elements: from input 0 to output 0, which has elements.
struct BlockPlan {
  absl::InlinedVector<BlockAxis, 4> axes;
  int64_t batch = 1;
  int64_t inner = 1;
  bool to_batch = true;
};
using BlockMove = absl::Status (*)(KernelRun& r, const BlockPlan& plan);

// The axes up to the innermost one that is shifted; what is inside of it moves as a whole.
struct RollPlan {
  Dims extents;
  Dims shifts;  // In [0, extent).
  int64_t inner = 1;
};
using RollMove = absl::Status (*)(KernelRun& r, const RollPlan& plan);

// Output 0 is input 0 with sequences of the lengths that input 1 has reversed.
using SequenceMove = absl::Status (*)(KernelRun& r, const SequenceLayout& layout);

// The patches of images [height, width, channels], with zeros outside of them.
struct PatchPlan {
  PatchGeometry rows, columns;
  int64_t height, width, channels;
};
using PatchMove = absl::Status (*)(KernelRun& r, const PatchPlan& plan);

absl::Status PrepareSlice(KernelPrepare& k, BoxCopy copy);
absl::Status PrepareStridedSlice(KernelPrepare& k, BoxCopy copy);
absl::Status PrepareStridedSliceGrad(KernelPrepare& k, BoxCopyIntoFill copy);
absl::Status PrepareStridedSliceAssign(KernelPrepare& k, BoxCopy copy);  // Of either kind.
absl::Status PreparePad(KernelPrepare& k, BoxCopyIntoFill copy);         // With PadV2.

absl::Status PrepareTranspose(KernelPrepare& k, ViewCopy copy);
absl::Status PrepareBroadcastTo(KernelPrepare& k, ViewCopy copy);
absl::Status PrepareTile(KernelPrepare& k, ViewCopy copy);
absl::Status PrepareReverse(KernelPrepare& k, ViewCopy copy);
absl::Status PrepareReverseV2(KernelPrepare& k, ViewCopy copy);

absl::Status PrepareSpaceToDepth(KernelPrepare& k, ViewCopy copy);
absl::Status PrepareDepthToSpace(KernelPrepare& k, ViewCopy copy);

absl::Status PrepareSpaceToBatchND(KernelPrepare& k, BlockMove move);
absl::Status PrepareBatchToSpaceND(KernelPrepare& k, BlockMove move);
absl::Status PrepareSpaceToBatch(KernelPrepare& k, BlockMove move);
absl::Status PrepareBatchToSpace(KernelPrepare& k, BlockMove move);
absl::Status PrepareRoll(KernelPrepare& k, RollMove move);
absl::Status PrepareReverseSequence(KernelPrepare& k, SequenceMove move);
absl::Status PrepareExtractImagePatches(KernelPrepare& k, PatchMove move);

absl::Status PrepareConcat(KernelPrepare& k, Join join);
absl::Status PrepareConcatV2(KernelPrepare& k, Join join);
absl::Status PreparePack(KernelPrepare& k, Join join);
absl::Status PrepareParallelConcat(KernelPrepare& k, Join join);
absl::Status PrepareUnpack(KernelPrepare& k, Cut cut);
absl::Status PrepareSplit(KernelPrepare& k, Cut cut);
absl::Status PrepareSplitV(KernelPrepare& k, Cut cut);

// For the registry: the preparation, with `kMove` to move elements.
template <auto kPrepare, auto kMove>
absl::Status PrepareMove(KernelPrepare& k) {
  return kPrepare(k, kMove);
}

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_MOVING_UTIL_H_
