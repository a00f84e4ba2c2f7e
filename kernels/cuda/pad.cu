// Pad, PadV2, MirrorPad and MirrorPadGrad (ops/pad.cc).

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/strided_copy_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// ---- Mirrored edges ----

struct MirrorDim {
  int64_t size;    // Without the edges.
  int64_t before;  // The edges.
  int64_t after;

  int64_t padded() const { return before + size + after; }
  bool IsPlain() const { return before == 0 && after == 0; }
};

// The dimensions of `plan` and then one of `inner` units; neighbours without edges are joined.
std::vector<MirrorDim> MirrorDims(const MirrorPlan& plan, int64_t inner) {
  std::vector<MirrorDim> dims;
  const auto add = [&dims](const MirrorDim& d) {
    if (d.IsPlain() && !dims.empty() && dims.back().IsPlain()) {
      dims.back().size *= d.size;
    } else {
      dims.push_back(d);
    }
  };
  for (int d = 0; d < plan.small.rank(); ++d) {
    const int64_t size = plan.small.dim(d), before = plan.before[d];
    add({size, before, plan.padded.dim(d) - size - before});
  }
  add({inner, 0, 0});
  return dims;
}

// MirrorDims as a kernel takes them.
struct MirrorIndex {
  static constexpr int kMost = 8;

  int rank = 0;
  bool reflect = false;
  Divider walked[kMost] = {};  // Sizes of the output.
  int64_t sizes[kMost] = {}, before[kMost] = {}, after[kMost] = {};
  int64_t steps[kMost] = {};  // Of the input.
};

// REQUIRES: there are at most kMost.
MirrorIndex IndexOf(const std::vector<MirrorDim>& dims, bool reflect, bool pads) {
  MirrorIndex index;
  index.rank = static_cast<int>(dims.size());
  index.reflect = reflect;
  int64_t step = 1;
  for (int d = index.rank - 1; d >= 0; --d) {
    const MirrorDim& dim = dims[static_cast<size_t>(d)];
    index.walked[d] = Divider(pads ? dim.padded() : dim.size);
    index.sizes[d] = dim.size;
    index.before[d] = dim.before;
    index.after[d] = dim.after;
    index.steps[d] = step;
    step *= pads ? dim.size : dim.padded();
  }
  return index;
}

template <typename W>
struct MirrorPadFunction {
  const W* x;
  W* out;
  MirrorIndex index;

  __device__ void operator()(int64_t i) const {
    const int64_t edge = index.reflect ? 1 : 0;  // Elements that are not repeated.
    int64_t rest = i, from = 0;
    for (int d = index.rank - 1; d >= 0; --d) {
      int64_t at;
      rest = index.walked[d].Divide(rest, &at);
      at -= index.before[d];
      if (at < 0) at = edge - 1 - at;
      if (at >= index.sizes[d]) at = 2 * index.sizes[d] - 1 - edge - at;
      from += at * index.steps[d];
    }
    out[i] = x[from];
  }
};

absl::Status PrepareMirrorPad(KernelPrepare& k) {
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  ASSIGN_OR_RETURN(const MirrorPlan plan, PlanMirrorPad(k));
  const int64_t bytes = static_cast<int64_t>(DataTypeSize(k.OutType(0)));
  if (MirrorDims(plan, bytes).size() > MirrorIndex::kMost) {
    return absl::UnimplementedError("many dimensions with edges");
  }
  if (plan.padded.num_elements() == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  return k.Run([=](KernelRun& r) {
    // The last dimension is one of bytes that stay side by side.
    std::vector<MirrorDim> dims = MirrorDims(plan, bytes);
    const char* const x = r.In(0).raw_data();
    char* const out = r.Out(0).mutable_raw_data();
    const int64_t word = WidestWord(dims.back().size, Address(x), Address(out));
    dims.back().size /= word;
    return DispatchWord(word, [&]<typename W>(TypeTag<W>) {
      return ForEach(r, plan.padded.num_elements() * bytes / word,
                     MirrorPadFunction<W>{reinterpret_cast<const W*>(x), reinterpret_cast<W*>(out),
                                          IndexOf(dims, plan.reflect, /*pads=*/true)});
    });
  });
}

// Sums the elements of the padded array that show one element of the small one.
template <typename T>
struct MirrorGradFunction {
  const T* x;
  T* out;
  MirrorIndex index;

  // The offsets of the places in dimension d that show place `at`, in order; how many.
  __device__ int Places(int d, int64_t at, int64_t places[3]) const {
    const int64_t edge = index.reflect ? 1 : 0, size = index.sizes[d], before = index.before[d];
    const int64_t left = before - 1 + edge - at, right = 2 * size - 1 - edge - at;
    int count = 0;
    if (at >= edge && left >= 0) places[count++] = left * index.steps[d];
    places[count++] = (before + at) * index.steps[d];
    if (right >= size && right < size + index.after[d]) {
      places[count++] = (before + right) * index.steps[d];
    }
    return count;
  }

  __device__ void operator()(int64_t i) const {
    int64_t places[MirrorIndex::kMost][3];
    int counts[MirrorIndex::kMost];
    int64_t rest = i;
    int all = 1;
    for (int d = index.rank - 1; d >= 0; --d) {
      int64_t at;
      rest = index.walked[d].Divide(rest, &at);
      counts[d] = Places(d, at, places[d]);
      all *= counts[d];
    }
    ComputeType<T> sum = 0;
    for (int n = 0; n < all; ++n) {
      int64_t from = 0;
      int choice = n;
      for (int d = index.rank - 1; d >= 0; --d) {
        from += places[d][choice % counts[d]];
        choice /= counts[d];
      }
      sum = static_cast<ComputeType<T>>(sum + static_cast<ComputeType<T>>(x[from]));
    }
    out[i] = T(sum);
  }
};

absl::Status PrepareMirrorPadGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const MirrorPlan plan, PlanMirrorPadGrad(k));
  const int64_t n = plan.small.num_elements();
  const std::vector<MirrorDim> dims = MirrorDims(plan, 1);
  if (dims.size() > MirrorIndex::kMost) {
    return absl::UnimplementedError("many dimensions with edges");
  }
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    if (n == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
    return k.Run([n, index = IndexOf(dims, plan.reflect, /*pads=*/false)](KernelRun& r) {
      return ForEach(r, n, MirrorGradFunction<T>{r.In<T>(0), r.Out<T>(0), index});
    });
  });
}

}  // namespace

void RegisterPadCudaKernels(KernelRegistry& registry) {
  registry.Add("Pad", "GPU", PreparePlainMove<PreparePad, GpuCopyBoxIntoFill>);
  registry.Add("PadV2", "GPU", PreparePlainMove<PreparePad, GpuCopyBoxIntoFill>);
  registry.Add("MirrorPad", "GPU", PrepareMirrorPad);
  registry.Add("MirrorPadGrad", "GPU", PrepareMirrorPadGrad);
}

}  // namespace weir
