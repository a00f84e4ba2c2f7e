#include "weir/kernels/cpu/moving_util.h"
#include "weir/ops/array_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

absl::Status RunJoin(KernelPrepare& k, const Shape& out, int64_t rows, int64_t run, Join join) {
  k.Out(0).SetShape(out);
  if (k.num_inputs() == 1) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  JoinedRows joined;
  joined.rows = rows;
  for (int i = 0; i < k.num_inputs(); ++i) joined.AddPiece(run);
  return k.Run(
      [join, joined, dtype = k.OutType(0)](KernelRun& r) { return join(r, dtype, joined, 0); });
}

}  // namespace

absl::Status PreparePack(KernelPrepare& k, Join join) {
  const Shape& model = k.In(0).shape();
  for (int i = 1; i < k.num_inputs(); ++i) {
    if (k.In(i).shape() != model) {
      return InvalidArgument(
          "Shapes of all inputs must match: values[0].shape = ", model.ToString(), " != values[", i,
          "].shape = ", k.In(i).shape().ToString());
    }
  }
  ASSIGN_OR_RETURN(const int axis, ResolveAxis(k.Attr<int64_t>("axis"), model.rank() + 1));
  Dims dims(model.dims().begin(), model.dims().end());
  dims.insert(dims.begin() + axis, k.num_inputs());
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
  return RunJoin(k, shape, model.Count(0, axis), model.Count(axis, model.rank()), join);
}

absl::Status PrepareParallelConcat(KernelPrepare& k, Join join) {
  const PartialShape attr = k.Attr<PartialShape>("shape");
  if (!attr.IsFullyDefined() || attr.rank() < 1 || attr.dim(0) != k.num_inputs()) {
    return InvalidArgument("shape attr ", attr.ToString(), " must be fully defined and begin with ",
                           k.num_inputs());
  }
  const Shape out = attr.ToShape(), row = out.WithDim(0, 1);
  for (int i = 0; i < k.num_inputs(); ++i) {
    if (k.In(i).shape() != row) {
      return k.InvalidInput(i, absl::StrCat("must have the shape of a row, ", row.ToString()));
    }
  }
  return RunJoin(k, out, 1, row.num_elements(), join);
}

absl::Status PrepareUnpack(KernelPrepare& k, Cut cut) {
  const Shape& value = k.In(0).shape();
  ASSIGN_OR_RETURN(const int axis, ResolveAxis(k.Attr<int64_t>("axis"), value.rank()));
  if (value.dim(axis) != k.num_outputs()) {
    return InvalidArgument("Input shape axis ", axis, " must equal ", k.num_outputs(),
                           ", got shape ", value.ToString());
  }
  Dims dims(value.dims().begin(), value.dims().end());
  dims.erase(dims.begin() + axis);
  ASSIGN_OR_RETURN(const Shape shape, Shape::Make(dims));
  JoinedRows joined;
  joined.rows = value.Count(0, axis);
  const int64_t run = value.Count(axis + 1, value.rank());
  for (int i = 0; i < k.num_outputs(); ++i) {
    k.Out(i).SetShape(shape);
    joined.AddPiece(run);
  }
  if (k.num_outputs() == 0) return k.NothingToRun();
  if (k.num_outputs() == 1) {
    k.Out(0).Alias(0);
    return k.NothingToRun();
  }
  return k.Run(
      [cut, joined, dtype = k.OutType(0)](KernelRun& r) { return cut(r, dtype, joined, 0); });
}

void RegisterPackKernels(KernelRegistry& kernels) {
  kernels.Add("Pack", "CPU", PrepareMove<PreparePack, JoinInputs>);
  kernels.Add("Unpack", "CPU", PrepareMove<PrepareUnpack, CutInput>);
  kernels.Add("ParallelConcat", "CPU", PrepareMove<PrepareParallelConcat, JoinInputs>);
}

}  // namespace weir
