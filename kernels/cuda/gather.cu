// Gather, GatherV2 and GatherNd (ops/gather.cc), and the same from variables. An index that is out
// of range, which a kernel of the GPU cannot report, picks zeros, as in TensorFlow.

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/gather_util.h"
#include "weir/kernels/cuda/divide_util.h"
#include "weir/kernels/cuda/indices_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// ---- Along an axis ----

// One word of the output [batches, outer, picks, slice] (GatherPlan).
template <typename W>
struct GatherFunction {
  const W* params;
  DeviceIndices indices;
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

absl::Status RunGather(const KernelRun& r, const GatherPlan& plan, const Tensor& params) {
  Tensor& out = r.Out(0);
  const int64_t bytes = static_cast<int64_t>(out.bytes());
  if (bytes == 0) return absl::OkStatus();
  const int64_t slice = plan.slice * static_cast<int64_t>(DataTypeSize(out.dtype()));
  const int64_t word = WidestWord(slice, Address(params.raw_data()), Address(out.raw_data()));
  return DispatchWord(word, [&]<typename W>(TypeTag<W>) {
    return ForEach(r, bytes / word,
                   GatherFunction<W>{params.data<W>(), DeviceIndices(r.In(1)),
                                     out.mutable_data<W>(), plan.length, Divider(plan.outer),
                                     Divider(plan.picks), Divider(slice / word)});
  });
}

absl::Status PrepareAlong(KernelPrepare& k, int64_t axis, int64_t batch_dims) {
  ASSIGN_OR_RETURN(const GatherPlan plan,
                   MakeGatherPlan(k.In(0).shape(), k.In(1).shape(), axis, batch_dims));
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  k.Out(0).SetShape(plan.output);
  return k.Run([plan](KernelRun& r) { return RunGather(r, plan, r.In(0)); });
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

// One word of the output [count, slice] (NdIndexing).
template <typename W>
struct GatherNdFunction {
  const W* params;
  IndexVectors places;
  W* out;
  Divider slice;

  __device__ void operator()(int64_t i) const {
    int64_t at;
    const int64_t place = places[slice.Divide(i, &at)];
    out[i] = place >= 0 ? params[place * slice.divisor() + at] : W{};
  }
};

absl::Status RunGatherNd(const KernelRun& r, const NdIndexing& nd, const Tensor& params) {
  Tensor& out = r.Out(0);
  const int64_t bytes = static_cast<int64_t>(out.bytes());
  if (bytes == 0) return absl::OkStatus();
  const int64_t slice = nd.slice * static_cast<int64_t>(DataTypeSize(out.dtype()));
  const int64_t word = WidestWord(slice, Address(params.raw_data()), Address(out.raw_data()));
  const IndexVectors places(r.In(1), nd.depth, params.shape());
  return DispatchWord(word, [&]<typename W>(TypeTag<W>) {
    return ForEach(r, bytes / word,
                   GatherNdFunction<W>{params.data<W>(), places, out.mutable_data<W>(),
                                       Divider(slice / word)});
  });
}

absl::Status PrepareGatherNd(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const NdIndexing nd, PlanGatherNd(k));
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  RETURN_IF_ERROR(IndexVectors::CheckDepth(nd.depth));
  return k.Run([nd](KernelRun& r) { return RunGatherNd(r, nd, r.In(0)); });
}

// ---- From variables ----

absl::Status PrepareFromVariable(KernelPrepare& k) {
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  return PrepareResourceGather(k, RunGather);
}

absl::Status PrepareNdFromVariable(KernelPrepare& k) {
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  const Shape& indices = k.In(1).shape();
  if (indices.rank() > 0) RETURN_IF_ERROR(IndexVectors::CheckDepth(indices.dim(-1)));
  return PrepareResourceGatherNd(k, RunGatherNd);
}

}  // namespace

void RegisterGatherCudaKernels(KernelRegistry& registry) {
  registry.Add("Gather", "GPU", PrepareGather);
  registry.Add("GatherV2", "GPU", PrepareGatherV2);
  registry.Add("GatherNd", "GPU", PrepareGatherNd);
  registry.Add("ResourceGather", "GPU", PrepareFromVariable);
  registry.Add("ResourceGatherNd", "GPU", PrepareNdFromVariable);
}

}  // namespace weir
