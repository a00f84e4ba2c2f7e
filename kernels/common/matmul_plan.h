#ifndef WEIR_KERNELS_COMMON_MATMUL_PLAN_H_
#define WEIR_KERNELS_COMMON_MATMUL_PLAN_H_

#include <cstdint>

#include "weir/kernels/common/broadcast_plan.h"
#include "weir/runtime/kernel.h"

namespace weir {

// Products of matrices [m, k] x [k, n], `batch` of them; matrix i of the output is made of the
// matrices x(i) and y(i) of the inputs.
struct MatMulPlan {
  int64_t m = 0, n = 0, k = 0;
  bool transpose_x = false, transpose_y = false;
  bool conjugate_x = false, conjugate_y = false;
  int64_t batch = 1;
  BroadcastPlan batches;  // How the inputs' matrices run along the batch.

  int64_t x_size() const { return m * k; }
  int64_t y_size() const { return k * n; }
  int64_t z_size() const { return m * n; }
  int64_t x(int64_t i) const { return batches.Offset(batches.x_strides, i); }
  int64_t y(int64_t i) const { return batches.Offset(batches.y_strides, i); }
  double work() const {
    return static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  }
};

// Checks the inputs of MatMul, and of BatchMatMul (BatchMatMulV2 `broadcasts`), and sets the
// output's shape.
absl::StatusOr<MatMulPlan> PlanMatMul(KernelPrepare& k);
absl::StatusOr<MatMulPlan> PlanBatchMatMul(KernelPrepare& k, bool broadcasts);

// What _FusedMatMul does with a product.
struct FusedMatMulPlan {
  MatMulPlan product;
  bool relu = false;  // After input 2 was added to each row.
};

// The same for _FusedMatMul. Unimplemented for fused_ops other than a bias and maybe Relu.
absl::StatusOr<FusedMatMulPlan> PlanFusedMatMul(KernelPrepare& k);

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_MATMUL_PLAN_H_
