#ifndef WEIR_KERNELS_CPU_MATRIX_DIAG_UTIL_H_
#define WEIR_KERNELS_CPU_MATRIX_DIAG_UTIL_H_

#include "weir/ops/matrix_diag_util.h"
#include "weir/runtime/kernel.h"

namespace weir {

// `batch` matrices and their diagonals, which are held in rows of `longest`, highest first.
struct DiagPlan {
  int64_t batch, rows, columns;
  DiagBand band;
  int64_t longest;

  int64_t matrix_size() const { return rows * columns; }
  int64_t diags_size() const { return band.count() * longest; }
};

// Ends a preparation, after checks and shapes. `padding` is the input that holds the value of what
// is on no diagonal; -1: zero.
using DiagRun = absl::Status (*)(KernelPrepare& k, const DiagPlan& plan, int padding);

// Registers all ops on diagonals: `diag` makes matrices of diagonals, `part` takes diagonals out of
// matrices, `set` puts those of input 1 into the matrices of input 0.
void AddDiagKernels(KernelRegistry& kernels, absl::string_view device, DiagRun diag, DiagRun part,
                    DiagRun set);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_MATRIX_DIAG_UTIL_H_
