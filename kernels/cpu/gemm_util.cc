#include "weir/kernels/cpu/gemm_util.h"

#include <dnnl.h>

#include <algorithm>

#include "weir/kernels/cpu/onednn_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

float Dot(const float* x, const float* y, int64_t n) {
  constexpr int kLanes = 16;
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int l = 0; l < kLanes; ++l) lanes[l] += x[i + l] * y[i + l];
  }
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int l = 0; l < width; ++l) lanes[l] += lanes[l + width];
  }
  float sum = lanes[0];
  for (; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

// c[0..n) += sum over p of x[p * x_stride] * b[p, 0..n): four rows of b at a time, so that c is
// loaded and stored once for them.
void AddRows(int64_t n, int64_t k, const float* x, int64_t x_stride, const float* b, int64_t ldb,
             float* c) {
  int64_t p = 0;
  for (; p + 4 <= k; p += 4) {
    const float x0 = x[p * x_stride], x1 = x[(p + 1) * x_stride], x2 = x[(p + 2) * x_stride],
                x3 = x[(p + 3) * x_stride];
    const float* b0 = b + p * ldb;
    const float* b1 = b0 + ldb;
    const float* b2 = b1 + ldb;
    const float* b3 = b2 + ldb;
    for (int64_t j = 0; j < n; ++j) {
      c[j] += x0 * b0[j] + x1 * b1[j] + (x2 * b2[j] + x3 * b3[j]);
    }
  }
  for (; p < k; ++p) {
    const float xp = x[p * x_stride];
    const float* bp = b + p * ldb;
    for (int64_t j = 0; j < n; ++j) c[j] += xp * bp[j];
  }
}

// Without a library: for products that are over before a library call would have begun.
void SmallGemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
               const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c,
               int64_t ldc) {
  // Where row i of op(A) begins, and the distance between its elements.
  const int64_t row_stride = transpose_a ? 1 : lda, element_stride = transpose_a ? lda : 1;
  constexpr int64_t kRun = 256;
  float row[kRun];
  for (int64_t i = 0; i < m; ++i) {
    const float* ai = a + i * row_stride;
    float* ci = c + i * ldc;
    if (transpose_b && element_stride == 1) {
      for (int64_t j = 0; j < n; ++j) {
        const float value = alpha * Dot(ai, b + j * ldb, k);
        ci[j] = beta == 0 ? value : value + beta * ci[j];
      }
      continue;
    }
    for (int64_t j0 = 0; j0 < n; j0 += kRun) {
      const int64_t width = std::min(kRun, n - j0);
      std::fill_n(row, width, 0.0f);
      if (!transpose_b) {
        AddRows(width, k, ai, element_stride, b + j0, ldb, row);
      } else {
        for (int64_t p = 0; p < k; ++p) {
          const float ap = ai[p * element_stride];
          for (int64_t j = 0; j < width; ++j) row[j] += ap * b[(j0 + j) * ldb + p];
        }
      }
      for (int64_t j = 0; j < width; ++j) {
        const float value = alpha * row[j];
        ci[j0 + j] = beta == 0 ? value : value + beta * ci[j0 + j];
      }
    }
  }
}

// Below so many multiplications the loops above beat the library's set-up.
constexpr int64_t kSmallWork = 4 * 1024;
// One row (or column) of C reads B (or A) once in any case: the loops run at memory speed, where
// they go along the rows of the matrix.
bool IsVectorProduct(bool transpose_a, bool transpose_b, int64_t m, int64_t n) {
  return (m == 1 && !(transpose_b && transpose_a)) || (n == 1 && !transpose_a && transpose_b);
}

int64_t Work(int64_t m, int64_t n, int64_t k) {
  int64_t work;
  if (!CheckedMul(m, n, &work) || !CheckedMul(work, std::max<int64_t>(k, 1), &work)) {
    return INT64_MAX;
  }
  return work;
}

}  // namespace

void Gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
          const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c,
          int64_t ldc) {
  if (m == 0 || n == 0) return;
  // A vector's elements stand together whichever way it lies.
  if (m == 1 && transpose_a && lda == 1) {
    transpose_a = false;
    lda = k;
  }
  if (n == 1 && !transpose_b && ldb == 1) {
    transpose_b = true;
    ldb = k;
  }
  if (k == 0 || Work(m, n, k) <= kSmallWork || IsVectorProduct(transpose_a, transpose_b, m, n)) {
    SmallGemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    return;
  }
  const OneOpenMpThread single;
  const dnnl_status_t status = dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k,
                                          alpha, a, lda, b, ldb, beta, c, ldc);
  // The library refuses only when it lacks memory for its packed copies.
  if (status != dnnl_success) {
    SmallGemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  }
}

void GemmParallel(KernelRun& r, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                  float alpha, const float* a, int64_t lda, const float* b, int64_t ldb, float beta,
                  float* c, int64_t ldc) {
  if (m == 0 || n == 0) return;
  // Each block packs its share of A and B again, so it should do much more work than that.
  constexpr int64_t kBlockWork = INT64_C(1) << 21;
  const int64_t work = Work(m, n, k);
  if (work < 2 * kBlockWork) {
    Gemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    return;
  }
  const bool by_rows = m >= n;
  const int64_t extent = by_rows ? m : n;
  const int64_t unit_work = std::max<int64_t>(work / extent, 1);
  const int64_t wanted = std::max<int64_t>(64, (kBlockWork + unit_work - 1) / unit_work);
  const int64_t block = std::min(extent, (wanted + 15) / 16 * 16);
  const int64_t blocks = (extent + block - 1) / block;
  r.ParallelFor(blocks, static_cast<double>(block) * static_cast<double>(unit_work) / 8,
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) {
                    const int64_t first = i * block, count = std::min(block, extent - first);
                    if (by_rows) {
                      Gemm(transpose_a, transpose_b, count, n, k, alpha,
                           a + first * (transpose_a ? 1 : lda), lda, b, ldb, beta, c + first * ldc,
                           ldc);
                    } else {
                      Gemm(transpose_a, transpose_b, m, count, k, alpha, a, lda,
                           b + first * (transpose_b ? ldb : 1), ldb, beta, c + first, ldc);
                    }
                  }
                });
}

}  // namespace weir
