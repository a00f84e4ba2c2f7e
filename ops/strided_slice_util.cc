#include "weir/ops/strided_slice_util.h"

#include <algorithm>

namespace weir {
namespace {

using Entry = StridedSliceSpec::Entry;
using Dim = StridedSlicePlan::Dim;

constexpr int64_t kUnknown = PartialInts::kUnknown;
constexpr size_t kMaxEntries = 32;  // The masks' wire form has 32 bits of use.

bool Bit(uint64_t mask, size_t i) { return i < 64 && ((mask >> i) & 1) != 0; }

// The number of elements from begin to end (exclusive), in steps of `stride`.
int64_t CountSteps(int64_t begin, int64_t end, int64_t stride) {
  const int64_t length = end - begin;
  if (length == 0 || (length < 0) != (stride < 0)) return 0;
  return length / stride + (length % stride != 0 ? 1 : 0);
}

// Clamps a begin or end, counted from the back when negative, to the positions that a range of this
// direction may name: [0, dim] forwards, [-1, dim - 1] backwards.
int64_t ClampBound(int64_t bound, int64_t dim, int64_t stride) {
  const int64_t forward = bound < 0 ? dim + bound : bound;
  return stride > 0 ? std::clamp<int64_t>(forward, 0, dim)
                    : std::clamp<int64_t>(forward, -1, dim - 1);
}

absl::StatusOr<Dim> PlanIndex(int d, int64_t dim, const Entry& e) {
  if (e.stride != kUnknown && e.stride <= 0) {
    return InvalidArgument("only stride 1 allowed on non-range indexing.");
  }
  Dim out{0, 1, 1};
  if (dim < 0 || e.begin == kUnknown) return out;
  out.begin = e.begin < 0 ? dim + e.begin : e.begin;
  if (out.begin < 0 || out.begin >= dim) {
    return InvalidArgument("slice index ", e.begin, " of dimension ", d, " out of bounds.");
  }
  return out;
}

Dim PlanRange(int64_t dim, const Entry& e, bool from_start, bool to_end) {
  Dim out{0, e.stride, -1};
  if (dim < 0 || e.stride == kUnknown) return out;
  const bool forward = e.stride > 0;
  if ((!from_start && e.begin == kUnknown) || (!to_end && e.end == kUnknown)) return out;
  out.begin = from_start ? (forward ? 0 : dim - 1) : ClampBound(e.begin, dim, e.stride);
  const int64_t end = to_end ? (forward ? dim : -1) : ClampBound(e.end, dim, e.stride);
  out.size = CountSteps(out.begin, end, e.stride);
  return out;
}

}  // namespace

absl::StatusOr<StridedSlicePlan> PlanStridedSlice(const PartialShape& input,
                                                  const StridedSliceSpec& spec) {
  const size_t n = spec.entries.size();
  if (n > kMaxEntries) {
    return InvalidArgument("a strided slice takes at most ", kMaxEntries, " subscripts, got ", n);
  }
  // Without an ellipsis there is one after the last entry.
  size_t ellipsis = n;
  int consumed = 0;  // Dimensions of the input that entries other than the ellipsis use up.
  for (size_t i = 0; i < n; ++i) {
    if (Bit(spec.ellipsis_mask, i)) {
      if (ellipsis != n) {
        return InvalidArgument("Multiple ellipses in slice spec not allowed");
      }
      ellipsis = i;
    } else if (!Bit(spec.new_axis_mask, i)) {
      ++consumed;
    }
  }
  const int rank = input.rank();
  if (consumed > rank) {
    return InvalidArgument("Index out of range using input dim ", rank, "; input has only ", rank,
                           " dims");
  }
  StridedSlicePlan plan;
  Dims output;
  for (size_t i = 0; i <= n; ++i) {
    if (i == ellipsis) {
      for (int whole = rank - consumed; whole > 0; --whole) {
        const int64_t size = input.dim(static_cast<int>(plan.dims.size()));
        plan.dims.push_back({0, 1, size});
        output.push_back(size);
      }
      continue;
    }
    if (i == n) break;
    if (Bit(spec.new_axis_mask, i)) {
      output.push_back(1);
      continue;
    }
    const int d = static_cast<int>(plan.dims.size());
    const Entry& e = spec.entries[i];
    if (e.stride == 0) return InvalidArgument("strides[", i, "] must be non-zero");
    if (Bit(spec.shrink_mask, i)) {
      ASSIGN_OR_RETURN(const Dim dim, PlanIndex(d, input.dim(d), e));
      plan.dims.push_back(dim);
    } else {
      plan.dims.push_back(
          PlanRange(input.dim(d), e, Bit(spec.begin_mask, i), Bit(spec.end_mask, i)));
      output.push_back(plan.dims.back().size);
    }
  }
  ASSIGN_OR_RETURN(plan.output, PartialShape::Make(output));
  return plan;
}

}  // namespace weir
