#ifndef WEIR_KERNELS_CPU_GEMM_UTIL_H_
#define WEIR_KERNELS_CPU_GEMM_UTIL_H_

// Products of row-major float matrices on the calling thread or on the run's threads.

#include <cstdint>

namespace weir {

class KernelRun;

// C = alpha op(A) op(B) + beta C, where op transposes if `transpose_a` (`transpose_b`): op(A) is
// [m, k], op(B) is [k, n], C is [m, n], and lda, ldb, ldc are the distances between the rows of the
// matrices as stored. With beta = 0 C need not be initialised. Small products and those of vectors
// cost no call into a library.
// Thread rule: any number of calls at once, on disjoint C; uses the calling thread alone.
void Gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
          const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c,
          int64_t ldc);

// The same, in blocks of C that the run's threads share. The blocks depend on the extents alone.
void GemmParallel(KernelRun& r, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                  float alpha, const float* a, int64_t lda, const float* b, int64_t ldb, float beta,
                  float* c, int64_t ldc);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_GEMM_UTIL_H_
