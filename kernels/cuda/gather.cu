// Gather, GatherV2 and GatherNd (ops/gather.cc). An index that is out of range, which a kernel of
// the GPU cannot report, picks zeros, as in TensorFlow.

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/gather_util.h"
#include "weir/kernels/cuda/divide_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// ---- Along an axis ----

// One word of the output [batches, outer, picks, slice] (GatherPlan).
template <typename W, typename I>
struct GatherFunction {
  const W* params;
  const I* indices;
  W* out;
  int64_t length;
  Divider outer, picks, slice;

  __device__ void operator()(int64_t i) const {
    int64_t pick, at;
    const int64_t block = picks.Divide(slice.Divide(i, &at), &pick);
    const int64_t index = indices[outer.Quotient(block) * picks.divisor() + pick];
    const bool inside = index >= 0 && index < length;
    out[i] = inside ? params[(block * length + index) * slice.divisor() + at] : W{};
  }
};

template <typename I>
absl::Status RunGather(const KernelRun& r, const GatherPlan& plan) {
  const Tensor& params = r.In(0);
  Tensor& out = r.Out(0);
  const int64_t bytes = static_cast<int64_t>(out.bytes());
  if (bytes == 0) return absl::OkStatus();
  const int64_t slice = plan.slice * static_cast<int64_t>(DataTypeSize(out.dtype()));
  const int64_t word = WidestWord(slice, Address(params.raw_data()), Address(out.raw_data()));
  return DispatchWord(word, [&]<typename W>(TypeTag<W>) {
    return ForEach(
        r, bytes / word,
        GatherFunction<W, I>{params.data<W>(), r.In<I>(1), out.mutable_data<W>(), plan.length,
                             Divider(plan.outer), Divider(plan.picks), Divider(slice / word)});
  });
}

absl::Status PrepareAlong(KernelPrepare& k, int64_t axis, int64_t batch_dims) {
  ASSIGN_OR_RETURN(const GatherPlan plan,
                   MakeGatherPlan(k.In(0).shape(), k.In(1).shape(), axis, batch_dims));
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  k.Out(0).SetShape(plan.output);
  return DispatchType<int32_t, int64_t>(k.In(1).dtype(), [&]<typename I>(TypeTag<I>) {
    return k.Run([plan](KernelRun& r) { return RunGather<I>(r, plan); });
  });
}

absl::Status PrepareGather(KernelPrepare& k) {
  if (k.In(0).shape().rank() < 1) return k.InvalidInput(0, "must be at least 1 dimensional");
  return PrepareAlong(k, 0, 0);
}

absl::Status PrepareGatherV2(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const int64_t axis, k.IntValue(2));
  return PrepareAlong(k, axis, k.Attr<int64_t>("batch_dims"));
}

// ---- By index vectors ----

// The indexed dimensions.
struct NdDims {
  static constexpr int kMost = 8;

  int depth = 0;
  int64_t sizes[kMost] = {};
};

// One word of the output [count, slice] (NdIndexing).
template <typename W, typename I>
struct GatherNdFunction {
  const W* params;
  const I* indices;
  W* out;
  NdDims dims;
  Divider slice;

  __device__ void operator()(int64_t i) const {
    int64_t at, row = 0;
    const I* const index = indices + slice.Divide(i, &at) * dims.depth;
    bool inside = true;
    for (int d = 0; d < dims.depth; ++d) {
      const int64_t place = index[d];
      inside = inside && place >= 0 && place < dims.sizes[d];
      row = row * dims.sizes[d] + place;
    }
    out[i] = inside ? params[row * slice.divisor() + at] : W{};
  }
};

template <typename I>
absl::Status RunGatherNd(const KernelRun& r, const NdDims& dims, int64_t slice) {
  const Tensor& params = r.In(0);
  Tensor& out = r.Out(0);
  const int64_t bytes = static_cast<int64_t>(out.bytes());
  if (bytes == 0) return absl::OkStatus();
  slice *= static_cast<int64_t>(DataTypeSize(out.dtype()));
  const int64_t word = WidestWord(slice, Address(params.raw_data()), Address(out.raw_data()));
  return DispatchWord(word, [&]<typename W>(TypeTag<W>) {
    return ForEach(r, bytes / word,
                   GatherNdFunction<W, I>{params.data<W>(), r.In<I>(1), out.mutable_data<W>(), dims,
                                          Divider(slice / word)});
  });
}

absl::Status PrepareGatherNd(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const NdIndexing nd, PlanGatherNd(k));
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  if (nd.depth > NdDims::kMost) return absl::UnimplementedError("very long index vectors");
  NdDims dims;
  for (; dims.depth < nd.depth; ++dims.depth) {
    dims.sizes[dims.depth] = k.In(0).shape().dim(dims.depth);
  }
  return DispatchType<int32_t, int64_t>(k.In(1).dtype(), [&]<typename I>(TypeTag<I>) {
    return k.Run([dims, slice = nd.slice](KernelRun& r) { return RunGatherNd<I>(r, dims, slice); });
  });
}

}  // namespace

void RegisterGatherCudaKernels(KernelRegistry& registry) {
  registry.Add("Gather", "GPU", PrepareGather);
  registry.Add("GatherV2", "GPU", PrepareGatherV2);
  registry.Add("GatherNd", "GPU", PrepareGatherNd);
}

}  // namespace weir
