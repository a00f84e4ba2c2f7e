#include <array>
#include <memory>
#include <vector>

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/element_util.h"
#include "weir/kernels/cpu/moving_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

struct Padding {
  int64_t before;
  int64_t after;
};

// The paddings, input 1, one entry per dimension of input 0; none is negative.
absl::StatusOr<std::vector<Padding>> ReadPaddings(KernelPrepare& k) {
  const int rank = k.In(0).shape().rank();
  if (k.In(1).shape() != Shape({rank, 2})) {
    return k.InvalidInput(1, absl::StrCat("must have shape [", rank, ",2]"));
  }
  ASSIGN_OR_RETURN(const Tensor value, k.Value(1));
  ASSIGN_OR_RETURN(const Tensor flat, value.Reshaped(Shape({2 * rank})));
  ASSIGN_OR_RETURN(const Dims entries, IntVector(flat, "paddings"));
  std::vector<Padding> paddings(rank);
  for (int d = 0; d < rank; ++d) {
    paddings[d] = {entries[2 * d], entries[2 * d + 1]};
    if (paddings[d].before < 0 || paddings[d].after < 0) {
      return InvalidArgument("Paddings must be non-negative: ", paddings[d].before, " ",
                             paddings[d].after);
    }
  }
  return paddings;
}

absl::StatusOr<Shape> GrownShape(const Shape& x, const std::vector<Padding>& paddings) {
  Dims dims(x.rank());
  for (int d = 0; d < x.rank(); ++d) {
    int64_t both;
    if (!CheckedAdd(paddings[d].before, paddings[d].after, &both) ||
        !CheckedAdd(x.dim(d), both, &dims[d])) {
      return InvalidArgument("padded dimension ", d, " is too large");
    }
  }
  return Shape::Make(dims);
}

}  // namespace

absl::Status PreparePad(KernelPrepare& k, BoxCopyIntoFill copy) {
  const Shape& x = k.In(0).shape();
  ASSIGN_OR_RETURN(const std::vector<Padding> paddings, ReadPaddings(k));
  ASSIGN_OR_RETURN(const Shape y, GrownShape(x, paddings));
  const bool has_value = k.num_inputs() == 3;
  if (has_value && k.In(2).shape().num_elements() != 1) {
    return k.InvalidInput(2, "must be a scalar");
  }
  k.Out(0).SetShape(y);
  if (x == y) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  Box box;
  const Dims from = DenseSteps(x), to = DenseSteps(y);
  for (int d = 0; d < x.rank(); ++d) {
    box.dims.push_back({x.dim(d), from[d], to[d]});
    box.to_offset += paddings[d].before * to[d];
  }
  const DataType dtype = k.In(0).dtype();
  return k.Run(
      [=](KernelRun& r) { return copy(r, dtype, box, y, has_value ? 2 : -1, r.In(0).raw_data()); });
}

namespace {

// For each dimension, the position in the small array of each position in the padded one, already
// times the small array's step.
using MirrorMap = std::vector<std::vector<int64_t>>;

absl::Status CheckMirror(const MirrorPlan& plan) {
  for (int d = 0; d < plan.small.rank(); ++d) {
    const int64_t n = plan.small.dim(d), before = plan.before[d];
    const int64_t after = plan.padded.dim(d) - before - n;
    const int64_t most = plan.reflect ? n - 1 : n;
    if ((before > most || after > most) && (before > 0 || after > 0)) {
      return InvalidArgument("paddings must be ", plan.reflect ? "less than" : "no greater than",
                             " the dimension size: ", before, ", ", after,
                             plan.reflect ? " not less than " : " greater than ", n);
    }
  }
  return absl::OkStatus();
}

MirrorMap MakeMirrorMap(const MirrorPlan& plan) {
  const Dims steps = DenseSteps(plan.small);
  MirrorMap map(plan.small.rank());
  for (int d = 0; d < plan.small.rank(); ++d) {
    const int64_t n = plan.small.dim(d);
    map[d].resize(static_cast<size_t>(plan.padded.dim(d)));
    for (int64_t i = 0; i < plan.padded.dim(d); ++i) {
      int64_t at = i - plan.before[d];
      if (at < 0) at = (plan.reflect ? 0 : -1) - at;
      if (at >= n) at = 2 * n - at - (plan.reflect ? 2 : 1);
      map[d][i] = at * steps[d];
    }
  }
  return map;
}

// Calls fn(line, offset) for the lines [begin, end) along the last dimension of the padded array,
// with the offset in the small array that the outer dimensions give.
template <typename F>
void ForMirrorLines(const MirrorMap& map, int64_t begin, int64_t end, F&& fn) {
  const int outer = static_cast<int>(map.size()) - 1;
  for (int64_t line = begin; line < end; ++line) {
    int64_t rest = line, offset = 0;
    for (int d = outer - 1; d >= 0; --d) {
      const int64_t n = static_cast<int64_t>(map[d].size());
      offset += map[d][rest % n];
      rest /= n;
    }
    fn(line, offset);
  }
}

// Other dimensions of an empty array may be huge: no maps are made for it.
absl::Status NothingToMirror(KernelPrepare& k) {
  return k.Run([](KernelRun&) { return absl::OkStatus(); });
}

}  // namespace

absl::StatusOr<MirrorPlan> PlanMirrorPad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const std::vector<Padding> paddings, ReadPaddings(k));
  MirrorPlan plan;
  plan.reflect = k.Attr<std::string>("mode") == "REFLECT";
  plan.small = k.In(0).shape();
  ASSIGN_OR_RETURN(plan.padded, GrownShape(plan.small, paddings));
  for (const Padding& p : paddings) plan.before.push_back(p.before);
  k.Out(0).SetShape(plan.padded);
  if (plan.padded.num_elements() > 0) RETURN_IF_ERROR(CheckMirror(plan));
  return plan;
}

namespace {

absl::Status PrepareMirrorPad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const MirrorPlan plan, PlanMirrorPad(k));
  if (plan.small == plan.padded) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  if (plan.padded.num_elements() == 0) return NothingToMirror(k);
  const auto map = std::make_shared<const MirrorMap>(MakeMirrorMap(plan));
  const DataType dtype = k.In(0).dtype();
  return k.Run([=](KernelRun& r) {
    return DispatchElement(dtype, [&]<typename E>(TypeTag<E>) -> absl::Status {
      const E* in = r.In<E>(0);
      E* out = r.Out<E>(0);
      const std::vector<int64_t>& last = map->back();
      const int64_t width = static_cast<int64_t>(last.size());
      r.ParallelFor(r.Out(0).num_elements() / width, 2.0 * static_cast<double>(width),
                    [&](int64_t begin, int64_t end) {
                      ForMirrorLines(*map, begin, end, [&](int64_t line, int64_t offset) {
                        E* row = out + line * width;
                        for (int64_t i = 0; i < width; ++i) row[i] = in[offset + last[i]];
                      });
                    });
      return absl::OkStatus();
    });
  });
}

// Up to three positions along one dimension of the padded array show the same element.
struct MirrorSources {
  int count = 0;
  std::array<int64_t, 3> at;  // Times the padded array's step.
};

// Sums the padded elements that show one element; recursive over the dimensions.
template <typename T, typename Acc>
Acc SumSources(const T* padded, const MirrorSources* const* sources, int rank, int d) {
  if (d == rank) return static_cast<Acc>(*padded);
  Acc sum = 0;
  const MirrorSources& s = *sources[d];
  for (int i = 0; i < s.count; ++i) {
    sum = static_cast<Acc>(sum + SumSources<T, Acc>(padded + s.at[i], sources, rank, d + 1));
  }
  return sum;
}

using MirrorSourceMap = std::vector<std::vector<MirrorSources>>;

MirrorSourceMap InvertMirrorMap(const MirrorMap& map, const Shape& small, const Shape& padded) {
  const Dims small_steps = DenseSteps(small), padded_steps = DenseSteps(padded);
  MirrorSourceMap inverse(map.size());
  for (size_t d = 0; d < map.size(); ++d) {
    inverse[d].resize(static_cast<size_t>(small.dim(static_cast<int>(d))));
    for (size_t i = 0; i < map[d].size(); ++i) {
      MirrorSources& s = inverse[d][map[d][i] / small_steps[d]];
      s.at[s.count++] = static_cast<int64_t>(i) * padded_steps[d];
    }
  }
  return inverse;
}

template <typename T>
using AccumulatorOf =
    std::conditional_t<std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>, float, T>;

template <typename T>
void FoldMirror(KernelRun& r, const MirrorSourceMap& sources, const Shape& y) {
  const T* in = r.In<T>(0);
  T* out = r.Out<T>(0);
  const int rank = y.rank();
  r.ParallelFor(y.num_elements(), 8.0 * rank, [&](int64_t begin, int64_t end) {
    absl::InlinedVector<const MirrorSources*, 6> at(rank);
    for (int64_t i = begin; i < end; ++i) {
      int64_t rest = i;
      for (int d = rank - 1; d >= 0; --d) {
        at[d] = &sources[d][rest % y.dim(d)];
        rest /= y.dim(d);
      }
      out[i] = static_cast<T>(SumSources<T, AccumulatorOf<T>>(in, at.data(), rank, 0));
    }
  });
}

}  // namespace

absl::StatusOr<MirrorPlan> PlanMirrorPadGrad(KernelPrepare& k) {
  const Shape& padded = k.In(0).shape();
  ASSIGN_OR_RETURN(const std::vector<Padding> paddings, ReadPaddings(k));
  MirrorPlan plan;
  plan.reflect = k.Attr<std::string>("mode") == "REFLECT";
  plan.padded = padded;
  for (const Padding& p : paddings) plan.before.push_back(p.before);
  Dims dims(padded.rank());
  for (int d = 0; d < padded.rank(); ++d) {
    // Each is at most the dimension, so that nothing overflows.
    const int64_t rest = padded.dim(d) - std::min(paddings[d].before, padded.dim(d));
    if (paddings[d].before > padded.dim(d) || paddings[d].after > rest) {
      return k.InvalidInput(0, "is smaller than its paddings");
    }
    dims[d] = rest - paddings[d].after;
  }
  ASSIGN_OR_RETURN(plan.small, Shape::Make(dims));
  k.Out(0).SetShape(plan.small);
  if (plan.small.num_elements() > 0) RETURN_IF_ERROR(CheckMirror(plan));
  return plan;
}

namespace {

absl::Status PrepareMirrorPadGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const MirrorPlan plan, PlanMirrorPadGrad(k));
  const Shape& y = plan.small;
  if (y == plan.padded) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  if (y.num_elements() == 0) return NothingToMirror(k);
  const auto sources =
      std::make_shared<const MirrorSourceMap>(InvertMirrorMap(MakeMirrorMap(plan), y, plan.padded));
  return DispatchNumbers(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) -> absl::Status {
      FoldMirror<T>(r, *sources, y);
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterPadKernels(KernelRegistry& kernels) {
  kernels.Add("Pad", "CPU", PrepareMove<PreparePad, CopyBoxIntoFill>);
  kernels.Add("PadV2", "CPU", PrepareMove<PreparePad, CopyBoxIntoFill>);
  kernels.Add("MirrorPad", "CPU", PrepareMirrorPad);
  kernels.Add("MirrorPadGrad", "CPU", PrepareMirrorPadGrad);
}

}  // namespace weir
