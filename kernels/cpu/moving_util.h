#ifndef WEIR_KERNELS_CPU_MOVING_UTIL_H_
#define WEIR_KERNELS_CPU_MOVING_UTIL_H_

// Preparations of ops that move elements without looking at them. Checks, shapes and what goes
// where are the same on every device; how elements are moved is an argument. Each is defined in the
// file of its op.

#include "weir/kernels/cpu/box_copy_util.h"
#include "weir/kernels/cpu/joined_util.h"
#include "weir/kernels/cpu/strided_util.h"

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
