#ifndef WEIR_OPS_MATMUL_H_
#define WEIR_OPS_MATMUL_H_

// Matrix products. half, bfloat16, float, double, int32, int64 (which wrap around) and complex.

#include "weir/graph/scope.h"

namespace weir::ops {

struct MatMulOptions {
  bool transpose_a = false;
  bool transpose_b = false;
};

// The product of two matrices, [m, k] x [k, n] = [m, n]; with transpose_a (transpose_b) the first
// (second) is stored transposed. An empty sum, k = 0, gives zeros. Errors: InvalidArgument unless
// both have rank 2 and the inner dimensions agree.
Output MatMul(const OpScope& scope, const Input& a, const Input& b,
              const MatMulOptions& options = {});

struct BatchMatMulOptions {
  bool adj_x = false;
  bool adj_y = false;
};

// The products of matrices that stand in the last two dimensions of x and y; the dimensions before
// them are equal. With adj_x (adj_y) the matrices of x (y) are stored as their conjugate
// transposes.
Output BatchMatMul(const OpScope& scope, const Input& x, const Input& y,
                   const BatchMatMulOptions& options = {});

// The same; the dimensions before the matrices broadcast.
Output BatchMatMulV2(const OpScope& scope, const Input& x, const Input& y,
                     const BatchMatMulOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_MATMUL_H_
