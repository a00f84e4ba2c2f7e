#include <vector>

#include "weir/kernels/cpu/move_util.h"
#include "weir/kernels/cpu/moving_util.h"
#include "weir/ops/array_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

absl::Status RunReverse(KernelPrepare& k, const std::vector<bool>& reversed, ViewCopy copy) {
  const Shape& x = k.In(0).shape();
  const Dims strides = RowMajorStrides(x);
  StridedView view;
  bool moves = false;
  for (int d = 0; d < x.rank(); ++d) {
    const int64_t extent = x.dim(d), stride = strides[static_cast<size_t>(d)];
    if (reversed[static_cast<size_t>(d)] && extent > 1) {
      view.offset += (extent - 1) * stride;
      view.Add(extent, -stride);
      moves = true;
    } else {
      view.Add(extent, stride);
    }
  }
  k.Out(0).SetShape(x);
  if (!moves || x.num_elements() == 0) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  return k.Run([copy, view = view.Simplified(), dtype = k.OutType(0)](KernelRun& r) {
    return copy(r, dtype, view, 0, 0);
  });
}

}  // namespace

absl::Status PrepareReverseV2(KernelPrepare& k, ViewCopy copy) {
  ASSIGN_OR_RETURN(const Dims axes, k.IntValues(1));
  std::vector<bool> reversed(static_cast<size_t>(k.In(0).shape().rank()), false);
  for (int64_t given : axes) {
    ASSIGN_OR_RETURN(const int axis, ResolveAxis(given, k.In(0).shape().rank()));
    if (reversed[static_cast<size_t>(axis)]) {
      return InvalidArgument("axis ", axis, " specified more than once.");
    }
    reversed[static_cast<size_t>(axis)] = true;
  }
  return RunReverse(k, reversed, copy);
}

absl::Status PrepareReverse(KernelPrepare& k, ViewCopy copy) {
  ASSIGN_OR_RETURN(const Tensor dims, k.Value(1));
  if (dims.rank() != 1 || dims.num_elements() != k.In(0).shape().rank()) {
    return k.InvalidInput(1, "must have one entry per axis of the input");
  }
  const absl::Span<const bool> values = dims.values<bool>();
  return RunReverse(k, std::vector<bool>(values.begin(), values.end()), copy);
}

namespace {

template <typename T, typename Length>
absl::Status ReverseSequences(KernelRun& r, const SequenceLayout& at) {
  // Copied before they are checked, so that nobody can change them in between.
  const int64_t extent = at.extent();
  const Length* given = r.In<Length>(1);
  std::vector<int64_t> lengths(given, given + at.batches());
  for (int64_t b = 0; b < at.batches(); ++b) {
    const int64_t length = lengths[static_cast<size_t>(b)];
    if (length < 0 || length > extent) {
      return InvalidArgument("seq_lens(", b, ") = ", length, " is outside of [0, ", extent, "]");
    }
  }
  const T* in = r.In<T>(0);
  T* out = r.Out<T>(0);
  r.ParallelFor(at.rows(), static_cast<double>(at.inner) + 8, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t from = at.Reversed(row, lengths[static_cast<size_t>(at.BatchOf(row))]);
      CopyRow(in + from * at.inner, out + row * at.inner, at.inner);
    }
  });
  return absl::OkStatus();
}

absl::Status ReverseInput(KernelRun& r, const SequenceLayout& layout) {
  return DispatchElements(r.Out(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return DispatchType<int32_t, int64_t>(r.In(1).dtype(), [&]<typename Length>(TypeTag<Length>) {
      return ReverseSequences<T, Length>(r, layout);
    });
  });
}

}  // namespace

absl::Status PrepareReverseSequence(KernelPrepare& k, SequenceMove move) {
  const Shape& x = k.In(0).shape();
  ASSIGN_OR_RETURN(const int batch,
                   ResolveAxis(k.Attr<int64_t>("batch_dim"), x.rank(), "batch_dim"));
  ASSIGN_OR_RETURN(const int seq, ResolveAxis(k.Attr<int64_t>("seq_dim"), x.rank(), "seq_dim"));
  if (batch == seq) return InvalidArgument("batch_dim == seq_dim == ", seq);
  if (k.In(1).shape() != Shape({x.dim(batch)})) {
    return k.InvalidInput(1, absl::StrCat("must be a vector of ", x.dim(batch), " lengths"));
  }
  k.Out(0).SetShape(x);
  const int first = std::min(batch, seq), second = std::max(batch, seq);
  const SequenceLayout layout = {
      .outer = x.Count(0, first),
      .first = x.dim(first),
      .middle = x.Count(first + 1, second),
      .second = x.dim(second),
      .inner = x.Count(second + 1, x.rank()),
      .batch_first = batch < seq,
  };
  return k.Run([layout, move](KernelRun& r) { return move(r, layout); });
}

void RegisterReverseKernels(KernelRegistry& kernels) {
  kernels.Add("ReverseV2", "CPU", PrepareMove<PrepareReverseV2, CopyThroughView>);
  kernels.Add("Reverse", "CPU", PrepareMove<PrepareReverse, CopyThroughView>);
  kernels.Add("ReverseSequence", "CPU", PrepareMove<PrepareReverseSequence, ReverseInput>);
}

}  // namespace weir
