#include "weir/kernels/common/matmul_plan.h"

#include "weir/kernels/common/fused_ops.h"

namespace weir {
namespace {

absl::Status SetExtents(const Shape& x, const Shape& y, MatMulPlan* p) {
  p->m = x.dim(p->transpose_x ? -1 : -2);
  p->k = x.dim(p->transpose_x ? -2 : -1);
  p->n = y.dim(p->transpose_y ? -2 : -1);
  if (y.dim(p->transpose_y ? -1 : -2) != p->k) {
    return InvalidArgument("inner dimensions differ: ", x.ToString(), " x ", y.ToString());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MatMulPlan> PlanMatMul(KernelPrepare& k) {
  for (int i = 0; i < 2; ++i) {
    if (k.In(i).shape().rank() != 2) return k.InvalidInput(i, "must be a matrix");
  }
  MatMulPlan p;
  p.transpose_x = k.Attr<bool>("transpose_a");
  p.transpose_y = k.Attr<bool>("transpose_b");
  RETURN_IF_ERROR(SetExtents(k.In(0).shape(), k.In(1).shape(), &p));
  ASSIGN_OR_RETURN(const Shape out, Shape::Make({p.m, p.n}));
  k.Out(0).SetShape(out);
  p.batches = PlanBroadcast(Shape(), Shape(), Shape());
  return p;
}

absl::StatusOr<MatMulPlan> PlanBatchMatMul(KernelPrepare& k, bool broadcasts) {
  const Shape& x = k.In(0).shape();
  const Shape& y = k.In(1).shape();
  for (int i = 0; i < 2; ++i) {
    if (k.In(i).shape().rank() < 2) return k.InvalidInput(i, "needs rank >= 2");
  }
  MatMulPlan p;
  p.transpose_x = p.conjugate_x = k.Attr<bool>("adj_x");
  p.transpose_y = p.conjugate_y = k.Attr<bool>("adj_y");
  RETURN_IF_ERROR(SetExtents(x, y, &p));
  ASSIGN_OR_RETURN(const Shape x_batch, Shape::Make(x.dims().subspan(0, x.rank() - 2)));
  ASSIGN_OR_RETURN(const Shape y_batch, Shape::Make(y.dims().subspan(0, y.rank() - 2)));
  if (!broadcasts && x_batch != y_batch) {
    return k.InvalidInput(
        1, absl::StrCat("must agree with input 0's batch dimensions ", x_batch.ToString()));
  }
  ASSIGN_OR_RETURN(const Shape batch, BroadcastShapes(x_batch, y_batch));
  Dims dims(batch.dims().begin(), batch.dims().end());
  dims.push_back(p.m);
  dims.push_back(p.n);
  ASSIGN_OR_RETURN(const Shape out, Shape::Make(dims));
  k.Out(0).SetShape(out);
  p.batch = batch.num_elements();
  if (out.num_elements() == 0) return p;
  // Matrices of y that lie one below the other in x are one tall matrix.
  if (y_batch.num_elements() == 1 && x_batch == batch && !p.transpose_x) {
    p.m *= p.batch;
    p.batch = 1;
    p.batches = PlanBroadcast(Shape(), Shape(), Shape());
    return p;
  }
  p.batches = PlanBroadcast(x_batch, y_batch, batch);
  return p;
}

absl::StatusOr<FusedMatMulPlan> PlanFusedMatMul(KernelPrepare& k) {
  FusedMatMulPlan plan;
  ASSIGN_OR_RETURN(plan.product, PlanMatMul(k));
  ASSIGN_OR_RETURN(plan.relu, ReadBiasAndRelu(k, plan.product.n));
  return plan;
}

}  // namespace weir
