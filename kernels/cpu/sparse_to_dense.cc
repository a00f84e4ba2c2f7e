#include <algorithm>

#include "absl/strings/str_join.h"
#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/element_util.h"
#include "weir/kernels/cpu/index_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// Turns the index vectors, already copied to `places`, into flat positions at their front.
absl::Status Flatten(int64_t* places, int64_t count, const Shape& shape, bool in_order) {
  const int rank = shape.rank();
  int64_t previous = -1;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t* vector = places + i * rank;
    int64_t at = 0;
    for (int d = 0; d < rank; ++d) {
      if (vector[d] < 0 || vector[d] >= shape.dim(d)) {
        return InvalidArgument("indices[", i, "] = [", absl::StrJoin(vector, vector + rank, ","),
                               "] is out of bounds: need 0 <= index < ", shape.ToString());
      }
      at = at * shape.dim(d) + vector[d];
    }
    if (in_order && at <= previous) {
      return InvalidArgument("indices[", i, "] = [", absl::StrJoin(vector, vector + rank, ","),
                             at == previous ? "] is repeated" : "] is out of order");
    }
    previous = at;
    places[i] = at;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SparseToDensePlan> PlanSparseToDense(KernelPrepare& k) {
  const Shape& indices = k.In(0).shape();
  if (indices.rank() > 2) {
    return k.InvalidInput(0, "sparse_indices should be a scalar, vector, or matrix");
  }
  SparseToDensePlan plan;
  ASSIGN_OR_RETURN(plan.shape, k.ShapeValue(1));
  plan.count = indices.rank() == 0 ? 1 : indices.dim(0);
  const int64_t depth = indices.rank() == 2 ? indices.dim(1) : 1;
  if (depth != plan.shape.rank()) {
    return k.InvalidInput(1, absl::StrCat("output_shape has incorrect number of elements: ",
                                          plan.shape.rank(), " should be: ", depth));
  }
  const Shape& values = k.In(2).shape();
  plan.one_value = values.rank() == 0;
  if (values.rank() > 1 || (!plan.one_value && values.dim(0) != plan.count)) {
    return k.InvalidInput(
        2, absl::StrCat("sparse_values has incorrect shape, should be [] or [", plan.count, "]"));
  }
  if (k.In(3).shape().rank() != 0) return k.InvalidInput(3, "default_value should be a scalar.");
  k.Out(0).SetShape(plan.shape);
  return plan;
}

namespace {

absl::Status PrepareSparseToDense(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const SparseToDensePlan plan, PlanSparseToDense(k));
  // Vectors of no elements still need one place each.
  const int64_t room = std::max(plan.count, k.In(0).shape().num_elements());
  if (room > (int64_t{1} << 48)) return k.InvalidInput(0, "has too many index vectors");
  const size_t workspace = k.Workspace(sizeof(int64_t) * room);
  const bool in_order = k.Attr<bool>("validate_indices");
  return DispatchElement(k.OutType(0), [&]<typename E>(TypeTag<E>) {
    return k.Run([=](KernelRun& r) -> absl::Status {
      int64_t* places = r.Workspace<int64_t>(workspace);
      ReadIndices(r.In(0), places);
      RETURN_IF_ERROR(Flatten(places, plan.count, plan.shape, in_order));
      E* out = r.Out<E>(0);
      std::fill_n(out, plan.shape.num_elements(), *r.In<E>(3));
      const E* value = r.In<E>(2);
      for (int64_t i = 0; i < plan.count; ++i) out[places[i]] = value[plan.one_value ? 0 : i];
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterSparseToDenseKernels(KernelRegistry& kernels) {
  kernels.Add("SparseToDense", "CPU", PrepareSparseToDense);
}

}  // namespace weir
