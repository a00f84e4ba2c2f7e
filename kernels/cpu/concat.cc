#include "weir/kernels/cpu/moving_util.h"
#include "weir/ops/array_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// Concat takes the axis first, ConcatV2 last.
absl::Status RunConcat(KernelPrepare& k, bool axis_first, Join join) {
  const int count = k.num_inputs() - 1;
  const int first = axis_first ? 1 : 0;
  ASSIGN_OR_RETURN(const int64_t given, k.IntValue(axis_first ? 0 : count));
  const Shape& model = k.In(first).shape();
  if (model.rank() == 0) {
    return InvalidArgument("Can't concatenate scalars (use Pack instead)");
  }
  ASSIGN_OR_RETURN(const int axis, ResolveAxis(given, model.rank()));
  JoinedRows joined;
  joined.rows = model.Count(0, axis);
  int64_t total = 0;
  for (int i = first; i < first + count; ++i) {
    const Shape& value = k.In(i).shape();
    bool fits = value.rank() == model.rank();
    for (int d = 0; fits && d < model.rank(); ++d) {
      fits = d == axis || value.dim(d) == model.dim(d);
    }
    if (!fits) {
      return k.InvalidInput(i, absl::StrCat("must agree with the first value's shape ",
                                            model.ToString(), " apart from axis ", axis));
    }
    ASSIGN_OR_RETURN(total, AddExtents(total, value.dim(axis)));
    joined.AddPiece(value.Count(axis, value.rank()));
  }
  Dims dims(model.dims().begin(), model.dims().end());
  dims[static_cast<size_t>(axis)] = total;
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
  k.Out(0).SetShape(shape);
  return k.Run([=, dtype = k.OutType(0)](KernelRun& r) { return join(r, dtype, joined, first); });
}

}  // namespace

absl::Status PrepareConcat(KernelPrepare& k, Join join) {
  return RunConcat(k, /*axis_first=*/true, join);
}
absl::Status PrepareConcatV2(KernelPrepare& k, Join join) {
  return RunConcat(k, /*axis_first=*/false, join);
}

namespace {

// Output i: zero but for the axis, where it is the sum of the extents before shape i.
absl::Status ConcatOffsets(KernelRun& r, int count, int64_t rank, int axis) {
  const int32_t* model = r.In<int32_t>(1);
  int64_t offset = 0;
  for (int i = 0; i < count; ++i) {
    const int32_t* shape = r.In<int32_t>(1 + i);
    for (int64_t d = 0; d < rank; ++d) {
      if (d != axis && shape[d] != model[d]) {
        return InvalidArgument("All dimensions except ", axis, " must match. Input ", i,
                               " has extent ", shape[d], " and doesn't match input 0 with extent ",
                               model[d], " along axis ", d);
      }
    }
    int32_t* out = r.Out<int32_t>(i);
    std::fill_n(out, rank, 0);
    out[axis] = static_cast<int32_t>(offset);
    offset += shape[axis];
    if (offset < 0 || offset > INT32_MAX) {
      return InvalidArgument("the concatenated extent does not fit in int32");
    }
  }
  return absl::OkStatus();
}

absl::Status PrepareConcatOffset(KernelPrepare& k) {
  const int count = k.num_inputs() - 1;
  const Shape& model = k.In(1).shape();
  ASSIGN_OR_RETURN(const int64_t given, k.IntValue(0));
  for (int i = 0; i < count; ++i) {
    if (k.In(1 + i).shape().rank() != 1) return k.InvalidInput(1 + i, "must be a vector");
    if (k.In(1 + i).shape() != model) {
      return k.InvalidInput(1 + i, absl::StrCat("should contain ", model.dim(0), " elements"));
    }
    k.Out(i).SetShape(model);
  }
  ASSIGN_OR_RETURN(const int axis, ResolveAxis(given, model.dim(0), "Concat dim"));
  return k.Run([count, axis, rank = model.dim(0)](KernelRun& r) {
    return ConcatOffsets(r, count, rank, axis);
  });
}

}  // namespace

void RegisterConcatKernels(KernelRegistry& kernels) {
  kernels.Add("Concat", "CPU", PrepareMove<PrepareConcat, JoinInputs>);
  kernels.Add("ConcatV2", "CPU", PrepareMove<PrepareConcatV2, JoinInputs>);
  kernels.Add("ConcatOffset", "CPU", PrepareConcatOffset);
}

}  // namespace weir
